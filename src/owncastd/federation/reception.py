"""
What is done about activities whose sender is known.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.database.connection import Database
from owncastd.net.errors import OutgoingError
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from . import inbox_rows, outbox_rows
from .account import Account
from .activities import Activity, Kind, is_text, replied_to, undone
from .allowance import Allowance
from .client import NotFetched
from .documents import iri_of, origin_of
from .engagement import FOLLOW, LIKE, REPOST, Engagements, Somebody
from .errors import Blocked, InvalidDocument
from .follow_answers import answer_document
from .followers import Followers, FollowerState
from .outbox_rows import NOTE, Published
from .recent import Recent
from .remote_actors import RemoteActor, is_actor, read_actor
from .replies import Replies
from .vocabulary import Document

#: Sends an activity to inboxes.
Answer = Callable[[Document, Sequence[str]], Awaitable[None]]
#: Is told of a host that has spoken to us.
HeardFrom = Callable[[str], Awaitable[None]]

#: The chat is told of likes and reposts of posts that are not older than this.
TELLING_HOURS: Final = 36
#: Likes and reposts that the chat was told of lately: taken back and done again, they are no news.
MAX_TOLD: Final = 5_000
#: The chat is told of so many things in a row, and of as many again in the course of so many
#: seconds; of what is more it is not, or nobody could talk there.
TELLINGS: Final = 60
TELLING_SECONDS: Final = 60.0
_EVERYBODY: Final = ""

_NAMES: Final = {Kind.FOLLOW: FOLLOW, Kind.LIKE: LIKE, Kind.ANNOUNCE: REPOST}


def somebody(actor: RemoteActor) -> Somebody:
    """
    An actor, as the chat is told of them.
    """
    return Somebody(actor.name, actor.handle, actor.image, actor.link)


@define(eq=False)
class Reception:
    """
    Takes activities in: each once, however often it is sent.

    @ivar _fetch_actor: fetches an actor by its IRI; may raise anything.
    @ivar _heard_from: is told which hosts have spoken to us.
    @ivar _forget_key: a key may have changed.
    @ivar _now: the time (UTC).
    """

    _clock: IReactorTime
    _settings: Settings
    _database: Database
    _followers: Followers
    _replies: Replies
    _engagements: Engagements
    _answer: Answer
    _fetch_actor: Callable[[str], Awaitable[RemoteActor]]
    _heard_from: HeardFrom
    _forget_key: Callable[[str], None]
    _now: Callable[[], datetime]
    _told: Recent[tuple[str, str, str], bool] = field(init=False, factory=lambda: Recent(MAX_TOLD))
    _tellings: Allowance = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._tellings = Allowance(self._clock, TELLINGS, TELLING_SECONDS)

    async def take(self, activity: Activity, actor: RemoteActor, account: Account) -> None:
        """
        Do what is to be done about an activity.

        @param actor: who has signed it.
        """
        if not await self._database.write(inbox_rows.first_time, activity.iri, self._now()):
            return
        await self._heard_from(origin_of(actor.iri)[0])
        try:
            await self._take(activity, actor, account)
        except (InvalidDocument, Blocked, NotFetched, OutgoingError) as error:
            self._log.info(
                "An activity of {actor} is not taken: {reason}",
                actor=activity.actor,
                reason=str(error),
            )

    async def _take(self, activity: Activity, actor: RemoteActor, account: Account) -> None:
        match activity.kind:
            case Kind.FOLLOW:
                await self._follow(activity, actor, account)
            case Kind.LIKE | Kind.ANNOUNCE:
                await self._engage(activity, actor)
            case Kind.CREATE:
                await self._reply(activity, actor, account)
            case Kind.UNDO:
                await self._undo(activity, actor)
            case Kind.UPDATE:
                await self._update(activity, actor)
            case Kind.DELETE:
                await self._delete(activity, actor)
            case Kind.MOVE:
                await self._move(activity, actor)
            case Kind.BLOCK:
                await self._followers.remove(actor.iri)

    async def _follow(self, activity: Activity, actor: RemoteActor, account: Account) -> None:
        private = self._settings.get(catalogue.FEDERATION_PRIVATE)
        request = {
            "id": activity.iri,
            "type": Kind.FOLLOW.value,
            "actor": actor.iri,
            "object": account.actor,
        }
        asked = await self._followers.ask(actor, request, approve=not private)
        if asked is None:
            self._log.warn("Too many wait to be approved: {actor} cannot follow", actor=actor.iri)
            return
        state = asked.now.state
        if state is FollowerState.REJECTED:
            return
        new = await self._record(activity, account.actor, actor)
        if state is FollowerState.APPROVED:
            answer = answer_document(account, account.mint(), asked.now, True)
            await self._answer(answer, [actor.inbox])
            if new and self._tellings.take(_EVERYBODY):
                self._engagements.followed(somebody(actor))

    async def _engage(self, activity: Activity, actor: RemoteActor) -> None:
        post = await self._post(activity.object)
        if post is None or not await self._record(activity, post.iri, actor):
            return
        kind = _NAMES[activity.kind] if activity.kind is not None else ""
        told = (kind, actor.iri, post.iri)
        old = self._now() - post.created_at > timedelta(hours=TELLING_HOURS)
        if old or self._told.get(told) or not self._tellings.take(_EVERYBODY):
            return
        self._told.put(told, True)
        if kind == LIKE:
            self._engagements.liked(somebody(actor), post.live)
        else:
            self._engagements.reposted(somebody(actor), post.live)

    async def _record(self, activity: Activity, object_iri: str, actor: RemoteActor) -> bool:
        assert activity.kind is not None
        return await self._database.write(
            inbox_rows.record,
            object_iri,
            actor.iri,
            _NAMES[activity.kind],
            activity.iri,
            self._now(),
        )

    async def _post(self, iri: str | None) -> Published | None:
        if iri is None:
            return None
        found = await self._database.read(outbox_rows.find, iri)
        return found if found is not None and found.type == NOTE else None

    async def _reply(self, activity: Activity, actor: RemoteActor, account: Account) -> None:
        assert activity.inner is not None
        post = await self._post(replied_to(activity.inner, account))
        if post is not None:
            await self._replies.add(actor, activity.inner, post.iri)

    async def _undo(self, activity: Activity, actor: RemoteActor) -> None:
        taken_back = undone(activity)
        if taken_back is None:
            follower = await self._followers.find(actor.iri)
            if follower is not None and follower.request_iri == activity.object:
                await self._followers.remove(actor.iri)
            elif activity.object is not None:
                await self._undo_named(activity.object, actor)
        elif taken_back.kind is Kind.FOLLOW:
            await self._followers.remove(actor.iri)
        elif taken_back.kind in (Kind.LIKE, Kind.ANNOUNCE):
            if taken_back.object is None:
                await self._undo_named(taken_back.iri, actor)
            else:
                await self._database.write(
                    inbox_rows.undo, taken_back.object, actor.iri, _NAMES[taken_back.kind]
                )

    async def _undo_named(self, iri: str, actor: RemoteActor) -> None:
        await self._database.write(inbox_rows.undo_named, iri, actor.iri)

    async def _update(self, activity: Activity, actor: RemoteActor) -> None:
        inner = activity.inner
        if activity.is_about_actor:
            for key in actor.keys:
                self._forget_key(key.id)
            if inner is not None and is_actor(inner):
                renewed = read_actor(inner)
            else:
                renewed = await self._fetch_actor(actor.iri)
            if renewed.iri == actor.iri:
                await self._followers.renew(renewed)
                await self._replies.renew_author(renewed)
        elif inner is not None and is_text(inner):
            await self._replies.rewrite(actor.iri, inner)

    async def _delete(self, activity: Activity, actor: RemoteActor) -> None:
        if activity.is_about_actor:
            for key in actor.keys:
                self._forget_key(key.id)
            await self._followers.remove(actor.iri)
            await self._replies.remove_all_of(actor.iri)
            await self._database.write(inbox_rows.forget_actor, actor.iri)
        elif activity.object is not None:
            await self._replies.remove(activity.object, actor.iri)

    async def _move(self, activity: Activity, actor: RemoteActor) -> None:
        """
        Somebody uses another account from now on. That one must say so as well, or anybody could
        make a follower of somebody else.
        """
        target = iri_of(activity.document.get("target"))
        if not activity.is_about_actor or target is None:
            raise InvalidDocument("it does not say who moves where")
        if await self._followers.find(actor.iri) is None:
            return
        new = await self._fetch_actor(target)
        if new.iri != target or actor.iri not in new.also_known_as:
            raise InvalidDocument("the other account does not say that it is the same")
        await self._followers.move(actor.iri, new)
