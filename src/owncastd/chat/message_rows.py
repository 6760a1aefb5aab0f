"""
Messages in the database: interactions of L{Database}.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from owncastd.identity.user_rows import user_by_id
from owncastd.identity.users import User

from .events import Action, Engagement, EngagementKind, Message, StoredEvent, SystemMessage
from .stamps import Stamp

_COLUMNS: Final = "id, user_id, type, body, title, image, link, sent_at, hidden_at"
_ENGAGEMENTS: Final = {kind.value: kind for kind in EngagementKind}
#: Ids that one statement names.
_CHUNK: Final = 500


@frozen
class Selection:
    """
    Which messages are asked for.

    @ivar hidden: whether hidden ones and those of disabled users as well.
    @ivar authorless: whether those that no user said as well.
    @ivar user_id: whose alone, or C{None} for everybody's.
    @ivar most: the newest so many.
    """

    hidden: bool
    authorless: bool
    most: int
    user_id: str | None = None


def store(cursor: sqlite3.Cursor, events: Iterable[StoredEvent]) -> int:
    """
    Keep events, and that their users have spoken.

    @return: how many could not be kept, because their user does not exist.
    """
    lost = 0
    for event in events:
        try:
            cursor.execute(
                f"INSERT OR IGNORE INTO messages ({_COLUMNS})"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _row(event),
            )
        except sqlite3.IntegrityError:
            lost += 1
            continue
        if isinstance(event, Message) and not event.held:
            approve(cursor, event.user.id, event.stamp.at)
    return lost


def _row(event: StoredEvent) -> list[str | None]:
    message = event if isinstance(event, Message) else None
    engagement = event if isinstance(event, Engagement) else None
    hidden_at = None if message is None else message.hidden_at
    return [
        event.stamp.id,
        None if message is None else message.user.id,
        event.type,
        event.body,
        None if engagement is None else engagement.account,
        None if engagement is None else engagement.image,
        None if engagement is None else engagement.link,
        event.stamp.at.isoformat(),
        None if hidden_at is None else hidden_at.isoformat(),
    ]


def approve(cursor: sqlite3.Cursor, user_id: str, now: datetime) -> None:
    """
    Note that somebody has spoken: their first message was let through.
    """
    cursor.execute(
        "INSERT OR IGNORE INTO chat_speakers (user_id, first_at) VALUES (?, ?)",
        [user_id, now.isoformat()],
    )


def has_spoken(cursor: sqlite3.Cursor, user_id: str) -> bool:
    """
    Whether a message of somebody was ever let through.
    """
    # Messages that came from another server's database were never written here.
    found = cursor.execute(
        "SELECT 1 FROM chat_speakers WHERE user_id = ?1 UNION ALL SELECT 1 FROM messages"
        " WHERE user_id = ?1 AND type = 'CHAT' AND hidden_at IS NULL LIMIT 1",
        [user_id],
    ).fetchone()
    return found is not None


def select(cursor: sqlite3.Cursor, wanted: Selection, server_name: str) -> list[StoredEvent]:
    """
    Messages, the newest first, with their users as they are now.

    @param server_name: by which the server calls itself in messages of its own.
    """
    conditions = ["1"]
    values: list[object] = []
    if not wanted.hidden:
        conditions.append("hidden_at IS NULL AND users.disabled_at IS NULL")
    if not wanted.authorless:
        conditions.append("user_id IS NOT NULL")
    if wanted.user_id is not None:
        conditions.append("user_id = ? AND messages.type = 'CHAT'")
        values.append(wanted.user_id)
    columns = ", ".join(f"messages.{column}" for column in _COLUMNS.split(", "))
    rows = cursor.execute(
        f"SELECT {columns} FROM messages LEFT JOIN users ON users.id = user_id"  # noqa: S608
        f" WHERE {' AND '.join(conditions)} ORDER BY sent_at DESC, messages.rowid DESC LIMIT ?",
        [*values, wanted.most],
    ).fetchall()
    users: dict[str, User | None] = {}
    for row in rows:
        if row[1] is not None and row[1] not in users:
            users[row[1]] = user_by_id(cursor, row[1])
    events = (_event(row, users.get(row[1]), server_name) for row in rows)
    return [event for event in events if event is not None]


def _event(row: Sequence[str], user: User | None, server_name: str) -> StoredEvent | None:
    message_id, _, kind, body, title, image, link, sent_at, hidden_at = row
    stamp = Stamp(message_id, datetime.fromisoformat(sent_at))
    if user is not None:
        hidden = None if hidden_at is None else datetime.fromisoformat(hidden_at)
        return Message(stamp, user, body, hidden_at=hidden)
    if kind == SystemMessage.type:
        return SystemMessage(stamp, body, server_name)
    if kind == Action.type:
        return Action(stamp, body)
    if kind in _ENGAGEMENTS:
        return Engagement(
            stamp, _ENGAGEMENTS[kind], body, title or "", image, link or "", server_name
        )
    return None


def set_hidden(cursor: sqlite3.Cursor, ids: Sequence[str], hidden_at: datetime | None) -> None:
    """
    Hide messages, or show them again with C{None}; those that do not exist do not matter.
    """
    time = None if hidden_at is None else hidden_at.isoformat()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        cursor.execute(
            f"UPDATE messages SET hidden_at = ? WHERE id IN ({marks})",  # noqa: S608
            [time, *chunk],
        )


def hide_all_of(cursor: sqlite3.Cursor, user_id: str, hidden_at: datetime) -> tuple[str, ...]:
    """
    Hide all messages of somebody.

    @return: which were not hidden before.
    """
    rows = cursor.execute(
        "SELECT id FROM messages WHERE user_id = ? AND hidden_at IS NULL ORDER BY sent_at",
        [user_id],
    ).fetchall()
    ids = tuple(str(message_id) for (message_id,) in rows)
    set_hidden(cursor, ids, hidden_at)
    return ids


def prune(cursor: sqlite3.Cursor, before: datetime) -> int:
    """
    Delete messages from before a time.

    @return: how many there were.
    """
    return cursor.execute("DELETE FROM messages WHERE sent_at < ?", [before.isoformat()]).rowcount
