"""
Bringing activities to others: a durable queue with one lane for each server.

What is to be sent is in the database before anybody relies on it, and leaves it when the other
server has answered. In between it outlives a kill; at most what was on its way at that moment is
sent twice. How much is on its way at once, and how much is begun per second, is bounded, so that
the video does not notice.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database
from owncastd.web.answers import json_text

from . import delivery_rows, outbox_rows
from .backoff import wish_seconds
from .delivery_rows import Address, Delivery, FailingHost
from .lanes import Lanes
from .outbox_rows import Published
from .sending import NotSendable, Send, Sent, Verdict, address_of, verdict
from .vocabulary import Document, with_context

#: How much is on its way at once.
MAX_PARALLEL: Final = 64
#: How much is begun per second.
MAX_PER_SECOND: Final = 20.0
#: How long a server may take.
DELIVERY_SECONDS: Final = 15.0
#: How many servers' turns are known at once; the others are looked up when these had theirs.
MAX_READY: Final = 1_000
#: The longest rest of the queue as a whole, and the one after the database failed.
LONGEST_SLEEP_SECONDS: Final = 3_600.0
TROUBLE_SECONDS: Final = 60.0
#: How often it is looked at what is to be given up or forgotten.
TIDY_SECONDS: Final = 21_600.0
#: How long activities can be asked for that are about something else than posts.
KEEP_ACTIVITIES: Final = timedelta(days=30)
#: How long a server that stops waits for what is on its way.
STOP_SECONDS: Final = 5.0
#: How many servers that fail are told of.
MAX_FAILING_SHOWN: Final = 500
_MAX_PROBLEM: Final = 200


def _nothing() -> Deferred[None]:
    return succeed(None)


@frozen
class DeliveryFigures:
    """
    How the deliveries fare.

    @ivar waiting: how many there are to do.
    @ivar under_way: how many are on their way.
    @ivar delivered: how many were taken since the start.
    @ivar refused: how many were given up since the start, because they will never be taken.
    @ivar failed: how many attempts failed since the start.
    """

    waiting: int
    under_way: int
    delivered: int
    refused: int
    failed: int
    failing: Sequence[FailingHost]


@define(eq=False)
class Deliveries:
    """
    The queue.

    @ivar _active: whether anything may be sent at all.
    @ivar _blocked: whether nothing is to go to a host.
    @ivar _lost: is told when followers were forgotten with their servers.
    @ivar _spread: by chance, from 0 to 1.
    @ivar _next_start: when the next may be begun, so that they are not too many per second.
    @ivar _more: whether there are servers whose turn was not looked up yet.
    """

    _clock: IReactorTime
    _database: Database
    _send: Send
    _active: Callable[[], bool]
    _blocked: Callable[[str], bool]
    _lost: Callable[[], Deferred[None]] = _nothing
    _spread: Callable[[], float] = random.random
    _lanes: Lanes = field(init=False, factory=lambda: Lanes(MAX_PARALLEL))
    _running: dict[Deferred[None], None] = field(init=False, factory=dict)
    _next_start: float = field(init=False, default=0.0)
    _pace: IDelayedCall | None = field(init=False, default=None)
    _sleep: IDelayedCall | None = field(init=False, default=None)
    _tidying: IDelayedCall | None = field(init=False, default=None)
    _work: dict[Deferred[None], None] = field(init=False, factory=dict)
    _looking: bool = field(init=False, default=False)
    _look_again: bool = field(init=False, default=False)
    _more: bool = field(init=False, default=False)
    _stopped: bool = field(init=False, default=True)
    delivered: int = field(init=False, default=0)
    refused: int = field(init=False, default=0)
    failed: int = field(init=False, default=0)

    _log = Logger()

    def start(self) -> None:
        """
        Go on with what is in the database, if anything may be sent. May be called again, as when
        that has changed.
        """
        self._stopped = False
        if not self._active():
            self._rest()
            return
        if self._tidying is None:
            self._tidy()
        self._look()

    def stop(self) -> Deferred[None]:
        """
        Begin nothing more, and wait a little for what is on its way.

        @return: fires when nothing of it goes on.
        """
        self._stopped = True
        self._rest()
        ending = [*self._running, *self._work]
        if not ending:
            return succeed(None)
        giving_up = self._clock.callLater(STOP_SECONDS, self._give_up)

        def ended(_: object) -> None:
            if giving_up.active():
                giving_up.cancel()

        return DeferredList(ending).addCallback(ended)

    async def deliver(self, activity: Document, inboxes: Sequence[str], *kept: Published) -> None:
        """
        Have an activity brought to some inboxes. It is durable when this is done; failures are
        those of L{Database.write}.

        @param kept: what is to be had from here from the same moment on.
        """
        addresses = [
            address
            for inbox in dict.fromkeys(inboxes)
            if (address := address_of(inbox)) is not None and not self._blocked(address.host)
        ]
        if not addresses and not kept:
            return
        body = json_text(with_context(activity)).decode()
        hosts = await self._database.write(_publish, kept, body, addresses, self._now())
        if hosts and not self._stopped and self._active():
            self._look()

    async def figures(self) -> DeliveryFigures:
        """
        How it fares. Failures are those of L{Database.read}.
        """
        waiting = await self._database.read(delivery_rows.waiting)
        failing = await self._database.read(delivery_rows.failing, MAX_FAILING_SHOWN)
        return DeliveryFigures(
            waiting=waiting,
            under_way=self._lanes.used,
            delivered=self.delivered,
            refused=self.refused,
            failed=self.failed,
            failing=failing,
        )

    async def heard_from(self, host: str) -> None:
        """
        Somebody has spoken to us: what waits for them need not wait any longer.
        """
        rested = await self._database.write(delivery_rows.heard_from, host)
        if rested and not self._stopped and self._active():
            self._look()

    # Whose turn it is.

    def _look(self) -> None:
        """
        Look up whose turn it is, unless that is going on.
        """
        self._look_again = self._looking
        if self._looking or self._stopped:
            return
        self._looking = True
        self._keep(self._look_up(), self._work, "Looking for deliveries failed")

    async def _look_up(self) -> None:
        try:
            hosts = await self._database.read(delivery_rows.ready_hosts, self._now(), MAX_READY)
            retry = await self._database.read(delivery_rows.next_retry, self._now())
        except Exception:
            self._sleep_for(TROUBLE_SECONDS)
            raise
        finally:
            self._looking = False
        if self._stopped or not self._active():
            return
        before = self._lanes.ready
        for host in hosts:
            self._lanes.offer(host)
        # Those whose turn it is right now are among them: to look up these alone again is useless.
        self._more = len(hosts) >= MAX_READY and self._lanes.ready > before
        if retry is not None:
            self._sleep_for((retry - self._now()).total_seconds())
        if self._look_again:
            self._look()
        self._go()

    def _go(self) -> None:
        """
        Begin what may be begun.
        """
        while self._lanes.ready and self._pace is None and not self._stopped and self._active():
            wait = self._next_start - self._clock.seconds()
            if wait > 0:
                self._pace = self._clock.callLater(wait, self._paced)
                return
            host = self._lanes.take()
            if host is None:
                return
            self._next_start = self._clock.seconds() + 1 / MAX_PER_SECOND
            self._keep(self._carry(host), self._running, "A delivery failed in an unexpected way")
        if self._more and not self._lanes.ready:
            self._more = False
            self._look()

    def _paced(self) -> None:
        self._pace = None
        self._go()

    async def _carry(self, host: str) -> None:
        """
        Bring one activity to a server; then it is another one's turn.
        """
        more = False
        try:
            delivery = await self._database.read(delivery_rows.next_for, host)
            if delivery is not None and not self._stopped:
                more = await self._bring(host, delivery)
        except CancelledError:
            # It was given up because the server stops: it is in the database still.
            return
        except Exception:
            self._sleep_for(TROUBLE_SECONDS)
            raise
        finally:
            self._lanes.done(host)
        if more:
            self._lanes.offer(host)

    async def _bring(self, host: str, delivery: Delivery) -> bool:
        """
        Try one delivery.

        @return: whether there is more for this server right now.
        """
        if self._blocked(host):
            await self._database.write(delivery_rows.drop_all_for, host)
            return False
        sending: Deferred[Sent] = Deferred.fromCoroutine(_awaited(self._send, delivery))
        try:
            sent = await sending.addTimeout(DELIVERY_SECONDS, self._clock)
        except CancelledError:
            raise
        except NotSendable as error:
            self._log.info("Nothing can be sent to {host}: {reason}", host=host, reason=str(error))
            self.refused += 1
            return await self._database.write(delivery_rows.settled, host, delivery)
        except TimeoutError:
            return await self._failed(host, "it does not answer in time")
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be gone later
            return await self._failed(host, str(error) or type(error).__name__)
        meaning = verdict(sent.status)
        if meaning is Verdict.LATER:
            wish = wish_seconds(sent.retry_after, self._now())
            return await self._failed(host, f"it answers with status {sent.status}", wish)
        if meaning is Verdict.TAKEN:
            self.delivered += 1
        else:
            self.refused += 1
            self._log.info(
                "{host} refuses an activity with status {status}", host=host, status=sent.status
            )
        if meaning is Verdict.GONE and await self._database.write(
            delivery_rows.gone, delivery.inbox
        ):
            await self._lost()
        return await self._database.write(delivery_rows.settled, host, delivery)

    async def _failed(self, host: str, problem: str, wish: float | None = None) -> bool:
        self.failed += 1
        parked = await self._database.write(
            delivery_rows.failed, host, problem[:_MAX_PROBLEM], self._now(), self._spread(), wish
        )
        if parked:
            self._log.info("{host} has failed for long: nothing waits for it any more", host=host)
        # When it is its turn again is found out by looking.
        self._look()
        return False

    # Time.

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)

    def _sleep_for(self, seconds: float) -> None:
        """
        Look again after a while, or earlier if that was agreed upon already.
        """
        if self._stopped:
            return
        seconds = min(max(seconds, 0.0), LONGEST_SLEEP_SECONDS)
        if self._sleep is not None:
            if self._sleep.getTime() <= self._clock.seconds() + seconds:
                return
            self._sleep.cancel()
        self._sleep = self._clock.callLater(seconds, self._awake)

    def _awake(self) -> None:
        self._sleep = None
        self._look()

    def _tidy(self) -> None:
        self._tidying = self._clock.callLater(TIDY_SECONDS, self._tidy)
        self._keep(self._tidy_up(), self._work, "Tidying the deliveries failed")

    async def _tidy_up(self) -> None:
        """
        Give up what is too old, and forget servers that are dead.
        """
        now = self._now()
        if stale := await self._database.write(delivery_rows.drop_stale, now):
            self._log.info("{count} deliveries are given up: they are too old", count=stale)
        await self._database.write(outbox_rows.prune_activities, now - KEEP_ACTIVITIES)
        dead = set(await self._database.read(delivery_rows.forgettable, now))
        if dead:
            known = await self._database.read(delivery_rows.inboxes_of_followers)
            lost = [
                iri
                for iri, inbox in known
                if (address := address_of(inbox)) is not None and address.host in dead
            ]
            await self._database.write(delivery_rows.forget, dead, lost)
            await self._lost()
            self._log.info(
                "{hosts} servers are taken for dead, and {count} followers there forgotten",
                hosts=len(dead),
                count=len(lost),
            )

    def _rest(self) -> None:
        """
        Leave no timer.
        """
        for timer in (self._pace, self._sleep, self._tidying):
            if timer is not None:
                timer.cancel()
        self._pace = self._sleep = self._tidying = None
        self._lanes.clear()

    def _keep(self, work: Any, kept: dict[Deferred[None], None], words: str) -> None:
        """
        Let something go on that nobody waits for, but L{stop}.
        """
        working: Deferred[None] = Deferred.fromCoroutine(work)
        kept[working] = None

        def ended(result: object) -> None:
            kept.pop(working, None)
            if isinstance(result, Failure):
                self._log.failure("{words}", result, words=words)
            if kept is self._running:
                self._go()

        working.addBoth(ended)

    def _give_up(self) -> None:
        for working in [*self._running]:
            working.cancel()


def _publish(
    cursor: sqlite3.Cursor,
    kept: Sequence[Published],
    body: str,
    addresses: Sequence[Address],
    now: datetime,
) -> tuple[str, ...]:
    """
    Keep what was published and have it delivered, as one.
    """
    for each in kept:
        outbox_rows.insert(cursor, each)
    return delivery_rows.enqueue(cursor, body, addresses, now)


async def _awaited(send: Send, delivery: Delivery) -> Sent:
    return await send(delivery.inbox, delivery.body.encode())
