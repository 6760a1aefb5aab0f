"""
What was said: written in batches, off the reactor, and given back as the API's lists.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from attrs import define, evolve, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from . import message_rows
from .events import Message, StoredEvent
from .listing import Listings
from .message_rows import Selection
from .stamps import Stamps

T = TypeVar("T")

#: How long events are collected before they are written.
WRITE_SECONDS: Final = 0.25
#: So many are written at once without waiting.
MAX_BATCH: Final = 500
#: Batches that the database is given before it has answered.
MAX_IN_FLIGHT: Final = 8
#: Events that wait for a database that cannot be written; the oldest give way.
MAX_UNSAVED: Final = 5_000
#: How many messages of one user moderators are shown.
MAX_OF_USER: Final = 1_000
#: What is older is deleted.
RETENTION_SECONDS: Final = 7_200.0
#: How often that is looked at.
PRUNE_SECONDS: Final = 300.0


@define(eq=False)
class _Batch:
    """
    Events on their way into the database.
    """

    events: list[StoredEvent]
    waiting: list[Deferred[None]] = field(factory=list)


@define(eq=False)
class History:
    """
    Keeps events, and answers with the lists that clients know.

    An event is on disk within a second of L{add}, and in every list at once.

    @ivar _server_name: by which the server calls itself in messages of its own.
    @ivar _unsaved: what was not given to the database yet, the oldest first.
    @ivar _batches: what was, in the order in which it is written.
    @ivar lists: the lists that clients ask for.
    """

    _clock: IReactorTime
    _database: Database
    _stamps: Stamps
    _server_name: Callable[[], str]
    _unsaved: deque[StoredEvent] = field(
        init=False, factory=lambda: deque(maxlen=MAX_UNSAVED), repr=False
    )
    _batches: deque[_Batch] = field(init=False, factory=deque, repr=False)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _pruning: IDelayedCall | None = field(init=False, default=None)
    lists: Listings = field(init=False)
    _stopped: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self.lists = Listings(self.flush, self._database, self._server_name)

    def start(self) -> None:
        """
        Delete what is too old, now and from time to time.
        """
        self._pruning = self._clock.callLater(PRUNE_SECONDS, self.start)
        oldest = self._stamps.now() - timedelta(seconds=RETENTION_SECONDS)
        self._changing(self._database.write(message_rows.prune, oldest)).addErrback(
            lambda failure: self._log.failure("Old chat messages could not be deleted", failure)
        )

    def add(self, event: StoredEvent) -> None:
        """
        Keep an event.
        """
        if len(self._unsaved) == MAX_UNSAVED:
            self._log.warn("The database cannot keep up: a chat message is not kept")
        self._unsaved.append(event)
        self.lists.changed()
        if len(self._unsaved) >= MAX_BATCH and len(self._batches) < MAX_IN_FLIGHT:
            self._write()
        else:
            self._write_soon()

    def flush(self) -> Deferred[None]:
        """
        Write what is not written yet. A failure is logged, and it is tried again a little later.

        @return: fires when all that was added so far is written, or that has failed.
        """
        if self._unsaved and len(self._batches) < MAX_IN_FLIGHT:
            self._write()
        if not self._batches:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._batches[-1].waiting.append(waiting)
        return waiting

    def of_user(self, user_id: str) -> Deferred[list[Message]]:
        """
        All that one user has said, hidden or not, the newest first.

        Failures: those of L{Database.read}; of L{has_spoken} as well.
        """
        wanted = Selection(hidden=True, authorless=False, most=MAX_OF_USER, user_id=user_id)

        def messages(events: Sequence[StoredEvent]) -> list[Message]:
            return [event for event in events if isinstance(event, Message)]

        def read(_: object) -> Deferred[list[StoredEvent]]:
            return self._database.read(message_rows.select, wanted, self._server_name())

        return self.flush().addCallback(read).addCallback(messages)

    def has_spoken(self, user_id: str) -> Deferred[bool]:
        """
        Whether a message of somebody was ever let through.
        """
        return self.flush().addCallback(
            lambda _: self._database.read(message_rows.has_spoken, user_id)
        )

    def approve(self, user_id: str) -> Deferred[None]:
        """
        Let somebody's messages through from now on.

        Failures: those of L{Database.write}; of the others that change something as well.
        """
        return self._database.write(message_rows.approve, user_id, self._stamps.now())

    def set_visible(self, ids: Sequence[str], visible: bool) -> Deferred[None]:
        """
        Hide messages, or show them again.
        """
        hidden_at = None if visible else self._stamps.now()
        wanted = set(ids)
        self._mark(lambda message: message.stamp.id in wanted, hidden_at)
        # Writes keep their order.
        self._write()
        return self._changing(self._database.write(message_rows.set_hidden, list(ids), hidden_at))

    def hide_all_of(self, user_id: str) -> Deferred[tuple[str, ...]]:
        """
        Hide all that somebody has said.

        @return: the messages that were not hidden yet.
        """
        now = self._stamps.now()
        self._write()
        self._mark(lambda message: message.user.id == user_id, now)
        return self._changing(self._database.write(message_rows.hide_all_of, user_id, now))

    def stop(self) -> Deferred[None]:
        """
        Write what is not written yet. No timer is left.
        """
        self._stopped = True
        if self._pruning is not None:
            self._pruning.cancel()
            self._pruning = None
        self._write()
        return self.flush()

    def _write_soon(self) -> None:
        if self._timer is None and not self._stopped:
            self._timer = self._clock.callLater(WRITE_SECONDS, self._due)

    def _due(self) -> None:
        self._timer = None
        if len(self._batches) < MAX_IN_FLIGHT:
            self._write()
        else:
            self._write_soon()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._unsaved:
            return
        batch = _Batch(list(self._unsaved))
        self._unsaved.clear()
        self._batches.append(batch)
        self._database.write(message_rows.store, tuple(batch.events)).addCallbacks(
            self._kept, lambda failure: self._failed(failure, batch)
        ).addCallback(lambda _: self._finish(batch))

    def _kept(self, lost: int) -> None:
        if lost:
            self._log.warn("{lost} chat messages had no user and were not kept", lost=lost)

    def _failed(self, failure: Failure, batch: _Batch) -> None:
        self._log.failure("Chat messages could not be written", failure)
        if len(self._unsaved) + len(batch.events) > MAX_UNSAVED:
            self._log.warn("The database cannot keep up: chat messages are not kept")
        else:
            self._unsaved.extendleft(reversed(batch.events))
        self._write_soon()

    def _finish(self, batch: _Batch) -> None:
        self._batches.remove(batch)
        for waiting in batch.waiting:
            waiting.callback(None)

    def _mark(self, wanted: Callable[[Message], bool], hidden_at: datetime | None) -> None:
        """
        Change what is not in the database yet, and what may have to be written once more.
        """
        for events in (self._unsaved, *(batch.events for batch in self._batches)):
            for number, event in enumerate(events):
                if isinstance(event, Message) and wanted(event):
                    events[number] = evolve(event, hidden_at=hidden_at, held=False)

    def _changing(self, writing: Deferred[T]) -> Deferred[T]:
        def changed(result: T) -> T:
            self.lists.changed()
            return result

        return writing.addCallback(changed)
