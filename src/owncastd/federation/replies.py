"""
What people wrote below our posts: cleaned, kept, and kept in order by the administrator.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import nh3
from attrs import define
from twisted.internet.defer import Deferred

from owncastd.database.connection import Database

from . import reply_rows
from .documents import Document, link_of, needed_iri, same_origin, text_of
from .errors import InvalidDocument
from .remote_actors import RemoteActor
from .reply_rows import Reply

__all__ = ["Replies", "Reply", "clean_html"]

#: So many are kept, and of one author.
MAX_REPLIES: Final = 5_000
MAX_OF_ACTOR: Final = 50
#: Longest text, in characters: of what comes, markup included.
MAX_CONTENT: Final = 20_000

_CLEANER: Final = nh3.Cleaner(
    tags={"a", "b", "blockquote", "br", "code", "del", "em", "i", "li", "ol", "p", "pre"}
    | {"s", "strong", "u", "ul"},
    attributes={"a": {"href"}},
    clean_content_tags={"script", "style", "iframe", "object", "noscript", "title"},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def clean_html(text: str) -> str:
    """
    HTML that is safe to show, with simple markup alone.
    """
    return _CLEANER.clean(text).strip()


def content_of(text: Document) -> str:
    """
    What a text says, as HTML that is safe to show.

    @raise InvalidDocument: nothing, or far too much.
    """
    content = text_of(text, "content")
    if len(content) > MAX_CONTENT:
        raise InvalidDocument("the reply is too long")
    cleaned = clean_html(content)
    if not cleaned:
        raise InvalidDocument("the reply says nothing")
    return cleaned


@define(eq=False)
class Replies:
    """
    The replies. All that returns a Deferred may fail as L{Database.read} and L{Database.write} do.

    @ivar _now: the time (UTC).
    """

    _database: Database
    _now: Callable[[], datetime]

    def add(self, actor: RemoteActor, text: Document, post_iri: str) -> Deferred[bool]:
        """
        Keep what somebody wrote below a post.

        @return: whether it is kept: each is once, and nobody can write any number of them.
        @raise InvalidDocument: it is not by them, or says nothing.
        """
        iri = needed_iri(text)
        if not same_origin(iri, actor.iri) or needed_iri(text, "attributedTo") != actor.iri:
            raise InvalidDocument("the reply is by somebody else")
        reply = Reply(
            iri=iri,
            post_iri=post_iri,
            actor_iri=actor.iri,
            name=actor.name,
            username=actor.handle,
            image=actor.image,
            link=link_of(text.get("url")) or iri,
            content=content_of(text),
            received_at=self._now(),
        )
        return self._database.write(reply_rows.add, reply, MAX_REPLIES, MAX_OF_ACTOR)

    def rewrite(self, actor: str, text: Document) -> Deferred[None]:
        """
        The author of a reply has changed it.

        @raise InvalidDocument: it says nothing any more.
        """
        content = content_of(text)
        return self._database.write(reply_rows.rewrite, needed_iri(text), actor, content)

    def renew_author(self, actor: RemoteActor) -> Deferred[None]:
        """
        An author looks different from now on.
        """
        return self._database.write(reply_rows.renew_author, actor)

    def remove(self, iri: str, actor: str) -> Deferred[None]:
        """
        An author has deleted a reply; what is of somebody else stays.
        """
        return self._database.write(reply_rows.remove, iri, actor)

    def remove_all_of(self, actor: str) -> Deferred[None]:
        """
        An author is gone.
        """
        return self._database.write(reply_rows.remove_all_of, actor)

    def page(
        self, most: int, offset: int = 0, post_iri: str | None = None
    ) -> Deferred[tuple[list[Reply], int]]:
        """
        Some replies, hidden ones as well, the newest first, and how many there are in all.

        @param post_iri: below which post, or C{None} for all.
        """
        return self._database.read(reply_rows.page, most, offset, post_iri)

    def set_hidden(self, iri: str, hidden: bool) -> Deferred[bool]:
        """
        The administrator hides a reply, or shows it again.

        @return: whether there is such a reply.
        """
        hidden_at = self._now() if hidden else None
        return self._database.write(reply_rows.set_hidden, iri, hidden_at)

    def delete(self, iri: str) -> Deferred[bool]:
        """
        The administrator deletes a reply.

        @return: whether there was such a reply.
        """
        return self._database.write(reply_rows.delete, iri)
