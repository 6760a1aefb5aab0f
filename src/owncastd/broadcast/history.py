"""
What of a stream outlives a restart: when it was last on, and the most viewers.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define, evolve, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from .viewers import Peaks

#: How often the peaks are stored while a broadcast runs.
SAVE_SECONDS = 60.0
#: After a restart later than this the peak of the last broadcast is no longer of interest.
SESSION_PEAK_SECONDS = 300.0


@frozen
class StreamRecord:
    """
    What is kept.

    @ivar last_connect_time: when the present or the last broadcast started (UTC).
    @ivar last_disconnect_time: when the last broadcast ended; C{None} while one runs (UTC).
    """

    last_connect_time: datetime | None = None
    last_disconnect_time: datetime | None = None
    peaks: Peaks = field(factory=Peaks)


def _store(cursor: sqlite3.Cursor, record: StreamRecord, now: datetime) -> None:
    times = [
        None if time is None else time.isoformat()
        for time in (record.last_connect_time, record.last_disconnect_time)
    ]
    cursor.execute(
        "INSERT OR REPLACE INTO stream_history (id, last_connect_time, last_disconnect_time,"
        " session_peak_viewers, overall_peak_viewers, saved_at) VALUES (1, ?, ?, ?, ?, ?)",
        [*times, record.peaks.session, record.peaks.overall, now.isoformat()],
    )


def _stored(connection: sqlite3.Connection, now: datetime) -> StreamRecord:
    row = connection.execute(
        "SELECT last_connect_time, last_disconnect_time, session_peak_viewers,"
        " overall_peak_viewers, saved_at FROM stream_history"
    ).fetchone()
    if row is None:
        return StreamRecord()
    connected, disconnected, session_peak, overall_peak, saved_at = row
    if connected is not None and disconnected is None:
        # The server died while live: the last it stored is the closest we know.
        disconnected = saved_at
    ended_at = None if disconnected is None else datetime.fromisoformat(disconnected)
    if ended_at is None or (now - ended_at).total_seconds() > SESSION_PEAK_SECONDS:
        session_peak = 0
    return StreamRecord(
        last_connect_time=None if connected is None else datetime.fromisoformat(connected),
        last_disconnect_time=ended_at,
        peaks=Peaks(session=session_peak, overall=overall_peak),
    )


@define(eq=False)
class History:
    """
    Keeps the record up to date in memory, and in the database with at most one write under way.

    @ivar _save: makes a record durable, stamped with the present time.
    @ivar _unsaved: whether the record has changed since the write under way began.
    """

    _clock: IReactorTime
    _record: StreamRecord
    _save: Callable[[StreamRecord, datetime], Deferred[None]]
    _peaks: Callable[[], Peaks] | None = field(init=False, default=None)
    _saving: bool = field(init=False, default=False)
    _unsaved: bool = field(init=False, default=False)
    _waiting: list[Deferred[None]] = field(init=False, factory=list)
    _minutely: LoopingCall = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._minutely = LoopingCall(self._note_peaks)
        self._minutely.clock = self._clock

    @classmethod
    def load(
        cls, clock: IReactorTime, connection: sqlite3.Connection, database: Database
    ) -> "History":
        """
        Read the record synchronously, before the reactor runs.

        @param connection: used only during this call.
        @param database: where changes go later.
        """
        return cls(
            clock,
            _stored(connection, datetime.fromtimestamp(clock.seconds(), UTC)),
            lambda record, now: database.write(_store, record, now),
        )

    @classmethod
    def in_memory(cls, clock: IReactorTime) -> "History":
        """
        A history that nobody keeps, for tests.
        """
        return cls(clock, StreamRecord(), lambda record, now: succeed(None))

    @property
    def record(self) -> StreamRecord:
        """
        The record as it is now; its peaks may be a minute old.
        """
        return self._record

    def begin(self, at: datetime, peaks: Callable[[], Peaks]) -> None:
        """
        A broadcast started.

        @param peaks: asked every minute, and at the end.
        """
        self._record = StreamRecord(last_connect_time=at, peaks=peaks())
        self._peaks = peaks
        self._minutely.start(SAVE_SECONDS, now=True).addErrback(
            lambda failure: self._log.failure("Noting the peak of viewers failed", failure)
        )

    def end(self, at: datetime) -> None:
        """
        The broadcast is over.
        """
        if self._minutely.running:
            self._minutely.stop()
        self._record = evolve(self._record, last_disconnect_time=at)
        self._note_peaks()
        self._peaks = None

    def saved(self) -> Deferred[None]:
        """
        Fires when what is known now is durable, or its saving has failed and was logged.
        """
        if not self._saving:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def _note_peaks(self) -> None:
        if self._peaks is not None:
            self._record = evolve(self._record, peaks=self._peaks())
        self._unsaved = True
        if not self._saving:
            self._save_record()

    def _save_record(self) -> None:
        self._saving, self._unsaved = True, False
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        self._save(self._record, now).addErrback(self._failed).addCallback(self._after_save)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("The stream's history could not be saved", failure)

    def _after_save(self, _: object) -> None:
        if self._unsaved:
            self._save_record()
            return
        self._saving = False
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)
