"""
What is worth knowing about a request besides its target, read once from its headers.
"""

import re
from collections.abc import Callable, Sequence

from attrs import frozen

from .proxies import TrustedProxies

#: A user agent text is kept per viewer, so a stranger may not make it long.
MAX_USER_AGENT = 256
#: Header blocks above this, in bytes or in lines, are left to the full parser and its limits.
MAX_SHORT_HEADERS = 8192
MAX_SHORT_HEADER_LINES = 100

#: One header line that two parsers cannot read differently: a token (RFC 9110, 5.6.2), a colon and
#: printable text. No folding, no bare CR or LF, no blank before the colon.
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")

#: Headers that change what the answer must be, or where the request ends.
_UNUSUAL = frozenset(
    [
        b"content-length",
        b"expect",
        b"http2-settings",
        b"range",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    ]
)


@frozen
class RequestFacts:
    """
    Who asks, and what they can read.

    @ivar accepts_gzip: whether the body may be sent with the content coding C{gzip}.
    @ivar address: IP address of the client, trusted proxies seen through.
    @ivar user_agent: the C{User-Agent} header, shortened; empty when missing.
    """

    accepts_gzip: bool
    address: str
    user_agent: str


#: The values of the header with this (lower-case) name, in order of appearance.
HeaderValues = Callable[[bytes], Sequence[bytes]]


def read_facts(values: HeaderValues, peer: str, proxies: TrustedProxies) -> RequestFacts:
    """
    Gather the facts of one request.

    @param peer: address at the other end of the socket.
    """
    forwarded_for = [text.decode("latin-1") for text in values(b"x-forwarded-for")]
    agents = values(b"user-agent")
    agent = agents[-1] if agents else b""
    return RequestFacts(
        accepts_gzip=accepts_gzip(b",".join(values(b"accept-encoding"))),
        address=proxies.client_address(peer, forwarded_for),
        user_agent=agent.decode("utf-8", "replace").strip()[:MAX_USER_AGENT],
    )


def accepts_gzip(accept_encoding: bytes) -> bool:
    """
    Whether an C{Accept-Encoding} value allows gzip (RFC 9110, 12.5.3): by name, else by C{*}.
    """
    named: bool | None = None
    other = False
    for item in accept_encoding.lower().split(b","):
        coding, _, parameter = item.partition(b";")
        coding = coding.strip()
        if coding not in (b"gzip", b"x-gzip", b"*"):
            continue
        allowed = not re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", parameter)
        if coding == b"*":
            other = allowed
        else:
            named = allowed if named is None else (named and allowed)
    return other if named is None else named


def plain_headers(block: bytes) -> dict[bytes, list[bytes]] | None:
    """
    Read the header lines of a request that asks for nothing out of the ordinary.

    @param block: the bytes after the request line, up to the line break before the empty line.
    @return: values by lower-case name; or C{None} when a body, a condition, a range, an upgrade,
        a connection option or an irregular line calls for the full parser.
    """
    headers: dict[bytes, list[bytes]] = {}
    if not block:
        return headers
    if len(block) > MAX_SHORT_HEADERS or block.count(b"\n") >= MAX_SHORT_HEADER_LINES:
        return None
    for line in block.split(b"\r\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        name = match[1].lower()
        value = match[2].rstrip(b" \t")
        if name in _UNUSUAL or name.startswith(b"if-"):
            return None
        if name == b"connection" and value.lower() != b"keep-alive":
            return None
        headers.setdefault(name, []).append(value)
    return headers
