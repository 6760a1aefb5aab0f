"""
Users who may not speak for a while. They are asked about with every message, so they are known in
memory; they are changed through the database.
"""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from attrs import define, frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from .stamps import Stamps


@frozen
class Timeout:
    """
    Somebody may not speak for a while.

    @ivar reason: what the moderator gave as reason; may be empty.
    """

    user_id: str
    until: datetime
    reason: str


def _store_timeout(cursor: sqlite3.Cursor, timeout: Timeout, now: datetime) -> None:
    cursor.execute(
        "INSERT OR REPLACE INTO chat_timeouts (user_id, until, reason) VALUES (?, ?, ?)",
        [timeout.user_id, timeout.until.isoformat(), timeout.reason],
    )
    cursor.execute("DELETE FROM chat_timeouts WHERE until < ?", [now.isoformat()])


def _delete_timeout(cursor: sqlite3.Cursor, user_id: str) -> bool:
    return cursor.execute("DELETE FROM chat_timeouts WHERE user_id = ?", [user_id]).rowcount > 0


@define(eq=False)
class Timeouts:
    """
    The users who may not speak for a while.
    """

    _database: Database
    _stamps: Stamps
    _timeouts: dict[str, Timeout]

    @classmethod
    def load(cls, connection: sqlite3.Connection, database: Database, stamps: Stamps) -> "Timeouts":
        """
        Read those that last, synchronously, before the reactor runs.

        @param connection: used only during this call.
        """
        rows = connection.execute(
            "SELECT user_id, until, reason FROM chat_timeouts WHERE until > ?",
            [stamps.now().isoformat()],
        ).fetchall()
        timeouts = {
            user_id: Timeout(user_id, datetime.fromisoformat(until), reason)
            for user_id, until, reason in rows
        }
        return cls(database, stamps, timeouts)

    def of(self, user_id: str) -> Timeout | None:
        """
        The timeout that a user is in.
        """
        timeout = self._timeouts.get(user_id)
        if timeout is not None and timeout.until <= self._stamps.now():
            del self._timeouts[user_id]
            return None
        return timeout

    def all(self) -> Mapping[str, Timeout]:
        """
        All timeouts that last, by user id.
        """
        now = self._stamps.now()
        self._timeouts = {
            user_id: timeout for user_id, timeout in self._timeouts.items() if timeout.until > now
        }
        return self._timeouts

    def put(self, timeout: Timeout) -> Deferred[None]:
        """
        Begin a timeout, in place of another one of the same user; it holds at once.

        Failures: those of L{Database.write}; it has ended then.
        """
        self.all()
        before = self._timeouts.get(timeout.user_id)
        self._timeouts[timeout.user_id] = timeout

        def undo(failure: Failure) -> Failure:
            if self._timeouts.get(timeout.user_id) is timeout:
                del self._timeouts[timeout.user_id]
                if before is not None:
                    self._timeouts[timeout.user_id] = before
            return failure

        return self._database.write(_store_timeout, timeout, self._stamps.now()).addErrback(undo)

    def lift(self, user_id: str) -> Deferred[bool]:
        """
        End a timeout early.

        Failures: those of L{Database.write}.

        @return: whether there was one.
        """

        def forget(result: bool) -> bool:
            return self._timeouts.pop(user_id, None) is not None or result

        return self._database.write(_delete_timeout, user_id).addCallback(forget)
