"""
The web site as a port serves it: Twisted's, with limits, discretion and a short path.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from http import HTTPStatus
from typing import Any, cast

from twisted.internet.interfaces import IReactorTime
from twisted.web.http import Request as HTTPRequest
from twisted.web.http import _GenericHTTPChannelProtocol
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from .answers import Openings
from .channel import Door, ShortPath, ShortPathChannel
from .proxies import TrustedProxies

#: A connection without a request for this long is closed. Players ask every few seconds, and a
#: proxy in front should keep its idle connections for less than this.
IDLE_SECONDS = 75
#: The largest request body that is received at all; resources set tighter limits.
MAX_BODY_BYTES = 8 * 1024 * 1024

_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class WebRequest(Request):
    """
    A request with a bounded body, whose answer does not name the software.
    """

    _received = 0
    _refused = False

    def setHeader(self, name: Any, value: Any) -> None:
        """
        Set a header of the answer, but not the banner that the framework would add.
        """
        if name != b"Server":
            super().setHeader(name, value)

    def gotLength(self, length: int | None) -> None:
        """
        The headers tell how long the body will be.
        """
        if length is not None and length > self._limit():
            self._refuse()
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        """
        A piece of the body.
        """
        self._received += len(data)
        if self._received > self._limit():
            self._refuse()
        if not self._refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """
        All is here: process it, unless the connection is being closed.
        """
        if not (self._refused and isinstance(self.channel, ShortPathChannel)):
            super().requestReceived(command, path, version)

    def process(self) -> None:
        """
        Find the resource and let it answer.
        """
        if self._refused:
            self.setResponseCode(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            self.setHeader(b"content-length", b"0")
            self.finish()
        else:
            self._make_readable()
            super().process()

    def _make_readable(self) -> None:
        """
        Mend header values that are no UTF-8: to read them as text would raise.
        """
        for name, values in list(self.requestHeaders.getAllRawHeaders()):
            if not all(value.isascii() for value in values):
                mended = [value.decode("utf-8", "replace").encode("utf-8") for value in values]
                self.requestHeaders.setRawHeaders(name, mended)

    def _limit(self) -> int:
        limit: int = cast(Any, self.channel).site.max_body_bytes
        return limit

    def _refuse(self) -> None:
        """
        Answer 413 and close: what follows is not worth reading. Over HTTP/2, where a connection
        carries other requests as well, the body is read to its end and dropped.
        """
        if self._refused:
            return
        self._refused = True
        if isinstance(self.channel, ShortPathChannel):
            self.channel.write(_TOO_LARGE)
            self.channel.loseConnection()


class WebFactory(Site):
    """
    Builds the channels of the web port.

    No access log is kept: who watches what is nobody's business, and the log file would be the
    largest that the server writes.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        resource: IResource,
        short_path: ShortPath,
        proxies: TrustedProxies,
        idle_seconds: float = IDLE_SECONDS,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        """
        @param resource: the ordinary site; it must answer below the short path's prefix as well.
        """
        super().__init__(
            resource,
            requestFactory=WebRequest,
            parsePOSTFormSubmission=False,
            timeout=idle_seconds,
            reactor=reactor,
        )
        self.max_body_bytes = max_body_bytes
        self.displayTracebacks = False
        door = Door(short_path, Openings(reactor), proxies)

        # HTTP/2 is negotiated inside TLS; this wrapper is how Twisted changes the channel then, and
        # there is no public name for it.
        def build() -> _GenericHTTPChannelProtocol:
            return _GenericHTTPChannelProtocol(ShortPathChannel(door))

        self.protocol = build  # type: ignore[method-assign]

    def startFactory(self) -> None:
        """
        The port listens; there is no log to open.
        """

    def stopFactory(self) -> None:
        """
        The port is closed; it closes its connections itself.
        """

    def log(self, request: HTTPRequest) -> None:
        """
        Keep no log.
        """
