"""
Another server's database, read from a copy: the file itself is only ever copied.

Even reading makes SQLite write: a database in WAL mode gets its side files, and a log that was left
behind is folded in. So the file and its logs are copied, and SQLite sees the copy alone.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import define, field

from owncastd.database.files import APPLICATION_ID, SIDE_FILES

from .errors import ImportRefused

#: Row of a table, by column.
Row = Mapping[str, object]

#: Largest database that is copied, its log included.
MAX_DATABASE_BYTES: Final = 8 * 1024**3
#: Of the schemas that number themselves in C{config}: 5 is the first with tokens in a table of
#: their own, 9 the last.
OLDEST_SCHEMA: Final = 5
NEWEST_SCHEMA: Final = 9
#: Later ones count their steps with the tool goose.
NEWEST_STEP: Final = 12
#: What SQLite keeps beside a database that was not closed: its log, or what undoes a change. The
#: index of the log is made anew.
_LOGS: Final = ("-wal", "-journal")
_GZIP: Final = b"\x1f\x8b"


@define(eq=False)
class OldDatabase:
    """
    The tables of the copy.

    @ivar schema: which schema it has, in words.
    """

    schema: str
    _connection: sqlite3.Connection = field(repr=False)
    _columns: dict[str, frozenset[str]] = field(repr=False)

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        """
        All rows of a table; none if there is no such table.

        @param columns: what is read; what the table does not have is C{None}.
        """
        present = [name for name in columns if name in self._columns.get(table, ())]
        if not present:
            return
        absent: dict[str, object] = {name: None for name in columns if name not in present}
        names = ", ".join(f'"{name}"' for name in present)
        # Names of tables and columns are constants of this package.
        query = f'SELECT {names} FROM "{table}"'  # noqa: S608
        try:
            for values in self._connection.execute(query):
                yield {**absent, **dict(zip(present, values, strict=True))}
        except sqlite3.Error as error:
            raise ImportRefused(f"the table {table} cannot be read: {error}") from error


@contextmanager
def opened(path: Path, workshop: Path) -> Iterator[OldDatabase]:
    """
    The database of an Owncast server, for reading.

    @param workshop: where the copy may lie meanwhile; nobody else may read there.
    @raise ImportRefused: it is no such database, or not one that can be read.
    """
    try:
        temporary = TemporaryDirectory(prefix="import-", dir=workshop)
    except OSError as error:
        raise ImportRefused(f"cannot write to {workshop}: {error.strerror}") from error
    with temporary as directory:
        copy = _copied(path, Path(directory))
        connection = sqlite3.connect(copy)
        try:
            yield _recognized(connection, path, copy)
        finally:
            connection.close()


def _copied(path: Path, directory: Path) -> Path:
    """
    Copy a database with what was not yet folded into it.
    """
    copy = directory / "old.db"
    try:
        if not path.is_file():
            raise ImportRefused(f"there is no file {path}")
        before = _state(path)
        if sum(size for _, size in before) > MAX_DATABASE_BYTES:
            raise ImportRefused(f"the database {path} is larger than {MAX_DATABASE_BYTES} bytes")
        for suffix in ("", *_LOGS):
            source = path.with_name(path.name + suffix)
            if source.is_file():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        if _state(path) != before:
            raise ImportRefused(f"the database {path} is in use: stop Owncast first")
    except OSError as error:
        raise ImportRefused(f"the database {path} cannot be copied: {error.strerror}") from error
    return copy


def _state(path: Path) -> list[tuple[int, int]]:
    """
    When the database and its side files were changed, and how large they are.
    """
    files = [path.with_name(path.name + suffix) for suffix in ("", "-journal", *SIDE_FILES)]
    found = [os.stat(each) for each in files if each.is_file()]
    return [(each.st_mtime_ns, each.st_size) for each in found]


def _recognized(connection: sqlite3.Connection, path: Path, copy: Path) -> OldDatabase:
    """
    See to it that the copy is sound, and has the tables of an Owncast that is known.
    """
    # Whatever bytes a text has: a broken one must not hide its row.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application == APPLICATION_ID:
            raise ImportRefused(
                f"{path} is a database of this server, not of Owncast: --restoreDatabase takes it"
            )
        connection.execute("PRAGMA trusted_schema = OFF").close()
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ImportRefused(f"the database {path} is damaged")
        connection.execute("PRAGMA query_only = ON").close()
        columns = _columns(connection)
        if not {"key", "value"} <= columns.get("datastore", frozenset()):
            raise ImportRefused(f"{path} is not a database of Owncast")
        return OldDatabase(_schema(connection, columns, path), connection, columns)
    except sqlite3.Error as error:
        raise ImportRefused(_explained(path, copy, error)) from error


def _columns(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """
    The columns of each table.
    """
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        str(table): frozenset(
            str(name)
            for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", [table])
        )
        for (table,) in tables
    }


def _schema(
    connection: sqlite3.Connection, columns: Mapping[str, frozenset[str]], path: Path
) -> str:
    """
    Which schema the database has, if it is one that is known.
    """
    if "goose_db_version" in columns:
        query = "SELECT max(version_id) FROM goose_db_version WHERE is_applied"
        unit, oldest, newest = "step", 1, NEWEST_STEP
    elif "config" in columns:
        query = "SELECT value FROM config WHERE key = 'version'"
        unit, oldest, newest = "version", OLDEST_SCHEMA, NEWEST_SCHEMA
    else:
        raise ImportRefused(f"{path} does not say which schema it has")
    found = _number(connection, query)
    if found is None:
        raise ImportRefused(f"{path} does not say which schema it has")
    if found < oldest:
        raise ImportRefused(
            f"{path} has schema {unit} {found}, which is too old: start Owncast 0.1 on it once"
        )
    if found > newest:
        raise ImportRefused(
            f"{path} has schema {unit} {found}, but only up to {newest} is known here"
        )
    return f"schema {unit} {found}"


def _number(connection: sqlite3.Connection, query: str) -> int | None:
    row = connection.execute(query).fetchone()
    text = "" if row is None else str(row[0])
    return int(text) if text.isascii() and text.isdigit() else None


def _explained(path: Path, copy: Path, error: sqlite3.Error) -> str:
    """
    Say what is wrong with the file.
    """
    if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_NOTADB:
        return f"the database {path} cannot be read: {error}"
    with copy.open("rb") as file:
        if file.read(len(_GZIP)) == _GZIP:
            return f"{path} is a backup: let Owncast restore it, then take the database"
    return f"the file {path} is not a database"
