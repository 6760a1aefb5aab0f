"""
The chat's routes for programs with a token of their own.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.web.body import read_as
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

from .audit import Actor
from .bodies import Text
from .listing import Listings
from .moderation import Moderation, client_document
from .moderation_resource import change_visibility
from .narration import Narrator, NothingToSay
from .resource import json_answer
from .room import Room

_SENT: Final = Simple("sent")
_BASE: Final = "/api/integrations/"
#: Numbers of sockets fit into 32 bits.
_MAX_CLIENT_ID: Final = 2**32 - 1
#: Digits that are looked at.
_MAX_DIGITS: Final = 10


def client_documents(room: Room) -> list[dict[str, Any]]:
    """
    All sockets in the room, the oldest first.
    """
    return [client_document(user, seat) for user, seat in room.seats()]


@define(eq=False)
class ProgramsAPI:
    """
    Lets programs take part.
    """

    _narrator: Narrator
    _moderation: Moderation
    _lists: Listings
    _room: Room

    @route(POST, _BASE + "chat/send", Guard.SEND_MESSAGES, ErrorForm.ERROR)
    def send(self, request: IRequest, user: User) -> Simple:
        """
        Say something as the program.
        """
        text = read_as(request, Text)
        return self._say(lambda: self._narrator.say(user, text.body))

    @route(POST, _BASE + "chat/system", Guard.SEND_SYSTEM_MESSAGES, ErrorForm.ERROR)
    def system(self, request: IRequest, user: User) -> Simple:
        """
        Say something as the server.
        """
        text = read_as(request, Text)
        return self._say(lambda: self._narrator.system(text.body))

    @route(
        POST,
        _BASE + "chat/system/client/<path:clientId>",
        Guard.SEND_SYSTEM_MESSAGES,
        ErrorForm.ERROR,
    )
    def whisper(self, request: IRequest, user: User, clientId: str) -> Simple:
        """
        Say something as the server, to one socket.
        """
        digits = clientId if len(clientId) <= _MAX_DIGITS and clientId.isascii() else ""
        if not digits.isdigit() or int(digits) > _MAX_CLIENT_ID:
            raise Refused("the client id must be a whole number")
        text = read_as(request, Text)
        there = True

        def whisper() -> None:
            nonlocal there
            there = self._narrator.whisper(int(digits), text.body)

        sent = self._say(whisper)
        if not there:
            raise Refused("there is no such client", 404)
        return sent

    @route(POST, _BASE + "chat/action", Guard.SEND_SYSTEM_MESSAGES, ErrorForm.ERROR)
    def action(self, request: IRequest, user: User) -> Simple:
        """
        Tell of something that happened.
        """
        text = read_as(request, Text)
        return self._say(lambda: self._narrator.action(text.body, text.author))

    @route(POST, _BASE + "chat/user", Guard.SEND_MESSAGES, ErrorForm.ERROR)
    def retired(self, request: IRequest, user: User) -> Simple:
        """
        Was there once.
        """
        raise Refused(f"no longer supported. see {_BASE}chat/send")

    @route(READ, _BASE + "clients", Guard.ADMIN_ACCESS)
    def clients(self, request: IRequest, user: User) -> list[dict[str, Any]]:
        """
        Who is in the chat.
        """
        return client_documents(self._room)

    @route(READ_BACKLOG, _BASE + "chat", Guard.ADMIN_ACCESS, ErrorForm.ERROR)
    async def backlog(self, request: IRequest, user: User) -> bytes:
        """
        What users said lately, the oldest first.
        """
        return json_answer(request, await self._lists.for_programs())

    @route(POST, _BASE + "chat/messagevisibility", Guard.ADMIN_ACCESS)
    async def visibility(self, request: IRequest, user: User) -> Simple:
        """
        Hide messages, or show them.
        """
        return await change_visibility(self._moderation, Actor.user(user), request)

    def _say(self, say: Callable[[], object]) -> Simple:
        try:
            say()
        except NothingToSay as error:
            raise Refused(str(error)) from None
        return _SENT
