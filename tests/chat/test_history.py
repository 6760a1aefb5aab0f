"""
What was said: on disk soon, and in the lists at once.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from owncastd.chat import history as history_module
from owncastd.chat.events import Action, Engagement, EngagementKind, Message, SystemMessage
from owncastd.chat.history import (
    MAX_BATCH,
    MAX_IN_FLIGHT,
    PRUNE_SECONDS,
    RETENTION_SECONDS,
    WRITE_SECONDS,
    History,
)
from owncastd.chat.listing import BACKLOG
from owncastd.chat.stamps import Stamp, Stamps
from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity.registry import Users
from owncastd.identity.users import User

from . import killed_chatter
from .house import ChatCase, rows_of

#: How long what was said may take to be on disk.
PROMISED_SECONDS = 1.0


class HistoryCase(ChatCase):
    """
    A history, and what to put into it.
    """

    def setUp(self) -> None:
        super().setUp()
        self.history = self.chat.history
        self.stamps = Stamps(self.clock)
        self.ana = self.person()

    def message(self, body: str = "x", user: User | None = None) -> Message:
        """
        A message; time goes on a little.
        """
        self.clock.advance(0.001)
        return Message(self.stamps.new(), user or self.ana, body)

    def add(self, *bodies: str, user: User | None = None) -> list[Message]:
        """
        Say things.
        """
        messages = [self.message(body, user) for body in bodies]
        for message in messages:
            self.history.add(message)
        return messages

    def bodies(self, listed: Deferred[bytes]) -> list[str]:
        """
        The bodies of a list.
        """
        return [each["body"] for each in json.loads(self.successResultOf(listed))]

    def public(self) -> list[str]:
        """
        The bodies of the public backlog.
        """
        return self.bodies(self.history.lists.public())

    def written(self) -> int:
        """
        How many messages are on disk.
        """
        return rows_of(self.database.connection, "messages")


class WritingTests(HistoryCase):
    """
    Batches.
    """

    def test_one_write_for_many(self) -> None:
        """
        What is said within a moment is written at once.
        """
        before = self.database.writes
        self.add(*"abcdefgh")
        self.assertEqual(self.written(), 0)
        self.clock.advance(WRITE_SECONDS)
        self.assertEqual(self.written(), 8)
        self.assertEqual(self.database.writes, before + 1)
        self.assertLess(WRITE_SECONDS, PROMISED_SECONDS / 2)

    def test_a_full_batch_does_not_wait(self) -> None:
        """
        A crowd's words are written before the moment is over.
        """
        for _ in range(MAX_BATCH):
            self.history.add(self.message())
            self.clock.advance(-0.001)
        self.assertEqual(self.written(), MAX_BATCH)

    def test_few_batches_under_way(self) -> None:
        """
        A database that does not answer is not given more and more.
        """
        self.database.held = []
        for _ in range(MAX_IN_FLIGHT + 3):
            self.add("x")
            self.clock.advance(WRITE_SECONDS)
        self.assertEqual(len(self.database.held), MAX_IN_FLIGHT)
        self.database.release()
        self.clock.advance(WRITE_SECONDS)
        self.assertEqual(self.written(), MAX_IN_FLIGHT + 3)

    def test_failures_are_tried_again(self) -> None:
        """
        What could not be written is written later, in order.
        """
        self.database.failing = OSError("full")
        self.add("a", "b")
        self.clock.advance(WRITE_SECONDS)
        self.add("c")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.database.failing = None
        self.clock.advance(WRITE_SECONDS)
        self.assertEqual(self.public(), ["a", "b", "c"])

    def test_memory_is_bounded(self) -> None:
        """
        When nothing can be written any more, the oldest is given up.
        """
        self.patch(history_module, "MAX_UNSAVED", 5)
        self.history._unsaved = type(self.history._unsaved)(maxlen=5)
        self.database.failing = OSError("full")
        for number in range(20):
            self.add(str(number))
            self.clock.advance(WRITE_SECONDS)
        self.flushLoggedErrors(OSError)
        self.assertLessEqual(len(self.history._unsaved), 5)
        self.database.failing = None
        self.clock.advance(WRITE_SECONDS)
        self.assertIn("19", self.public())

    def test_hidden_before_it_was_written(self) -> None:
        """
        A message that is hidden while writing it fails is written as hidden.
        """
        self.database.failing = OSError("full")
        (message,) = self.add("bad")
        self.clock.advance(WRITE_SECONDS)
        self.failureResultOf(self.history.set_visible([message.stamp.id], False), OSError)
        self.failureResultOf(self.history.hide_all_of("nobody"), OSError)
        self.flushLoggedErrors(OSError)
        self.database.failing = None
        self.clock.advance(WRITE_SECONDS)
        self.assertEqual(self.public(), [])
        self.assertEqual(self.written(), 1)

    def test_users_that_do_not_exist(self) -> None:
        """
        One message without a user does not keep the others from being written.
        """
        ghost = User("ghost", "ghost", 0, self.ana.created_at)
        self.add("a")
        self.add("boo", user=ghost)
        self.add("b")
        self.clock.advance(WRITE_SECONDS)
        self.assertEqual(self.public(), ["a", "b"])

    def test_stop(self) -> None:
        """
        What is not written yet is written at the end.
        """
        self.add("last")
        self.successResultOf(self.history.stop())
        self.assertEqual(self.written(), 1)


class ListTests(HistoryCase):
    """
    The lists that clients know.
    """

    def test_public(self) -> None:
        """
        The newest so many, the oldest first, in the shape of live events.
        """
        self.add(*(str(number) for number in range(BACKLOG + 5)))
        bodies = self.public()
        self.assertEqual(bodies, [str(number) for number in range(5, BACKLOG + 5)])
        item = self.backlog()[-1]
        self.assertEqual(set(item), {"type", "id", "timestamp", "body", "visible", "user"})
        self.assertNotIn("scopes", item["user"])

    def test_empty(self) -> None:
        """
        Nothing said is an empty list.
        """
        self.assertEqual(self.successResultOf(self.history.lists.public()), b"[]")
        self.assertEqual(self.successResultOf(self.history.lists.everything()), b"[]")

    def test_authorless(self) -> None:
        """
        What no user said is in the public list only.
        """
        self.add("a")
        self.clock.advance(1)
        self.history.add(SystemMessage(self.stamps.new(), "sys", "R"))
        self.clock.advance(1)
        self.history.add(Action(self.stamps.new(), "act"))
        self.clock.advance(1)
        self.history.add(
            Engagement(
                self.stamps.new(), EngagementKind.FOLLOW, "fed", "a@b.c", None, "https://b.c/", "R"
            )
        )
        self.assertEqual(self.public(), ["a", "sys", "act", "fed"])
        engagement = self.backlog()[3]
        self.assertEqual(engagement["type"], "FEDIVERSE_ENGAGEMENT_FOLLOW")
        self.assertEqual(engagement["title"], "a@b.c")
        self.assertIsNone(engagement["image"])
        lists = self.history.lists
        self.assertEqual(self.bodies(lists.for_programs()), ["a"])
        self.assertEqual(self.bodies(lists.everything()), ["a"])

    def test_hidden_and_disabled(self) -> None:
        """
        The public sees neither hidden messages nor those of disabled users; the administrator sees
        all, the newest first.
        """
        first, _ = self.add("a", "b")
        bob = self.person("bob")
        self.add("c", user=bob)
        self.successResultOf(self.history.set_visible([first.stamp.id, "unknown"], False))
        self.successResultOf(self.users.set_disabled(bob.id, True))
        self.history.lists.changed()
        self.assertEqual(self.public(), ["b"])
        listed = json.loads(self.successResultOf(self.history.lists.everything()))
        self.assertEqual([each["body"] for each in listed], ["c", "b", "a"])
        self.assertIn("hiddenAt", listed[2])
        self.assertNotIn("hiddenAt", listed[1])
        self.assertIn("disabledAt", listed[0]["user"])
        self.successResultOf(self.history.set_visible([first.stamp.id], True))
        self.assertEqual(self.public(), ["a", "b"])

    def test_read_once(self) -> None:
        """
        Nothing is read twice while nothing changes, nor for several who ask at once.
        """
        self.add("a")
        self.public()
        reads = self.database.reads
        self.public()
        self.assertEqual(self.database.reads, reads)
        self.history.lists.changed()
        self.database.held = []
        waiting = [self.history.lists.public() for _ in range(5)]
        self.database.release()
        self.assertEqual([self.bodies(each) for each in waiting], [["a"]] * 5)
        self.assertEqual(self.database.reads, reads + 1)

    def test_nothing_stale(self) -> None:
        """
        Who asks after something was said gets it, though an older reading is under way.
        """
        self.add("a")
        self.successResultOf(self.history.flush())
        self.database.held = []
        early = self.history.lists.public()
        self.add("b")
        late = self.history.lists.public()
        self.database.release()
        self.assertEqual(self.bodies(late), ["a", "b"])
        self.assertEqual(self.bodies(early)[:1], ["a"])
        self.assertEqual(self.public(), ["a", "b"])

    def test_failures(self) -> None:
        """
        A failure is everybody's who waits, and is not remembered.
        """
        self.database.failing = OSError("gone")
        self.failureResultOf(self.history.lists.public(), OSError)
        self.failureResultOf(self.history.lists.everything(), OSError)
        self.database.failing = None
        self.assertEqual(self.public(), [])

    def test_of_user(self) -> None:
        """
        All of one user's, hidden as well, the newest first.
        """
        first, _ = self.add("a", "b")
        self.add("c", user=self.person("bob"))
        self.successResultOf(self.history.set_visible([first.stamp.id], False))
        messages = self.successResultOf(self.history.of_user(self.ana.id))
        self.assertEqual([message.body for message in messages], ["b", "a"])
        self.assertIsNotNone(messages[1].hidden_at)

    def test_pruned(self) -> None:
        """
        What is too old is deleted, not only hidden.
        """
        self.add("old")
        self.clock.advance(RETENTION_SECONDS - PRUNE_SECONDS)
        self.add("new")
        self.assertEqual(self.public(), ["old", "new"])
        self.clock.pump([PRUNE_SECONDS] * 2)
        self.assertEqual(self.public(), ["new"])
        self.assertEqual(self.written(), 1)

    def test_pruning_goes_on(self) -> None:
        """
        A failure of pruning is logged, and the next turn comes.
        """
        self.database.failing = OSError("busy")
        self.clock.advance(PRUNE_SECONDS)
        self.assertEqual(len(self.flushLoggedErrors(OSError)) > 0, True)
        self.database.failing = None
        self.add("old")
        self.clock.pump([PRUNE_SECONDS] * 26)
        self.assertEqual(self.written(), 0)


class RealDatabaseTests(TestCase):
    """
    The same over threads and a real file.
    """

    async def test_many(self) -> None:
        """
        However it is interleaved, what was said is listed.
        """
        path = Path(self.mktemp()) / "owncast.db"
        prepare(path, path.parent).close()
        database = Database(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(database.close)
        clock = Clock()
        clock.advance(1_800_000_000)
        ana, _ = await Users(clock, database).create_person("ana")
        stamps = Stamps(clock)
        history = History(clock, database, stamps, lambda: "R")
        for number in range(300):
            clock.advance(0.01)
            message = Message(stamps.new(), ana, str(number))
            history.add(message)
            if number % 50 == 0:
                listed = json.loads(await history.lists.public())
                self.assertEqual(listed[-1]["body"], str(number))
                await history.set_visible([message.stamp.id], False)
        await gatherResults([history.lists.public() for _ in range(20)])
        everything = json.loads(await history.lists.everything())
        self.assertEqual(
            [each["body"] for each in everything], [str(number) for number in range(299, -1, -1)]
        )
        self.assertEqual(sum("hiddenAt" in each for each in everything), 6)
        await history.stop()
        self.assertEqual(clock.getDelayedCalls(), [])


class _Chatter(ProcessProtocol):
    """
    A process that says things, and is killed while it does.
    """

    def __init__(self) -> None:
        self.lines = b""
        self.errors = b""
        self.ended: Deferred[None] = Deferred()
        self.said_enough: Deferred[None] = Deferred()

    def outReceived(self, data: bytes) -> None:
        """
        It has said more.
        """
        self.lines += data
        if self.lines.count(b"\n") >= killed_chatter.ENOUGH and not self.said_enough.called:
            self.said_enough.callback(None)

    def errReceived(self, data: bytes) -> None:
        """
        It complains.
        """
        self.errors += data

    def processEnded(self, reason: Failure) -> None:
        """
        It is dead.
        """
        if not self.said_enough.called:
            self.said_enough.errback(reason)
        self.ended.callback(None)


class KillTests(TestCase):
    """
    kill -9.
    """

    timeout = 60

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute() / "owncast.db"
        self.path.parent.mkdir()

    async def test_at_most_a_second_is_lost(self) -> None:
        """
        Killed while people chat, all that was said more than a second before is on disk, and the
        database is sound.
        """
        path = self.path
        chatter = _Chatter()
        spawn: Any = reactor
        process = spawn.spawnProcess(
            chatter,
            sys.executable,
            [sys.executable, "-m", killed_chatter.__name__, str(path)],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        )
        try:
            await chatter.said_enough
        except ProcessTerminated:
            self.fail(chatter.errors.decode())
        process.signalProcess(signal.SIGKILL)
        await chatter.ended
        said = [
            line.split()
            for line in chatter.lines.decode().splitlines(keepends=True)
            if line.endswith("\n")
        ]
        connection = prepare(path, path.parent)
        self.addCleanup(connection.close)
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        self.assertEqual(verdict, "ok")
        kept = {message_id for (message_id,) in connection.execute("SELECT id FROM messages")}
        last = float(said[-1][1])
        old = [message_id for message_id, at in said if float(at) < last - PROMISED_SECONDS]
        self.assertGreater(len(old), 100)
        self.assertEqual([message_id for message_id in old if message_id not in kept], [])


class ImportedTimesTests(HistoryCase):
    """
    Rows that came from elsewhere.
    """

    def test_whole_seconds_sort(self) -> None:
        """
        Times with and without fractions are in order.
        """
        at = datetime.fromtimestamp(int(self.clock.seconds()), UTC)
        for number, moment in enumerate((at + timedelta(microseconds=5), at)):
            self.history.add(Message(Stamp(str(number), moment), self.ana, str(number)))
        self.assertEqual(self.public(), ["1", "0"])
