"""
Playlists and media as a resource of the ordinary site.

It serves what the short path leaves: HTTP/2, HEAD, ranges, conditional requests, preflights and the
wrong methods; and it must answer a plain GET as the short path does, to the byte.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

import re

from attrs import define
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.http import datetimeToString
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from owncastd.net.answers import Answer
from owncastd.net.channel import Hold
from owncastd.net.facts import read_facts
from owncastd.net.proxies import TrustedProxies

from .delivery import Delivery
from .objects import NOT_ALLOWED, OPTIONS

#: A single range (RFC 9110, 14.1.2). Sets of ranges are answered with the whole, as is allowed.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class HLSResource(Resource):
    """
    Everything below C{/hls/}.
    """

    isLeaf = True

    def __init__(self, clock: IReactorTime, delivery: Delivery, proxies: TrustedProxies) -> None:
        super().__init__()
        self._clock = clock
        self._delivery = delivery
        self._proxies = proxies

    def render(self, request: Request) -> int:
        """
        Answer at once or later.
        """
        waiter = _WaitingRequest(self._clock, request)
        if request.method == b"OPTIONS":
            waiter.send(OPTIONS)
        elif request.method not in (b"GET", b"HEAD"):
            waiter.send(NOT_ALLOWED)
        else:
            headers = request.requestHeaders
            facts = read_facts(
                lambda name: headers.getRawHeaders(name, []),
                getattr(request.getClientAddress(), "host", ""),
                self._proxies,
            )
            path = b"/".join(request.postpath or [])
            query = request.uri.partition(b"?")[2]
            reply = self._delivery.respond(path, query, facts, waiter)
            if isinstance(reply, Answer):
                waiter.send(reply)
            else:
                waiter.wait(reply)
        return NOT_DONE_YET


@define(eq=False)
class _WaitingRequest:
    """
    A request that is answered once.
    """

    _clock: IReactorTime
    _request: Request
    _hold: Hold | None = None

    def wait(self, hold: Hold) -> None:
        """
        Wait, but not beyond the end of the connection.
        """
        self._hold = hold
        # A finished request has nothing left to tell.
        self._request.notifyFinish().addErrback(self._lost)

    def _lost(self, reason: Failure) -> None:
        hold, self._hold = self._hold, None
        if hold is not None:
            hold.leave(self)

    def answer(self, answer: Answer) -> None:
        """
        Send what was waited for.
        """
        if self._hold is not None:
            self._hold = None
            self.send(answer)

    def send(self, answer: Answer) -> None:
        """
        Send an answer, or as much of it as the request asks for.
        """
        request = self._request
        # The site has put its own date there; ours is by the clock that the short path uses.
        request.setHeader(b"date", datetimeToString(int(self._clock.seconds())))
        body = answer.body
        headers = answer.headers
        status = answer.status
        if status == 200 and answer.etag is not None:
            if _matches(request.getHeader(b"if-none-match"), answer.etag):
                status = 304
                body = b""
                headers = tuple(pair for pair in headers if pair[0] not in _OF_THE_BODY)
            else:
                wanted = _wanted_range(request, answer)
                if wanted is not None:
                    status, body, headers = _partial(answer, wanted)
        request.setResponseCode(status)
        for name, value in headers:
            request.setHeader(name, value)
        request.write(bytes(body) if request.method != b"HEAD" else b"")
        request.finish()


_OF_THE_BODY = (b"Content-Length", b"Content-Type")


def _matches(if_none_match: bytes | None, etag: bytes) -> bool:
    """
    Whether the client has it already (RFC 9110, 13.1.2).
    """
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return etag in tags or b"*" in tags


def _wanted_range(request: Request, answer: Answer) -> str | None:
    """
    The range header, if it applies (RFC 9110, 13.1.5 and 14.2).
    """
    value = request.getHeader("range")
    if value is None or request.method != b"GET":
        return None
    if_range = request.getHeader(b"if-range")
    if if_range is not None and if_range != answer.etag:
        return None
    return value if _RANGE.fullmatch(value) else None


def _partial(
    answer: Answer, wanted: str
) -> tuple[int, bytes | memoryview, tuple[tuple[bytes, bytes], ...]]:
    """
    Cut out a range.

    @return: status, body and headers of the answer.
    """
    match = _RANGE.fullmatch(wanted)
    assert match is not None
    size = len(answer.body)
    if match[1]:
        first = int(match[1])
        last = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < first:
            return 200, answer.body, answer.headers
    elif match[2]:
        first, last = max(size - int(match[2]), 0), size - 1
    else:
        return 200, answer.body, answer.headers
    if first > last:
        status, body, content_range = 416, memoryview(b""), b"bytes */%d" % size
    else:
        status, body = 206, memoryview(answer.body)[first : last + 1]
        content_range = b"bytes %d-%d/%d" % (first, last, size)
    headers = []
    for name, value in answer.headers:
        if name == b"Content-Length":
            headers.append((b"Content-Range", content_range))
            headers.append((name, b"%d" % len(body)))
        elif status == 206 or name not in (b"Content-Type", b"Cache-Control", b"ETag"):
            headers.append((name, value))
    return status, body, tuple(headers)
