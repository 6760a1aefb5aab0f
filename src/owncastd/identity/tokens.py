"""
Access tokens: what users show to say who they are.

A token is told once, when it is made. What is kept is its digest, and the digest in letters is its
handle, by which the administrator can tell tokens apart and revoke them, but nobody can log in.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from hashlib import sha256
from typing import Final

TOKEN_BYTES: Final = 32

#: Gives so many random bytes; C{secrets.token_bytes} unless a test says otherwise.
RandomBytes = Callable[[int], bytes]


def make_token(random_bytes: RandomBytes = secrets.token_bytes) -> str:
    """
    A new token: 44 characters of URL-safe base64, its padding included.
    """
    return urlsafe_b64encode(random_bytes(TOKEN_BYTES)).decode("ascii")


def digest_of(token: str) -> bytes:
    """
    The digest of a token, whatever a stranger takes for one.
    """
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def handle_of(digest: bytes) -> str:
    """
    The handle of the token with this digest; it looks like a token.
    """
    return urlsafe_b64encode(digest).decode("ascii")


def digest_of_handle(handle: str) -> bytes | None:
    """
    The digest that a handle stands for, or C{None} if it is no handle.
    """
    try:
        digest = urlsafe_b64decode(handle.encode("ascii"))
    except (UnicodeEncodeError, Base64Error, ValueError):
        return None
    return digest if len(digest) == sha256().digest_size else None
