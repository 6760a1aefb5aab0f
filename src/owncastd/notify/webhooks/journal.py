"""
What waits to be delivered, on disk: written in batches, off the reactor.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from . import rows
from .hook import Webhook
from .rows import Addition, Changes, Delivery, Written

#: How many events wait for one webhook at most. The oldest give way, and are counted.
MAX_WAITING: Final = 10_000
#: From one writing to the next: the first event after a pause is written at once.
WRITE_SECONDS: Final = 0.1
#: Events that wait for a database that cannot be written; later ones are dropped, and counted.
MAX_UNSAVED: Final = 5_000
#: So many events are written at once.
MAX_BATCH: Final = 500
#: How long after a failure it is tried again.
RETRY_SECONDS: Final = 1.0
#: How many deliveries of one webhook are in memory.
READ_AHEAD: Final = 20

#: Is told which webhooks have something new, and how many of the oldest events each has lost.
Changed = Callable[[Mapping[int, int]], None]


def _nobody(dropped: Mapping[int, int]) -> None:
    """
    Tell nobody.
    """


@define(eq=False)
class Journal:
    """
    Keeps what is to be delivered until it has been.

    An event is on disk within moments of L{add}, and only then on its way. What was delivered is
    crossed out a moment later: after a kill in between it is delivered once more.

    @ivar written: told after each writing that added something.
    @ivar _unsaved: what is not given to the database yet, the oldest first.
    @ivar _done: ids of deliveries that are over, and the webhooks they were for.
    @ivar _standings: webhooks that have changed.
    @ivar _writing: the changes that the database has been given, or C{None}.
    @ivar _waiting: for each webhook what waited at its last writing.
    """

    _clock: IReactorTime
    _database: Database
    written: Changed = field(default=_nobody)
    _unsaved: deque[Addition] = field(init=False, factory=deque, repr=False)
    _done: dict[int, int] = field(init=False, factory=dict, repr=False)
    _standings: dict[int, Webhook] = field(init=False, factory=dict, repr=False)
    _writing: Changes | None = field(init=False, default=None, repr=False)
    _waiting: dict[int, int] = field(init=False, factory=dict)
    _coming: Counter[int] = field(init=False, factory=Counter)
    _going: Counter[int] = field(init=False, factory=Counter)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _last_written: float = field(init=False, default=float("-inf"))
    _failing: bool = field(init=False, default=False)
    _closed: bool = field(init=False, default=False)
    _flushed: Deferred[None] | None = field(init=False, default=None)

    _log = Logger()

    def expect(self, webhook_id: int, waiting: int) -> None:
        """
        Learn, at the start, how much waits for a webhook.
        """
        self._waiting[webhook_id] = waiting

    def forget(self, webhook_id: int) -> None:
        """
        A webhook is gone.
        """
        self._waiting.pop(webhook_id, None)
        self._standings.pop(webhook_id, None)

    def waiting(self, webhook_id: int) -> int:
        """
        How many events wait for a webhook.
        """
        known = self._waiting.get(webhook_id, 0)
        return max(0, known + self._coming[webhook_id] - self._going[webhook_id])

    @property
    def settled(self) -> bool:
        """
        Whether everything that was added is on disk.
        """
        return not self._unsaved

    def add(self, webhook_id: int, body: bytes) -> bool:
        """
        Take an event for a webhook.

        @return: whether there is room for it.
        """
        if len(self._unsaved) >= MAX_UNSAVED:
            return False
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        self._unsaved.append(Addition(webhook_id, body, now))
        self._coming[webhook_id] += 1
        self._write_soon()
        return True

    def done(self, webhook_id: int, delivery_id: int) -> None:
        """
        A delivery is over.
        """
        self._done[delivery_id] = webhook_id
        self._going[webhook_id] += 1
        self._write_soon()

    def note(self, webhook: Webhook) -> None:
        """
        A webhook stands differently now.
        """
        self._standings[webhook.id] = webhook
        self._write_soon()

    def following(self, webhook_id: int, after: int) -> Deferred[tuple[Delivery, ...]]:
        """
        What is to be delivered next, as far as it is on disk; at most C{READ_AHEAD} of it.

        Failures: those of L{Database.read}.
        """
        return self._database.read(rows.following, webhook_id, after, READ_AHEAD)

    def close(self) -> Deferred[None]:
        """
        Write what is not written yet. No timer is left.

        @return: fires when that is done, or has failed and was logged.
        """
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._flushed = flushed = Deferred[None]()
        if self._writing is None and not self._write():
            self._finish()
        return flushed

    def _write_soon(self) -> None:
        if self._writing is None and self._timer is None and not self._closed:
            since = self._clock.seconds() - self._last_written
            self._write_later(max(0.0, (RETRY_SECONDS if self._failing else WRITE_SECONDS) - since))

    def _write_later(self, seconds: float) -> None:
        self._timer = self._clock.callLater(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        self._write()

    def _write(self) -> bool:
        """
        Give the database what there is, unless it has something already.

        @return: whether there was anything.
        """
        if not (self._unsaved or self._done or self._standings):
            return False
        additions = tuple(islice(self._unsaved, MAX_BATCH))
        changes = Changes(additions, tuple(self._done), tuple(self._standings.values()))
        self._writing = changes
        self._last_written = self._clock.seconds()
        self._database.write(rows.change, changes, MAX_WAITING).addCallbacks(
            self._was_written, self._was_not_written, callbackArgs=(changes,)
        ).addErrback(self._surprised)
        return True

    def _was_written(self, written: Written, changes: Changes) -> None:
        if self._failing:
            self._log.info("Events for webhooks are written again")
        self._failing = False
        self._writing = None
        for addition in changes.additions:
            self._unsaved.popleft()
            self._coming[addition.webhook_id] -= 1
        for delivery_id in changes.done:
            webhook_id = self._done.pop(delivery_id)
            self._going[webhook_id] -= 1
            if webhook_id in self._waiting:
                self._waiting[webhook_id] -= 1
        for webhook_id in self._waiting.keys() & written.waiting:
            self._waiting[webhook_id] = written.waiting[webhook_id]
        for webhook in changes.standings:
            if self._standings.get(webhook.id) is webhook:
                del self._standings[webhook.id]
        self._go_on()
        if written.waiting:
            self.written({each: written.dropped.get(each, 0) for each in written.waiting})

    def _was_not_written(self, failure: Failure) -> None:
        self._writing = None
        if not self._failing:
            self._log.failure("Events for webhooks could not be written", failure)
        self._failing = True
        if self._closed:
            self._finish()
        else:
            self._write_soon()

    def _go_on(self) -> None:
        if self._closed:
            if not self._write():
                self._finish()
        elif self._unsaved or self._done or self._standings:
            self._write_soon()

    def _finish(self) -> None:
        flushed, self._flushed = self._flushed, None
        if flushed is not None:
            flushed.callback(None)

    def _surprised(self, failure: Failure) -> None:
        self._log.failure("What was written for webhooks could not be told", failure)
