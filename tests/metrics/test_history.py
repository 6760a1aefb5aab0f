"""
Viewers over the last two weeks.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.metrics.history import (
    MAX_UNSAVED,
    RETENTION_SECONDS,
    AudienceSample,
    ViewerHistory,
)

from .support import START


class SavingTests(SynchronousTestCase):
    """
    When samples are saved, with writes that answer when the test says so.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.saved: list[tuple[Sequence[AudienceSample], int]] = []
        self.writes: list[Deferred[None]] = []
        self.history = ViewerHistory(self.clock, self.save, lambda start: succeed("[]"))

    def save(self, samples: Sequence[AudienceSample], oldest: int) -> Deferred[None]:
        """
        Begin to save.
        """
        self.saved.append((samples, oldest))
        self.writes.append(Deferred())
        return self.writes[-1]

    def batches(self) -> list[list[int | None]]:
        """
        The viewers of each write.
        """
        return [[sample.viewers for sample in samples] for samples, _ in self.saved]

    def test_at_once(self) -> None:
        """
        A sample is saved as soon as it is there, with its time, and old ones are let go.
        """
        self.history.add(3, 1)
        self.assertEqual(
            self.saved,
            [((AudienceSample(int(START), 3, 1),), int(START) - RETENTION_SECONDS)],
        )
        settled = self.history.settled()
        self.assertNoResult(settled)
        self.writes[0].callback(None)
        self.successResultOf(settled)
        self.successResultOf(self.history.settled())

    def test_nothing_to_note(self) -> None:
        """
        Without a stream and without a chat client there is nothing to store; without viewers there
        is.
        """
        self.history.add(None, 0)
        self.assertEqual(self.saved, [])
        self.history.add(None, 2)
        self.writes[0].callback(None)
        self.history.add(0, 0)
        self.assertEqual(self.batches(), [[None], [0]])

    def test_one_write_at_a_time(self) -> None:
        """
        Samples that come during a write go together in the next one.
        """
        for viewers in range(4):
            self.history.add(viewers, 0)
            self.clock.advance(1)
        settled = self.history.settled()
        self.writes[0].callback(None)
        self.assertNoResult(settled)
        self.writes[1].callback(None)
        self.successResultOf(settled)
        self.assertEqual(self.batches(), [[0], [1, 2, 3]])

    def test_failure(self) -> None:
        """
        What could not be saved is logged, and tried again with the next sample.
        """
        self.history.add(1, 0)
        self.writes[0].errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.successResultOf(self.history.settled())
        self.clock.advance(1)
        self.history.add(2, 0)
        self.assertEqual(self.batches(), [[1], [1, 2]])

    def test_bounded(self) -> None:
        """
        A database that does not answer cannot fill the memory.
        """
        for viewers in range(MAX_UNSAVED + 10):
            self.history.add(viewers, 0)
            self.clock.advance(1)
        self.writes[0].callback(None)
        self.assertEqual(len(self.saved[1][0]), MAX_UNSAVED)
        self.assertEqual(self.saved[1][0][-1].viewers, MAX_UNSAVED + 9)


class StoredTests(TestCase):
    """
    Samples in a real database.
    """

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "owncast.db"
        prepare(self.path, self.path.parent).close()
        self.database = Database(reactor, self.path)  # type: ignore[arg-type]
        self.addCleanup(lambda: self.database.close())
        self.clock = Clock()
        self.clock.advance(START)
        self.history = ViewerHistory.stored(self.clock, self.database)

    async def points(self, start: int = 0) -> list[tuple[str, int]]:
        """
        What the API is told.
        """
        document = json.loads(await self.history.viewers_json(start))
        return [(point["time"], point["value"]) for point in document]

    async def test_empty(self) -> None:
        """
        There is an empty list at first.
        """
        self.assertEqual(await self.points(), [])

    async def test_window(self) -> None:
        """
        The samples from a time on come back oldest first; those without a stream do not.
        """
        for viewers in (4, None, 0, 9):
            self.history.add(viewers, 1)
            self.clock.advance(120)
        await self.history.settled()
        everything = [
            ("2023-11-14T22:13:20Z", 4),
            ("2023-11-14T22:17:20Z", 0),
            ("2023-11-14T22:19:20Z", 9),
        ]
        self.assertEqual(await self.points(), everything)
        self.assertEqual(await self.points(int(START)), everything)
        self.assertEqual(await self.points(int(START) + 1), everything[1:])
        self.assertEqual(await self.points(int(START) + 10_000), [])
        self.assertEqual(await self.points(-(10**15)), everything)

    async def test_restart(self) -> None:
        """
        They are there after a restart.
        """
        self.history.add(4, 0)
        await self.history.settled()
        await self.database.close()
        self.database = Database(reactor, self.path)  # type: ignore[arg-type]
        self.history = ViewerHistory.stored(self.clock, self.database)
        self.assertEqual(await self.points(), [("2023-11-14T22:13:20Z", 4)])

    async def test_pruned(self) -> None:
        """
        What is too old goes with the next sample, and nothing else does.
        """
        for wait in (1, RETENTION_SECONDS, 0):
            self.history.add(1, 0)
            await self.history.settled()
            self.clock.advance(wait)

        def times(cursor: sqlite3.Cursor) -> list[int]:
            return [time for (time,) in cursor.execute("SELECT time FROM viewer_samples")]

        start = int(START)
        self.assertEqual(
            await self.database.read(times), [start + 1, start + 1 + RETENTION_SECONDS]
        )

    async def test_chat_clients(self) -> None:
        """
        Chat clients are stored as well, stream or not.
        """
        self.history.add(None, 5)
        await self.history.settled()

        def clients(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
            return cursor.execute("SELECT viewers, chat_clients FROM viewer_samples").fetchall()

        self.assertEqual(await self.database.read(clients), [(None, 5)])
