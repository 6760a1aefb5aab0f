"""
What a push message looks like on its way: encrypted so that only the browser can read it (RFC 8291,
with the content coding C{aes128gcm} of RFC 8188).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: Octets of an uncompressed point of P-256, of the browser's secret, and of the salt.
POINT_BYTES: Final = 65
AUTH_BYTES: Final = 16
SALT_BYTES: Final = 16
#: The whole message is one record of the size that every push service takes (RFC 8291, 4).
RECORD_SIZE: Final = 4096
_TAG_BYTES: Final = 16
_HEADER_BYTES: Final = SALT_BYTES + 4 + 1 + POINT_BYTES
#: Longest text: what is left of a record without header, delimiter and authentication tag.
MAX_PLAIN_BYTES: Final = RECORD_SIZE - _HEADER_BYTES - 1 - _TAG_BYTES


def to_base64url(data: bytes) -> str:
    """
    URL-safe base64 without padding.
    """
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """
    The bytes of URL-safe base64, with padding or without.

    @raise ValueError: it is something else.
    """
    try:
        raw = text.rstrip("=").encode("ascii")
        data = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, Base64Error) as error:
        raise ValueError("it is not URL-safe base64") from error
    # The decoder passes over letters that it does not know.
    if to_base64url(data).encode() != raw:
        raise ValueError("it is not URL-safe base64")
    return data


def public_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """
    A public key as an uncompressed point.
    """
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """
    The public key of an uncompressed point.

    @raise ValueError: it is not a point of P-256.
    """
    if len(point) != POINT_BYTES:
        raise ValueError(f"it is not a point of {POINT_BYTES} bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def new_key() -> ec.EllipticCurvePrivateKey:
    """
    A key of our own, for one message.
    """
    return ec.generate_private_key(ec.SECP256R1())


def encrypt(
    text: bytes,
    browser_key: bytes,
    browser_secret: bytes,
    own_key: ec.EllipticCurvePrivateKey,
    salt: bytes,
) -> bytes:
    """
    Encrypt a message to a browser.

    @param browser_key: C{p256dh} of its subscription, an uncompressed point.
    @param browser_secret: C{auth} of its subscription.
    @param own_key: fresh for each message, as is the salt.
    @return: the body of the request to the push service.
    @raise ValueError: the text is too long, or the browser's key is none.
    """
    if len(text) > MAX_PLAIN_BYTES:
        raise ValueError(f"a push message has at most {MAX_PLAIN_BYTES} bytes")
    shared = own_key.exchange(ec.ECDH(), public_key(browser_key))
    own_point = public_point(own_key.public_key())
    # RFC 8291, 3.4: what both sides know becomes the input of RFC 8188, 2.2 and 2.3.
    from_both = _sha256(browser_secret, shared)
    material = _sha256(from_both, b"WebPush: info\0" + browser_key + own_point + b"\1")
    pseudorandom = _sha256(salt, material)
    content_key = _sha256(pseudorandom, b"Content-Encoding: aes128gcm\0\1")[:16]
    nonce = _sha256(pseudorandom, b"Content-Encoding: nonce\0\1")[:12]
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([POINT_BYTES]) + own_point
    # 2 marks the last record.
    return header + AESGCM(content_key).encrypt(nonce, text + b"\2", None)


def _sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, sha256)
