"""
The signature of what a webhook is sent, as Owncast 0.3 makes it: with C{owncast-signature:
t=1718400000.s=5f8a...}, C{s} is the HMAC-SHA256 (RFC 2104) in hexadecimal digits of C{t}, a full
stop and the body.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

SIGNATURE_HEADER: Final = "owncast-signature"
#: Counts what the server delivers: receivers tell by it what they have had already.
DELIVERY_HEADER: Final = "owncastd-delivery"
#: Bytes of randomness in a secret.
SECRET_BYTES: Final = 32


def make_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """
    A new secret: 64 hexadecimal digits.
    """
    return random_bytes(SECRET_BYTES).hex()


def signature(secret: str, body: bytes, now: float) -> str:
    """
    The value of the header.

    @param now: seconds since 1970, of which the signature tells the whole ones.
    """
    stamp = str(int(now))
    signed = f"{stamp}.".encode() + body
    digits = hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
    return f"t={stamp}.s={digits}"
