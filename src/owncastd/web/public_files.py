"""
The operator's own files below C{/public/}: read in threads, sent as fast as they are taken.
"""

from mimetypes import MimeTypes
from pathlib import Path
from typing import Final
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import (
    CACHED,
    INTERNAL_SERVER_ERROR,
    MOVED_PERMANENTLY,
    NOT_FOUND,
    PARTIAL_CONTENT,
    REQUESTED_RANGE_NOT_SATISFIABLE,
    SERVICE_UNAVAILABLE,
    datetimeToString,
)
from twisted.web.iweb import IRequest
from twisted.web.server import NOT_DONE_YET

from owncastd.threads import InThread

from .answers import Leaf, PlainAnswer, Redirect, answered, finish_empty, has_already, set_status
from .open_files import IsFolder, NotThere, OpenFile, open_below
from .pouring import Tap, pour
from .ranges import Unsatisfiable, parse_range

#: How many files may be on their way at the same time; more are refused with 503.
MAX_SENDING: Final = 200
INDEX: Final = b"index.html"

#: Types by ending; not the machine's own list, so that every machine says the same.
_types = MimeTypes(filenames=())


def content_type(name: str) -> str:
    """
    The type of a file by its name.
    """
    kind, encoding = _types.guess_type(name)
    if encoding == "gzip":
        return "application/gzip"
    if kind is None or encoding is not None:
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


class PublicFiles(Leaf):
    """
    Serves a folder: no listings, no hidden files, no links. Files may come and go at any time.

    @param in_thread: where the disk is waited for.
    @param folder: it need not exist.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, in_thread: InThread, folder: Path) -> None:
        super().__init__()
        self._clock = clock
        self._in_thread = in_thread
        self._folder = folder
        self._sending = 0

    def answer(self, request: IRequest) -> int:
        """
        Send a file, or say that there is none.
        """
        if self._sending >= MAX_SENDING:
            request.responseHeaders.setRawHeaders("Retry-After", ["5"])
            return PlainAnswer(SERVICE_UNAVAILABLE, "Busy\n").render(request)
        self._sending += 1

        def done(_: object) -> None:
            self._sending -= 1

        tap = Tap()
        answered(request).addCallback(lambda _: tap.stopProducing())

        def failed(failure: Failure) -> None:
            self._log.failure("Sending {path} failed", failure, path=request.path)
            if not tap.stopped:
                request.loseConnection()  # type: ignore[attr-defined]

        Deferred.fromCoroutine(self._answer(request, tap)).addErrback(failed).addBoth(done)
        return NOT_DONE_YET

    async def _answer(self, request: IRequest, tap: Tap) -> None:
        path: list[bytes] = list(request.postpath)
        if path[-1:] == [b""]:
            path[-1] = INDEX
        try:
            file: OpenFile = await self._in_thread(lambda: open_below(self._folder, path))
        except (NotThere, IsFolder, OSError) as error:
            if not tap.stopped:
                self._refuse(request, error)
            return
        try:
            if not tap.stopped:
                await self._send(request, tap, file, path[-1].decode())
        finally:
            await self._in_thread(file.close)

    def _refuse(self, request: IRequest, error: Exception) -> None:
        if isinstance(error, IsFolder) and request.postpath[-1] != b"":
            segments = (
                quote(segment, safe="") for segment in [*request.prepath, *request.postpath]
            )
            Redirect(MOVED_PERMANENTLY, f"/{'/'.join(segments)}/").render(request)
        elif isinstance(error, OSError):
            self._log.error("{path} cannot be read: {reason}", path=request.path, reason=str(error))
            PlainAnswer(INTERNAL_SERVER_ERROR, "Cannot be read\n").render(request)
        else:
            PlainAnswer(NOT_FOUND, "Not found\n").render(request)

    async def _send(self, request: IRequest, tap: Tap, file: OpenFile, name: str) -> None:
        headers = request.responseHeaders
        headers.setRawHeaders("Accept-Ranges", ["bytes"])
        # A changed file is seen at once, an unchanged one is not sent again.
        headers.setRawHeaders("Cache-Control", ["no-cache"])
        if _has_already(request, file):
            finish_empty(request)
            return
        start, length = 0, file.size
        try:
            part = _wanted_part(request, file)
        except Unsatisfiable:
            headers.setRawHeaders("Content-Range", [f"bytes */{file.size}"])
            PlainAnswer(REQUESTED_RANGE_NOT_SATISFIABLE, "No such range\n").render(request)
            return
        if part is not None:
            start, length = part
            set_status(request, PARTIAL_CONTENT)
            headers.setRawHeaders(
                "Content-Range", [f"bytes {start}-{start + length - 1}/{file.size}"]
            )
        headers.setRawHeaders("Content-Type", [content_type(name)])
        headers.setRawHeaders("Content-Length", [str(length)])
        if request.method == b"HEAD":
            finish_empty(request)
        else:
            await pour(
                self._clock,
                request,
                tap,
                lambda position, size: self._in_thread(lambda: file.read(position, size)),
                start,
                length,
            )


def _has_already(request: IRequest, file: OpenFile) -> bool:
    """
    Whether the client has this very file; a tag says more than a time (RFC 9110, 13.2.2).
    """
    if has_already(request, file.tag):
        return True
    if request.requestHeaders.hasHeader("If-None-Match"):
        request.responseHeaders.setRawHeaders("Last-Modified", [_http_date(file.modified)])
        return False
    return request.setLastModified(file.modified) is CACHED  # type: ignore[no-untyped-call]


def _wanted_part(request: IRequest, file: OpenFile) -> tuple[int, int] | None:
    """
    The range that is asked for, if it is one of the file as it is now (C{If-Range}).
    """
    get = request.requestHeaders.getRawHeaders
    values = get("Range", [])
    if len(values) != 1:
        return None
    known = get("If-Range")
    if known and known[0].strip() not in (file.tag, _http_date(file.modified)):
        return None
    return parse_range(values[0], file.size)


def _http_date(seconds: int) -> str:
    text: bytes = datetimeToString(seconds)  # type: ignore[no-untyped-call]
    return text.decode("ascii")
