"""
What came in: interactions of L{Database}.
"""

import sqlite3
from datetime import datetime
from typing import Final

#: Follows, likes and reposts that are kept; the oldest give way.
MAX_ACTIVITIES: Final = 20_000
#: Ids of activities that are known to have come; the oldest give way.
MAX_RECEIVED: Final = 200_000


def first_time(cursor: sqlite3.Cursor, activity_iri: str, now: datetime) -> bool:
    """
    Whether an activity has not come before. It has from now on.
    """
    cursor.execute(
        "INSERT OR IGNORE INTO federation_received (activity_iri, received_at) VALUES (?, ?)",
        [activity_iri, now.isoformat()],
    )
    return cursor.rowcount == 1


def prune(cursor: sqlite3.Cursor, oldest: datetime) -> None:
    """
    Forget what came before, and what is too much.
    """
    cursor.execute("DELETE FROM federation_received WHERE received_at < ?", [oldest.isoformat()])
    cursor.execute(
        "DELETE FROM federation_received WHERE activity_iri IN (SELECT activity_iri"
        " FROM federation_received ORDER BY received_at DESC LIMIT -1 OFFSET ?)",
        [MAX_RECEIVED],
    )
    cursor.execute(
        "DELETE FROM federation_activities WHERE id IN"
        " (SELECT id FROM federation_activities ORDER BY id DESC LIMIT -1 OFFSET ?)",
        [MAX_ACTIVITIES],
    )


def is_known(cursor: sqlite3.Cursor, actor: str) -> bool:
    """
    Whether anything here is an actor's: else their coming and going does not concern us.
    """
    found = cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM federation_followers WHERE iri = :actor)"
        " OR EXISTS (SELECT 1 FROM federation_activities WHERE actor_iri = :actor)"
        " OR EXISTS (SELECT 1 FROM federation_replies WHERE actor_iri = :actor)",
        {"actor": actor},
    ).fetchone()
    return bool(found[0])


def record(
    cursor: sqlite3.Cursor,
    object_iri: str,
    actor: str,
    kind: str,
    activity_iri: str,
    now: datetime,
) -> bool:
    """
    Keep a follow, a like or a repost; each counts once.

    @param kind: by the name that the chat's message has.
    @return: whether it was not there yet.
    """
    there = cursor.execute(
        "SELECT 1 FROM federation_activities WHERE object_iri = ? AND actor_iri = ? AND type = ?",
        [object_iri, actor, kind],
    ).fetchone()
    if there is not None:
        return False
    cursor.execute(
        "INSERT INTO federation_activities (object_iri, actor_iri, type, received_at, activity_iri)"
        " VALUES (?, ?, ?, ?, ?)",
        [object_iri, actor, kind, now.isoformat(), activity_iri],
    )
    return True


def undo(cursor: sqlite3.Cursor, object_iri: str, actor: str, kind: str) -> None:
    """
    Take back what an actor did to something.
    """
    cursor.execute(
        "DELETE FROM federation_activities WHERE object_iri = ? AND actor_iri = ? AND type = ?",
        [object_iri, actor, kind],
    )


def undo_named(cursor: sqlite3.Cursor, activity_iri: str, actor: str) -> None:
    """
    The same, by the name of the activity.
    """
    cursor.execute(
        "DELETE FROM federation_activities WHERE activity_iri = ? AND actor_iri = ?",
        [activity_iri, actor],
    )


def forget_actor(cursor: sqlite3.Cursor, actor: str) -> None:
    """
    Forget all that an actor did.
    """
    cursor.execute("DELETE FROM federation_activities WHERE actor_iri = ?", [actor])
