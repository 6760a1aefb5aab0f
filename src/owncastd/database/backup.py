"""
A copy of a database, taken while it is in use.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from .errors import DatabaseError
from .files import make_private_directory, make_private_file, sync_directory


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """
    Write a complete, consistent copy of a database to a file that only its owner may read.

    The copy is made beside the target and renamed at the end, so that a crash or a full disk
    leaves an older copy of that name untouched.

    @param source: any open connection; others may go on writing meanwhile.
    @raise DatabaseError: the copy could not be written.
    """
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        make_private_directory(target.parent)
        unfinished.unlink(missing_ok=True)
        make_private_file(unfinished)
        copy = sqlite3.connect(unfinished)
        try:
            source.backup(copy)
            # One file without companions: what is copied elsewhere by hand must be whole.
            copy.execute("PRAGMA journal_mode = DELETE").close()
        finally:
            copy.close()
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(unfinished, target)
        sync_directory(target.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise DatabaseError(f"The backup {target} could not be written: {error}.") from error
