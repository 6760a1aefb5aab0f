"""
What was published: interactions of L{Database}.

Posts are kept as the objects that they are; the C{Create} around a post is made when it is asked
for. Other activities (C{Accept}, C{Reject}, C{Update}, C{Delete}) are kept whole. A post that was
deleted leaves a C{Tombstone}.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from .vocabulary import Document

NOTE: Final = "Note"
TOMBSTONE: Final = "Tombstone"
_COLUMNS: Final = "iri, type, object, live_notification, created_at"


@frozen
class Published:
    """
    One object or activity.

    @ivar live: whether it told that the stream is on.
    """

    iri: str
    type: str
    document: Document = field(repr=False)
    created_at: datetime
    live: bool = False


def insert(cursor: sqlite3.Cursor, published: Published) -> None:
    """
    Keep something; what has the same IRI is replaced.
    """
    cursor.execute(
        f"INSERT OR REPLACE INTO federation_outbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
        [
            published.iri,
            published.type,
            json.dumps(published.document, ensure_ascii=False, separators=(",", ":")),
            int(published.live),
            published.created_at.isoformat(),
        ],
    )


def find(cursor: sqlite3.Cursor, iri: str) -> Published | None:
    """
    What has an IRI, or C{None}.
    """
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_outbox WHERE iri = ?",  # noqa: S608
        [iri],
    ).fetchone()
    return None if row is None else _published(row)


def count_posts(cursor: sqlite3.Cursor) -> int:
    """
    How many posts there are.
    """
    (count,) = cursor.execute(
        "SELECT count(*) FROM federation_outbox WHERE type = ?", [NOTE]
    ).fetchone()
    return int(count)


def posts(cursor: sqlite3.Cursor, offset: int, most: int) -> list[Published]:
    """
    Posts, the newest first.
    """
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_outbox WHERE type = ?"  # noqa: S608
        " ORDER BY created_at DESC, rowid DESC LIMIT ? OFFSET ?",
        [NOTE, most, offset],
    ).fetchall()
    return [_published(row) for row in rows]


def prune_activities(cursor: sqlite3.Cursor, before: datetime) -> int:
    """
    Forget activities about other things than posts: nobody asks for them later.

    @return: how many there were.
    """
    return cursor.execute(
        "DELETE FROM federation_outbox WHERE type NOT IN (?, ?) AND created_at < ?",
        [NOTE, TOMBSTONE, before.isoformat()],
    ).rowcount


def newest_live(cursor: sqlite3.Cursor) -> Published | None:
    """
    The last post that told that the stream is on, even if it was deleted since.
    """
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_outbox WHERE live_notification = 1"  # noqa: S608
        " ORDER BY created_at DESC, rowid DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _published(row)


def _published(row: Sequence[Any]) -> Published:
    iri, kind, text, live, created_at = row
    return Published(iri, kind, json.loads(text), datetime.fromisoformat(created_at), bool(live))
