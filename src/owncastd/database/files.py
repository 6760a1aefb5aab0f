"""
The files of a database: made for their owner alone, opened with the same pragmas everywhere.
"""

import os
import sqlite3
from pathlib import Path

from .errors import DatabaseError, NotADatabase

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
#: How long a statement waits for another process (a backup tool, a shell) to let go of the file.
BUSY_TIMEOUT_SECONDS = 5.0
#: Marks a file as a database of ours (C{PRAGMA application_id}): the letters "owcd".
APPLICATION_ID = 0x6F776364
#: What SQLite keeps beside a database in WAL mode.
SIDE_FILES = ("-wal", "-shm")


def make_private_directory(directory: Path) -> None:
    """
    Make a directory that only its owner may enter; one that exists is left as it is.
    """
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """
    Create a file that only its owner may read, or take the others' rights from an existing one.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    for each in (path, *side_files(path)):
        if each.exists():
            each.chmod(FILE_MODE)


def side_files(path: Path) -> tuple[Path, ...]:
    """
    Where SQLite keeps the write-ahead log of a database, and its index.
    """
    return tuple(path.with_name(path.name + suffix) for suffix in SIDE_FILES)


def sync_directory(directory: Path) -> None:
    """
    Make sure that names created, replaced or removed in a directory outlive a power cut.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def configure(connection: sqlite3.Connection) -> None:
    """
    Give a connection the pragmas that every connection of ours has.

    C{synchronous=NORMAL} in WAL mode survives the death of the process at any moment; only a power
    cut may take the last transactions, and it never leaves half of one.
    """
    connection.execute("PRAGMA journal_mode = WAL").close()
    connection.execute("PRAGMA synchronous = NORMAL").close()
    connection.execute("PRAGMA foreign_keys = ON").close()


def connect(path: Path) -> sqlite3.Connection:
    """
    Open a database synchronously: for the time before the reactor runs, and for tools.

    @raise NotADatabase: the file holds something else.
    @raise DatabaseError: the file cannot be opened.
    """
    try:
        make_private_file(path)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"The database {path} cannot be opened: {error}.") from error
    try:
        configure(connection)
    except sqlite3.Error as error:
        connection.close()
        raise explain(path, error) from error
    return connection


def explain(path: Path, error: sqlite3.Error) -> DatabaseError:
    """
    Turn an error of SQLite about a whole file into one line for the operator.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_NOTADB:
        return NotADatabase(f"The file {path} is not a database.")
    if code is not None and code & 0xFF == sqlite3.SQLITE_CORRUPT:
        return NotADatabase(f"The database {path} is damaged; restore a backup of it.")
    return DatabaseError(f"The database {path} cannot be used: {error}.")
