"""
Bring a database to the schema of this release.

Migrations are the files C{schema/NNNN_*.sql}, numbered from 1 without gaps. C{PRAGMA user_version}
says how many of them a database has seen. All that are missing run in one transaction: a database
is either as it was or as this release wants it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from attrs import frozen
from twisted.logger import Logger

from .backup import copy_database
from .errors import DatabaseError, MigrationFailed, NotADatabase, SchemaTooNew
from .files import APPLICATION_ID, connect, explain, make_private_directory

_log = Logger()


@frozen
class Migration:
    """
    One numbered step of the schema.

    @ivar version: C{user_version} of a database that has taken this step.
    """

    version: int
    name: str
    script: str


def known_migrations() -> tuple[Migration, ...]:
    """
    The migrations that come with this release, in order.
    """
    directory = resources.files(__package__) / "schema"
    files = sorted(
        (entry for entry in directory.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    migrations = tuple(
        Migration(int(entry.name.split("_", 1)[0]), entry.name, entry.read_text("utf-8"))
        for entry in files
    )
    versions = [migration.version for migration in migrations]
    assert versions == list(range(1, len(versions) + 1)), "schema files are numbered from 1"
    return migrations


def prepare(
    path: Path, backup_dir: Path, migrations: Sequence[Migration] | None = None
) -> sqlite3.Connection:
    """
    Create the database or bring an existing one up to date; blocks, so call it before the reactor
    runs.

    @param backup_dir: receives C{owncast-v<N>.bak} before a database of version N is changed.
    @param migrations: those of this release unless a test says otherwise.
    @return: a connection for what else is read or written before the reactor runs; close it then.
    @raise NotADatabase: the file is something else, belongs to another program, or is damaged.
    @raise SchemaTooNew: a newer release wrote it.
    @raise MigrationFailed: a migration failed; nothing was changed.
    @raise DatabaseError: the file or its backup cannot be opened or written.
    """
    try:
        make_private_directory(path.parent)
    except OSError as error:
        raise DatabaseError(f"The directory {path.parent} cannot be made: {error}.") from error
    connection = connect(path)
    try:
        migrate(
            connection, path, backup_dir, known_migrations() if migrations is None else migrations
        )
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(
    connection: sqlite3.Connection, path: Path, backup_dir: Path, migrations: Sequence[Migration]
) -> None:
    """
    Run the migrations that an open database has not seen yet.

    @raise DatabaseError: as L{prepare}.
    """
    try:
        version = check_ours(connection, path)
    except sqlite3.Error as error:
        raise explain(path, error) from error
    newest = len(migrations)
    if version > newest:
        raise SchemaTooNew(
            f"The database {path} has schema version {version}, but this release knows only"
            f" {newest}: install the newer release again, or restore a backup from before it."
        )
    if version == newest:
        return
    if version > 0:
        backup = backup_dir / f"owncast-v{version}.bak"
        copy_database(connection, backup)
        _log.info("Database backed up to {backup} before migrating it", backup=str(backup))
    _run(connection, path, migrations[version:])
    _log.info("Database schema is now at version {version}", version=newest)


def check_ours(connection: sqlite3.Connection, path: Path) -> int:
    """
    Make sure that a database is sound and was made by us, or is empty.

    @return: its schema version; 0 when empty.
    @raise NotADatabase: it is damaged or belongs to another program.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise NotADatabase(f"The database {path} is damaged; restore a backup of it.")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application != 0 or tables != 0):
        raise NotADatabase(f"The database {path} belongs to another program.")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _run(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """
    Run migrations in one transaction.
    """
    name = ""
    # Rebuilding a table needs foreign keys out of the way, and the pragma does nothing inside a
    # transaction (sqlite.org/lang_altertable.html, section 7).
    connection.execute("PRAGMA foreign_keys = OFF").close()
    try:
        connection.execute("BEGIN IMMEDIATE").close()
        for migration in migrations:
            name = migration.name
            for statement in _statements(migration.script):
                connection.execute(statement).close()
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise sqlite3.IntegrityError("a foreign key points nowhere")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}").close()
        connection.execute(f"PRAGMA user_version = {migrations[-1].version}").close()
        connection.commit()
    except sqlite3.Error as error:
        connection.rollback()
        raise MigrationFailed(
            f"The database {path} is unchanged because migration {name} failed: {error}."
        ) from error
    finally:
        connection.execute("PRAGMA foreign_keys = ON").close()


def _statements(script: str) -> Iterator[str]:
    """
    The single statements of a script. C{executescript} would commit before it begins.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
