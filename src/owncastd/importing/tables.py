"""
Brings tables over, row by row: what one row lacks keeps no other from coming.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen

from .errors import Unusable
from .old_database import OldDatabase, Row
from .report import Report

#: Stores one old row among ours; raises L{Unusable} or C{sqlite3.IntegrityError} if it cannot.
Bring = Callable[[sqlite3.Cursor, Row], None]

_CONFLICTS: Final = {
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "of a user who is not there",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "there twice",
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "there twice",
}


@frozen
class Table:
    """
    How one table comes over.

    @ivar kind: what its rows are, in the words of the report.
    @ivar source: its old name.
    @ivar columns: what is read of it.
    """

    kind: str
    source: str
    columns: Sequence[str]
    bring: Bring


def bring_table(old: OldDatabase, cursor: sqlite3.Cursor, table: Table, report: Report) -> None:
    """
    Store all rows that can be, and report on the others.
    """
    came = 0
    stayed: Counter[str] = Counter()
    for row in old.rows(table.source, table.columns):
        try:
            table.bring(cursor, row)
            came += 1
        except Unusable as error:
            stayed[str(error)] += 1
        except sqlite3.IntegrityError as error:
            stayed[_CONFLICTS.get(error.sqlite_errorcode, "not allowed here")] += 1
    report.came(table.kind, came)
    report.stayed(table.kind, stayed)
