"""
AWS Signature Version 4 in the Authorization header, with the payload in one piece.

"Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference. Services that
speak S3 all check this; nothing here knows a clock or a network.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from attrs import field, frozen

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
#: What is never percent-encoded (RFC 3986, 2.3), and in a path the slash besides.
_UNRESERVED: Final = "-_.~"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@frozen
class Credentials:
    """
    Who signs, and for which region.
    """

    access_key: str = field(repr=False)
    secret: str = field(repr=False)
    region: str


def payload_hash(data: bytes) -> str:
    """
    The hash of a body, as L{signed_headers} wants it.
    """
    return hashlib.sha256(data).hexdigest()


def quoted_path(path: str) -> str:
    """
    A path percent-encoded once and in the one way that the signature is made over.
    """
    return quote(path, safe="/" + _UNRESERVED)


def host_of(url: str) -> str:
    """
    The value of the Host header: the port only where it is not the usual one.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def signed_headers(
    credentials: Credentials,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body_hash: str,
    now: datetime,
) -> dict[str, str]:
    """
    The headers of a request, completed by those that prove who sends it. All are signed.

    @param url: with its path percent-encoded as by L{quoted_path}.
    @param body_hash: of the body, by L{payload_hash}.
    @param now: the time of the request; services refuse one that is minutes off.
    """
    parts = urlsplit(url)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    complete = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    complete |= {
        "host": host_of(url),
        "x-amz-content-sha256": body_hash,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(complete))
    canonical = "\n".join(
        [
            method,
            quoted_path(unquote(parts.path)) or "/",
            _canonical_query(parts.query),
            *(f"{name}:{complete[name]}" for name in sorted(complete)),
            "",
            names,
            body_hash,
        ]
    )
    scope = f"{stamp[:8]}/{credentials.region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = _hmac(_signing_key(credentials, stamp[:8]), to_sign).hex()
    complete["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return complete


def _canonical_query(query: str) -> str:
    pairs = [
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _signing_key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
