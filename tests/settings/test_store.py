"""
Settings in memory, over scripted writes, over real SQLite, and under kill -9.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.media.renditions import Rendition
from owncastd.settings.catalogue import (
    HTTP_PORT,
    NSFW,
    SERVER_NAME,
    STREAM_TITLE,
    VIDEO_RENDITIONS,
)
from owncastd.settings.store import Change, Settings, store
from owncastd.settings.structuring import InvalidSetting


@define(eq=False)
class SlowStore:
    """
    A place to save that answers when the test says so.
    """

    saved: list[tuple[str, str]] = field(factory=list)
    waiting: list[Deferred[None]] = field(factory=list)

    def __call__(self, texts: Sequence[tuple[str, str]]) -> Deferred[None]:
        """
        Begin to save.
        """
        self.saved += texts
        self.waiting.append(Deferred())
        return self.waiting[-1]


class SetTests(SynchronousTestCase):
    """
    L{Settings.set}, step by step.
    """

    def setUp(self) -> None:
        self.store = SlowStore()
        self.settings = Settings({"stream_title": '"before"'}, self.store)

    def test_nothing_happens_before_it_is_durable(self) -> None:
        """
        Until the database has it, readers and subscribers know nothing of a change; then it is
        visible before the subscriber and the caller hear of it.
        """
        heard: list[tuple[str, str]] = []
        self.settings.subscribe(
            STREAM_TITLE, lambda title: heard.append((title, self.settings.get(STREAM_TITLE)))
        )
        done = self.settings.set(STREAM_TITLE, "after")
        self.assertNoResult(done)
        self.assertEqual((self.settings.get(STREAM_TITLE), heard), ("before", []))
        self.store.waiting[0].callback(None)
        self.assertEqual(heard, [("after", "after")])
        self.successResultOf(done)

    def test_failed_write(self) -> None:
        """
        When the database refuses nothing changes, and the caller learns why.
        """
        done = self.settings.set(STREAM_TITLE, "after")
        self.store.waiting[0].errback(sqlite3.OperationalError("disk is full"))
        self.failureResultOf(done, sqlite3.OperationalError)
        self.assertEqual(self.settings.get(STREAM_TITLE), "before")

    def test_invalid(self) -> None:
        """
        A value that is not allowed is neither stored nor seen.
        """
        self.failureResultOf(self.settings.set(HTTP_PORT, 0), InvalidSetting)
        self.assertEqual((self.store.saved, self.settings.get(HTTP_PORT)), ([], 8080))

    def test_together(self) -> None:
        """
        Changes that belong together are saved in one go; whoever hears of one sees the other.
        """
        heard: list[tuple[str, bool]] = []

        def look(_: object) -> None:
            heard.append((self.settings.get(STREAM_TITLE), self.settings.get(NSFW)))

        self.settings.subscribe(STREAM_TITLE, look)
        self.settings.subscribe(NSFW, look)
        done = self.settings.set_together(Change(STREAM_TITLE, "after"), Change(NSFW, True))
        self.assertEqual(self.settings.get(STREAM_TITLE), "before")
        (waiting,) = self.store.waiting
        waiting.callback(None)
        self.successResultOf(done)
        self.assertEqual(heard, [("after", True)] * 2)
        self.assertEqual(self.store.saved, [("stream_title", '"after"'), ("nsfw", "true")])

    def test_together_or_not_at_all(self) -> None:
        """
        When one of several changes is not allowed none is made.
        """
        done = self.settings.set_together(Change(STREAM_TITLE, "after"), Change(HTTP_PORT, 0))
        self.failureResultOf(done, InvalidSetting)
        self.assertEqual((self.store.saved, self.settings.get(STREAM_TITLE)), ([], "before"))

    def test_canonical(self) -> None:
        """
        The value is stored and read in its canonical form.
        """
        done = self.settings.set(SERVER_NAME, "  My name ")
        self.store.waiting[0].callback(None)
        self.successResultOf(done)
        self.assertEqual(self.settings.get(SERVER_NAME), "My name")
        self.assertEqual(self.store.saved, [("server_name", '"My name"')])

    def test_never_read_before(self) -> None:
        """
        A change counts although the stored value had not been looked at yet.
        """
        self.settings.set(STREAM_TITLE, "after").addErrback(self.fail)
        self.store.waiting[0].callback(None)
        self.assertEqual(self.settings.get(STREAM_TITLE), "after")

    def test_failing_subscriber(self) -> None:
        """
        A subscriber that raises is logged; the others and the caller do not suffer.
        """
        heard: list[str] = []

        def fail(title: str) -> None:
            raise ZeroDivisionError

        self.settings.subscribe(STREAM_TITLE, fail)
        self.settings.subscribe(STREAM_TITLE, heard.append)
        done = self.settings.set(STREAM_TITLE, "after")
        self.store.waiting[0].callback(None)
        self.successResultOf(done)
        self.assertEqual(heard, ["after"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_unsubscribed(self) -> None:
        """
        Whoever has unsubscribed hears nothing, and may unsubscribe again.
        """
        heard: list[str] = []
        unsubscribe = self.settings.subscribe(STREAM_TITLE, heard.append)
        unsubscribe()
        unsubscribe()
        self.settings.set(STREAM_TITLE, "after").addErrback(self.fail)
        self.store.waiting[0].callback(None)
        self.assertEqual(heard, [])

    def test_in_memory(self) -> None:
        """
        The settings for tests have defaults and can be changed at once.
        """
        settings = Settings.in_memory()
        self.assertFalse(settings.get(NSFW))
        self.successResultOf(settings.set(NSFW, True))
        self.assertTrue(settings.get(NSFW))


class StoredTests(TestCase):
    """
    Settings over a real database.
    """

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "owncast.db"
        prepare(self.path, self.path.parent).close()

    def load(self) -> tuple[Settings, Database]:
        """
        What a server does when it starts.
        """
        database = Database(reactor, self.path)  # type: ignore[arg-type]
        self.addCleanup(database.close)
        connection = prepare(self.path, self.path.parent)
        try:
            return Settings.load(connection, database), database
        finally:
            connection.close()

    def rows(self) -> dict[str, str]:
        """
        What the table holds.
        """
        connection = sqlite3.connect(self.path)
        try:
            return dict(connection.execute("SELECT key, value FROM settings").fetchall())
        finally:
            connection.close()

    async def test_survives_a_restart(self) -> None:
        """
        What was set is there after a restart, lists of values included.
        """
        renditions = (Rendition(name="low", video_bitrate_kbps=600, cpu_usage_level=1),)
        settings, database = self.load()
        await settings.set(VIDEO_RENDITIONS, renditions)
        await settings.set(SERVER_NAME, "Röck \U0001f3b8")
        await database.close()
        settings, _ = self.load()
        self.assertEqual(settings.get(VIDEO_RENDITIONS), renditions)
        self.assertEqual(settings.get(SERVER_NAME), "Röck \U0001f3b8")

    async def test_together(self) -> None:
        """
        Changes that belong together are all in the database.
        """
        settings, _ = self.load()
        await settings.set_together(Change(SERVER_NAME, "Mine"), Change(HTTP_PORT, 8123))
        self.assertEqual(self.rows(), {"server_name": '"Mine"', "http_port_number": "8123"})

    async def test_unknown_and_invalid_rows_stay(self) -> None:
        """
        Rows that are not ours survive; an invalid value is named in the log, once, without being
        repeated there, the default is used, and the row stays until it is set.
        """
        connection = prepare(self.path, self.path.parent)
        connection.executemany(
            "INSERT INTO settings (key, value) VALUES (?, ?)",
            [("of_the_future", "[1]"), ("http_port_number", '"secret"')],
        )
        connection.commit()
        connection.close()
        with capturedLogs() as logs:
            settings, _ = self.load()
            self.assertEqual(settings.get(HTTP_PORT), 8080)
        (warning,) = [event for event in logs if event.get("key") == "http_port_number"]
        self.assertEqual(warning["reason"], "must be a whole number")
        self.assertNotIn("secret", str(warning))
        self.assertEqual(self.rows(), {"of_the_future": "[1]", "http_port_number": '"secret"'})
        await settings.set(HTTP_PORT, 8090)
        self.assertEqual(self.rows(), {"of_the_future": "[1]", "http_port_number": "8090"})

    async def test_last_change_wins(self) -> None:
        """
        Changes made faster than they are stored end with the last one, on disk and in memory.
        """
        settings, _ = self.load()
        heard: list[int] = []
        settings.subscribe(HTTP_PORT, heard.append)
        changes = [settings.set(HTTP_PORT, port) for port in range(1000, 1030)]
        for change in changes:
            await change
        self.assertEqual(heard, list(range(1000, 1030)))
        self.assertEqual(settings.get(HTTP_PORT), 1029)
        self.assertEqual(self.rows(), {"http_port_number": "1029"})

    def test_store(self) -> None:
        """
        What the command line says is stored before the settings are loaded, and checked.
        """
        connection = prepare(self.path, self.path.parent)
        self.addCleanup(connection.close)
        store(connection, HTTP_PORT, 8099)
        self.assertRaises(InvalidSetting, store, connection, HTTP_PORT, 0)
        settings, _ = self.load()
        self.assertEqual(settings.get(HTTP_PORT), 8099)


class DurabilityTests(SynchronousTestCase):
    """
    What L{Settings.set} answered for survives kill -9.
    """

    KILLS = 3
    CHANGES = 20

    def test_killed(self) -> None:
        """
        However often the server is killed while it writes, the last acknowledged value, or one
        that was on its way, is there, and the database is sound.
        """
        path = Path(self.mktemp()).absolute() / "owncast.db"
        acknowledged = HTTP_PORT.default()
        for _ in range(self.KILLS):
            writer = subprocess.Popen(
                [sys.executable, "-m", "tests.settings.killed_writer", str(path)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            assert writer.stdout is not None
            with writer, writer.stdout:
                for _, line in zip(range(self.CHANGES), writer.stdout, strict=False):
                    acknowledged = int(line)
                writer.kill()
                for line in writer.stdout:
                    if line.endswith("\n"):
                        acknowledged = int(line)
            connection = prepare(path, path.parent)
            (text,) = connection.execute(
                "SELECT value FROM settings WHERE key = 'http_port_number'"
            ).fetchone()
            connection.close()
            self.assertIn(int(text), (acknowledged, acknowledged + 1))
            acknowledged = int(text)
        self.assertGreaterEqual(acknowledged, HTTP_PORT.default() + self.KILLS * self.CHANGES)
