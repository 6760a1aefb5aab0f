"""
The pools: order, atomicity, isolation, bounds and closing, on a real file.
"""

import sqlite3
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from owncastd.database import connection as connection_module
from owncastd.database.connection import Database
from owncastd.database.errors import DatabaseBusy, DatabaseClosed
from owncastd.database.files import side_files
from owncastd.database.migrations import Migration, prepare

SCHEMA = Migration(
    1,
    "0001_accounts.sql",
    "CREATE TABLE accounts (name TEXT PRIMARY KEY, money INTEGER NOT NULL);\n"
    "CREATE TABLE transfers (account TEXT NOT NULL REFERENCES accounts (name));\n"
    "INSERT INTO accounts VALUES ('a', 1000), ('b', 1000);\n",
)


def transfer(cursor: sqlite3.Cursor, amount: int) -> None:
    """
    Move money from one account to the other, in two statements.
    """
    cursor.execute("UPDATE accounts SET money = money - ? WHERE name = 'a'", [amount])
    cursor.execute("UPDATE accounts SET money = money + ? WHERE name = 'b'", [amount])


def balances(cursor: sqlite3.Cursor) -> tuple[int, int]:
    """
    Both accounts, read with two queries.
    """
    (first,) = cursor.execute("SELECT money FROM accounts WHERE name = 'a'").fetchone()
    (second,) = cursor.execute("SELECT money FROM accounts WHERE name = 'b'").fetchone()
    return int(first), int(second)


class DatabaseTests(TestCase):
    """
    L{Database} over a real file and real threads.
    """

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "owncast.db"
        prepare(self.path, self.path.parent, [SCHEMA]).close()
        self.database = Database(reactor, self.path)  # type: ignore[arg-type]
        self.addCleanup(self.database.close)

    async def test_readers_see_whole_transactions(self) -> None:
        """
        However reads and writes interleave, no reader sees money on its way.
        """
        work: list[Deferred[tuple[int, int]]] = []
        for number in range(100):
            self.database.write(transfer, number).addErrback(self.fail)
            work.append(self.database.read(balances))
        seen = await gatherResults(work)
        self.assertEqual({first + second for first, second in seen}, {2000})
        final = await self.database.write(balances)
        self.assertEqual(final, (1000 - sum(range(100)), 1000 + sum(range(100))))

    async def test_writes_keep_their_order(self) -> None:
        """
        Writes run one after the other in the order of asking.
        """
        order: list[int] = []

        def note(cursor: sqlite3.Cursor, number: int) -> None:
            order.append(number)

        await gatherResults([self.database.write(note, number) for number in range(50)])
        self.assertEqual(order, list(range(50)))

    async def test_failure_rolls_back(self) -> None:
        """
        An interaction that raises leaves nothing behind, and the next one works.
        """

        def half(cursor: sqlite3.Cursor) -> None:
            cursor.execute("UPDATE accounts SET money = 0")
            raise ValueError("half way")

        await self.assertFailure(self.database.write(half), ValueError)
        self.assertEqual(await self.database.read(balances), (1000, 1000))

    async def test_foreign_keys_are_enforced(self) -> None:
        """
        A row that refers to nothing is refused.
        """

        def orphan(cursor: sqlite3.Cursor) -> None:
            cursor.execute("INSERT INTO transfers VALUES ('nobody')")

        await self.assertFailure(self.database.write(orphan), sqlite3.IntegrityError)

    async def test_readers_cannot_write(self) -> None:
        """
        A write that goes to the readers by mistake fails.
        """
        await self.assertFailure(self.database.read(transfer, 1), sqlite3.OperationalError)

    async def test_bounded(self) -> None:
        """
        What comes when too much is waiting is refused; what waits is done.
        """
        self.patch(connection_module, "MAX_PENDING", 3)
        waiting = [self.database.write(transfer, 1) for _ in range(3)]
        self.failureResultOf(self.database.read(balances), DatabaseBusy)
        await gatherResults(waiting)
        self.assertEqual(await self.database.read(balances), (997, 1003))

    async def test_close_finishes_what_was_begun(self) -> None:
        """
        Closing waits for writes asked for before, refuses later ones, folds the log, may repeat.
        """
        writes = [self.database.write(transfer, 1) for _ in range(20)]
        closed = self.database.close()
        again = self.database.close()
        self.failureResultOf(self.database.write(transfer, 1), DatabaseClosed)
        await closed
        await again
        for write in writes:
            self.successResultOf(write)
        for path in side_files(self.path):
            self.assertFalse(path.exists(), path)
        with sqlite3.connect(self.path) as check:
            self.assertEqual(balances(check.cursor()), (980, 1020))
        check.close()

    async def test_close_without_use(self) -> None:
        """
        A database that was never queried closes as well.
        """
        await self.database.close()
