"""
The routes of the account: the actor, its collections, and all that it has published.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.answers import set_status
from owncastd.web.routes import READ, Guard, route

from . import audience_rows, outbox_rows
from .account import PATH, Account
from .answers import ACTOR_SECONDS, COLLECTION_SECONDS, Answers, absent, activity_answer
from .collections import PAGE_SIZE, NoSuchPage, collection, page, page_number, whole
from .outbox_rows import TOMBSTONE, Published
from .posts import CREATE, create
from .vocabulary import Document, is_public

_USER: Final = f"{PATH}/user/<username>"
#: Longest name of an object that is looked for.
MAX_NAME: Final = 100

#: Who signed a request: the IRI of an actor, or C{None} where nobody did, or not rightly.
SignedBy = Callable[[IRequest], Awaitable[str | None]]


async def nobody(request: IRequest) -> None:
    """
    Nobody signs anything.
    """


@define(eq=False)
class AccountAPI:
    """
    Answers who asks about the account.

    @ivar _actor: the actor's document right now.
    @ivar _signed_by: tells followers, who may read what is not for everybody.
    """

    _answers: Answers
    _settings: Settings
    _database: Database
    _stream: IStreamStatus
    _actor: Callable[[Account], Awaitable[Document]]
    _signed_by: SignedBy = nobody

    @route(READ, _USER, Guard.NOBODY)
    async def actor(self, request: IRequest, username: str) -> bytes:
        """
        The actor. Its key is for everybody, or two strict servers could never begin to talk.
        """
        account = self._answers.own(username)
        return activity_answer(request, await self._actor(account), ACTOR_SECONDS)

    @route(READ, f"{_USER}/outbox", Guard.NOBODY)
    async def outbox(self, request: IRequest, username: str) -> bytes:
        """
        What was posted, the newest first.
        """
        account = self._answers.own(username)
        total = await self._database.read(outbox_rows.count_posts)
        private = self._private()
        shown = not private or await self._is_follower(request)

        async def items(offset: int) -> list[Document]:
            found = await self._database.read(outbox_rows.posts, offset, PAGE_SIZE)
            # What was for followers alone stays so when the account is private no more.
            return [create(each.document) for each in found if private or is_public(each.document)]

        return await self._collection(request, account.outbox, total, shown, items)

    @route(READ, f"{_USER}/followers", Guard.NOBODY)
    async def followers(self, request: IRequest, username: str) -> bytes:
        """
        Who follows, the newest first; of a private account only how many.
        """
        account = self._answers.own(username)
        total = await self._database.read(audience_rows.count_followers)

        async def items(offset: int) -> list[str]:
            return await self._database.read(audience_rows.follower_iris, offset, PAGE_SIZE)

        return await self._collection(request, account.followers, total, not self._private(), items)

    @route(READ, f"{_USER}/following", Guard.NOBODY)
    def following(self, request: IRequest, username: str) -> bytes:
        """
        Whom this account follows: nobody.
        """
        account = self._answers.own(username)
        return activity_answer(request, whole(account.following, []), ACTOR_SECONDS)

    @route(READ, f"{_USER}/featured", Guard.NOBODY)
    async def featured(self, request: IRequest, username: str) -> bytes:
        """
        What is pinned: while the stream is on, the post that told so.
        """
        account = self._answers.own(username)
        pinned = None
        if self._stream.stream_status().online:
            pinned = await self._database.read(outbox_rows.newest_live)
        shown = [pinned.document] if pinned is not None and is_public(pinned.document) else []
        return activity_answer(request, whole(account.featured, shown), COLLECTION_SECONDS)

    @route(READ, f"{PATH}/<id>", Guard.NOBODY)
    async def object(self, request: IRequest, id: str) -> bytes:
        """
        A post or an activity; of a post that was deleted, that it was (410).
        """
        found, private = await self._find(request, id)
        if found.type == TOMBSTONE:
            set_status(request, 410)
        return activity_answer(request, found.document, ACTOR_SECONDS, private=private)

    @route(READ, f"{PATH}/<id>{CREATE}", Guard.NOBODY)
    async def create(self, request: IRequest, id: str) -> bytes:
        """
        The activity that brought a post.
        """
        found, private = await self._find(request, id)
        if found.type != outbox_rows.NOTE:
            raise absent()
        return activity_answer(request, create(found.document), ACTOR_SECONDS, private=private)

    async def _find(self, request: IRequest, name: str) -> tuple[Published, bool]:
        """
        What has an IRI of ours, and whether it is for followers alone.

        @raise Refused: there is no such thing, or not for whoever asks.
        """
        account = self._answers.account()
        if len(name) > MAX_NAME:
            raise absent()
        found = await self._database.read(outbox_rows.find, account.object(name))
        if found is None:
            raise absent()
        # A tombstone tells nothing but that it is one.
        private = found.type != TOMBSTONE and (
            self._private() or (found.type == outbox_rows.NOTE and not is_public(found.document))
        )
        if private and not await self._is_follower(request):
            raise absent()
        return found, private

    async def _collection(
        self,
        request: IRequest,
        iri: str,
        total: int,
        shown: bool,
        items: Callable[[int], Awaitable[list[Any]]],
    ) -> bytes:
        """
        A collection, or the page of it that is asked for.

        @param shown: whether whoever asks may see what is in it.
        @param items: those of a page, given how many come before.
        """
        private = self._private()
        numbers: list[bytes] = request.args.get(b"page", [])
        if not numbers:
            document = collection(iri, total, listed=shown)
            return activity_answer(request, document, COLLECTION_SECONDS, private=private)
        if not shown:
            raise absent()
        try:
            number = page_number(numbers[0].decode("ascii", "replace"))
            document = page(iri, number, total, await items((number - 1) * PAGE_SIZE))
        except NoSuchPage:
            raise absent() from None
        return activity_answer(request, document, COLLECTION_SECONDS, private=private)

    def _private(self) -> bool:
        return self._settings.get(catalogue.FEDERATION_PRIVATE)

    async def _is_follower(self, request: IRequest) -> bool:
        actor = await self._signed_by(request)
        return actor is not None and await self._database.read(audience_rows.is_follower, actor)
