"""
Preparing a database: fresh, old, new, foreign and damaged files.
"""

import sqlite3
import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.errors import (
    DatabaseError,
    MigrationFailed,
    NotADatabase,
    SchemaTooNew,
)
from owncastd.database.files import APPLICATION_ID, side_files
from owncastd.database.migrations import Migration, known_migrations, prepare

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE things (name TEXT);\n")
SECOND = Migration(
    2,
    "0002_second.sql",
    "-- Two statements; the first spans lines.\n"
    "ALTER TABLE things\n  ADD COLUMN colour TEXT;\n"
    "UPDATE things SET colour = 'red; or blue';\n",
)
BROKEN = Migration(
    2, "0002_broken.sql", "ALTER TABLE things ADD COLUMN colour TEXT;\nNO SUCH STATEMENT;\n"
)


def mode(path: Path) -> int:
    """
    The permission bits of a file.
    """
    return stat.S_IMODE(path.stat().st_mode)


class PrepareTests(SynchronousTestCase):
    """
    L{prepare} leaves a database that this release can use, or says why not.
    """

    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.path = self.root / "data" / "owncast.db"
        self.backups = self.root / "backup"

    def prepare(self, *migrations: Migration) -> None:
        """
        Prepare and close again.
        """
        prepare(self.path, self.backups, migrations or None).close()

    def rows(self, path: Path, query: str) -> list[tuple[object, ...]]:
        """
        Query a database file.
        """
        connection = sqlite3.connect(path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def test_fresh(self) -> None:
        """
        A new database has the newest schema, is in WAL mode, and nobody else may read it.
        """
        connection = prepare(self.path, self.backups)
        self.addCleanup(connection.close)
        connection.execute("INSERT INTO settings (key, value) VALUES ('a', '1')")
        connection.commit()
        self.assertEqual(
            connection.execute("PRAGMA user_version").fetchone(), (len(known_migrations()),)
        )
        self.assertEqual(connection.execute("PRAGMA journal_mode").fetchone(), ("wal",))
        self.assertEqual(connection.execute("PRAGMA foreign_keys").fetchone(), (1,))
        self.assertEqual(mode(self.path.parent), 0o700)
        for path in (self.path, *side_files(self.path)):
            self.assertEqual(mode(path), 0o600, path)
        self.assertFalse(self.backups.exists())

    def test_readable_file_is_locked_down(self) -> None:
        """
        A database that others could read is closed to them.
        """
        self.prepare(FIRST)
        self.path.chmod(0o644)
        self.prepare(FIRST)
        self.assertEqual(mode(self.path), 0o600)

    def test_up_to_date(self) -> None:
        """
        Nothing happens to a database that has seen all migrations.
        """
        self.prepare(FIRST)
        self.prepare(FIRST)
        self.assertFalse(self.backups.exists())

    def test_backup_then_migrate(self) -> None:
        """
        An older database is backed up as it was, then migrated with its rows.
        """
        connection = prepare(self.path, self.backups, [FIRST])
        connection.execute("INSERT INTO things VALUES ('chair')")
        connection.commit()
        connection.close()
        self.prepare(FIRST, SECOND)
        self.assertEqual(self.rows(self.path, "SELECT * FROM things"), [("chair", "red; or blue")])
        backup = self.backups / "owncast-v1.bak"
        self.assertEqual(self.rows(backup, "SELECT * FROM things"), [("chair",)])
        self.assertEqual(self.rows(backup, "PRAGMA user_version"), [(1,)])
        self.assertEqual((mode(backup), mode(self.backups)), (0o600, 0o700))
        self.assertEqual([entry.name for entry in self.backups.iterdir()], [backup.name])

    def test_failed_migration_changes_nothing(self) -> None:
        """
        A migration that fails half way is undone, and its name is in the error.
        """
        self.prepare(FIRST)
        error = self.assertRaises(MigrationFailed, self.prepare, FIRST, BROKEN)
        self.assertIn("0002_broken.sql", str(error))
        self.assertEqual(self.rows(self.path, "PRAGMA user_version"), [(1,)])
        self.assertEqual(
            [row[1] for row in self.rows(self.path, "PRAGMA table_info(things)")], ["name"]
        )
        self.prepare(FIRST, SECOND)

    def test_broken_references_are_refused(self) -> None:
        """
        A migration that leaves a foreign key pointing nowhere is undone.
        """
        first = Migration(
            1,
            "0001_first.sql",
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);\n"
            "CREATE TABLE child (parent INTEGER REFERENCES parent (id));\n",
        )
        orphan = Migration(2, "0002_orphan.sql", "INSERT INTO child VALUES (7);\n")
        self.prepare(first)
        error = self.assertRaises(MigrationFailed, self.prepare, first, orphan)
        self.assertIn("0002_orphan.sql", str(error))
        self.assertEqual(self.rows(self.path, "SELECT * FROM child"), [])

    def test_no_migration_without_backup(self) -> None:
        """
        When the backup cannot be written the database is left alone.
        """
        self.prepare(FIRST)
        self.backups.write_text("a file is in the way")
        self.assertRaises(DatabaseError, self.prepare, FIRST, SECOND)
        self.assertEqual(self.rows(self.path, "PRAGMA user_version"), [(1,)])

    def test_newer_schema_is_refused(self) -> None:
        """
        A database of a newer release is refused with both versions, and left alone.
        """
        self.prepare(FIRST, SECOND)
        error = self.assertRaises(SchemaTooNew, self.prepare, FIRST)
        self.assertIn("version 2", str(error))
        self.assertIn("only 1", str(error))
        self.assertEqual(self.rows(self.path, "PRAGMA user_version"), [(2,)])

    def test_something_else(self) -> None:
        """
        A file that is no database is refused in one line and left byte for byte.
        """
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"Dear diary,\n" * 400)
        error = self.assertRaises(NotADatabase, self.prepare)
        self.assertIn("not a database", str(error))
        self.assertNotIn("\n", str(error))
        self.assertEqual(self.path.read_bytes(), b"Dear diary,\n" * 400)

    def test_a_directory_in_the_way(self) -> None:
        """
        A path that is a directory is refused as our own error.
        """
        self.path.mkdir(parents=True)
        self.assertRaises(DatabaseError, self.prepare)

    def test_database_of_another_program(self) -> None:
        """
        Another program's database is refused, not filled with our tables.
        """
        self.path.parent.mkdir(parents=True)
        connection = sqlite3.connect(self.path)
        connection.execute("CREATE TABLE datastore (key TEXT)")
        connection.close()
        error = self.assertRaises(NotADatabase, self.prepare)
        self.assertIn("another program", str(error))
        self.assertEqual(self.rows(self.path, "SELECT name FROM sqlite_master"), [("datastore",)])

    def test_empty_file(self) -> None:
        """
        An empty file becomes a database, as one that is missing does.
        """
        self.path.parent.mkdir(parents=True)
        self.path.touch()
        self.prepare()
        self.assertEqual(self.rows(self.path, "PRAGMA application_id"), [(APPLICATION_ID,)])

    def test_damaged(self) -> None:
        """
        A database with rubbish in its pages is refused before anything is read from it.
        """
        connection = prepare(self.path, self.backups)
        connection.executemany(
            "INSERT INTO settings (key, value) VALUES (?, ?)",
            [(f"key {number}", '"' + "x" * 400 + '"') for number in range(200)],
        )
        connection.commit()
        connection.close()
        data = bytearray(self.path.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        self.path.write_bytes(data)
        error = self.assertRaises(NotADatabase, self.prepare)
        self.assertIn("damaged", str(error))
        self.assertNotIn("\n", str(error))

    def test_cut_off(self) -> None:
        """
        A database of which the end is missing is refused.
        """
        self.prepare()
        data = self.path.read_bytes()
        self.path.write_bytes(data[:4096])
        self.assertRaises(NotADatabase, self.prepare)
