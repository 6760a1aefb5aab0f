"""
Who follows, as far as collections and deliveries need to know: interactions of L{Database}.
"""

import sqlite3


def count_followers(cursor: sqlite3.Cursor) -> int:
    """
    How many followers there are that were approved.
    """
    (count,) = cursor.execute(
        "SELECT count(*) FROM federation_followers WHERE approved_at IS NOT NULL"
    ).fetchone()
    return int(count)


def follower_iris(cursor: sqlite3.Cursor, offset: int, most: int) -> list[str]:
    """
    The IRIs of followers, the newest first.
    """
    rows = cursor.execute(
        "SELECT iri FROM federation_followers WHERE approved_at IS NOT NULL"
        " ORDER BY created_at DESC, iri LIMIT ? OFFSET ?",
        [most, offset],
    ).fetchall()
    return [str(iri) for (iri,) in rows]


def is_follower(cursor: sqlite3.Cursor, iri: str) -> bool:
    """
    Whether an actor follows and was approved.
    """
    found = cursor.execute(
        "SELECT 1 FROM federation_followers WHERE iri = ? AND approved_at IS NOT NULL", [iri]
    ).fetchone()
    return found is not None
