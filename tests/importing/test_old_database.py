"""
Reading another server's database without leaving a trace on it.
"""

import gzip
import os
import shutil
import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.importing import old_database
from owncastd.importing.errors import ImportRefused
from owncastd.importing.old_database import NEWEST_SCHEMA, NEWEST_STEP, OLDEST_SCHEMA, opened
from tests.importing.owncast import TABLES, make_database

USERS = {"users": [{"id": "u1", "display_name": "ana", "display_color": 3}]}


def fingerprint(directory: Path) -> dict[str, tuple[bytes, int]]:
    """
    Content and time of change of every file.
    """
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in directory.iterdir()
        if path.is_file()
    }


class OldDatabaseTestCase(SynchronousTestCase):
    """
    A directory for the old server, and one to work in.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir(parents=True)
        self.workshop = Path(self.mktemp())
        self.workshop.mkdir()
        self.path = self.directory / "owncast.db"

    def refusal(self, path: Path | None = None) -> str:
        """
        The one line with which a file is refused; the directory is as it was, and no copy is left.
        """
        before = fingerprint(self.directory)
        with (
            self.assertRaises(ImportRefused) as caught,
            opened(path or self.path, self.workshop),
        ):
            pass
        text = str(caught.exception)
        self.assertNotIn("\n", text)
        self.assertEqual(fingerprint(self.directory), before)
        self.assertEqual(list(self.workshop.iterdir()), [])
        return text


class ReadingTests(OldDatabaseTestCase):
    """
    What there is can be read.
    """

    def read(self) -> tuple[str, list[object]]:
        """
        The schema, and the ids of the users.
        """
        with opened(self.path, self.workshop) as old:
            return old.schema, [row["id"] for row in old.rows("users", ["id"])]

    def test_closed(self) -> None:
        """
        A database that was closed is one file, and stays one.
        """
        make_database(self.path, rows=USERS).close()
        before = fingerprint(self.directory)
        self.assertEqual(self.read(), ("schema version 7", ["u1"]))
        self.assertEqual(fingerprint(self.directory), before)
        self.assertEqual(list(before), ["owncast.db"])

    def test_left_open(self) -> None:
        """
        What is only in the log is read as well, as Owncast leaves it when it ends; the log stays.
        """
        connection = make_database(self.path, rows=USERS)
        self.addCleanup(connection.close)
        before = fingerprint(self.directory)
        self.assertIn("owncast.db-wal", before)
        self.assertLess(len(before["owncast.db"][0]), len(before["owncast.db-wal"][0]))
        self.assertEqual(self.read()[1], ["u1"])
        self.assertEqual(fingerprint(self.directory), before)

    def test_read_only(self) -> None:
        """
        Neither file nor directory need be writable.
        """
        make_database(self.path, rows=USERS).close()
        self.path.chmod(0o400)
        self.directory.chmod(0o500)
        self.addCleanup(self.directory.chmod, 0o700)
        self.assertEqual(self.read()[1], ["u1"])

    def test_missing_tables_and_columns(self) -> None:
        """
        What a release did not have yet is empty.
        """
        make_database(self.path, rows=USERS).close()
        with opened(self.path, self.workshop) as old:
            self.assertEqual(list(old.rows("replays", ["id"])), [])
            (row,) = old.rows("users", ["id", "shoe_size"])
        self.assertEqual(row, {"id": "u1", "shoe_size": None})

    def test_schemas(self) -> None:
        """
        All schemas from the oldest to the newest that is known are read.
        """
        for version in range(OLDEST_SCHEMA, NEWEST_SCHEMA + 1):
            with self.subTest(version=version):
                self.path.unlink(missing_ok=True)
                make_database(self.path, version=version).close()
                self.assertEqual(self.read()[0], f"schema version {version}")

    def steps(self, *steps: tuple[int, int]) -> None:
        """
        A database of a release that counts its steps.
        """
        self.path.unlink(missing_ok=True)
        connection = make_database(self.path)
        connection.execute("CREATE TABLE goose_db_version (version_id INTEGER, is_applied INTEGER)")
        connection.executemany("INSERT INTO goose_db_version VALUES (?, ?)", steps)
        connection.commit()
        connection.close()

    def test_steps(self) -> None:
        """
        Newer releases count the steps that they have taken.
        """
        self.steps((0, 1), (1, 1), (5, 1), (6, 0))
        self.assertEqual(self.read()[0], "schema step 5")
        self.steps((NEWEST_STEP + 1, 1))
        self.assertIn(f"only up to {NEWEST_STEP}", self.refusal())

    def test_broken_text(self) -> None:
        """
        Bytes that are no text do not hide their row.
        """
        connection = make_database(self.path, rows=USERS)
        connection.execute("UPDATE users SET id = CAST(x'6eff6f' AS TEXT)")
        connection.commit()
        connection.close()
        self.assertEqual(self.read()[1], ["n\ufffdo"])


class RefusalTests(OldDatabaseTestCase):
    """
    What cannot be read is told in one line.
    """

    def test_nothing_there(self) -> None:
        """
        There must be a file.
        """
        self.assertIn("there is no file", self.refusal())
        self.assertIn("there is no file", self.refusal(self.directory))

    def test_not_a_database(self) -> None:
        """
        Other files are named; a backup of Owncast gets advice.
        """
        self.path.write_bytes(b"not a database at all, but long enough " * 40)
        self.assertIn("is not a database", self.refusal())
        self.path.write_bytes(gzip.compress(os.urandom(2_000)))
        self.assertIn("let Owncast restore it", self.refusal())

    def test_damaged(self) -> None:
        """
        So is a database with a page of nonsense.
        """
        make_database(self.path).close()
        data = bytearray(self.path.read_bytes())
        data[4096 : 4096 + 200] = b"\xff" * 200
        self.path.write_bytes(data)
        self.assertRegex(self.refusal(), "is damaged|cannot be read")

    def test_cut_off(self) -> None:
        """
        And half a database.
        """
        make_database(self.path).close()
        data = self.path.read_bytes()
        self.path.write_bytes(data[: len(data) // 2])
        self.assertRegex(self.refusal(), "is damaged|cannot be read")

    def test_of_others(self) -> None:
        """
        Databases of other programs, and our own.
        """
        sqlite3.connect(self.path).execute("CREATE TABLE t (x)").connection.close()
        self.assertIn("is not a database of Owncast", self.refusal())
        self.path.unlink()
        self.path.touch()
        self.assertIn("is not a database of Owncast", self.refusal())
        self.path.unlink()
        prepare(self.path, self.directory).close()
        self.assertIn("--restoreDatabase", self.refusal())

    def test_schema(self) -> None:
        """
        Too old, too new, or untold.
        """
        make_database(self.path, version=OLDEST_SCHEMA - 1).close()
        self.assertIn("too old", self.refusal())
        self.path.unlink()
        make_database(self.path, version=NEWEST_SCHEMA + 1).close()
        self.assertIn(f"only up to {NEWEST_SCHEMA}", self.refusal())
        for statement in [
            "UPDATE config SET value = 'seven'",
            "DELETE FROM config",
            "DROP TABLE config",
        ]:
            with self.subTest(statement=statement):
                connection = sqlite3.connect(self.path)
                connection.execute(statement)
                connection.commit()
                connection.close()
                self.assertIn("does not say which schema", self.refusal())

    def test_table_that_cannot_be_read(self) -> None:
        """
        Damage that is found late is told of the table.
        """
        make_database(self.path, tables={**TABLES, "users": "id TEXT"}).close()
        with opened(self.path, self.workshop) as old:
            old._connection.execute("PRAGMA query_only = OFF")
            old._connection.execute("DROP TABLE users")
            error = self.assertRaises(ImportRefused, list, old.rows("users", ["id"]))
        self.assertIn("table users", str(error))

    def test_in_use(self) -> None:
        """
        A database that changes while it is copied is not read: half of it would be another.
        """
        make_database(self.path).close()
        copyfile = shutil.copyfile

        def change_then_copy(source: Path, target: Path) -> None:
            copyfile(source, target)
            os.utime(source, ns=(0, 0))

        self.patch(shutil, "copyfile", change_then_copy)
        with (
            self.assertRaises(ImportRefused) as caught,
            opened(self.path, self.workshop),
        ):
            pass
        self.assertIn("stop Owncast first", str(caught.exception))

    def test_no_place_for_the_copy(self) -> None:
        """
        There must be a place for the copy.
        """
        make_database(self.path).close()
        workshop = self.workshop / "missing"
        with self.assertRaises(ImportRefused) as caught, opened(self.path, workshop):
            pass
        self.assertIn(f"cannot write to {workshop}", str(caught.exception))

    def test_too_large(self) -> None:
        """
        The copy is bounded.
        """
        make_database(self.path).close()
        self.patch(old_database, "MAX_DATABASE_BYTES", 4096)
        self.assertIn("larger than 4096", self.refusal())
