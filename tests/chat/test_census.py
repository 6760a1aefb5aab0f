"""
Counting users and messages.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.census import RECOUNT_SECONDS, Census, Counts, count
from owncastd.database.connection import Database
from owncastd.database.migrations import prepare


@define(eq=False)
class LaterDatabase:
    """
    A database whose answers the test gives.
    """

    asked: list[Deferred[Any]] = field(factory=list)

    def read(self, interaction: Callable[..., Any]) -> Deferred[Any]:
        """
        Note the question.
        """
        answer: Deferred[Any] = Deferred()
        self.asked.append(answer)
        return answer


class CountTests(SynchronousTestCase):
    """
    What is counted.
    """

    def test_count(self) -> None:
        """
        People but no programs, and what people said but nothing else.
        """
        folder = Path(self.mktemp())
        connection = prepare(folder / "owncast.db", folder / "backup")
        self.addCleanup(connection.close)
        with connection:
            for name, kind in (("a", "STANDARD"), ("b", "STANDARD"), ("c", "API")):
                connection.execute(
                    "INSERT INTO users (id, type, display_name, display_color, created_at)"
                    " VALUES (?, ?, ?, 0, '2026-01-01T00:00:00Z')",
                    [name, kind, name],
                )
            for name, kind in (("1", "CHAT"), ("2", "CHAT"), ("3", "CHAT"), ("4", "SYSTEM")):
                connection.execute(
                    "INSERT INTO messages (id, user_id, type, body, sent_at)"
                    " VALUES (?, 'a', ?, '', '2026-01-01T00:00:00Z')",
                    [name, kind],
                )
        self.assertEqual(count(connection.cursor()), Counts(users=2, messages=3))


class CensusTests(SynchronousTestCase):
    """
    When it is counted.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.database = LaterDatabase()
        self.census = Census(self.clock, cast(Database, self.database), Counts(1, 1))

    def test_fresh(self) -> None:
        """
        A fresh count is given without asking the database.
        """
        self.clock.advance(RECOUNT_SECONDS - 1)
        self.assertEqual(self.census.counts, Counts(1, 1))
        self.assertEqual(self.database.asked, [])

    def test_old(self) -> None:
        """
        An old one is given as well, while it is counted once.
        """
        self.clock.advance(RECOUNT_SECONDS)
        self.assertEqual(self.census.counts, Counts(1, 1))
        self.assertEqual(self.census.counts, Counts(1, 1))
        (asked,) = self.database.asked
        asked.callback(Counts(2, 3))
        self.assertEqual(self.census.counts, Counts(2, 3))
        self.assertEqual(len(self.database.asked), 1)

    def test_failure(self) -> None:
        """
        When the database fails the last count stays, and it is asked again later.
        """
        self.clock.advance(RECOUNT_SECONDS)
        self.assertEqual(self.census.counts, Counts(1, 1))
        self.database.asked[0].errback(ZeroDivisionError())
        self.assertEqual(self.census.counts, Counts(1, 1))
        self.assertEqual(len(self.database.asked), 1)
        self.clock.advance(RECOUNT_SECONDS)
        self.assertEqual(self.census.counts, Counts(1, 1))
        self.assertEqual(len(self.database.asked), 2)
