"""
Users and the digests of their tokens in the database: interactions of L{Database}.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from .users import User

_COLUMNS: Final = (
    "users.id, users.type, users.display_name, users.display_color, users.created_at,"
    " users.disabled_at, users.previous_names, users.name_changed_at, users.authenticated_at,"
    " users.scopes, users.last_used_at"
)
_PROGRAM: Final = "API"
_PERSON: Final = "STANDARD"


@frozen
class Program:
    """
    A program with a token of its own.

    @ivar digest: the token's.
    """

    user: User
    digest: bytes


def _time(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _user(row: tuple[object, ...]) -> User:
    (
        user_id,
        kind,
        name,
        color,
        created_at,
        disabled_at,
        previous_names,
        name_changed_at,
        authenticated_at,
        scopes,
        last_used_at,
    ) = row
    return User(
        id=str(user_id),
        display_name=str(name),
        display_color=int(str(color)),
        created_at=datetime.fromisoformat(str(created_at)),
        previous_names=tuple(json.loads(str(previous_names))),
        scopes=frozenset(json.loads(str(scopes))),
        is_bot=kind == _PROGRAM,
        name_changed_at=_time(name_changed_at),
        disabled_at=_time(disabled_at),
        authenticated_at=_time(authenticated_at),
        last_used_at=_time(last_used_at),
    )


def insert_user(cursor: sqlite3.Cursor, user: User, digest: bytes | None = None) -> None:
    """
    Keep a new user, and the digest of their first token.
    """
    cursor.execute(
        "INSERT INTO users (id, type, display_name, display_color, created_at, disabled_at,"
        " previous_names, name_changed_at, authenticated_at, scopes, last_used_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            user.id,
            _PROGRAM if user.is_bot else _PERSON,
            user.display_name,
            user.display_color,
            user.created_at.isoformat(),
            _text(user.disabled_at),
            json.dumps(user.previous_names),
            _text(user.name_changed_at),
            _text(user.authenticated_at),
            json.dumps(sorted(user.scopes)),
            _text(user.last_used_at),
        ],
    )
    if digest is not None:
        insert_token(cursor, digest, user.id, user.created_at)


def insert_token(cursor: sqlite3.Cursor, digest: bytes, user_id: str, now: datetime) -> None:
    """
    Keep the digest of a further token of a user.
    """
    cursor.execute(
        "INSERT INTO user_access_tokens (digest, user_id, created_at) VALUES (?, ?, ?)",
        [digest, user_id, now.isoformat()],
    )


def user_by_digest(cursor: sqlite3.Cursor, digest: bytes) -> User | None:
    """
    Whose token has this digest.
    """
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM user_access_tokens JOIN users ON users.id = user_id"  # noqa: S608
        " WHERE digest = ?",
        [digest],
    ).fetchone()
    return None if row is None else _user(row)


def user_by_id(cursor: sqlite3.Cursor, user_id: str) -> User | None:
    """
    The user with this id.
    """
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM users WHERE id = ?",  # noqa: S608
        [user_id],
    ).fetchone()
    return None if row is None else _user(row)


def enabled_programs(cursor: sqlite3.Cursor) -> tuple[Program, ...]:
    """
    The programs that have a token, the oldest first.
    """
    rows = cursor.execute(
        f"SELECT user_access_tokens.digest, {_COLUMNS} FROM users"  # noqa: S608
        " JOIN user_access_tokens ON user_id = users.id"
        " WHERE type = 'API' AND disabled_at IS NULL"
        " ORDER BY users.created_at, users.id"
    ).fetchall()
    return tuple(Program(_user(row[1:]), row[0]) for row in rows)


def revoke_program(cursor: sqlite3.Cursor, digests: Iterable[bytes], now: datetime) -> User | None:
    """
    Take the token of a program away, and disable the program; its messages stay.

    @param digests: the token is the first of these that a program has.
    @return: the program as it is then, or C{None} if there was none.
    """
    for digest in digests:
        user = user_by_digest(cursor, digest)
        if user is not None and user.is_bot:
            cursor.execute("DELETE FROM user_access_tokens WHERE digest = ?", [digest])
            cursor.execute(
                "UPDATE users SET disabled_at = coalesce(disabled_at, ?) WHERE id = ?",
                [now.isoformat(), user.id],
            )
            return user_by_id(cursor, user.id)
    return None


def set_disabled(cursor: sqlite3.Cursor, user_id: str, since: datetime | None) -> bool:
    """
    Disable a user, or admit them again with C{None}.

    @return: whether there is such a user.
    """
    changed = cursor.execute(
        "UPDATE users SET disabled_at = ? WHERE id = ?", [_text(since), user_id]
    )
    return changed.rowcount > 0


def set_scopes(cursor: sqlite3.Cursor, user_id: str, scopes: Iterable[str]) -> bool:
    """
    Replace what a user may do.

    @return: whether there is such a user.
    """
    changed = cursor.execute(
        "UPDATE users SET scopes = ? WHERE id = ?", [json.dumps(sorted(scopes)), user_id]
    )
    return changed.rowcount > 0


def store_uses(cursor: sqlite3.Cursor, uses: Mapping[str, datetime]) -> None:
    """
    Keep when users used their tokens last, by user id.
    """
    cursor.executemany(
        "UPDATE users SET last_used_at = ? WHERE id = ?",
        [(time.isoformat(), user_id) for user_id, time in uses.items()],
    )
