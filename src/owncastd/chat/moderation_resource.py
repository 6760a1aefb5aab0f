"""
The chat's routes for moderators.
"""

from typing import Any

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.web.body import read_as
from owncastd.web.routes import POST, READ, Guard, Simple, route

from .audit import Actor
from .bodies import Visibility, read_enabling, read_timing_out, refused
from .events import history_document
from .holding import Holding
from .moderation import Moderation, ModerationRefused, timeout_document
from .timeouts import Timeouts


async def change_visibility(moderation: Moderation, actor: Actor, request: IRequest) -> Simple:
    """
    Hide the messages in a request's body, or show them.

    @raise Refused: the body is not as it should be.
    """
    body = read_as(request, Visibility)
    try:
        await moderation.set_visibility(actor, body.id_array, body.visible)
    except ModerationRefused as error:
        raise refused(error) from None
    return Simple("changed")


async def change_enabled(moderation: Moderation, actor: Actor, request: IRequest) -> Simple:
    """
    Remove the user in a request's body from the chat, or admit them.

    @raise Refused: the body is not as it should be, or the actor may not.
    """
    body = read_enabling(request)
    try:
        await moderation.set_enabled(actor, body.user_id, body.enabled)
    except ModerationRefused as error:
        raise refused(error) from None
    return Simple(f"{body.user_id} enabled: {str(body.enabled).lower()}")


async def change_timeout(moderation: Moderation, actor: Actor, request: IRequest) -> Simple:
    """
    Let the user in a request's body be quiet for a while, or speak again.

    @raise Refused: the body is not as it should be, or the actor may not.
    """
    body = read_timing_out(request)
    try:
        if body.seconds:
            await moderation.time_out(actor, body.user_id, body.seconds, body.reason)
        else:
            await moderation.lift_timeout(actor, body.user_id)
    except ModerationRefused as error:
        raise refused(error) from None
    return Simple("changed")


def held_documents(holding: Holding) -> list[dict[str, Any]]:
    """
    The messages that wait for a moderator, the oldest first.
    """
    return [dict(history_document(message)) for message in holding.waiting()]


def timeout_documents(timeouts: Timeouts) -> list[dict[str, Any]]:
    """
    Who may not speak for a while.
    """
    return [timeout_document(each) for each in timeouts.all().values()]


@define(eq=False)
class ModeratorAPI:
    """
    Lets moderators keep the chat in order.
    """

    _moderation: Moderation
    _holding: Holding
    _timeouts: Timeouts

    @route(POST, "/api/chat/messagevisibility", Guard.MODERATOR)
    async def visibility(self, request: IRequest, user: User) -> Simple:
        """
        Hide messages, or show them; to show one that is held lets it through.
        """
        return await change_visibility(self._moderation, Actor.user(user), request)

    @route(POST, "/api/chat/users/setenabled", Guard.MODERATOR)
    async def enabled(self, request: IRequest, user: User) -> Simple:
        """
        Remove somebody from the chat, or admit them again.
        """
        return await change_enabled(self._moderation, Actor.user(user), request)

    @route(POST, "/api/chat/users/timeout", Guard.MODERATOR)
    async def timeout(self, request: IRequest, user: User) -> Simple:
        """
        Let somebody be quiet for a while.
        """
        return await change_timeout(self._moderation, Actor.user(user), request)

    @route(READ, "/api/moderation/chat/user/<userId>", Guard.MODERATOR)
    async def details(self, request: IRequest, user: User, userId: str) -> dict[str, Any]:
        """
        What moderators may know of somebody.
        """
        try:
            return await self._moderation.details(userId)
        except ModerationRefused as error:
            raise refused(error, unknown_status=404) from None

    @route(READ, "/api/moderation/chat/held", Guard.MODERATOR)
    def held(self, request: IRequest, user: User) -> list[dict[str, Any]]:
        """
        Messages that wait for a moderator.
        """
        return held_documents(self._holding)

    @route(READ, "/api/moderation/chat/timeouts", Guard.MODERATOR)
    def timeouts(self, request: IRequest, user: User) -> list[dict[str, Any]]:
        """
        Who may not speak for a while.
        """
        return timeout_documents(self._timeouts)
