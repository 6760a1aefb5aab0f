"""
The HTTP API: the routes of all rooms behind one gate, in one resource.
"""

from collections.abc import Iterable, Mapping
from inspect import isawaitable
from typing import Any, Final

from attrs import define, field
from klein import Klein
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource

from .answers import json_bytes, set_status
from .auth import Gate
from .errors import Refused, add_error_answers, failed, refuse
from .headers import allow_any_origin, forbid_caching, set_common
from .routes import Guard, Handler, Route, Simple, routes_of

#: What pages of other sites may send besides what every page may.
_PREFLIGHT_HEADERS: Final = "Authorization, Content-Type"
#: How much of a strange method is repeated.
_MAX_METHOD = 20


@define(eq=False)
class API:
    """
    Answers the routes that rooms declare with L{owncastd.web.routes.route}.

    For each request, in this order: C{OPTIONS} is answered; a wrong method, a foreign page and
    missing credentials are refused; the room's method is called, and its answer written.

    @ivar _gate: checks guards.
    @ivar _rooms: objects with routes.
    """

    _gate: Gate
    _rooms: Iterable[object]
    _app: Klein = field(init=False, factory=Klein)
    _by_path: dict[str, list[tuple[Route, Handler]]] = field(init=False, factory=dict)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        for room in self._rooms:
            for route, handler in routes_of(room):
                self._by_path.setdefault(route.path, []).append((route, handler))
        for path, routes in self._by_path.items():
            methods = [method for route, _ in routes for method in route.methods.allowed]
            assert len(methods) == len(set(methods)), f"{path} is declared twice"
            self._mount(path, routes)
        add_error_answers(self._app)

    @property
    def routes(self) -> tuple[Route, ...]:
        """
        Every route there is.
        """
        return tuple(route for routes in self._by_path.values() for route, _ in routes)

    @property
    def names(self) -> frozenset[str]:
        """
        The first segments of all paths: what the site must send here.
        """
        return frozenset(path.split("/")[1] for path in self._by_path)

    def resource(self) -> IResource:
        """
        The resource that answers; it expects whole paths.
        """
        resource: IResource = self._app.resource()
        return resource

    def _mount(self, path: str, routes: list[tuple[Route, Handler]]) -> None:
        @self._app.route(path, endpoint=path)
        def respond(request: IRequest, **variables: Any) -> Deferred[bytes]:
            """
            Answer one path, whatever the method.
            """
            for route, handler in routes:
                if request.method.decode("ascii", "replace") in route.methods.allowed:
                    working = Deferred.fromCoroutine(
                        self._answer(request, route, handler, variables)
                    )
                    return working if route.only_reads else _carried_through(working)
            return Deferred.fromCoroutine(
                self._other_method(request, [route for route, _ in routes])
            )

    async def _answer(
        self, request: IRequest, route: Route, handler: Handler, variables: Mapping[str, Any]
    ) -> bytes:
        _set_headers(request, route)
        try:
            user = await self._gate.admit(request, route.guard, changes=not route.only_reads)
            result = handler(request, *([] if user is None else [user]), **variables)
            if isawaitable(result):
                result = await result
            return _body(request, result)
        except Refused as refused:
            return refuse(request, refused, route.errors)
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 - the client gets an answer whatever went wrong
            failure = Failure()  # type: ignore[no-untyped-call]
            return failed(request, failure, route.errors)

    async def _other_method(self, request: IRequest, routes: list[Route]) -> bytes:
        """
        Answer C{OPTIONS} and refuse what the path does not have.
        """
        first = routes[0]
        _set_headers(request, first)
        allowed = [method for route in routes for method in route.methods.allowed]
        allow = ", ".join([*allowed, "OPTIONS"])
        if request.method == b"OPTIONS":
            set_status(request, 204)
            request.responseHeaders.setRawHeaders("Allow", [allow])
            if first.guard is not Guard.ADMIN:
                headers = request.responseHeaders
                headers.setRawHeaders("Access-Control-Allow-Methods", [allow])
                headers.setRawHeaders("Access-Control-Allow-Headers", [_PREFLIGHT_HEADERS])
            return b""
        method = request.method[:_MAX_METHOD].decode("ascii", "replace")
        status = first.methods.refusal if len(routes) == 1 else 405
        refused = Refused(f"{method} not supported", status, {"Allow": allow})
        return refuse(request, refused, first.errors)


def _set_headers(request: IRequest, route: Route) -> None:
    set_common(request)
    forbid_caching(request)
    # What needs no credentials that browsers attach by themselves is open to every page.
    if route.guard is not Guard.ADMIN:
        allow_any_origin(request)


def _body(request: IRequest, result: object) -> bytes:
    """
    The body of what a room's method returned.
    """
    if result is None:
        # With this the framework does not guess that it is HTML.
        request.responseHeaders.setRawHeaders("Content-Length", ["0"])
        return b""
    if isinstance(result, bytes):
        return result
    if isinstance(result, Simple):
        return json_bytes(request, {"success": result.success, "message": result.message})
    return json_bytes(request, result)


def _carried_through(working: Deferred[bytes]) -> Deferred[bytes]:
    """
    The same result, but giving it up does not stop the work: half a change would remain.
    """
    waiting: Deferred[bytes] = Deferred()
    working.chainDeferred(waiting)
    return waiting
