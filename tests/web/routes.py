"""
Routes of a room that exists only in tests: one for each guard, and some that go wrong.
"""

from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.web.body import read_json, read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import (
    POST,
    READ,
    READ_BACKLOG,
    ErrorForm,
    Guard,
    Simple,
    route,
)

#: The path of the route that each guard keeps.
GUARDED = {
    Guard.NOBODY: "/api/test/nobody",
    Guard.ADMIN: "/api/test/admin",
    Guard.USER: "/api/test/user",
    Guard.MODERATOR: "/api/test/moderator",
    Guard.SEND_MESSAGES: "/api/test/messages",
    Guard.SEND_SYSTEM_MESSAGES: "/api/test/system",
    Guard.ADMIN_ACCESS: "/api/test/access",
}


@define(eq=False)
class TestingAPI:
    """
    Remembers who got through.

    @ivar waiting: what the slow route waits for.
    @ivar done: what the slow route has done.
    """

    passed: list[str] = field(factory=list)
    waiting: Deferred[None] = field(factory=Deferred)
    done: list[str] = field(factory=list)

    def _pass(self, *who: User) -> Simple:
        self.passed.append(who[0].id if who else "")
        return Simple("passed")

    @route(READ, GUARDED[Guard.NOBODY], Guard.NOBODY)
    @route(POST, "/api/test/nobody/change", Guard.NOBODY)
    def nobody(self, request: IRequest) -> Simple:
        """
        Open.
        """
        return self._pass()

    @route(READ, GUARDED[Guard.ADMIN], Guard.ADMIN)
    @route(POST, "/api/test/admin/change", Guard.ADMIN)
    def admin(self, request: IRequest) -> Simple:
        """
        For the administrator.
        """
        return self._pass()

    @route(READ, GUARDED[Guard.USER], Guard.USER)
    async def user(self, request: IRequest, user: User) -> Simple:
        """
        For users.
        """
        return self._pass(user)

    @route(READ, GUARDED[Guard.MODERATOR], Guard.MODERATOR)
    def moderator(self, request: IRequest, user: User) -> Simple:
        """
        For moderators.
        """
        return self._pass(user)

    @route(READ, GUARDED[Guard.SEND_MESSAGES], Guard.SEND_MESSAGES)
    def messages(self, request: IRequest, user: User) -> Simple:
        """
        For one scope.
        """
        return self._pass(user)

    @route(READ, GUARDED[Guard.SEND_SYSTEM_MESSAGES], Guard.SEND_SYSTEM_MESSAGES)
    def system(self, request: IRequest, user: User) -> Simple:
        """
        For another.
        """
        return self._pass(user)

    @route(READ, GUARDED[Guard.ADMIN_ACCESS], Guard.ADMIN_ACCESS)
    def access(self, request: IRequest, user: User) -> Simple:
        """
        For the third.
        """
        return self._pass(user)

    @route(READ_BACKLOG, "/api/test/backlog", Guard.NOBODY)
    def backlog(self, request: IRequest) -> list[str]:
        """
        A document that is a list.
        """
        return ["a", "\udc80"]

    @route(READ, "/api/test/two", Guard.NOBODY)
    def read_two(self, request: IRequest) -> bytes:
        """
        One of two methods of a path.
        """
        request.responseHeaders.setRawHeaders("Content-Type", ["text/plain"])
        return b"read"

    @route(POST, "/api/test/two", Guard.ADMIN)
    def change_two(self, request: IRequest) -> None:
        """
        The other, under another guard.
        """

    @route(READ, "/api/test/named/<name>/<int:number>", Guard.NOBODY)
    def named(self, request: IRequest, name: str, number: int) -> list[Any]:
        """
        What the path says.
        """
        return [name, number]

    @route(POST, "/api/test/refused", Guard.NOBODY)
    @route(POST, "/api/test/refused/error", Guard.NOBODY, ErrorForm.ERROR)
    def refused(self, request: IRequest) -> None:
        """
        Cannot be.
        """
        raise Refused("not like this", 409, {"Retry-After": "7"})

    @route(POST, "/api/test/broken", Guard.NOBODY)
    @route(POST, "/api/test/broken/error", Guard.NOBODY, ErrorForm.ERROR)
    async def broken(self, request: IRequest) -> None:
        """
        A mistake of ours.
        """
        raise RuntimeError("a secret")

    @route(READ, "/api/test/unspeakable", Guard.NOBODY)
    def unspeakable(self, request: IRequest) -> object:
        """
        What JSON cannot say.
        """
        return {"when": object()}

    @route(POST, "/api/test/slow", Guard.NOBODY)
    async def slow(self, request: IRequest) -> Simple:
        """
        Changes something in two steps.
        """
        self.done.append("first")
        await self.waiting
        self.done.append("second")
        return Simple("changed")

    @route(READ, "/api/test/slow/read", Guard.NOBODY)
    async def slow_read(self, request: IRequest) -> Simple:
        """
        Looks something up.
        """
        await self.waiting
        self.done.append("read")
        return Simple("read")

    @route(POST, "/api/test/json", Guard.NOBODY)
    def json(self, request: IRequest) -> Any:
        """
        Gives back what was sent.
        """
        return {"read": read_json(request, max_bytes=1_000)}

    @route(POST, "/api/test/value", Guard.NOBODY)
    def value(self, request: IRequest) -> str:
        """
        Gives back the text in the body.
        """
        return read_value(request, str)

    @route(POST, "/api/test/handles", Guard.NOBODY)
    def handles(self, request: IRequest) -> int:
        """
        Counts the items of a setting.
        """
        return len(read_value(request, catalogue.SOCIAL_HANDLES))
