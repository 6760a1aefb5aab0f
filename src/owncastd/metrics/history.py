"""
How many watched and chatted over the last two weeks: one row for each moment, in the database.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

#: Older rows are deleted, in seconds.
RETENTION_SECONDS: Final = 14 * 24 * 3600
#: Rows that wait for a database that cannot be written; the oldest give way.
MAX_UNSAVED: Final = 300


@frozen
class AudienceSample:
    """
    One moment.

    @ivar time: in seconds of Unix time.
    @ivar viewers: C{None} while there was no stream.
    """

    time: int
    viewers: int | None
    chat_clients: int


def _store(cursor: sqlite3.Cursor, samples: Sequence[AudienceSample], oldest: int) -> None:
    cursor.executemany(
        "INSERT OR REPLACE INTO viewer_samples (time, viewers, chat_clients) VALUES (?, ?, ?)",
        [(sample.time, sample.viewers, sample.chat_clients) for sample in samples],
    )
    cursor.execute("DELETE FROM viewer_samples WHERE time < ?", [oldest])


def _viewers_json(cursor: sqlite3.Cursor, start: int) -> str:
    """
    SQLite writes the text in one step, so that this thread needs the interpreter's lock for
    nothing: two weeks are ten thousand points.
    """
    (text,) = cursor.execute(
        "SELECT json_group_array(json_object("
        "'time', strftime('%Y-%m-%dT%H:%M:%SZ', time, 'unixepoch'), 'value', viewers))"
        " FROM (SELECT time, viewers FROM viewer_samples"
        " WHERE time >= ? AND viewers IS NOT NULL ORDER BY time)",
        [start],
    ).fetchone()
    return str(text)


@define(eq=False)
class ViewerHistory:
    """
    Stores samples with at most one write under way; those of meanwhile go together.

    @ivar _save: makes samples durable, and forgets those before a time.
    @ivar _read: the points since a time, as JSON.
    """

    _clock: IReactorTime
    _save: Callable[[Sequence[AudienceSample], int], Deferred[None]]
    _read: Callable[[int], Deferred[str]]
    _unsaved: deque[AudienceSample] = field(
        init=False, factory=lambda: deque(maxlen=MAX_UNSAVED), repr=False
    )
    _saving: bool = field(init=False, default=False)
    _waiting: list[Deferred[None]] = field(init=False, factory=list)

    _log = Logger()

    @classmethod
    def stored(cls, clock: IReactorTime, database: Database) -> "ViewerHistory":
        """
        A history in the database.
        """
        return cls(
            clock,
            lambda samples, oldest: database.write(_store, samples, oldest),
            lambda start: database.read(_viewers_json, start),
        )

    def add(self, viewers: int | None, chat_clients: int) -> None:
        """
        Note how many there are right now; that there is nothing at all needs no note.

        @param viewers: C{None} while there is no stream.
        """
        if viewers is None and not chat_clients:
            return
        now = int(self._clock.seconds())
        self._unsaved.append(AudienceSample(now, viewers, chat_clients))
        if not self._saving:
            self._save_all()

    def viewers_json(self, start: int) -> Deferred[str]:
        """
        The viewers since a time, oldest first, as the API's JSON. It is made in the database's
        thread, because there may be a lot of it.

        Failures: those of L{Database.read}.

        @param start: in seconds of Unix time.
        """
        return self._read(start)

    def settled(self) -> Deferred[None]:
        """
        Fires when what was noted is durable, or saving it has failed and was logged.
        """
        if not self._saving:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def _save_all(self) -> None:
        self._saving = True
        samples = tuple(self._unsaved)
        oldest = int(self._clock.seconds()) - RETENTION_SECONDS
        self._save(samples, oldest).addCallbacks(
            lambda _: self._forget(samples), self._failed
        ).addCallback(self._after_save)

    def _forget(self, samples: Sequence[AudienceSample]) -> bool:
        """
        These are durable now.

        @return: whether others came meanwhile.
        """
        saved = set(samples)
        remaining = [sample for sample in self._unsaved if sample not in saved]
        self._unsaved.clear()
        self._unsaved.extend(remaining)
        return bool(remaining)

    def _failed(self, failure: Failure) -> bool:
        """
        They are tried again with the next one.
        """
        self._log.failure("The numbers of viewers could not be saved", failure)
        return False

    def _after_save(self, more: bool) -> None:
        if more:
            self._save_all()
            return
        self._saving = False
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)
