"""
Backups of a running server: whole, private, only so many, and restorable.
"""

import gzip
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database import backups as backups_module
from owncastd.database.backups import (
    GENERATIONS_KEPT,
    INTERVAL_SECONDS,
    Backups,
    backups_in,
    write_backup,
)
from owncastd.database.errors import DatabaseError, NotADatabase
from owncastd.database.migrations import prepare
from owncastd.database.restore import restore

NOW = datetime(2023, 11, 21, 18, 11, 12, 250_000, UTC)


class BackupTestCase(SynchronousTestCase):
    """
    A database with one setting, open as in a running server.
    """

    def setUp(self) -> None:
        """
        Prepare it.
        """
        self.root = Path(self.mktemp())
        self.path = self.root / "data" / "owncast.db"
        self.directory = self.root / "backup"
        self.connection = prepare(self.path, self.directory)
        self.addCleanup(self.connection.close)
        self.store("first")

    def store(self, value: str) -> None:
        """
        Change the setting.
        """
        with self.connection:
            self.connection.execute(
                "INSERT OR REPLACE INTO settings (key, value) VALUES ('name', json_quote(?))",
                [value],
            )

    def restored(self, backup: Path) -> str:
        """
        The setting in a backup, after it was restored elsewhere.
        """
        path = self.root / "restored" / "owncast.db"
        restore(backup, path)
        self.assertEqual([each.name for each in path.parent.iterdir()], ["owncast.db"])
        connection = sqlite3.connect(path)
        try:
            return str(connection.execute("SELECT value FROM settings").fetchone()[0])
        finally:
            connection.close()

    def names(self) -> list[str]:
        """
        Everything in the backup directory.
        """
        return sorted(path.name for path in self.directory.iterdir())


class WriteTests(BackupTestCase):
    """
    One backup after the other.
    """

    def test_written(self) -> None:
        """
        The backup has what was committed, is compressed and named by its time, and is for its
        owner alone; nothing else remains.
        """
        backup = write_backup(self.path, self.directory, NOW)
        self.assertEqual(self.names(), ["owncast-20231121T181112Z.db.gz"])
        self.assertEqual(stat.S_IMODE(backup.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.directory.stat().st_mode), 0o700)
        self.assertTrue(gzip.decompress(backup.read_bytes()).startswith(b"SQLite format 3\0"))
        self.assertEqual(self.restored(backup), '"first"')

    def test_taken_while_written(self) -> None:
        """
        A writer in the middle of a transaction neither waits nor gets into the backup.
        """
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("UPDATE settings SET value = json_quote('second')")
        backup = write_backup(self.path, self.directory, NOW)
        self.connection.commit()
        self.assertEqual(self.restored(backup), '"first"')

    def test_generations(self) -> None:
        """
        Only the newest are kept; what is not a backup of this kind stays.
        """
        self.directory.mkdir(exist_ok=True)
        (self.directory / "owncast-v1.bak").write_text("")
        for hour in range(5):
            write_backup(self.path, self.directory, NOW + timedelta(hours=hour), kept=3)
        self.assertEqual(
            [path.name for path in backups_in(self.directory)],
            [f"owncast-20231121T{hour}1112Z.db.gz" for hour in (22, 21, 20)],
        )
        self.assertIn("owncast-v1.bak", self.names())

    def test_clock_set_back(self) -> None:
        """
        What was just written stays, even if its name says that it is the oldest.
        """
        for day in (3, 2, 1):
            backup = write_backup(self.path, self.directory, NOW + timedelta(days=day), kept=2)
        self.assertTrue(backup.exists())

    def test_left_by_a_crash(self) -> None:
        """
        Halves of an earlier process are no backups, and are removed.
        """
        self.directory.mkdir(exist_ok=True)
        for name in ("owncast-20231121T171112Z.db.gz.unfinished", "owncast.db.unpacked"):
            (self.directory / name).write_text("half")
        self.assertEqual(backups_in(self.directory), [])
        write_backup(self.path, self.directory, NOW)
        self.assertEqual(self.names(), ["owncast-20231121T181112Z.db.gz"])

    def test_failure_keeps_the_others(self) -> None:
        """
        A backup that cannot be finished leaves no trace, and the older ones untouched.
        """
        older = write_backup(self.path, self.directory, NOW, kept=1)

        def full(source: Path, target: Path) -> None:
            raise OSError(28, "No space left on device")

        self.patch(backups_module, "pack", full)
        error = self.assertRaises(
            DatabaseError, write_backup, self.path, self.directory, NOW + timedelta(hours=1), 1
        )
        self.assertIn("No space left", str(error))
        self.assertEqual(self.names(), [older.name])

    def test_no_directory(self) -> None:
        """
        A directory that cannot be made is told of.
        """
        self.root.joinpath("file").write_text("")
        self.assertRaises(DatabaseError, write_backup, self.path, self.root / "file" / "x", NOW)


class RestoreTests(BackupTestCase):
    """
    Compressed backups that are not as they should be.
    """

    def test_damaged(self) -> None:
        """
        A cut or garbled backup is refused, and the database stays; nothing is left beside it.
        """
        whole = write_backup(self.path, self.directory, NOW).read_bytes()
        self.connection.close()
        damaged = self.root / "damaged.gz"
        garbled = whole[:50] + bytes(byte ^ 0x55 for byte in whole[50:100]) + whole[100:]
        before = self.path.read_bytes()
        for data in (whole[:-4], whole[:100], whole[:2], garbled, gzip.compress(b"no database")):
            damaged.write_bytes(data)
            error = self.assertRaises(NotADatabase, restore, damaged, self.path)
            self.assertIn(str(damaged), str(error))
            self.assertEqual(self.path.read_bytes(), before)
            left = {path.name for path in self.path.parent.iterdir()}
            self.assertLessEqual(left, {"owncast.db", "owncast.db-wal", "owncast.db-shm"})


class ScheduleTests(BackupTestCase):
    """
    When backups are made, and how making them ends.
    """

    def setUp(self) -> None:
        """
        A schedule whose thread is under our control.
        """
        super().setUp()
        self.clock = Clock()
        self.clock.advance(NOW.timestamp())
        self.running: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.backups = Backups(self.clock, self.in_thread, self.path, self.directory)
        self.addCleanup(self.backups.stop)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        """
        A thread that gets to its work in L{finish}.
        """
        done: Deferred[Any] = Deferred()
        self.running.append((work, done))
        return done

    def finish(self) -> None:
        """
        Let the thread do its work.
        """
        work, done = self.running.pop()
        try:
            done.callback(work())
        except DatabaseError:
            done.errback(Failure())

    def test_hourly(self) -> None:
        """
        The first after one hour, the next after another.
        """
        self.backups.start()
        self.clock.advance(INTERVAL_SECONDS - 1)
        self.assertEqual(self.running, [])
        for hour in ("19", "20"):
            self.clock.advance(1)
            self.finish()
            self.clock.advance(INTERVAL_SECONDS - 1)
            self.assertIn(f"owncast-20231121T{hour}1112Z.db.gz", self.names())

    def test_never_two(self) -> None:
        """
        While one is being made, none is begun.
        """
        self.backups.start()
        self.clock.pump([INTERVAL_SECONDS] * 3)
        self.assertEqual(len(self.running), 1)

    def test_stop_waits(self) -> None:
        """
        The stop waits for the backup that is being made; no timer outlives it.
        """
        self.backups.start()
        self.clock.advance(INTERVAL_SECONDS)
        stopped = self.backups.stop()
        self.assertNoResult(stopped)
        self.finish()
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(backups_in(self.directory)), 1)

    def test_stop_between(self) -> None:
        """
        Between two backups it stops at once, and may be asked again.
        """
        self.successResultOf(self.backups.stop())
        self.backups.start()
        self.successResultOf(self.backups.stop())
        self.successResultOf(self.backups.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """
        A failure is one line in the log, and the next backup is made all the same.
        """
        self.directory.write_text("in the way")
        self.backups.start()
        with capturedLogs() as events:
            self.clock.advance(INTERVAL_SECONDS)
            self.finish()
        self.assertEqual([event["log_level"].name for event in events], ["error"])
        self.directory.unlink()
        self.clock.advance(INTERVAL_SECONDS)
        self.finish()
        self.assertEqual(len(backups_in(self.directory)), 1)

    def test_mistake(self) -> None:
        """
        Nor does a mistake of ours end the backups.
        """
        calls = []

        def broken(work: Callable[[], Any]) -> Deferred[Any]:
            calls.append(work)
            return fail(ZeroDivisionError())

        backups = Backups(self.clock, broken, self.path, self.directory)
        self.addCleanup(backups.stop)
        backups.start()
        self.clock.pump([INTERVAL_SECONDS] * 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertEqual(len(calls), 2)

    def test_bound(self) -> None:
        """
        A day of hourly backups is kept.
        """
        self.assertEqual(GENERATIONS_KEPT * INTERVAL_SECONDS, 24 * 3600)
