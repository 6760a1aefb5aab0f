"""
Put a backup in the place of the database.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from .backup import copy_database
from .errors import DatabaseError, NotADatabase, SchemaTooNew
from .files import explain, make_private_directory, side_files, sync_directory
from .migrations import check_ours, known_migrations
from .packed import unpacked


def restore(backup: Path, path: Path) -> None:
    """
    Replace the database by a backup that was found sound, compressed or not; the server must not
    be running.

    The backup itself is never changed, so after a crash or a full disk it can be restored again.

    @raise NotADatabase: the backup is missing, damaged, empty or not one of ours.
    @raise SchemaTooNew: a newer release wrote the backup.
    @raise DatabaseError: the copy could not be written.
    """
    if not backup.is_file():
        raise NotADatabase(f"There is no backup {backup}.")
    restored = path.with_name(path.name + ".restored")
    try:
        make_private_directory(path.parent)
        with (
            unpacked(backup, path.with_name(path.name + ".unpacked")) as plain,
            closing(sqlite3.connect(f"{plain.resolve().as_uri()}?mode=ro", uri=True)) as source,
        ):
            _check(source, backup)
            copy_database(source, restored)
        # The log of the old database must go first: SQLite would replay it into the new one.
        for side_file in side_files(path):
            side_file.unlink(missing_ok=True)
        sync_directory(path.parent)
        os.replace(restored, path)
        sync_directory(path.parent)
    except sqlite3.Error as error:
        raise explain(backup, error) from error
    except OSError as error:
        raise DatabaseError(f"The database {path} could not be replaced: {error}.") from error
    finally:
        restored.unlink(missing_ok=True)


def _check(source: sqlite3.Connection, backup: Path) -> None:
    """
    Refuse what this release could not run on.
    """
    version = check_ours(source, backup)
    (verdict,) = source.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise NotADatabase(f"The backup {backup} is damaged.")
    if version == 0:
        raise NotADatabase(f"The backup {backup} is empty.")
    newest = len(known_migrations())
    if version > newest:
        raise SchemaTooNew(
            f"The backup {backup} has schema version {version}, but this release knows only"
            f" {newest}."
        )
