"""
The chat's routes for everybody: registration, backlog and emoji.
"""

from contextlib import suppress
from typing import Any, Final

from attrs import define, field
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.net.proxies import TrustedProxies
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.headers import cache_for
from owncastd.web.origins import client_address, peer
from owncastd.web.picture_answers import send_picture
from owncastd.web.routes import POST, READ, READ_BACKLOG, ErrorForm, Guard, route

from .emoji import EmojiShelf
from .listing import Listings
from .registration import Registration, TooManyRegistrations

#: Largest body of a registration, in bytes; all that counts is a name.
MAX_REGISTRATION_BYTES: Final = 4_096
#: When whoever registered too often should come again, in seconds.
RETRY_SECONDS: Final = 60


def json_answer(request: IRequest, text: bytes) -> bytes:
    """
    JSON that is written already, its type declared.
    """
    request.responseHeaders.setRawHeaders("Content-Type", ["application/json"])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(text))])
    return text


@define(eq=False)
class ChatAPI:
    """
    Answers who comes to chat.

    @param proxies: whose word about the visitor's address and name is taken.
    """

    _registration: Registration
    _lists: Listings
    _emoji: EmojiShelf = field(repr=False)
    _proxies: TrustedProxies

    @route(POST, "/api/chat/register", Guard.NOBODY)
    async def register(self, request: IRequest) -> dict[str, Any]:
        """
        Make somebody a user of the chat. Whatever the body is, it is only about their name.
        """
        address = client_address(request, self._proxies)
        try:
            made = await self._registration.register(address, self._wanted_name(request))
        except TooManyRegistrations as error:
            raise Refused(str(error), 429, {"Retry-After": str(RETRY_SECONDS)}) from None
        return {
            "id": made.user.id,
            "accessToken": made.token,
            "displayName": made.user.display_name,
            "displayColor": made.user.display_color,
        }

    @route(READ_BACKLOG, "/api/chat", Guard.USER, ErrorForm.ERROR)
    async def backlog(self, request: IRequest, user: User) -> bytes:
        """
        What was said lately, the oldest first.
        """
        return json_answer(request, await self._lists.public())

    @route(READ, "/api/emoji", Guard.NOBODY)
    async def emoji(self, request: IRequest) -> list[dict[str, str]]:
        """
        The custom emoji.
        """
        cache_for(request, "public, max-age=0")
        # The published document calls the address so.
        return [
            {"name": each.name, "url": each.url, "emoji": each.url}
            for each in await self._emoji.listing()
        ]

    @route(READ, "/img/emoji/<path:name>", Guard.NOBODY)
    async def emoji_picture(self, request: IRequest, name: str) -> bytes:
        """
        One of them.
        """
        picture = await self._emoji.read(name)
        if picture is None:
            raise Refused("there is no such emoji", 404)
        return send_picture(request, picture)

    def _wanted_name(self, request: IRequest) -> str:
        name: object = None
        with suppress(Refused):
            name = read_object(request, MAX_REGISTRATION_BYTES).get("displayName")
        if isinstance(name, str) and name.strip():
            return name
        # A proxy that has asked people who they are says so; from others it would be a lie.
        if self._proxies.trusts(peer(request)):
            forwarded: str = request.requestHeaders.getRawHeaders("X-Forwarded-User", [""])[0]
            return forwarded
        return ""
