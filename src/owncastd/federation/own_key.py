"""
The account's own key: made once, in a thread, and used there.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.logger import Logger

from owncastd.settings import catalogue
from owncastd.settings.store import Change, Settings
from owncastd.threads import InThread

KEY_BITS: Final = 2_048
EXPONENT: Final = 65_537


def make_key() -> RSAPrivateKey:
    """
    A new key. It takes a moment, at times a second.
    """
    return generate_private_key(EXPONENT, KEY_BITS)


def private_pem(key: RSAPrivateKey) -> str:
    """
    A private key as PEM of the kind that Owncast keeps (PKCS #1).
    """
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode("ascii")


def public_pem(key: RSAPrivateKey) -> str:
    """
    The public half as PEM (SubjectPublicKeyInfo), which all servers read.
    """
    public = key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")


def read_private_key(pem: str) -> RSAPrivateKey | None:
    """
    A key that was kept; C{None} if it is none.
    """
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPrivateKey) else None


@define(eq=False)
class OwnKey:
    """
    Signs for the account. The key is read, or made and kept, when it is needed first.
    """

    _settings: Settings = field(repr=False)
    _in_thread: InThread
    _make: Callable[[], RSAPrivateKey] = make_key
    _key: RSAPrivateKey | None = field(init=False, default=None, repr=False)
    #: Two that need the key at once must not make two of them.
    _making: DeferredLock = field(init=False, factory=DeferredLock)

    _log = Logger()

    def public(self) -> Deferred[str]:
        """
        The public key as PEM.

        Failures: of keeping a new one, those of L{Settings.set}.
        """
        known = self._settings.get(catalogue.FEDERATION_PUBLIC_KEY)
        if self._key is not None and known:
            return succeed(known)
        return self._ready().addCallback(
            lambda _: self._settings.get(catalogue.FEDERATION_PUBLIC_KEY)
        )

    def sign(self, data: bytes) -> Deferred[bytes]:
        """
        Sign with RSASSA-PKCS1-v1_5 and SHA-256.

        Failures: as for L{public}.
        """

        def sign(key: RSAPrivateKey) -> Deferred[bytes]:
            return self._in_thread(lambda: key.sign(data, PKCS1v15(), SHA256()))

        return self._ready().addCallback(sign)

    def _ready(self) -> Deferred[RSAPrivateKey]:
        if self._key is not None:
            return succeed(self._key)
        return self._making.run(lambda: Deferred.fromCoroutine(self._read_or_make()))

    async def _read_or_make(self) -> RSAPrivateKey:
        if self._key is not None:
            return self._key
        stored = self._settings.get(catalogue.FEDERATION_PRIVATE_KEY)
        key = await self._in_thread(lambda: read_private_key(stored))
        if key is None:
            if stored:
                self._log.warn("The account's key cannot be read; it gets a new one")
            key = await self._in_thread(self._make)
        made = key
        private, public = await self._in_thread(lambda: (private_pem(made), public_pem(made)))
        if public.strip() != self._settings.get(catalogue.FEDERATION_PUBLIC_KEY).strip():
            await self._settings.set_together(
                Change(catalogue.FEDERATION_PRIVATE_KEY, private),
                Change(catalogue.FEDERATION_PUBLIC_KEY, public),
            )
        self._key = key
        return key
