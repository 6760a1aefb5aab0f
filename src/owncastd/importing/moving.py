"""
The whole move: from another server's database into a new one of ours, in one transaction.
"""

import secrets
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher

from owncastd.database.errors import DatabaseError
from owncastd.database.files import make_private_directory
from owncastd.database.migrations import prepare
from owncastd.identity.secret_texts import Choose

from .chat import messages
from .credentials import bring_password, bring_stream_keys
from .datastore import read_datastore
from .errors import ImportRefused
from .files import bring_files
from .history import bring_history
from .old_database import OldDatabase, opened
from .outside import outside
from .people import people
from .report import Report
from .settings import bring_settings
from .tables import bring_table

#: What SQLite keeps for itself.
_SQLITE_TABLES: Final = "sqlite_%"


def move_in(
    source: Path,
    database: Path,
    backup_dir: Path,
    data_dir: Path,
    now: datetime,
    admin_password: str | None = None,
    hasher: PasswordHasher | None = None,
    choose: Choose = secrets.choice,
) -> Report:
    """
    Bring over what another server's database and the files beside it have; blocks, so call it
    before the reactor runs. The source is never written to.

    @param source: the other server's database.
    @param database: ours, which must not have been used yet.
    @param admin_password: of the command line, instead of the old one.
    @return: what came over, with the secrets that were made up.
    @raise ImportRefused: it cannot be done; the database has nothing in it then.
    @raise DatabaseError: our database cannot be used.
    @raise owncastd.identity.admin.InvalidPassword: the given password cannot be set.
    """
    if source.exists() and database.exists() and source.samefile(database):
        raise ImportRefused(f"{source} is where the new database would be: give another --datadir")
    try:
        make_private_directory(data_dir)
    except OSError as error:
        raise ImportRefused(f"cannot make the directory {data_dir}: {error.strerror}") from error
    with opened(source, data_dir) as old:
        connection = prepare(database, backup_dir)
        try:
            _refuse_used(connection, database)
            report = Report(f"{source} ({old.schema})")
            with connection:
                connection.execute("BEGIN IMMEDIATE").close()
                cursor = connection.cursor()
                brought = _bring_rows(
                    old, cursor, report, now, admin_password, hasher or PasswordHasher(), choose
                )
                logo = brought.get("logo_path")
                bring_files(source.resolve().parent, data_dir, logo, report)
        except sqlite3.Error as error:
            raise DatabaseError(f"The database {database} cannot be written: {error}.") from error
        finally:
            connection.close()
    return report


def _refuse_used(connection: sqlite3.Connection, database: Path) -> None:
    """
    See to it that there is nothing that could be mixed up with what comes.
    """
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE ?", [_SQLITE_TABLES]
    ).fetchall()
    for (table,) in tables:
        # Names of tables are those of our schema.
        if connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() is not None:  # noqa: S608
            raise ImportRefused(
                f"the database {database} is in use already ({table}): move into a new --datadir"
            )


def _bring_rows(
    old: OldDatabase,
    cursor: sqlite3.Cursor,
    report: Report,
    now: datetime,
    admin_password: str | None,
    hasher: PasswordHasher,
    choose: Choose,
) -> dict[str, Any]:
    """
    Bring over all that goes into the database.

    @return: the settings.
    """
    values = read_datastore(old, report)
    brought = bring_settings(cursor, values, report)
    bring_password(cursor, values, report, admin_password, hasher, choose)
    bring_stream_keys(cursor, values, report, choose)
    bring_history(cursor, values, report, now)
    for table in (*people(now), messages(now), *outside(now)):
        bring_table(old, cursor, table, report)
    return brought
