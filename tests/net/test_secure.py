"""
TLS towards others, from hello to refusal, in memory.
"""

from typing import Any

from OpenSSL.crypto import X509 as PyX509
from OpenSSL.crypto import PKey
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import Certificate, CertificateOptions, trustRootFromCertificates
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.secure import SecureClient

from .peers import certificate, pem

AUTHORITY = certificate()
STRANGER = certificate()


class _Side(Protocol):
    """
    Says who it is, and keeps what it hears.
    """

    def __init__(self, word: bytes) -> None:
        self.word = word
        self.heard = b""
        self.reason: Failure | None = None

    def connectionMade(self) -> None:
        """
        Say it.
        """
        assert self.transport is not None
        self.transport.write(self.word)

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.heard += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Keep why.
        """
        self.reason = reason


def _factory(side: _Side) -> Any:
    return Factory.forProtocol(lambda: side)


class SecureTests(SynchronousTestCase):
    """
    Whom we talk to.
    """

    def talk(self, host: str, *names: str, issuer: Any = AUTHORITY) -> _Side:
        """
        Our side, after a connection to a host whose certificate is for these names.
        """
        chain, key = certificate(*names, issuer=issuer)
        self.server_names: list[bytes | None] = []
        server_options = CertificateOptions(
            privateKey=PKey.from_cryptography_key(key), certificate=PyX509.from_cryptography(chain)
        )
        context = server_options.getContext()
        context.set_tlsext_servername_callback(
            lambda connection: self.server_names.append(connection.get_servername())
        )
        trust = trustRootFromCertificates([Certificate.loadPEM(pem(AUTHORITY[0]))])
        client_options = CertificateOptions(trustRoot=trust)
        clock = Clock()
        client, server = _Side(b"hello"), _Side(b"welcome")
        client_tls = TLSMemoryBIOFactory(
            SecureClient(client_options, host), True, _factory(client), clock
        ).buildProtocol(None)
        server_tls = TLSMemoryBIOFactory(
            server_options, False, _factory(server), clock
        ).buildProtocol(None)
        client_transport = FakeTransport(client_tls, isServer=False)
        server_transport = FakeTransport(server_tls, isServer=True)
        pump = IOPump(client_tls, server_tls, client_transport, server_transport, False)
        client_tls.makeConnection(client_transport)
        server_tls.makeConnection(server_transport)
        pump.flush()
        # Small writes are collected for a moment.
        clock.advance(0.0)
        pump.flush()
        self.heard_by_server = server.heard
        return client

    def refused(self, host: str, *names: str, issuer: Any = AUTHORITY) -> Failure:
        """
        Why there was no conversation. The other side has heard nothing.
        """
        client = self.talk(host, *names, issuer=issuer)
        self.assertEqual((client.heard, self.heard_by_server), (b"", b""))
        assert client.reason is not None
        return client.reason

    def test_names(self) -> None:
        """
        A certificate for the host, by name, by wildcard or by address, opens the conversation.
        The other side is told which name is wanted.
        """
        cases = [
            ("peer.example", ["other.example", "peer.example"]),
            ("a.peer.example", ["*.peer.example"]),
            ("192.0.2.1", ["192.0.2.1"]),
            ("2001:db8::1", ["2001:db8::1"]),
        ]
        for host, names in cases:
            client = self.talk(host, *names)
            self.assertEqual((client.heard, self.heard_by_server), (b"welcome", b"hello"))
            is_name = host.endswith("example")
            self.assertEqual(self.server_names, [host.encode() if is_name else None])

    def test_other_names(self) -> None:
        """
        A certificate for somebody else does not.
        """
        cases = [
            ("peer.example", ["other.example"]),
            ("a.b.peer.example", ["*.peer.example"]),
            ("192.0.2.1", ["192.0.2.2"]),
        ]
        for host, names in cases:
            self.refused(host, *names).trap(VerificationError)
        self.refused("192.0.2.1", "peer.example")
        self.refused("peer.example", "192.0.2.1")

    def test_names_that_cannot_be_read(self) -> None:
        """
        A certificate whose names cannot be compared is refused, where Twisted would go on.
        """
        reason = self.refused("localhost", "other.example", "*.localhost")
        reason.trap(CertificateError)

    def test_unknown_authority(self) -> None:
        """
        A certificate that nobody vouches for is refused.
        """
        self.refused("peer.example", "peer.example", issuer=STRANGER)
        self.refused("peer.example", "peer.example", issuer=None)
