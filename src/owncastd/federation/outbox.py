"""
What the account says: posts, and what it tells of itself and of its followers.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import define
from twisted.internet.interfaces import IReactorTime

from owncastd.database.connection import Database
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from . import outbox_rows, posts
from .account import Account, account_of
from .delivery import Deliveries
from .hashtags import hashtag
from .outbox_rows import NOTE, TOMBSTONE, Published
from .rendering import MAX_POST, PostRenderer, go_live_content
from .vocabulary import Document

#: Files of the stream's pictures by their media types, the best first.
PICTURES: Final = {"image/gif": "preview.gif", "image/jpeg": "thumbnail.jpg"}
#: How many posts the administrator is shown at once.
MAX_PAGE: Final = 100


class CannotPost(Exception):
    """
    Something that cannot be posted. The text says why.
    """


@define(eq=False)
class Outbox:
    """
    Publishes. All of it is durable when it is done, and may fail as L{Database.write} does.

    @ivar _inboxes: those of all followers.
    @ivar _actor: the actor's document.
    @ivar _has_picture: whether there is a picture of the stream of some media type.
    """

    _clock: IReactorTime
    _database: Database
    _settings: Settings
    _deliveries: Deliveries
    _inboxes: Callable[[], Awaitable[Sequence[str]]]
    _actor: Callable[[Account], Awaitable[Document]]
    _has_picture: Callable[[str], bool]
    _in_thread: InThread

    async def send(self, text: str) -> str:
        """
        Post a text of the administrator's.

        @return: the post's IRI.
        @raise CannotPost: federation is off, or the text is empty or too long.
        """
        account = account_of(self._settings)
        if account is None:
            raise CannotPost("federation is switched off")
        if not text.strip():
            raise CannotPost("value: must not be empty")
        if len(text) > MAX_POST:
            raise CannotPost(f"value: must not be longer than {MAX_POST} characters")
        content, tags = await self._in_thread(lambda: PostRenderer(account).render(text))
        return await self._publish(self._note(account, content, tags), live=False)

    def tells_of_streams(self) -> bool:
        """
        Whether it is to be posted when the stream is on.
        """
        message = self._settings.get(catalogue.FEDERATION_GO_LIVE_MESSAGE)
        return bool(message) and account_of(self._settings) is not None

    async def go_live(self, since: datetime) -> str | None:
        """
        Post that the stream is on, unless that was done for this broadcast.

        @param since: when the broadcast began (UTC).
        @return: the post's IRI, or C{None} if nothing is to be posted.
        """
        account = account_of(self._settings)
        if account is None or not self.tells_of_streams():
            return None
        last = await self._database.read(outbox_rows.newest_live)
        if last is not None and last.created_at >= since:
            return None
        message = self._settings.get(catalogue.FEDERATION_GO_LIVE_MESSAGE)
        title = self._settings.get(catalogue.STREAM_TITLE)
        own = [hashtag(tag) for tag in self._settings.get(catalogue.SERVER_TAGS)]
        content, tags = await self._in_thread(
            lambda: go_live_content(account, message, title, [tag for tag in own if tag])
        )
        post = self._note(account, content, tags)
        post["sensitive"] = self._settings.get(catalogue.NSFW)
        post["attachment"] = self._pictures(account, title, post["id"].rpartition("/")[2])
        return await self._publish(post, live=True)

    async def delete(self, iri: str) -> bool:
        """
        Take a post back: wherever it went, it is to be forgotten.

        @return: whether there is such a post.
        """
        account = account_of(self._settings)
        found = await self._database.read(outbox_rows.find, iri)
        if found is None or found.type != NOTE:
            return False
        now = self._now()
        left = posts.tombstone(found.document, now)
        kept = [Published(iri, TOMBSTONE, left, found.created_at, found.live)]
        if account is None:
            # Nobody can be told, but nobody can ask for it either.
            await self._database.write(outbox_rows.insert, kept[0])
            return True
        activity = posts.delete(account, account.mint(), found.document, left)
        kept.append(Published(activity["id"], "Delete", activity, now))
        await self._deliveries.deliver(activity, await self._inboxes(), *kept)
        return True

    async def update_actor(self) -> None:
        """
        Tell the followers that the account looks different.
        """
        account = account_of(self._settings)
        if account is None:
            return
        private = self._settings.get(catalogue.FEDERATION_PRIVATE)
        activity = posts.update(account, account.mint(), await self._actor(account), private)
        await self.answer(activity, await self._inboxes())

    async def answer(self, activity: Document, inboxes: Sequence[str]) -> None:
        """
        Send an activity, such as the answer to a request to follow, and have it here as well.

        @param activity: with its C{id}.
        """
        kept = Published(activity["id"], activity["type"], activity, self._now())
        await self._deliveries.deliver(activity, inboxes, kept)

    async def page(self, offset: int, most: int) -> tuple[list[Published], int]:
        """
        Posts, the newest first, and how many there are in all.
        """
        found = await self._database.read(outbox_rows.posts, offset, min(most, MAX_PAGE))
        return found, await self._database.read(outbox_rows.count_posts)

    def _note(self, account: Account, content: str, tags: list[str]) -> Document:
        private = self._settings.get(catalogue.FEDERATION_PRIVATE)
        return posts.note(account, account.mint(), content, tags, self._now(), private)

    def _pictures(self, account: Account, title: str, unique: str) -> list[Document]:
        """
        A picture of the stream, as an attachment; none if there is none yet.
        """
        for media_type, name in PICTURES.items():
            if self._has_picture(media_type):
                shown = f": {title}" if title else ""
                return [
                    {
                        "type": "Image",
                        "mediaType": media_type,
                        # Others keep what they once fetched from an address.
                        "url": f"{account.base}/{name}?us={unique}",
                        "name": f"A picture of the live stream{shown}",
                    }
                ]
        return []

    async def _publish(self, post: Document, *, live: bool) -> str:
        iri: str = post["id"]
        kept = Published(iri, NOTE, post, self._now(), live)
        await self._deliveries.deliver(posts.create(post), await self._inboxes(), kept)
        return iri

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)
