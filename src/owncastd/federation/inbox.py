"""
The inbox: who may bring something, and how much of it is looked at.

What costs little is looked at first: whether it can be read, concerns us at all, comes from where
it may, and has a signature for this place and time. Only then a key is looked for, which may have
to be fetched, for so many at once; and only what is signed by who did it waits to be dealt with.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from owncastd.database.connection import Database
from owncastd.net.errors import OutgoingError

from . import inbox_rows
from .account import Account
from .activities import Activity, Kind, concerns_us, read_activity
from .client import NotFetched
from .documents import Document, origin_of, read_document, same_origin
from .errors import Blocked, InvalidDocument, KeyUnavailable, Overloaded, SignatureRefused
from .followers import Followers, FollowerState
from .recent import Recent
from .reception import Reception
from .remote_actors import RemoteActor
from .signables import Signable
from .turns import Turns
from .verification import Signature, Verification

#: Requests whose signatures are being checked at once, in all and of one server; most of them wait
#: for a key.
MAX_CHECKING: Final = 64
MAX_CHECKING_OF_ONE: Final = 8
#: How long somebody waits for that.
CHECK_SECONDS: Final = 45.0
#: Activities that are remembered, so that they are not looked at twice.
MAX_SEEN: Final = 10_000

#: Of no interest unless something here is theirs: other servers tell everybody.
_OF_THOSE_WE_KNOW: Final = frozenset({Kind.UNDO, Kind.UPDATE, Kind.DELETE, Kind.MOVE, Kind.BLOCK})


@define(eq=False)
class Inbox:
    """
    Takes what others bring.

    @ivar _get: fetches a document.
    @ivar _is_blocked: whether nothing is wanted of a host.
    """

    _clock: IReactorTime
    _database: Database
    _followers: Followers
    _verification: Verification
    _reception: Reception
    _get: Callable[[str], Awaitable[Document]]
    _is_blocked: Callable[[str], bool]
    turns: Turns = field(factory=Turns)
    _checking: dict[str, int] = field(init=False, factory=dict)
    _seen: Recent[str, bool] = field(init=False, factory=lambda: Recent(MAX_SEEN))

    async def receive(self, request: Signable, account: Account) -> None:
        """
        Look at a request. When this returns, what it brings will be dealt with, or is not worth it.

        @raise InvalidDocument: it cannot be read.
        @raise SignatureRefused: who did this did not sign it.
        @raise Blocked: nothing is wanted of them.
        @raise Overloaded: it may be sent again later.
        """
        activity = read_activity(read_document(request.body))
        server, _ = origin_of(activity.actor)
        if self._is_blocked(server):
            raise Blocked("the server is blocked")
        if not concerns_us(activity, account) or self._seen.get(activity.iri):
            return
        signature = self._verification.read(request)
        if not same_origin(signature.key_id, activity.actor):
            raise SignatureRefused("the key is of another server than who did this")
        with self._room(server):
            actor = await self._checked(activity, signature, request)
        if actor is None:
            return
        if actor.iri != activity.actor:
            raise SignatureRefused("the key is somebody else's")
        await self._turn_away(activity)
        self.turns.put(server, lambda: self._reception.take(activity, actor, account))
        self._seen.put(activity.iri, True)

    @contextmanager
    def _room(self, server: str) -> Iterator[None]:
        """
        Room to check one more.

        @raise Overloaded: there is none.
        """
        mine = self._checking.get(server, 0)
        if mine >= MAX_CHECKING_OF_ONE or sum(self._checking.values()) >= MAX_CHECKING:
            raise Overloaded("too many signatures are being checked already")
        self._checking[server] = mine + 1
        try:
            yield
        finally:
            left = self._checking[server] - 1
            if left:
                self._checking[server] = left
            else:
                del self._checking[server]

    async def _checked(
        self, activity: Activity, signature: Signature, request: Signable
    ) -> RemoteActor | None:
        """
        Who has signed; C{None} if it is not worth finding out.
        """
        checking = Deferred.fromCoroutine(self._check(activity, signature, request))
        try:
            return await checking.addTimeout(CHECK_SECONDS, self._clock)
        except TimeoutError:
            raise Overloaded("the key could not be fetched in time") from None

    async def _check(
        self, activity: Activity, signature: Signature, request: Signable
    ) -> RemoteActor | None:
        if activity.kind in _OF_THOSE_WE_KNOW and not await self._database.read(
            inbox_rows.is_known, activity.actor
        ):
            return None
        try:
            return await self._verification.signer(signature, request)
        except KeyUnavailable as error:
            # With an account its key goes as well, before its server can tell anybody.
            leaving = activity.kind is Kind.DELETE and activity.is_about_actor
            if not (error.gone and leaving and await self._is_gone(activity.actor)):
                raise
            return _nobody_at(activity.actor)

    async def _is_gone(self, actor: str) -> bool:
        """
        Whether the actor's own server says that there is no such actor.
        """
        try:
            await self._get(actor)
        except NotFetched as error:
            return error.gone
        except (OutgoingError, InvalidDocument):
            return False
        return False

    async def _turn_away(self, activity: Activity) -> None:
        """
        Make sure that the actor was not turned away. Those who were may still go.

        @raise Blocked: they were.
        """
        if activity.kind is Kind.DELETE:
            return
        follower = await self._followers.find(activity.actor)
        if follower is not None and follower.state is FollowerState.REJECTED:
            raise Blocked("the account is blocked")

    async def stop(self) -> None:
        """
        Deal with nothing any more.
        """
        await self.turns.stop()


def _nobody_at(iri: str) -> RemoteActor:
    """
    An actor who is no more.
    """
    return RemoteActor(iri, iri, None, "", "", None, iri)
