"""
Two hundred servers of the fediverse in one process, on loopback addresses of their own.

    python -m benchmarks.federation_hosts --port 8443 --authority authority.pem

Most take what they are sent, a tenth never says anything, a tenth always fails. Each has a
certificate of its own; the authority that vouches for all is written to a file. Each time a
line comes in on standard input, one line of JSON is printed: for each server that takes something,
how many times it did since the last line, and when it had the last of it (monotonic clock).
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from attrs import define
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor as installed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import PrivateCertificate
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver
from twisted.web.resource import Resource
from twisted.web.server import Site

HOSTS: Final = 200
#: Of ten servers, the one that hangs and the one that fails.
HANGS: Final = 3
FAILS: Final = 7
_DAY: Final = timedelta(days=1)
_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a benchmark")])


def address(number: int) -> str:
    """
    Where a server is.
    """
    return f"127.0.{1 + number // 100}.{1 + number % 100}"


def hangs(number: int) -> bool:
    """
    Whether a server never says anything.
    """
    return number % 10 == HANGS


def fails(number: int) -> bool:
    """
    Whether a server always fails.
    """
    return number % 10 == FAILS


@define(eq=False)
class Authority:
    """
    Vouches for servers, for a day.
    """

    _key: ec.EllipticCurvePrivateKey
    _own: x509.Certificate

    @classmethod
    def make(cls) -> "Authority":
        """
        A new one.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, _unsigned(_NAME, key, ca=True).sign(key, hashes.SHA256()))

    def pem(self) -> bytes:
        """
        What others must trust.
        """
        return self._own.public_bytes(serialization.Encoding.PEM)

    def certificate(self, host: str) -> Any:
        """
        The certificate of a server, with its key.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        signed = (
            _unsigned(x509.Name([]), key, ca=False)
            .add_extension(names, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return PrivateCertificate.loadPEM(  # type: ignore[no-untyped-call]
            private + signed.public_bytes(pem)
        )


def _unsigned(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


class Inbox(Resource):
    """
    Takes everything, or fails.

    @param taken: how often each server has taken something, and when it did last.
    """

    isLeaf = True

    def __init__(self, number: int, taken: dict[int, tuple[int, float]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._number = number
        self._taken = taken

    def render_POST(self, request: Any) -> bytes:
        """
        Take one.
        """
        if fails(self._number):
            request.setResponseCode(503)
            return b""
        count, _ = self._taken.get(self._number, (0, 0.0))
        self._taken[self._number] = (count + 1, time.monotonic())
        request.setResponseCode(202)
        return b""


class Silence(Protocol):
    """
    Says nothing, not even what TLS begins with.
    """


class Questions(LineReceiver):
    """
    Prints what was taken when it is asked.
    """

    delimiter = b"\n"

    def __init__(self, taken: dict[int, tuple[int, float]]) -> None:
        self._taken = taken

    def lineReceived(self, line: bytes) -> None:
        """
        Print it, and begin anew.
        """
        print(json.dumps([[*each] for each in self._taken.values()]), flush=True)
        self._taken.clear()

    def connectionLost(self, reason: Any = None) -> None:
        """
        Nobody asks any more.
        """
        reactor: Any = installed
        if reactor.running:
            reactor.stop()


def main() -> None:
    """
    Listen until standard input ends.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--authority", type=Path, required=True, help="where it is written to")
    options = parser.parse_args()
    reactor: Any = installed
    taken: dict[int, tuple[int, float]] = {}
    authority = Authority.make()
    options.authority.write_bytes(authority.pem())
    silence: Any = Factory.forProtocol(Silence)
    for number in range(HOSTS):
        if hangs(number):
            reactor.listenTCP(options.port, silence, interface=address(number))
            continue
        site: Any = Site(Inbox(number, taken))  # type: ignore[no-untyped-call]
        certificate = authority.certificate(address(number))
        reactor.listenSSL(options.port, site, certificate.options(), interface=address(number))
    StandardIO(Questions(taken))  # type: ignore[no-untyped-call]
    print("ready", flush=True)
    reactor.run()


if __name__ == "__main__":
    main()
    sys.exit(0)
