"""
The certificate and the private key that we show: from files to what a TLS connection needs.
"""

# pyOpenSSL leaves much of this without annotations.
# mypy: allow-untyped-calls

from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import frozen
from cryptography.x509 import load_pem_x509_certificate
from OpenSSL import SSL

#: A chain of certificates has some kilobytes.
MAX_FILE_SIZE: Final = 1024 * 1024


class CertificateProblem(Exception):
    """
    The files cannot be used. The text is one line for the operator.
    """


@frozen
class CertificateFiles:
    """
    Where certificate and key are. All verbs block.

    @ivar certificate: in PEM form, ours first, then those that lead to a known authority.
    @ivar key: the private key in PEM form, without a password; may be the same file.
    """

    certificate: Path
    key: Path

    def stamp(self) -> tuple[object, ...]:
        """
        Something that is another when a file was replaced or written.
        """
        stamps: list[tuple[int | None, ...]] = []
        for path in (self.certificate, self.key):
            try:
                facts = path.stat()
            except OSError as error:
                stamps.append((error.errno,))
            else:
                stamps.append((facts.st_ino, facts.st_size, facts.st_mtime_ns))
        return tuple(stamps)

    def expires(self) -> datetime:
        """
        When the certificate ends (UTC).

        @raise CertificateProblem: it cannot be read.
        """
        try:
            return load_pem_x509_certificate(_read(self.certificate)).not_valid_after_utc
        except ValueError:
            raise CertificateProblem(
                f"{self.certificate} holds no certificate in PEM form"
            ) from None

    def context(self) -> SSL.Context:
        """
        What server connections are made from: TLS 1.2 and later.

        @raise CertificateProblem: a file cannot be read or used, or the two do not belong together.
        """
        self.expires()
        _read(self.key)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        # A peer that negotiates again and again would cost us much and itself little.
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # Without this, OpenSSL asks at the terminal for the password of an encrypted key.
        context.set_passwd_cb(lambda *_: b"")
        try:
            context.use_certificate_chain_file(str(self.certificate))
        except SSL.Error:
            raise CertificateProblem(
                f"{self.certificate} holds no certificate in PEM form"
            ) from None
        try:
            context.use_privatekey_file(str(self.key))
            context.check_privatekey()
        except SSL.Error as error:
            raise CertificateProblem(self._key_problem(error)) from None
        return context

    def _key_problem(self, error: SSL.Error) -> str:
        """
        What OpenSSL means, in words.
        """
        if "mismatch" in str(error):
            return (
                f"the private key in {self.key} is not that of the certificate in"
                f" {self.certificate}"
            )
        if b"ENCRYPTED" in _read(self.key):
            return f"the private key in {self.key} is encrypted; store it without a password"
        return f"{self.key} holds no private key in PEM form"


def _read(path: Path) -> bytes:
    """
    The content of a file.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_SIZE)
    except OSError as error:
        raise CertificateProblem(f"cannot read {path}: {error.strerror}") from None
