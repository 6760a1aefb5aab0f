"""
What others did to the account and its posts, for the administrator: interactions of L{Database}.
"""

import sqlite3
from datetime import datetime
from typing import Final

from attrs import frozen

#: So many are kept; the oldest give way.
MAX_KEPT: Final = 20_000


@frozen
class AcceptedActivity:
    """
    A follow, a like or a repost.

    @ivar object_iri: of what.
    @ivar type: that of the chat's message.
    """

    object_iri: str
    actor_iri: str
    type: str
    received_at: datetime


def page(cursor: sqlite3.Cursor, most: int, offset: int) -> tuple[list[AcceptedActivity], int]:
    """
    Some of them, the newest first, and how many there are in all.
    """
    rows = cursor.execute(
        "SELECT object_iri, actor_iri, type, received_at FROM federation_activities"
        " ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?",
        [most, offset],
    ).fetchall()
    (total,) = cursor.execute("SELECT count(*) FROM federation_activities").fetchone()
    found = [
        AcceptedActivity(iri, actor, kind, datetime.fromisoformat(at))
        for iri, actor, kind, at in rows
    ]
    return found, int(total)
