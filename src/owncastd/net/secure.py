"""
TLS towards others, which fails closed: a certificate that cannot be checked is no certificate.

Twisted's own creator of client connections turns only a plain mismatch of names into a refusal;
any other exception while names are compared, such as for a pattern that service-identity does not
take (C{*.localhost}), it logs, and goes on. Certificate authorities are those of OpenSSL, so
C{SSL_CERT_FILE} and C{SSL_CERT_DIR} count.
"""

# Twisted leaves these without annotations.
# mypy: allow-untyped-calls

from ipaddress import ip_address
from weakref import ref

from attrs import define, field
from OpenSSL.crypto import X509
from OpenSSL.SSL import VERIFY_FAIL_IF_NO_PEER_CERT, VERIFY_PEER, Connection
from service_identity.cryptography import (
    verify_certificate_hostname,
    verify_certificate_ip_address,
)
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, platformTrust
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer


def client_options() -> CertificateOptions:
    """
    What all our connections share; the authorities are read when the first is made.
    """
    return CertificateOptions(trustRoot=platformTrust())


@implementer(IOpenSSLClientConnectionCreator)
@define(eq=False)
class SecureClient:
    """
    Makes connections to one host.

    @ivar _host: a name in ASCII, or an address without brackets.
    """

    _options: CertificateOptions
    _host: str
    _is_address: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        try:
            ip_address(self._host)
            self._is_address = True
        except ValueError:
            self._is_address = False

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> Connection:
        """
        A connection that says whom it wants (RFC 6066, 3: unless by address) and checks who came.
        """
        connection: Connection = self._options.clientConnectionForTLS(tlsProtocol)
        if not self._is_address:
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        # The connection keeps the callback; the protocol keeps the connection.
        protocol = ref(tlsProtocol)

        def verify(_: Connection, certificate: X509, error: int, depth: int, ok: int) -> bool:
            if not ok:
                return False
            if depth:
                return True
            try:
                self._check_name(certificate)
            except Exception:  # noqa: BLE001 - whatever it is, this host has not proved who it is
                if (waiting := protocol()) is not None:
                    waiting.failVerification(Failure())
                return False
            return True

        connection.set_verify(VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT, verify)
        return connection

    def _check_name(self, certificate: X509) -> None:
        """
        Raise unless the certificate is for this host (RFC 9525).
        """
        if self._is_address:
            verify_certificate_ip_address(certificate.to_cryptography(), self._host)
        else:
            verify_certificate_hostname(certificate.to_cryptography(), self._host)
