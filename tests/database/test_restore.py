"""
Restoring backups.
"""

import sqlite3
import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.backup import copy_database
from owncastd.database.errors import DatabaseError, NotADatabase, SchemaTooNew
from owncastd.database.files import side_files
from owncastd.database.migrations import known_migrations, prepare
from owncastd.database.restore import restore


class RestoreTests(SynchronousTestCase):
    """
    L{restore} replaces the database by a sound backup, and by nothing else.
    """

    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.path = self.root / "data" / "owncast.db"
        self.backup = self.root / "backup" / "owncastdb.bak"
        connection = self.put("old")
        copy_database(connection, self.backup)
        connection.close()

    def put(self, value: str) -> sqlite3.Connection:
        """
        Store one setting, and leave the connection open.
        """
        connection = prepare(self.path, self.root / "backup")
        connection.execute(
            "INSERT OR REPLACE INTO settings (key, value) VALUES ('name', json_quote(?))", [value]
        )
        connection.commit()
        return connection

    def stored(self) -> str:
        """
        What the database says now.
        """
        connection = sqlite3.connect(self.path)
        try:
            return str(connection.execute("SELECT value FROM settings").fetchone()[0])
        finally:
            connection.close()

    def test_restored(self) -> None:
        """
        The database is as it was, private, and may be restored again.
        """
        self.put("new").close()
        self.assertEqual(self.stored(), '"new"')
        for _ in range(2):
            restore(self.backup, self.path)
            self.assertEqual(self.stored(), '"old"')
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        prepare(self.path, self.root / "backup").close()

    def test_stale_log_is_removed(self) -> None:
        """
        The write-ahead log that a killed server left is not replayed into the restored database.
        """
        killed = self.put("new")
        logs = {path: path.read_bytes() for path in side_files(self.path)}
        killed.close()
        for path, data in logs.items():
            path.write_bytes(data)
        restore(self.backup, self.path)
        for path in side_files(self.path):
            self.assertFalse(path.exists(), path)
        self.assertEqual(self.stored(), '"old"')

    def test_onto_an_empty_place(self) -> None:
        """
        A backup may be restored where there is no database yet.
        """
        self.path = self.root / "elsewhere" / "owncast.db"
        restore(self.backup, self.path)
        self.assertEqual(self.stored(), '"old"')
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)

    def test_refused(self) -> None:
        """
        What is missing, no database, damaged, foreign, empty or too new is refused in one line,
        and the database stays.
        """
        self.put("kept").close()
        sound = self.backup.read_bytes()
        bad: dict[str, tuple[bytes | None, type[DatabaseError]]] = {
            "missing": (None, NotADatabase),
            "text": (b"hello " * 1000, NotADatabase),
            "empty": (b"", NotADatabase),
            "cut off": (sound[: len(sound) // 2], NotADatabase),
            "rubbish": (sound[:4096] + b"\xa5" * (len(sound) - 4096), NotADatabase),
        }
        for name, (data, expected) in bad.items():
            candidate = self.root / "candidate"
            candidate.unlink(missing_ok=True)
            if data is not None:
                candidate.write_bytes(data)
            error = self.assertRaises(expected, restore, candidate, self.path)
            self.assertNotIn("\n", str(error), name)
            self.assertEqual(self.stored(), '"kept"', name)

    def test_too_new(self) -> None:
        """
        A backup of a newer release is refused.
        """
        connection = sqlite3.connect(self.backup)
        connection.execute(f"PRAGMA user_version = {len(known_migrations()) + 1}")
        connection.close()
        self.assertRaises(SchemaTooNew, restore, self.backup, self.path)
        self.assertEqual(self.stored(), '"old"')

    def test_no_leftovers(self) -> None:
        """
        Neither success nor refusal leaves files beside the database.
        """
        restore(self.backup, self.path)
        self.assertRaises(NotADatabase, restore, self.root / "none", self.path)
        self.assertEqual([entry.name for entry in self.path.parent.iterdir()], [self.path.name])
