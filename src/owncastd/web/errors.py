"""
Errors of the HTTP API: what is answered when a route cannot.
"""

from collections.abc import Mapping
from typing import Final

from klein import Klein
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from werkzeug.exceptions import HTTPException

from .answers import json_bytes, set_status
from .headers import forbid_caching
from .routes import ErrorForm

_log = Logger()

_INTERNAL: Final = "internal error"


class Refused(Exception):
    """
    A request that cannot be granted. The text is for people, and never repeats a secret.

    @ivar status: the status of the answer.
    @ivar headers: of the answer, besides the usual ones.
    """

    def __init__(
        self, message: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = dict(headers or {})

    def body(self, request: IRequest, form: ErrorForm) -> bytes:
        """
        The body in the form of the route, its type declared.
        """
        document: dict[str, object] = {"success": False, "message": self.message}
        if form is ErrorForm.ERROR:
            document["error"] = self.message
        return json_bytes(request, document)


class Unauthorized(Refused):
    """
    Credentials are missing or wrong: told in plain text.
    """

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, 401, headers)

    def body(self, request: IRequest, form: ErrorForm) -> bytes:
        """
        The text.
        """
        return plain_bytes(request, self.message)


def plain_bytes(request: IRequest, text: str) -> bytes:
    """
    The bytes of an answer in plain text, its type declared.
    """
    body = text.encode("utf-8", "replace")
    request.responseHeaders.setRawHeaders("Content-Type", ["text/plain; charset=utf-8"])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(body))])
    return body


def refuse(request: IRequest, refused: Refused, form: ErrorForm = ErrorForm.MESSAGE) -> bytes:
    """
    Make the answer of a refusal.
    """
    set_status(request, refused.status)
    forbid_caching(request)
    for name, value in refused.headers.items():
        request.responseHeaders.setRawHeaders(name, [value])
    return refused.body(request, form)


def failed(request: IRequest, failure: Failure, form: ErrorForm = ErrorForm.MESSAGE) -> bytes:
    """
    Log a mistake of ours, and make the answer, which tells nothing of it.
    """
    _log.failure("A route failed: {path}", failure, path=request.path)
    return refuse(request, Refused(_INTERNAL, 500), form)


def add_error_answers(app: Klein) -> None:
    """
    Make a Klein application answer what its router refuses in plain text instead of in HTML.
    """

    @app.handle_errors(HTTPException)
    def unrouted(request: IRequest, failure: Failure) -> bytes:
        """
        There is no such route, or what the router itself refuses.
        """
        error = failure.value
        assert isinstance(error, HTTPException)
        set_status(request, error.code or 500)
        return plain_bytes(request, f"{error.name}\n")

    @app.handle_errors(Exception)
    def unexpected(request: IRequest, failure: Failure) -> bytes:
        """
        A mistake of ours outside of any route.
        """
        return failed(request, failure)
