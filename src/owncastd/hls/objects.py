"""
What the HLS paths answer, as prepared HTTP answers.
"""

import gzip

from owncastd.net.answers import Answer

_ANYBODY = (b"Access-Control-Allow-Origin", b"*")
#: Playlists change all the time; the pair is what the clients of the API know.
_UNCACHED = (
    (b"Cache-Control", b"no-cache, no-store, must-revalidate"),
    (b"Expires", b"Thu, 1 Jan 1970 00:00:00 GMT"),
)
#: A name is never used for other bytes: it carries the broadcast's prefix and a running number.
_CACHED = (b"Cache-Control", b"public, max-age=31557600")

#: Cheap and nearly as small as it gets; a playlist is compressed once for all who read it.
_GZIP_LEVEL = 5


def media_answer(name: str, data: bytes | memoryview) -> Answer:
    """
    A part, a segment or an init section.

    @param name: its name, which is unique for ever.
    """
    headers = (
        (b"Content-Type", b"video/mp4"),
        _CACHED,
        _ANYBODY,
        (b"Accept-Ranges", b"bytes"),
    )
    return Answer(200, headers, data, b'"%b"' % name.encode())


def moved_answer(address: str) -> Answer:
    """
    What a segment or an init section is answered with once it can be had elsewhere.

    The playlist goes on naming it here: what it has named once must not change (6.2.1), and players
    stop when it does. The other place keeps it no longer than the playlist, so the way there must
    not be kept either.
    """
    headers = ((b"Location", address.encode()), *_UNCACHED, _ANYBODY)
    return Answer(302, headers, b"")


def playlist_answer(text: bytes, compressed: bool) -> Answer:
    """
    A playlist.

    @param compressed: for those who accept gzip.
    """
    headers = [
        (b"Content-Type", b"application/x-mpegURL"),
        *_UNCACHED,
        _ANYBODY,
        (b"Vary", b"Accept-Encoding"),
    ]
    if compressed:
        headers.append((b"Content-Encoding", b"gzip"))
        text = gzip.compress(text, _GZIP_LEVEL, mtime=0)
    return Answer(200, tuple(headers), text)


def _error(status: int, text: bytes, *more: tuple[bytes, bytes]) -> Answer:
    headers = ((b"Content-Type", b"text/plain; charset=utf-8"), *_UNCACHED, _ANYBODY, *more)
    return Answer(status, headers, text + b"\n")


NOT_FOUND = _error(404, b"There is no such thing here.")
BAD_REQUEST = _error(400, b"No playlist can satisfy this request.")
TOO_LATE = _error(503, b"The media did not arrive in time.")
TOO_MANY = _error(503, b"Too many requests are waiting.", (b"Retry-After", b"2"))
NOT_ALLOWED = _error(405, b"This can only be read.", (b"Allow", b"GET, HEAD, OPTIONS"))
#: To a preflight request; the answers themselves expose nothing beyond what they all have.
OPTIONS = Answer(
    204,
    (
        (b"Allow", b"GET, HEAD, OPTIONS"),
        _ANYBODY,
        (b"Access-Control-Allow-Methods", b"GET, HEAD, OPTIONS"),
        (b"Access-Control-Allow-Headers", b"Range"),
        (b"Access-Control-Max-Age", b"86400"),
    ),
    b"",
)
