"""
A whole chat without sockets: a real database file, a clock that we move, clients in memory.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import define, evolve, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from owncastd.chat.chat import Chat
from owncastd.chat.clients import CloseCode, OneByOne, Whereabouts
from owncastd.chat.events import PublicEvent
from owncastd.chat.occupants import Capacity
from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity.registry import Users
from owncastd.identity.users import User
from owncastd.interfaces import IStreamStatus, StreamState, StreamStatus
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings

T = TypeVar("T")

START = 1_800_000_000.0
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def at_once(work: Callable[[], T]) -> Deferred[T]:
    """
    Work that would be done in a thread, done here.
    """
    try:
        return succeed(work())
    except Exception:  # noqa: BLE001 - as a thread brings it back
        return fail()


class InlineDatabase(Database):
    """
    Interactions with a real file, carried out at once; or held, or refused, if a test wants so.
    """

    def __init__(self, path: Path) -> None:
        self.connection = prepare(path, path.parent)
        self.failing: Exception | None = None
        self.held: list[Callable[[], None]] | None = None
        self.writes = 0
        self.reads = 0

    def write(self, interaction: Any, *args: Any, **kwargs: Any) -> Deferred[Any]:
        """
        Change something.
        """
        self.writes += 1
        return self._do(interaction, args, kwargs)

    def read(self, interaction: Any, *args: Any, **kwargs: Any) -> Deferred[Any]:
        """
        Look something up.
        """
        self.reads += 1
        return self._do(interaction, args, kwargs)

    def release(self) -> None:
        """
        Carry out what was held, and hold nothing any more.
        """
        held, self.held = self.held or [], None
        for each in held:
            each()

    def _do(self, interaction: Any, args: Any, kwargs: Any) -> Deferred[Any]:
        if self.failing is not None:
            return fail(self.failing)
        if self.held is None:
            return at_once(lambda: self._carry_out(interaction, args, kwargs))
        waiting: Deferred[Any] = Deferred()

        def later() -> None:
            at_once(lambda: self._carry_out(interaction, args, kwargs)).chainDeferred(waiting)

        self.held.append(later)
        return waiting

    def _carry_out(self, interaction: Any, args: Any, kwargs: Any) -> Any:
        try:
            result = interaction(self.connection.cursor(), *args, **kwargs)
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()
        return result


@implementer(IStreamStatus)
@define(eq=False)
class MemoryStream:
    """
    A stream whose state a test sets.
    """

    online: bool = True
    state: StreamState = StreamState.LIVE
    last_disconnect_time: datetime | None = None

    def stream_status(self) -> StreamStatus:
        """
        The state right now.
        """
        return StreamStatus(self.state, self.online, 0, 0, 0, None, self.last_disconnect_time)

    def end(self, at: datetime) -> None:
        """
        The broadcast is over.
        """
        self.online, self.state, self.last_disconnect_time = False, StreamState.OFFLINE, at


@define(eq=False)
class MemoryClient:
    """
    A socket that remembers what it was sent.
    """

    client_id: int
    user: User
    address: str = "203.0.113.7"
    user_agent: str = "test"
    geo: Whereabouts | None = None
    connected_at: datetime = LONG_AGO
    events: list[dict[str, Any]] = field(factory=list)
    closed: tuple[CloseCode, str] | None = None

    def send(self, encoded: bytes) -> None:
        """
        Remember an event.
        """
        assert b"\n" not in encoded, "an event is one line"
        self.events.append(json.loads(encoded))

    def close(self, code: CloseCode, reason: str) -> None:
        """
        Remember why.
        """
        self.closed = (code, reason)

    def take(self) -> list[dict[str, Any]]:
        """
        What came since the last time.
        """
        events, self.events = self.events, []
        return events

    def types(self) -> list[str]:
        """
        The types of what came since the last time.
        """
        return [event["type"] for event in self.take()]


class ChatCase(SynchronousTestCase):
    """
    A chat to test.
    """

    capacity = Capacity()

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.database = InlineDatabase(self.directory / "owncast.db")
        self.addCleanup(self.database.connection.close)
        self.settings = Settings.in_memory()
        self.users = Users(self.clock, self.database)
        self.stream = MemoryStream()
        self.shared: set[str] = set()
        self.chat = self.load()
        self.room = self.chat.room
        self.told: list[PublicEvent] = []
        self.room.subscribe(self.told.append)
        self.clients = 0
        self.chat.start()
        self.addCleanup(self.stop)

    def load(self) -> Chat:
        """
        The chat, as the service makes it.
        """
        return Chat.load(
            self.clock,
            self.database.connection,
            self.database,
            self.settings,
            self.users,
            self.stream,
            self.directory,
            at_once,
            OneByOne(),
            self.capacity,
            self.shared.__contains__,
        )

    def stop(self) -> None:
        """
        Stop the chat; it leaves no timer.
        """
        self.database.failing = None
        self.database.release()
        self.successResultOf(self.chat.stop())
        for each in tuple(self.room.seats()):
            self.room.leave(each[1].client)
        self.successResultOf(self.users.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def set(self, setting: Setting[T], value: T) -> None:
        """
        Change a setting.
        """
        self.successResultOf(self.settings.set(setting, value))

    def person(self, name: str = "ana", **changes: Any) -> User:
        """
        A user who has been here for long.
        """
        user, _ = self.successResultOf(self.users.create_person(name))
        created = user.created_at - timedelta(hours=1)
        self.execute("UPDATE users SET created_at = ? WHERE id = ?", [created.isoformat(), user.id])
        return evolve(user, created_at=created, **changes)

    def moderator(self, name: str = "mod") -> User:
        """
        A user who moderates.
        """
        user = self.successResultOf(self.users.set_moderator(self.person(name).id, True))
        self.refresh_names()
        return cast(User, user)

    def program(self, name: str = "bot") -> User:
        """
        A program.
        """
        user, _ = self.successResultOf(self.users.create_program(name, ["CAN_SEND_MESSAGES"]))
        self.refresh_names()
        return user

    def refresh_names(self) -> None:
        """
        Let it be known at once whose names are their own.
        """
        self.clock.advance(60)

    def client(self, user: User, address: str = "203.0.113.7") -> MemoryClient:
        """
        A socket that is not in the room yet.
        """
        self.clients += 1
        now = datetime.fromtimestamp(self.clock.seconds(), UTC)
        return MemoryClient(self.clients, user, address, connected_at=now)

    def enter(self, user: User, address: str = "203.0.113.7") -> MemoryClient:
        """
        A socket in the room, with nothing left of what it was told on the way.
        """
        client = self.client(user, address)
        self.assertIsNone(self.room.join(client))
        for _, seat in self.room.seats():
            cast(MemoryClient, seat.client).take()
        self.told.clear()
        return client

    def say(self, client: MemoryClient, body: str) -> None:
        """
        Let a client say something.
        """
        self.send(client, type="CHAT", body=body)

    def send(self, client: MemoryClient, **fields: Any) -> None:
        """
        Let a client send an event.
        """
        self.room.receive(client, json.dumps(fields).encode())

    def execute(self, query: str, values: list[Any] | None = None) -> list[Any]:
        """
        Ask the database.
        """
        rows = self.database.connection.execute(query, values or []).fetchall()
        self.database.connection.commit()
        return rows

    def backlog(self) -> list[dict[str, Any]]:
        """
        What newcomers are shown.
        """
        return cast(
            list[dict[str, Any]],
            json.loads(self.successResultOf(self.chat.history.lists.public())),
        )


def rows_of(connection: sqlite3.Connection, table: str) -> int:
    """
    How many rows a table has.
    """
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)
