"""
Replies in the database: interactions of L{Database}.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from .remote_actors import RemoteActor

_NAMES: Final = (
    *("iri", "post_iri", "actor_iri", "name", "username", "image", "link", "content"),
    *("received_at", "hidden_at"),
)
_COLUMNS: Final = ", ".join(_NAMES)


@frozen
class Reply:
    """
    What somebody wrote below a post of ours.

    @ivar post_iri: the post.
    @ivar name: what the author calls themselves; C{username} is their handle.
    @ivar link: where it can be read.
    @ivar content: HTML that is safe to show as it is.
    @ivar hidden_at: since when it is hidden, or C{None}.
    """

    iri: str
    post_iri: str
    actor_iri: str
    name: str
    username: str
    image: str | None
    link: str
    content: str = field(repr=False)
    received_at: datetime
    hidden_at: datetime | None = None


def add(cursor: sqlite3.Cursor, reply: Reply, most: int, most_of_actor: int) -> bool:
    """
    Keep a reply, unless it is there, or its author has written too many.

    @param most: so many are kept; the oldest give way.
    @return: whether it is kept.
    """
    (written,) = cursor.execute(
        "SELECT count(*) FROM federation_replies WHERE actor_iri = ?", [reply.actor_iri]
    ).fetchone()
    if written >= most_of_actor:
        return False
    cursor.execute(
        f"INSERT OR IGNORE INTO federation_replies ({_COLUMNS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(reply.iri, reply.post_iri, reply.actor_iri, reply.name, reply.username),
            *(reply.image, reply.link, reply.content, reply.received_at.isoformat(), None),
        ],
    )
    kept = cursor.rowcount == 1
    cursor.execute(
        "DELETE FROM federation_replies WHERE iri IN"
        " (SELECT iri FROM federation_replies ORDER BY received_at DESC LIMIT -1 OFFSET ?)",
        [most],
    )
    return kept


def rewrite(cursor: sqlite3.Cursor, iri: str, actor: str, content: str) -> None:
    """
    The author has changed a reply. A hidden one stays hidden.
    """
    cursor.execute(
        "UPDATE federation_replies SET content = ? WHERE iri = ? AND actor_iri = ?",
        [content, iri, actor],
    )


def renew_author(cursor: sqlite3.Cursor, actor: RemoteActor) -> None:
    """
    The author looks different from now on.
    """
    cursor.execute(
        "UPDATE federation_replies SET name = ?, username = ?, image = ? WHERE actor_iri = ?",
        [actor.name, actor.handle, actor.image, actor.iri],
    )


def remove(cursor: sqlite3.Cursor, iri: str, actor: str) -> None:
    """
    The author has deleted a reply.
    """
    cursor.execute("DELETE FROM federation_replies WHERE iri = ? AND actor_iri = ?", [iri, actor])


def remove_all_of(cursor: sqlite3.Cursor, actor: str) -> None:
    """
    The author is gone, or nothing is wanted of them any more.
    """
    cursor.execute("DELETE FROM federation_replies WHERE actor_iri = ?", [actor])


def set_hidden(cursor: sqlite3.Cursor, iri: str, hidden_at: datetime | None) -> bool:
    """
    Hide a reply, or show it again.

    @return: whether there is such a reply.
    """
    cursor.execute(
        "UPDATE federation_replies SET hidden_at = ? WHERE iri = ?",
        [None if hidden_at is None else hidden_at.isoformat(), iri],
    )
    return cursor.rowcount == 1


def delete(cursor: sqlite3.Cursor, iri: str) -> bool:
    """
    Delete a reply.

    @return: whether there was such a reply.
    """
    cursor.execute("DELETE FROM federation_replies WHERE iri = ?", [iri])
    return cursor.rowcount == 1


def page(
    cursor: sqlite3.Cursor, most: int, offset: int, post_iri: str | None
) -> tuple[list[Reply], int]:
    """
    Some replies, the newest first, and how many there are in all.

    @param post_iri: below which post, or C{None} for all.
    """
    where = "" if post_iri is None else " WHERE post_iri = ?"
    given = [] if post_iri is None else [post_iri]
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_replies{where}"  # noqa: S608
        " ORDER BY received_at DESC, iri LIMIT ? OFFSET ?",
        [*given, most, offset],
    ).fetchall()
    (total,) = cursor.execute(
        f"SELECT count(*) FROM federation_replies{where}",  # noqa: S608
        given,
    ).fetchone()
    return [_reply(row) for row in rows], int(total)


def _reply(row: Sequence[Any]) -> Reply:
    facts = dict(zip(_NAMES, row, strict=True))
    hidden_at = facts["hidden_at"]
    return Reply(
        **facts
        | {
            "received_at": datetime.fromisoformat(facts["received_at"]),
            "hidden_at": None if hidden_at is None else datetime.fromisoformat(hidden_at),
        }
    )
