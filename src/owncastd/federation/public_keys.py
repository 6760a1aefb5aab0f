"""
Public keys, and what is signed with them.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .errors import SignatureRefused

PublicKey = RSAPublicKey | Ed25519PublicKey
#: Whether data is signed: key, signature, data. Raises C{InvalidSignature}.
Check = Callable[[PublicKey, bytes, bytes], object]

#: Smaller ones are broken, larger ones only slow.
MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 8_192
#: The cost of a check grows with it.
MAX_EXPONENT: Final = 2**32


def load_public_key(pem: str) -> PublicKey:
    """
    Read a key: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) or PKCS #1 (RFC 8017, A.1.1).

    @raise SignatureRefused: it is none, or none that is good.
    """
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureRefused("the key cannot be read") from None
    if isinstance(key, RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise SignatureRefused("the key is too small or too large")
        if key.public_numbers().e > MAX_EXPONENT:
            raise SignatureRefused("the key is too slow")
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise SignatureRefused("the key is of another kind than RSA and Ed25519")


def rsa_sha256(key: PublicKey, signature: bytes, data: bytes) -> None:
    """
    RSASSA-PKCS1-v1_5 with SHA-256.
    """
    _rsa(key).verify(signature, data, PKCS1v15(), SHA256())


def rsa_sha512(key: PublicKey, signature: bytes, data: bytes) -> None:
    """
    RSASSA-PKCS1-v1_5 with SHA-512.
    """
    _rsa(key).verify(signature, data, PKCS1v15(), SHA512())


def rsa_pss_sha512(key: PublicKey, signature: bytes, data: bytes) -> None:
    """
    RSASSA-PSS with SHA-512 (RFC 9421, 3.3.1).
    """
    _rsa(key).verify(signature, data, PSS(MGF1(SHA512()), 64), SHA512())


def ed25519(key: PublicKey, signature: bytes, data: bytes) -> None:
    """
    Ed25519 (RFC 8032).
    """
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidSignature
    key.verify(signature, data)


def _rsa(key: PublicKey) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise InvalidSignature
    return key


def is_signed(check: Check, key: PublicKey, signature: bytes, data: bytes) -> bool:
    """
    Whether a check succeeds.
    """
    try:
        check(key, signature, data)
    except InvalidSignature:
        return False
    return True
