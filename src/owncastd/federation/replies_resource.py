"""
The administrator's routes about replies.
"""

from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.web.body import read_as
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route

from .queries import part_of, text_of_query
from .replies import Replies, Reply
from .vocabulary import time_text

_BASE: Final = "/api/admin/federation/replies"
_NONE: Final = "iri: there is no such reply"


@frozen
class _Visibility:
    """
    Whether a reply is hidden.
    """

    iri: str
    hidden: bool


@frozen
class _Reply:
    """
    Which reply is meant.
    """

    iri: str


def reply_document(reply: Reply) -> dict[str, Any]:
    """
    A reply, as the API tells of it.
    """
    hidden_at = reply.hidden_at
    return {
        "iri": reply.iri,
        "post": reply.post_iri,
        "actorIRI": reply.actor_iri,
        "name": reply.name,
        "username": reply.username,
        "image": reply.image,
        "link": reply.link,
        "content": reply.content,
        "timestamp": time_text(reply.received_at),
        "hiddenAt": None if hidden_at is None else time_text(hidden_at),
    }


@define(eq=False)
class RepliesAPI:
    """
    Lets the administrator read what people wrote below posts, and keep it in order.
    """

    _replies: Replies

    @route(READ, _BASE, Guard.ADMIN)
    async def replies(self, request: IRequest) -> dict[str, Any]:
        """
        Replies to all posts or to one, the newest first.
        """
        part = part_of(request)
        post = text_of_query(request, b"post")
        found, total = await self._replies.page(part.limit, part.offset, post)
        return {"results": [reply_document(each) for each in found], "total": total}

    @route(POST, f"{_BASE}/visibility", Guard.ADMIN)
    async def visibility(self, request: IRequest) -> Simple:
        """
        Hide a reply, or show it again.
        """
        wanted = read_as(request, _Visibility)
        if not await self._replies.set_hidden(wanted.iri, wanted.hidden):
            raise Refused(_NONE)
        return Simple("reply hidden" if wanted.hidden else "reply shown")

    @route(POST, f"{_BASE}/delete", Guard.ADMIN)
    async def delete(self, request: IRequest) -> Simple:
        """
        Delete a reply, here alone.
        """
        if not await self._replies.delete(read_as(request, _Reply).iri):
            raise Refused(_NONE)
        return Simple("reply deleted")
