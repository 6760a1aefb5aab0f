"""
Writing a whole answer at once, for GET and for HEAD.

L{IRequest} has no types: the calls of it that need an exemption are gathered here.
"""

import json

from twisted.internet.defer import Deferred
from twisted.web.http import CACHED, NOT_ALLOWED
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET


def set_status(request: IRequest, code: int) -> None:
    """
    Set the status code.
    """
    request.setResponseCode(code)  # type: ignore[no-untyped-call]


def finish(request: IRequest, content_type: str, body: bytes) -> int:
    """
    Write a body and end the response. HEAD gets the length and nothing else.

    @return: what a resource's C{render} returns.
    """
    request.responseHeaders.setRawHeaders("Content-Type", [content_type])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(body))])
    request.write(body)  # type: ignore[no-untyped-call]
    request.finish()  # type: ignore[no-untyped-call]
    return NOT_DONE_YET


def finish_empty(request: IRequest) -> int:
    """
    End a response that has no body, such as 304.

    @return: what a resource's C{render} returns.
    """
    request.finish()  # type: ignore[no-untyped-call]
    return NOT_DONE_YET


def has_already(request: IRequest, tag: str) -> bool:
    """
    Declare the entity tag, and tell whether the client has that very content (RFC 9110, 13.1.2).
    The status is set then; what remains is L{finish_empty}.

    @param tag: with its quotes.
    """
    return request.setETag(tag.encode()) is CACHED  # type: ignore[no-untyped-call]


def hostname(request: IRequest) -> bytes:
    """
    The host that the client asked for, without the port.
    """
    name: bytes = request.getRequestHostname()  # type: ignore[no-untyped-call]
    return name


def answered(request: IRequest) -> Deferred[None]:
    """
    Fires when the whole answer has been handed to the connection, or the connection is lost.
    """
    finishing: Deferred[None] = request.notifyFinish()  # type: ignore[attr-defined]
    return finishing.addErrback(lambda _: None)


def json_text(document: object) -> bytes:
    """
    A document as JSON in UTF-8.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # What came in a header of a stranger may hold lone surrogates, which UTF-8 cannot say.
    return text.encode("utf-8", "replace")


def json_bytes(request: IRequest, document: object) -> bytes:
    """
    The bytes of a JSON answer, its type declared.
    """
    body = json_text(document)
    request.responseHeaders.setRawHeaders("Content-Type", ["application/json"])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(body))])
    return body


class Leaf(Resource):
    """
    A resource that is read and has nothing below it; for subclasses.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def render(self, request: IRequest) -> int:
        """
        Answer GET and HEAD, refuse the rest.
        """
        if request.method in (b"GET", b"HEAD"):
            return self.answer(request)
        set_status(request, NOT_ALLOWED)
        request.responseHeaders.setRawHeaders("Allow", ["GET, HEAD"])
        return finish(request, "text/plain; charset=utf-8", b"Method not allowed\n")

    def answer(self, request: IRequest) -> int:
        """
        Write the whole answer, as L{finish} does.
        """
        raise NotImplementedError


class PlainAnswer(Leaf):
    """
    A short answer in plain text, such as a refusal; the same at and below its place.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__()
        self._code = code
        self._text = text

    def render(self, request: IRequest) -> int:
        """
        Answer, whatever the method.
        """
        set_status(request, self._code)
        return finish(request, "text/plain; charset=utf-8", self._text.encode())


class Redirect(Leaf):
    """
    Points elsewhere.
    """

    def __init__(self, code: int, location: str) -> None:
        super().__init__()
        self._code = code
        self._location = location

    def render(self, request: IRequest) -> int:
        """
        Answer, whatever the method.
        """
        set_status(request, self._code)
        request.responseHeaders.setRawHeaders("Location", [self._location])
        return finish(request, "text/plain; charset=utf-8", self._location.encode())
