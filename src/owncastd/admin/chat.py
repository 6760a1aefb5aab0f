"""
The administrator's view of the chat, and what only the administrator may do in it.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.chat.audit import ADMIN, MAX_PAGE
from owncastd.chat.bans import Bans
from owncastd.chat.bodies import refused, require_user
from owncastd.chat.chat import Chat
from owncastd.chat.events import user_document
from owncastd.chat.moderation import ModerationRefused
from owncastd.chat.moderation_resource import (
    change_enabled,
    change_timeout,
    change_visibility,
    held_documents,
    timeout_documents,
)
from owncastd.chat.programs_resource import client_documents
from owncastd.chat.resource import json_answer
from owncastd.chat.stamps import time_text
from owncastd.identity.registry import Users
from owncastd.identity.users import User
from owncastd.web.body import read_as, read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route

_BASE: Final = "/api/admin/chat/"
#: Numbers as they may stand in a query.
_DIGITS: Final = re.compile(rb"[0-9]{1,12}")


@frozen
class _Appointment:
    """
    A user who is to be a moderator, or one no more.
    """

    is_moderator: bool
    user_id: str = ""


@define(eq=False)
class AdminChatAPI:
    """
    Routes about the chat below C{/api/admin/}.
    """

    _chat: Chat
    _users: Users

    # What there is.

    @route(READ, _BASE + "clients", Guard.ADMIN)
    def clients(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Who is in the chat.
        """
        return client_documents(self._chat.room)

    @route(READ, _BASE + "messages", Guard.ADMIN)
    async def messages(self, request: IRequest) -> bytes:
        """
        All that users have said, hidden or not, the newest first.
        """
        return json_answer(request, await self._chat.history.lists.everything())

    @route(READ, _BASE + "messages/held", Guard.ADMIN)
    def held(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Messages that wait for a moderator.
        """
        return held_documents(self._chat.speech.holding)

    @route(READ, "/api/admin/users/disabled", Guard.ADMIN)
    @route(READ, _BASE + "users/disabled", Guard.ADMIN)
    async def disabled(self, request: IRequest) -> list[dict[str, Any]]:
        """
        People who were removed from the chat.
        """
        return _documents(await self._users.disabled_people())

    @route(READ, _BASE + "users/moderators", Guard.ADMIN)
    async def moderators(self, request: IRequest) -> list[dict[str, Any]]:
        """
        The moderators.
        """
        return _documents(await self._users.moderators())

    @route(READ, _BASE + "users/timeouts", Guard.ADMIN)
    def timeouts(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Who may not speak for a while.
        """
        return timeout_documents(self._chat.timeouts)

    @route(READ, _BASE + "users/ipbans", Guard.ADMIN)
    def bans(self, request: IRequest) -> list[dict[str, Any]]:
        """
        The banned addresses.
        """
        return _bans(self._chat.bans)

    @route(READ, _BASE + "moderationlog", Guard.ADMIN)
    async def log(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Who did what to whom, the newest first; with C{before=} an id, only what was before it.
        """
        before, most = _number(request, b"before"), _number(request, b"limit")
        return await self._chat.moderation.audit.page(before, MAX_PAGE if most is None else most)

    # What can be done.

    @route(POST, _BASE + "messagevisibility", Guard.ADMIN)
    async def visibility(self, request: IRequest) -> Simple:
        """
        Hide messages, or show them.
        """
        return await change_visibility(self._chat.moderation, ADMIN, request)

    @route(POST, _BASE + "users/setenabled", Guard.ADMIN)
    async def enabled(self, request: IRequest) -> Simple:
        """
        Remove somebody from the chat, or admit them again.
        """
        return await change_enabled(self._chat.moderation, ADMIN, request)

    @route(POST, _BASE + "users/timeout", Guard.ADMIN)
    async def timeout(self, request: IRequest) -> Simple:
        """
        Let somebody be quiet for a while.
        """
        return await change_timeout(self._chat.moderation, ADMIN, request)

    @route(POST, _BASE + "users/setmoderator", Guard.ADMIN)
    async def set_moderator(self, request: IRequest) -> Simple:
        """
        Make somebody a moderator, or one no more.
        """
        body = read_as(request, _Appointment)
        require_user(body.user_id)
        try:
            await self._chat.moderation.set_moderator(ADMIN, body.user_id, body.is_moderator)
        except ModerationRefused as error:
            raise refused(error) from None
        return Simple(f"{body.user_id} is moderator: {str(body.is_moderator).lower()}")

    @route(POST, _BASE + "users/ipbans/create", Guard.ADMIN)
    async def ban(self, request: IRequest) -> Simple:
        """
        Ban an address or a network.
        """
        address = read_value(request, str)
        try:
            await self._chat.moderation.ban_address(ADMIN, address)
        except ModerationRefused as error:
            raise refused(error) from None
        return Simple("IP address banned")

    @route(POST, _BASE + "users/ipbans/remove", Guard.ADMIN)
    async def unban(self, request: IRequest) -> Simple:
        """
        Lift a ban.
        """
        address = read_value(request, str)
        try:
            await self._chat.moderation.unban_address(ADMIN, address)
        except ModerationRefused as error:
            raise refused(error) from None
        return Simple("IP address unbanned")


def _documents(users: Sequence[User]) -> list[dict[str, Any]]:
    return [user_document(user) for user in users]


def _bans(bans: Bans) -> list[dict[str, Any]]:
    return [
        {
            "createdAt": time_text(ban.created_at),
            "ipAddress": ban.address,
            "notes": ban.notes,
        }
        for ban in bans.all()
    ]


def _number(request: IRequest, name: bytes) -> int | None:
    """
    A whole number in the query, or C{None} if it is not there.

    @raise Refused: something else is there.
    """
    values: list[bytes] = request.args.get(name, [])
    if not values:
        return None
    if len(values) > 1 or not _DIGITS.fullmatch(values[0]):
        raise Refused(f"{name.decode()} must be a whole number")
    return int(values[0])
