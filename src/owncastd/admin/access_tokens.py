"""
Access tokens: with one of them a program acts by itself, as far as its scopes go.
"""

from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.chat.chat import Chat
from owncastd.chat.stamps import time_text
from owncastd.identity.registry import InvalidUser, Users
from owncastd.identity.tokens import handle_of
from owncastd.identity.user_rows import Program
from owncastd.identity.users import User
from owncastd.web.body import read_as
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, ErrorForm, Guard, Simple, route

_BASE: Final = "/api/admin/accesstokens"
#: For people and for clients that would look for the token later.
SHOWN_ONCE: Final = "This is the only time that the token is shown: note it now."
HANDLE_ONLY: Final = (
    "The token itself was shown only when it was made. What is in its place here"
    " tells it apart and deletes it, but nobody can act with it."
)


@frozen
class _NewToken:
    """
    What a token is to be for.
    """

    name: str
    scopes: tuple[str, ...] = ()


@frozen
class _Revocation:
    """
    Which token is to be deleted: itself, or what the list has in its place.
    """

    token: str


@define(eq=False)
class AccessTokensAPI:
    """
    Makes, lists and deletes the tokens of programs.
    """

    _users: Users
    _chat: Chat

    @route(READ, _BASE, Guard.ADMIN)
    async def all(self, request: IRequest) -> list[dict[str, Any]]:
        """
        The programs that have a token, the oldest first, without their tokens.
        """
        return [_listed(program) for program in await self._users.programs()]

    @route(POST, _BASE + "/create", Guard.ADMIN, ErrorForm.ERROR)
    async def create(self, request: IRequest) -> dict[str, Any]:
        """
        Make a program with a token, which is shown this once.
        """
        body = read_as(request, _NewToken)
        try:
            user, token = await self._users.create_program(body.name, body.scopes)
        except InvalidUser as error:
            raise Refused(str(error)) from None
        await self._chat.program_made()
        # The document that Owncast published promises other names than its server gives.
        return {
            **_document(user, token),
            "name": user.display_name,
            "token": token,
            "note": SHOWN_ONCE,
        }

    @route(POST, _BASE + "/delete", Guard.ADMIN, ErrorForm.ERROR)
    async def delete(self, request: IRequest) -> Simple:
        """
        Take a program's token away; its sockets are closed.
        """
        body = read_as(request, _Revocation)
        if not body.token:
            raise Refused("must provide a token")
        program = await self._users.revoke_program(body.token)
        if program is None:
            raise Refused("there is no such token", 404)
        await self._chat.program_gone(program)
        return Simple("deleted token")


def _document(user: User, token: str) -> dict[str, Any]:
    """
    A program, as clients know it.
    """
    return {
        "createdAt": time_text(user.created_at),
        "lastUsedAt": time_text(user.last_used_at or user.created_at),
        "id": user.id,
        "accessToken": token,
        "displayName": user.display_name,
        "type": "API",
        "scopes": sorted(user.scopes),
        "displayColor": user.display_color,
        "isBot": True,
    }


def _listed(program: Program) -> dict[str, Any]:
    return {**_document(program.user, handle_of(program.digest)), "note": HANDLE_ONLY}
