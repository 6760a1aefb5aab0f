"""
One message to all browsers that asked for it: several at a time, each once.
"""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from .fetching import Gone, NotTold
from .push import PushSender
from .subscriptions import Subscription, Subscriptions

#: Requests on their way at the same time.
CONCURRENCY: Final = 16
#: How many browsers are marked as told in one step. So many, and those on their way, can miss the
#: message when the server is killed; none gets it twice.
PAGE: Final = 64
#: Browsers that are tried a second time, and how long after the first pass.
MAX_SECOND_TRIES: Final = 1_000
SECOND_TRY_SECONDS: Final = 60.0


@define(eq=False)
class PushRound:
    """
    Goes through the list of browsers once, and once more through those that may yet be told.

    @ivar _occasion: browsers that were told of it already are passed over.
    @ivar _wanted: whether the message still holds; when it does not, nobody else is told.
    @ivar told: messages that were taken.
    @ivar lost: messages that were not.
    """

    _clock: IReactorTime
    _sender: PushSender
    _subscriptions: Subscriptions
    _occasion: str
    _message: bytes = field(repr=False)
    _wanted: Callable[[], bool]
    told: int = field(init=False, default=0)
    lost: int = field(init=False, default=0)
    _waiting: deque[Subscription] = field(init=False, factory=deque, repr=False)
    _again: list[Subscription] = field(init=False, factory=list, repr=False)
    _taking: DeferredLock = field(init=False, factory=DeferredLock)

    _log = Logger()

    async def run(self) -> None:
        """
        Tell everybody. Cancelling gives up what is on its way.
        """
        await self._at_once(self._first_pass)
        if self._again and self._wanted():
            await deferLater(self._clock, SECOND_TRY_SECONDS)
            self._waiting.extend(self._again)
            await self._at_once(self._second_pass)
        self.lost += len(self._waiting)

    async def _at_once(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        working = [Deferred.fromCoroutine(work()) for _ in range(CONCURRENCY)]
        try:
            await gatherResults(working, consumeErrors=True)
        except FirstError as error:
            # The others were cancelled as well, or are about to end by themselves.
            error.subFailure.raiseException()

    async def _first_pass(self) -> None:
        while (subscription := await self._next()) is not None:
            if not await self._tell(subscription):
                if len(self._again) < MAX_SECOND_TRIES:
                    self._again.append(subscription)
                else:
                    await self._count(subscription, taken=False)

    async def _second_pass(self) -> None:
        while self._waiting and self._wanted():
            subscription = self._waiting.popleft()
            if not await self._tell(subscription):
                await self._count(subscription, taken=False)

    async def _next(self) -> Subscription | None:
        await self._taking.acquire()
        try:
            if not self._waiting and self._wanted():
                self._waiting.extend(await self._subscriptions.take(self._occasion, PAGE))
            return self._waiting.popleft() if self._waiting and self._wanted() else None
        except Exception:  # noqa: BLE001 - a database that fails ends the round, not the server
            self._log.failure("Who is to be told could not be looked up")
            return None
        finally:
            self._taking.release()

    async def _tell(self, subscription: Subscription) -> bool:
        """
        @return: whether that settles it; if not, the browser may be tried again.
        """
        try:
            await self._sender.send(subscription, self._message)
        except Gone:
            self.lost += 1
            await self._keep(self._subscriptions.remove(subscription.endpoint))
        except NotTold as error:
            if error.again:
                return False
            await self._count(subscription, taken=False)
        else:
            await self._count(subscription, taken=True)
        return True

    async def _count(self, subscription: Subscription, taken: bool) -> None:
        if taken:
            self.told += 1
        else:
            self.lost += 1
        await self._keep(self._subscriptions.note(subscription.endpoint, taken))

    async def _keep(self, writing: Deferred[None]) -> None:
        try:
            await writing
        except Exception:  # noqa: BLE001 - the message counts, not the books about it
            self._log.failure("What became of a push message could not be written")
