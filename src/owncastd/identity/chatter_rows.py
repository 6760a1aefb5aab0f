"""
What changes of users who chat: interactions of L{Database}.
"""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from attrs import frozen

from .user_rows import user_by_digest, user_by_id
from .users import MODERATOR, User

#: How many names of a user are remembered: the first one, and the newest.
MAX_PREVIOUS_NAMES: Final = 50


@frozen
class Proven:
    """
    What came of somebody's proof of who they are.

    @ivar before: the user whose token it was.
    @ivar now: the user whose token it is now; the same one, unless the identity was known already.
    """

    before: User
    now: User


def rename(cursor: sqlite3.Cursor, user_id: str, name: str, now: datetime) -> User | None:
    """
    Give a user another name.

    @return: the user as they are then, or C{None} if there is no such user.
    """
    user = user_by_id(cursor, user_id)
    if user is None:
        return None
    names = (*user.previous_names, name)
    if len(names) > MAX_PREVIOUS_NAMES:
        names = (names[0], *names[-(MAX_PREVIOUS_NAMES - 1) :])
    cursor.execute(
        "UPDATE users SET display_name = ?, previous_names = ?, name_changed_at = ? WHERE id = ?",
        [name, json.dumps(names), now.isoformat(), user_id],
    )
    return user_by_id(cursor, user_id)


def recolor(cursor: sqlite3.Cursor, user_id: str, color: int) -> User | None:
    """
    Give a user another colour.

    @return: the user as they are then, or C{None} if there is no such user.
    """
    cursor.execute("UPDATE users SET display_color = ? WHERE id = ?", [color, user_id])
    return user_by_id(cursor, user_id)


def set_moderator(cursor: sqlite3.Cursor, user_id: str, moderates: bool) -> User | None:
    """
    Make a user a moderator, or one no more.

    @return: the user as they are then, or C{None} if there is no such user.
    """
    user = user_by_id(cursor, user_id)
    if user is None:
        return None
    scopes = user.scopes | {MODERATOR} if moderates else user.scopes - {MODERATOR}
    cursor.execute(
        "UPDATE users SET scopes = ? WHERE id = ?", [json.dumps(sorted(scopes)), user_id]
    )
    return user_by_id(cursor, user_id)


def disabled_people(cursor: sqlite3.Cursor) -> tuple[User, ...]:
    """
    People who were disabled, the longest ago first; no programs.
    """
    return _users(
        cursor,
        "SELECT id FROM users WHERE disabled_at IS NOT NULL AND type = 'STANDARD'"
        " ORDER BY disabled_at, id",
    )


def moderators(cursor: sqlite3.Cursor) -> tuple[User, ...]:
    """
    All moderators, the oldest first, those who are disabled as well.
    """
    return _users(
        cursor,
        "SELECT id FROM users WHERE scopes LIKE '%\"MODERATOR\"%' ORDER BY created_at, id",
    )


def known_people(cursor: sqlite3.Cursor) -> tuple[User, ...]:
    """
    Whose names nobody else may have: programs, moderators and people who proved who they are, as
    long as they are not disabled.
    """
    return _users(
        cursor,
        "SELECT id FROM users WHERE disabled_at IS NULL AND (type = 'API'"
        " OR authenticated_at IS NOT NULL OR scopes LIKE '%\"MODERATOR\"%') ORDER BY created_at",
    )


def prove(
    cursor: sqlite3.Cursor, digest: bytes, provider: str, identity: str, now: datetime
) -> Proven | None:
    """
    Somebody has proved who they are elsewhere: their token becomes that of the user who proved the
    same before, if there is one; else this user is who they are from now on.

    @param digest: of their token.
    @return: C{None} if nobody has this token, or only a program or somebody who is disabled.
    """
    before = user_by_digest(cursor, digest)
    if before is None or before.is_bot or before.disabled:
        return None
    row = cursor.execute(
        "SELECT user_id FROM user_identities WHERE provider = ? AND identity = ?",
        [provider, identity],
    ).fetchone()
    if row is None:
        cursor.execute(
            "INSERT INTO user_identities (provider, identity, user_id, created_at)"
            " VALUES (?, ?, ?, ?)",
            [provider, identity, before.id, now.isoformat()],
        )
        cursor.execute(
            "UPDATE users SET authenticated_at = coalesce(authenticated_at, ?) WHERE id = ?",
            [now.isoformat(), before.id],
        )
        user_id = before.id
    else:
        user_id = str(row[0])
        cursor.execute(
            "UPDATE user_access_tokens SET user_id = ? WHERE digest = ?", [user_id, digest]
        )
    user = user_by_id(cursor, user_id)
    assert user is not None, "identities are deleted with their user"
    return Proven(before, user)


def _users(cursor: sqlite3.Cursor, query: str) -> tuple[User, ...]:
    ids: Iterable[str] = [str(user_id) for (user_id,) in cursor.execute(query).fetchall()]
    found = (user_by_id(cursor, user_id) for user_id in ids)
    return tuple(user for user in found if user is not None)
