"""
What of the stream outlives a restart.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.broadcast.history import SAVE_SECONDS, History, StreamRecord
from owncastd.broadcast.viewers import Peaks
from owncastd.database.connection import Database
from owncastd.database.migrations import prepare

START = 1_700_000_000.0


def at(seconds: float) -> datetime:
    """
    So many seconds after the beginning of the test.
    """
    return datetime.fromtimestamp(START + seconds, UTC)


class SavingTests(SynchronousTestCase):
    """
    When the record is saved, with writes that answer when the test says so.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.saved: list[tuple[StreamRecord, datetime]] = []
        self.writes: list[Deferred[None]] = []
        self.peaks = Peaks(session=1, overall=4)
        self.history = History(self.clock, StreamRecord(), self.save)

    def save(self, record: StreamRecord, now: datetime) -> Deferred[None]:
        """
        Begin to save.
        """
        self.saved.append((record, now))
        self.writes.append(Deferred())
        return self.writes[-1]

    def test_minutely(self) -> None:
        """
        The record is saved at the start, every minute with the peaks of then, and at the end.
        """
        self.history.begin(at(0), lambda: self.peaks)
        self.writes[0].callback(None)
        self.peaks = Peaks(session=2, overall=4)
        self.clock.advance(SAVE_SECONDS)
        self.writes[1].callback(None)
        self.peaks = Peaks(session=3, overall=4)
        self.clock.advance(5)
        self.history.end(at(65))
        self.writes[2].callback(None)
        self.assertEqual(
            self.saved,
            [
                (StreamRecord(at(0), None, Peaks(1, 4)), at(0)),
                (StreamRecord(at(0), None, Peaks(2, 4)), at(60)),
                (StreamRecord(at(0), at(65), Peaks(3, 4)), at(65)),
            ],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.successResultOf(self.history.saved())

    def test_one_write_at_a_time(self) -> None:
        """
        While a write is under way others wait, and only the newest is done.
        """
        self.history.begin(at(0), lambda: self.peaks)
        for _ in range(3):
            self.clock.advance(SAVE_SECONDS)
        self.history.end(at(200))
        saved = self.history.saved()
        self.assertEqual(len(self.writes), 1)
        self.writes[0].callback(None)
        self.assertNoResult(saved)
        self.writes[1].callback(None)
        self.successResultOf(saved)
        self.assertEqual([record.last_disconnect_time for record, _ in self.saved], [None, at(200)])

    def test_failure(self) -> None:
        """
        A write that fails is logged; the next one is made all the same.
        """
        self.history.begin(at(0), lambda: self.peaks)
        self.writes[0].errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.history.end(at(1))
        self.writes[1].callback(None)
        self.successResultOf(self.history.saved())


class LoadTests(TestCase):
    """
    Saving to and loading from a real database.
    """

    def setUp(self) -> None:
        path = Path(self.mktemp()) / "owncast.db"
        self.connection = prepare(path, path.parent)
        self.addCleanup(self.connection.close)
        self.database = Database(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(self.database.close)
        self.clock = Clock()
        self.clock.advance(START)

    def load(self) -> History:
        """
        What a server does when it starts.
        """
        return History.load(self.clock, self.connection, self.database)

    async def test_new_server(self) -> None:
        """
        There is nothing to tell at first.
        """
        self.assertEqual(self.load().record, StreamRecord())

    async def test_restart(self) -> None:
        """
        Times and peaks survive; the session's peak only for some minutes.
        """
        history = self.load()
        history.begin(at(0), lambda: Peaks(session=2, overall=7))
        history.end(at(50))
        await history.saved()
        self.clock.advance(100)
        self.assertEqual(self.load().record, StreamRecord(at(0), at(50), Peaks(2, 7)))
        self.clock.advance(timedelta(days=1).total_seconds())
        self.assertEqual(self.load().record, StreamRecord(at(0), at(50), Peaks(0, 7)))

    async def test_killed_while_live(self) -> None:
        """
        When the server died while live the last thing it stored says when that was, about.
        """
        history = self.load()
        history.begin(at(0), lambda: Peaks(session=2, overall=7))
        await history.saved()
        self.clock.advance(SAVE_SECONDS)
        await history.saved()
        history._minutely.stop()
        self.clock.advance(10)
        self.assertEqual(self.load().record, StreamRecord(at(0), at(SAVE_SECONDS), Peaks(2, 7)))

    async def test_one_row(self) -> None:
        """
        However often it is saved there is one record.
        """
        history = self.load()
        for number in range(3):
            history.begin(at(number), Peaks)
            history.end(at(number))
        await history.saved()

        def count(cursor: sqlite3.Cursor) -> int:
            (rows,) = cursor.execute("SELECT count(*) FROM stream_history").fetchone()
            return int(rows)

        self.assertEqual(await self.database.read(count), 1)
