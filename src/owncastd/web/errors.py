"""
Errors of the HTTP API: what is answered when a route cannot.
"""

from klein import Klein
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from .answers import json_bytes, set_status
from .headers import forbid_caching

_log = Logger()


def add_error_answers(app: Klein) -> None:
    """
    Make a Klein application answer its errors in the API's forms instead of as HTML pages.
    """

    @app.handle_errors(MethodNotAllowed)
    def method_not_allowed(self: object, request: IRequest, failure: Failure) -> bytes:
        """
        The route exists, but not for this method.
        """
        error = failure.value
        assert isinstance(error, MethodNotAllowed)
        methods = ", ".join(sorted(error.valid_methods or ()))
        request.responseHeaders.setRawHeaders("Allow", [methods])
        method = request.method.decode("ascii", "replace")
        return refusal(request, 405, f"{method} not supported")

    @app.handle_errors(HTTPException)
    def other(self: object, request: IRequest, failure: Failure) -> bytes:
        """
        There is no such route, or what the router itself refuses.
        """
        error = failure.value
        assert isinstance(error, HTTPException)
        set_status(request, error.code or 500)
        request.responseHeaders.setRawHeaders("Content-Type", ["text/plain; charset=utf-8"])
        return f"{error.name}\n".encode()

    @app.handle_errors(Exception)
    def unexpected(self: object, request: IRequest, failure: Failure) -> bytes:
        """
        A mistake of ours.
        """
        _log.failure("A route failed: {path}", failure, path=request.path)
        return refusal(request, 500, "internal error")


def refusal(request: IRequest, code: int, message: str) -> bytes:
    """
    The API's usual error document.

    @param message: for people; it must not repeat a secret.
    """
    set_status(request, code)
    forbid_caching(request)
    return json_bytes(request, {"success": False, "message": message})
