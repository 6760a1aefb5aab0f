"""
All that concerns what others bring, put together.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.database.connection import Database
from owncastd.net.proxies import TrustedProxies
from owncastd.settings.store import Settings

from . import inbox_rows
from .abroad import Abroad
from .account import account_of
from .answers import Answers
from .documents import origin_of
from .engagement import Engagements
from .errors import Blocked
from .followers import Followers
from .inbox import Inbox
from .inbox_resource import InboxAPI
from .reception import Answer, HeardFrom, Reception
from .remote_actors import RemoteActor
from .remote_keys import RemoteKeys
from .replies import Replies
from .replies_resource import RepliesAPI
from .verification import Verification

#: How long it is remembered which activities have come: longer than others try again.
REMEMBER_DAYS: Final = 8
#: How often older ones are forgotten.
TIDY_SECONDS: Final = 6 * 3_600.0


@define(eq=False)
class Incoming:
    """
    The inbox and what belongs to it. While there is no account, nothing runs.

    @ivar rooms: objects with routes.
    """

    rooms: tuple[object, ...]
    replies: Replies
    _clock: IReactorTime
    _settings: Settings
    _database: Database
    _keys: RemoteKeys
    _verification: Verification
    _inbox: Inbox
    _now: Callable[[], datetime]
    _timer: IDelayedCall | None = field(init=False, default=None)

    _log = Logger()

    @classmethod
    def make(
        cls,
        clock: IReactorTime,
        database: Database,
        settings: Settings,
        abroad: Abroad,
        followers: Followers,
        engagements: Engagements,
        answer: Answer,
        heard_from: HeardFrom,
        is_blocked: Callable[[str], bool],
        proxies: TrustedProxies,
        now: Callable[[], datetime],
    ) -> "Incoming":
        """
        Put it together; nothing runs yet.

        @param answer: sends an activity to inboxes.
        @param heard_from: is told which hosts have spoken to us.
        @param is_blocked: whether nothing is wanted of a host.
        @param proxies: whose word about a sender's address is taken.
        @param now: the time (UTC).
        """

        async def fetch_actor(iri: str) -> RemoteActor:
            if is_blocked(origin_of(iri)[0]):
                raise Blocked("the server is blocked")
            return await abroad.actor(iri)

        keys = RemoteKeys(clock, abroad.get)
        verification = Verification(keys, is_blocked, now)
        replies = Replies(database, now)
        reception = Reception(
            clock,
            settings,
            database,
            followers,
            replies,
            engagements,
            answer,
            fetch_actor,
            heard_from,
            keys.forget,
            now,
        )
        inbox = Inbox(clock, database, followers, verification, reception, abroad.get, is_blocked)
        return cls(
            rooms=(
                InboxAPI(clock, Answers(settings), inbox, proxies),
                RepliesAPI(replies),
            ),
            replies=replies,
            clock=clock,
            settings=settings,
            database=database,
            keys=keys,
            verification=verification,
            inbox=inbox,
            now=now,
        )

    async def signed_by(self, request: IRequest) -> str | None:
        """
        The IRI of the actor who has signed a request to read something; C{None} for nobody.
        """
        account = account_of(self._settings)
        return None if account is None else await self._verification.signed_by(request, account)

    def start(self) -> None:
        """
        While there is an account, forget what came long ago, now and from time to time. To be
        called again when there may be one, or none any more.
        """
        if account_of(self._settings) is None:
            self._rest()
        elif self._timer is None:
            self._due()

    def _due(self) -> None:
        self._timer = self._clock.callLater(TIDY_SECONDS, self._due)
        Deferred.fromCoroutine(self._tidy()).addErrback(
            lambda failure: self._log.failure("Old activities could not be forgotten", failure)
        )

    def _rest(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    async def _tidy(self) -> None:
        oldest = self._now() - timedelta(days=REMEMBER_DAYS)
        await self._database.write(inbox_rows.prune, oldest)

    async def stop(self) -> None:
        """
        Leave no timer and no request.
        """
        self._rest()
        await self._keys.stop()
        await self._inbox.stop()
