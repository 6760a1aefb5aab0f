"""
Declaring the routes of the HTTP API: one decorator says method, path and guard.

A room's routes are methods of an ordinary object; L{owncastd.web.api.API} asks each object for what
it declared, checks the guard before every call, and makes the answer of what comes back::

    class NameAPI:
        @route(POST, "/api/admin/config/name", Guard.ADMIN)
        async def name(self, request: IRequest) -> Simple:
            await self._settings.set(SERVER_NAME, read_value(request, SERVER_NAME))
            return Simple("changed")
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, TypeVar

from attrs import frozen

#: What a method of an object answers with; see L{route}.
Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)

_DECLARED: Final = "__owncastd_routes__"


class Guard(Enum):
    """
    Who may use a route, and how they show it.

    The values of those with C{bearer:} name the one scope that the token must have.
    """

    NOBODY = "none"
    ADMIN = "admin-basic"
    USER = "user-access-token"
    MODERATOR = "moderator"
    SEND_MESSAGES = "bearer:CAN_SEND_MESSAGES"
    SEND_SYSTEM_MESSAGES = "bearer:CAN_SEND_SYSTEM_MESSAGES"
    ADMIN_ACCESS = "bearer:HAS_ADMIN_ACCESS"

    @property
    def scope(self) -> str | None:
        """
        The scope that a bearer token needs, or C{None} where there is no bearer token.
        """
        kind, _, scope = self.value.partition(":")
        return scope if kind == "bearer" else None

    @property
    def identifies_user(self) -> bool:
        """
        Whether the guard finds out who asks: the handler is then given the user.
        """
        return self not in (Guard.NOBODY, Guard.ADMIN)


class ErrorForm(Enum):
    """
    How refusals of a route look: clients of some read C{error} instead of C{message}.
    """

    MESSAGE = "message"
    ERROR = "error"


@frozen
class Methods:
    """
    The methods of a route, and the status for all others.
    """

    allowed: tuple[str, ...]
    refusal: int


READ: Final = Methods(("GET", "HEAD"), 405)
#: State-changing; Owncast refuses other methods with 400, and clients know it so.
POST: Final = Methods(("POST",), 400)
READ_OR_POST: Final = Methods(("GET", "HEAD", "POST"), 405)
#: The chat backlogs, which refuse as Owncast's do.
READ_BACKLOG: Final = Methods(("GET", "HEAD"), 501)


@frozen
class Route:
    """
    One declared route.

    @ivar path: with C{<name>} where a segment varies, which is handed on as keyword argument.
    """

    methods: Methods
    path: str
    guard: Guard
    errors: ErrorForm = ErrorForm.MESSAGE

    @property
    def only_reads(self) -> bool:
        """
        Whether it changes nothing, so that it may be given up when the client is gone.
        """
        return self.methods.allowed == READ.allowed


@frozen
class Simple:
    """
    The answer of most operations that change something.
    """

    message: str
    success: bool = True


def route(
    methods: Methods, path: str, guard: Guard, errors: ErrorForm = ErrorForm.MESSAGE
) -> Callable[[H], H]:
    """
    Declare a method as the answer of a route.

    The method, which may be a coroutine, is called with the request, then with the
    L{owncastd.identity.users.User} if the guard identifies one, then with the path's variables by
    name. It returns a L{Simple}, a document for JSON, bytes whose C{Content-Type} it has set, or
    C{None} for an empty answer; or it raises L{owncastd.web.errors.Refused}.

    What changes something is carried through even when the client hangs up meanwhile.
    """

    def declare(handler: H) -> H:
        declared = [*getattr(handler, _DECLARED, ()), Route(methods, path, guard, errors)]
        setattr(handler, _DECLARED, declared)
        return handler

    return declare


def routes_of(room: object) -> Iterator[tuple[Route, Handler]]:
    """
    The routes that an object's class and its bases declare, each with the bound method.
    """
    seen: set[str] = set()
    for kind in type(room).__mro__:
        for name, function in vars(kind).items():
            if name not in seen:
                seen.add(name)
                for each in getattr(function, _DECLARED, ()):
                    yield each, getattr(room, name)
