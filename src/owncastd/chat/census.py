"""
How many there are: users that ever registered, and messages that are kept.
"""

import sqlite3
from typing import Final

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

#: How old a count may be when it is asked for, in seconds; an older one is taken anew meanwhile.
RECOUNT_SECONDS: Final = 30.0


@frozen
class Counts:
    """
    What was counted.

    @ivar users: people, not programs.
    @ivar messages: hidden ones included.
    """

    users: int = 0
    messages: int = 0


def count(cursor: sqlite3.Cursor) -> Counts:
    """
    Count in the database.
    """
    (users,) = cursor.execute("SELECT count(*) FROM users WHERE type = 'STANDARD'").fetchone()
    (messages,) = cursor.execute("SELECT count(*) FROM messages WHERE type = 'CHAT'").fetchone()
    return Counts(users, messages)


@define(eq=False)
class Census:
    """
    Gives the last count at once, and has it taken anew off the reactor when it has grown old.
    """

    _clock: IReactorTime
    _database: Database
    _counts: Counts
    _counted_at: float = field(init=False)
    _counting: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._counted_at = self._clock.seconds()

    @classmethod
    def load(
        cls, clock: IReactorTime, connection: sqlite3.Connection, database: Database
    ) -> "Census":
        """
        Count for the first time, synchronously, before the reactor runs.

        @param connection: used only during this call.
        @param database: where it is counted later.
        """
        return cls(clock, database, count(connection.cursor()))

    @property
    def counts(self) -> Counts:
        """
        The last count.
        """
        if not self._counting and self._clock.seconds() - self._counted_at >= RECOUNT_SECONDS:
            self._counting = True
            self._database.read(count).addCallbacks(self._counted, self._failed)
        return self._counts

    def _counted(self, counts: Counts) -> None:
        self._counts = counts
        self._counted_at = self._clock.seconds()
        self._counting = False

    def _failed(self, failure: Failure) -> None:
        # The next who asks tries again, not before the same time has passed.
        self._log.warn("Chat could not be counted: {reason}", reason=failure.getErrorMessage())
        self._counted_at = self._clock.seconds()
        self._counting = False
