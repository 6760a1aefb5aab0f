"""
Digests of bodies: C{Digest} (RFC 3230) and C{Content-Digest} (RFC 9530).
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from hashlib import sha256, sha512
from hmac import compare_digest
from typing import Final

from .errors import SignatureRefused
from .structured_fields import InvalidField, Item, parse_dictionary

_ALGORITHMS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "sha-256": lambda body: sha256(body).digest(),
    "sha-512": lambda body: sha512(body).digest(),
}
#: Most algorithms and longest header that are looked at.
_MAX_DIGESTS: Final = 8
_MAX_HEADER: Final = 1_024


def digest(body: bytes) -> str:
    """
    The value of a C{Digest} header, in the one spelling that all servers take.
    """
    return "SHA-256=" + b64encode(sha256(body).digest()).decode("ascii")


def content_digest(body: bytes) -> str:
    """
    The value of a C{Content-Digest} header.
    """
    return "sha-256=:" + b64encode(sha256(body).digest()).decode("ascii") + ":"


def check_digest(value: str, body: bytes) -> None:
    """
    Compare a C{Digest} header with the body.

    @raise SignatureRefused: it is of another body, or cannot be read.
    """
    parts = value.split(",")
    if len(parts) > _MAX_DIGESTS or len(value) > _MAX_HEADER:
        raise SignatureRefused("the Digest header is too long")
    given: list[tuple[str, bytes]] = []
    for part in parts:
        name, _, text = part.strip().partition("=")
        try:
            given.append((name.lower(), b64decode(text, validate=True)))
        except (Base64Error, ValueError):
            raise SignatureRefused("the Digest header cannot be read") from None
    _compare(given, body)


def check_content_digest(value: str, body: bytes) -> None:
    """
    Compare a C{Content-Digest} header with the body.

    @raise SignatureRefused: it is of another body, or cannot be read.
    """
    try:
        members = parse_dictionary(value)
    except InvalidField:
        raise SignatureRefused("the Content-Digest header cannot be read") from None
    given = [
        (name, member.value)
        for name, member in members.items()
        if isinstance(member, Item) and isinstance(member.value, bytes)
    ]
    _compare(given, body)


def _compare(given: list[tuple[str, bytes]], body: bytes) -> None:
    """
    All digests that we can compute must be right, and one must be there.
    """
    known = [(name, value) for name, value in given if name in _ALGORITHMS]
    if not known:
        raise SignatureRefused("no digest is of a kind that we know")
    for name, value in known:
        if not compare_digest(_ALGORITHMS[name](body), value):
            raise SignatureRefused("the digest is of another body")
