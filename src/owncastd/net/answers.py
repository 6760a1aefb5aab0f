"""
Answers prepared once and sent many times.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from http import HTTPStatus

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.web.http import datetimeToString

#: Bodies up to this size are joined with their head and sent in one piece.
SMALL_BODY = 16384


@define(eq=False)
class Answer:
    """
    An HTTP answer to GET with everything but its date.

    @ivar headers: name and value in the order in which they are sent; the length and the entity tag
        are added.
    @ivar body: may be exchanged for equal bytes elsewhere, to hold memory once.
    @ivar etag: entity tag in quotes, for bodies that never change; else C{None}.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | memoryview = field(repr=False)
    etag: bytes | None = None
    head: bytes = field(init=False, repr=False)
    _opening: bytes = field(init=False, repr=False, default=b"")
    _opened: bytes = field(init=False, repr=False, default=b"")

    def __attrs_post_init__(self) -> None:
        # Forbidden where there is no content (RFC 9110, 8.6).
        if self.status != HTTPStatus.NO_CONTENT:
            self.headers = (*self.headers, (b"Content-Length", b"%d" % len(self.body)))
        if self.etag is not None:
            self.headers = (*self.headers, (b"ETag", self.etag))
        self.head = b"".join(b"%b: %b\r\n" % pair for pair in self.headers) + b"\r\n"

    def opened(self, opening: bytes) -> bytes:
        """
        The bytes to send, whole if the body is small, else without the body.

        They are joined once per opening: that is, once for all who get them within a second.

        @param opening: what L{Openings.opening} made for this status.
        """
        if opening is not self._opening:
            self._opening = opening
            if len(self.body) <= SMALL_BODY:
                self._opened = b"".join((opening, self.head, self.body))
            else:
                self._opened = opening + self.head
        return self._opened


@define(eq=False)
class Openings:
    """
    Makes status lines with the C{Date} header (RFC 9110, 6.6.1), once a second.
    """

    _clock: IReactorTime
    _second: int = -1
    _made: dict[int, bytes] = field(factory=dict)

    def opening(self, status: int) -> bytes:
        """
        Status line and date, as the ordinary site would send them.
        """
        second = int(self._clock.seconds())
        if second != self._second:
            self._second = second
            self._made.clear()
        made = self._made.get(status)
        if made is None:
            made = self._made[status] = b"HTTP/1.1 %d %b\r\nDate: %b\r\n" % (
                status,
                HTTPStatus(status).phrase.encode(),
                datetimeToString(second),
            )
        return made
