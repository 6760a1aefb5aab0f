"""
Delivery directives: what a player asks of a media playlist in the query.

draft-pantos-hls-rfc8216bis, section 6.2.5.
"""

import re

from attrs import frozen

#: Larger numbers are nobody's: at five parts a second they would take a billion years.
_NUMBER = re.compile(rb"[0-9]{1,17}")


class BadDirective(Exception):
    """
    A directive that no playlist can satisfy.
    """


@frozen
class Directives:
    """
    What one request asks for.

    @ivar msn: wait until the playlist has this media sequence number; C{None} waits for nothing.
    @ivar part: wait for this partial segment of it; C{None} waits for the whole segment.
    @ivar skip: older segments may be left out (a playlist delta update).
    """

    msn: int | None = None
    part: int | None = None
    skip: bool = False


def parse_directives(query: bytes) -> Directives:
    """
    Read the directives of a query string; other parameters are somebody else's and ignored.

    @raise BadDirective: a directive is repeated or not a number, or a part stands without its
        segment.
    """
    found: dict[bytes, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if not name.startswith(b"_HLS_"):
            continue
        if name in found:
            raise BadDirective("a directive is repeated")
        found[name] = value
    msn = _number(found.get(b"_HLS_msn"))
    part = _number(found.get(b"_HLS_part"))
    if part is not None and msn is None:
        raise BadDirective("_HLS_part stands without _HLS_msn")
    # "v2" also asks to leave out date ranges that were dropped, of which there are none.
    return Directives(msn, part, found.get(b"_HLS_skip") in (b"YES", b"v2"))


def _number(text: bytes | None) -> int | None:
    """
    Read a decimal-integer (section 4.2).
    """
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None:
        raise BadDirective("a directive is not a number")
    return int(text)
