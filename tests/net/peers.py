"""
Other people's servers in memory: names, addresses and what comes back on a connection.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from twisted.internet.testing import MemoryReactorClock, StringTransport
from zope.interface import implementer


@implementer(IHostnameResolver)
@define(eq=False)
class MemoryNames:
    """
    Resolves from a table; addresses are themselves.

    @ivar table: addresses by name. Of a list of lists each look-up takes the next.
    @ivar asked: the names that were looked up.
    @ivar held: look-ups that wait for L{release}, if they are to wait.
    """

    table: Mapping[str, Sequence[str]] = field(factory=dict)
    slow: bool = False
    asked: list[str] = field(factory=list)
    held: list[Callable[[], None]] = field(factory=list)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """
        Answer, or keep the question.
        """
        self.asked.append(hostName)
        resolution: Any = object()
        resolutionReceiver.resolutionBegan(resolution)

        def answer() -> None:
            for host in self.addresses(hostName):
                kind: Any = IPv6Address if ":" in host else IPv4Address
                resolutionReceiver.addressResolved(kind("TCP", host, portNumber))
            resolutionReceiver.resolutionComplete()

        if self.slow:
            self.held.append(answer)
        else:
            answer()
        return resolution

    def addresses(self, name: str) -> Sequence[str]:
        """
        What a name leads to now.
        """
        try:
            ip_address(name)
        except ValueError:
            return self.table.get(name, ())
        return (name,)

    def release(self) -> None:
        """
        Answer all that wait.
        """
        held, self.held = self.held, []
        for answer in held:
            answer()


@define(eq=False)
class MemoryInternet:
    """
    A reactor that connects to nothing, and shows what it was asked to connect to.
    """

    names: MemoryNames = field(factory=MemoryNames)
    reactor: Any = field(factory=MemoryReactorClock)

    def __attrs_post_init__(self) -> None:
        self.reactor.installNameResolver(self.names)

    @property
    def connections(self) -> list[tuple[str, int]]:
        """
        Address and port of each socket that was opened.
        """
        return [(client[0], client[1]) for client in self.reactor.tcpClients]

    def accept(self, index: int = -1) -> tuple[Any, StringTransport]:
        """
        Let a connection succeed: the protocol of our side, and its transport.
        """
        host, port, factory, _, _ = self.reactor.tcpClients[index]
        protocol = factory.buildProtocol(None)
        transport = StringTransport(peerAddress=IPv4Address("TCP", host, port))
        transport.abortConnection = lambda: _abort(transport)  # type: ignore[method-assign]
        protocol.makeConnection(transport)
        return protocol, transport


def _abort(transport: StringTransport) -> None:
    transport.aborting = True  # type: ignore[attr-defined]
    transport.disconnecting = True


def certificate(*names: str, issuer: Any = None) -> tuple[x509.Certificate, Any]:
    """
    A certificate and its key: for these names and addresses, or an authority's if there are none.

    @param issuer: an authority's certificate and key.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0] if names else "CA")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def pem(value: Any) -> bytes:
    """
    A certificate or a key as PEM.
    """
    if isinstance(value, x509.Certificate):
        return value.public_bytes(serialization.Encoding.PEM)
    data: bytes = value.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return data
