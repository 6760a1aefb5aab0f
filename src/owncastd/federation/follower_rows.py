"""
Followers in the database: interactions of L{Database}.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from .documents import Document
from .remote_actors import RemoteActor

_NAMES: Final = (
    *("iri", "inbox", "shared_inbox", "name", "username", "image", "request_iri", "request"),
    *("created_at", "approved_at", "disabled_at"),
)
_COLUMNS: Final = ", ".join(_NAMES)


class FollowerState(Enum):
    """
    How it stands with somebody who asked to follow. The values are conditions of SQL.
    """

    APPROVED = "approved_at IS NOT NULL"
    PENDING = "approved_at IS NULL AND disabled_at IS NULL"
    REJECTED = "disabled_at IS NOT NULL"


@frozen
class Follower:
    """
    An actor that follows, asked to, or was turned away; the last is blocked as well.

    @ivar username: the full handle, such as C{ana@social.example}.
    @ivar request_iri: the id of the Follow that they sent.
    @ivar request: that Follow, which an answer to it repeats; old rows may lack it.
    @ivar created_at: when they asked first.
    """

    iri: str
    inbox: str
    shared_inbox: str | None
    name: str
    username: str
    image: str | None
    request_iri: str
    request: Document | None = field(repr=False)
    created_at: datetime
    approved_at: datetime | None
    disabled_at: datetime | None

    @property
    def state(self) -> FollowerState:
        """
        How it stands.
        """
        if self.disabled_at is not None:
            return FollowerState.REJECTED
        return FollowerState.PENDING if self.approved_at is None else FollowerState.APPROVED


@frozen
class Asked:
    """
    What a request to follow has come to.

    @ivar before: how it stood before, or C{None} for somebody new.
    @ivar now: how it stands now; whoever was turned away stays so.
    """

    before: Follower | None
    now: Follower


def find(cursor: sqlite3.Cursor, iri: str) -> Follower | None:
    """
    Somebody by their IRI.
    """
    row = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_followers WHERE iri = ?",  # noqa: S608
        [iri],
    ).fetchone()
    return None if row is None else _follower(row)


def ask(
    cursor: sqlite3.Cursor,
    actor: RemoteActor,
    request: Document,
    approve: bool,
    most_pending: int,
    now: datetime,
) -> Asked | None:
    """
    Keep a request to follow. A repeated one brings what is known of the actor up to date.

    @param request: the Follow, with its C{id}.
    @param approve: whether it needs nobody's approval.
    @return: C{None} if too many wait for approval already.
    """
    before = find(cursor, actor.iri)
    approved_at = now if approve else None
    if before is None:
        if not approve and count(cursor, FollowerState.PENDING) >= most_pending:
            return None
    elif before.state is not FollowerState.PENDING:
        approved_at = before.approved_at
    row = {
        **_facts(actor),
        "request_iri": request["id"],
        "request": json.dumps(request, separators=(",", ":")),
        "created_at": now.isoformat(),
        "approved_at": None if approved_at is None else approved_at.isoformat(),
    }
    cursor.execute(
        "INSERT INTO federation_followers (iri, inbox, shared_inbox, name, username, image,"
        " request_iri, request, created_at, approved_at) VALUES (:iri, :inbox, :shared_inbox,"
        " :name, :username, :image, :request_iri, :request, :created_at, :approved_at)"
        " ON CONFLICT (iri) DO UPDATE SET inbox = excluded.inbox,"
        " shared_inbox = excluded.shared_inbox, name = excluded.name,"
        " username = excluded.username, image = excluded.image,"
        " request_iri = excluded.request_iri, request = excluded.request,"
        " approved_at = excluded.approved_at",
        row,
    )
    found = find(cursor, actor.iri)
    assert found is not None
    return Asked(before, found)


def renew(cursor: sqlite3.Cursor, actor: RemoteActor) -> None:
    """
    Bring what is known of somebody up to date.
    """
    cursor.execute(
        "UPDATE federation_followers SET inbox = :inbox, shared_inbox = :shared_inbox,"
        " name = :name, username = :username, image = :image WHERE iri = :iri",
        _facts(actor),
    )


def decide(cursor: sqlite3.Cursor, iri: str, approve: bool, now: datetime) -> Asked | None:
    """
    Approve somebody, or turn them away.

    @return: C{None} for somebody unknown.
    """
    before = find(cursor, iri)
    if before is None:
        return None
    approved_at, disabled_at = (now, None) if approve else (None, now)
    if approve and before.approved_at is not None:
        approved_at = before.approved_at
    if not approve and before.disabled_at is not None:
        disabled_at = before.disabled_at
    cursor.execute(
        "UPDATE federation_followers SET approved_at = ?, disabled_at = ? WHERE iri = ?",
        [
            None if approved_at is None else approved_at.isoformat(),
            None if disabled_at is None else disabled_at.isoformat(),
            iri,
        ],
    )
    now_is = find(cursor, iri)
    assert now_is is not None
    return Asked(before, now_is)


def remove(cursor: sqlite3.Cursor, iri: str, rejected: bool = False) -> Follower | None:
    """
    Forget somebody.

    @param rejected: whether also if they were turned away: else they stay, because a block that
        the blocked can lift is none.
    @return: as they were, or C{None} if they were not forgotten.
    """
    before = find(cursor, iri)
    if before is None or (before.state is FollowerState.REJECTED and not rejected):
        return None
    cursor.execute("DELETE FROM federation_followers WHERE iri = ?", [iri])
    return before


def move(cursor: sqlite3.Cursor, old: str, new: RemoteActor) -> int:
    """
    Somebody is elsewhere from now on, and it stands with them as it did; if it stands somehow with
    the new account already, that counts, except that whoever was turned away stays so.

    @return: how many follow.
    """
    before, there = find(cursor, old), find(cursor, new.iri)
    if before is not None and there is None:
        cursor.execute("UPDATE federation_followers SET iri = ? WHERE iri = ?", [new.iri, old])
    elif before is not None:
        if before.disabled_at is not None:
            cursor.execute(
                "UPDATE federation_followers SET approved_at = NULL, disabled_at = ? WHERE iri = ?",
                [before.disabled_at.isoformat(), new.iri],
            )
        cursor.execute("DELETE FROM federation_followers WHERE iri = ?", [old])
    renew(cursor, new)
    return count(cursor, FollowerState.APPROVED)


def count(cursor: sqlite3.Cursor, state: FollowerState) -> int:
    """
    How many there are in a state.
    """
    (number,) = cursor.execute(
        f"SELECT count(*) FROM federation_followers WHERE {state.value}"  # noqa: S608
    ).fetchone()
    return int(number)


def page(
    cursor: sqlite3.Cursor, state: FollowerState, most: int, offset: int
) -> tuple[list[Follower], int]:
    """
    Some of those in a state, the newest first, and how many there are in all.
    """
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM federation_followers WHERE {state.value}"  # noqa: S608
        " ORDER BY created_at DESC, iri LIMIT ? OFFSET ?",
        [most, offset],
    ).fetchall()
    return [_follower(row) for row in rows], count(cursor, state)


def inboxes(cursor: sqlite3.Cursor) -> list[str]:
    """
    Where to deliver what is for all followers: each inbox once, those that are shared first.
    """
    rows = cursor.execute(
        "SELECT DISTINCT coalesce(shared_inbox, inbox), shared_inbox IS NULL"
        " FROM federation_followers WHERE approved_at IS NOT NULL ORDER BY 2, 1"
    ).fetchall()
    return list(dict.fromkeys(inbox for inbox, _ in rows))


def _facts(actor: RemoteActor) -> dict[str, str | None]:
    return {
        "iri": actor.iri,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox,
        "name": actor.name,
        "username": actor.handle,
        "image": actor.image,
    }


def _follower(row: Sequence[Any]) -> Follower:
    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    facts = dict(zip(_NAMES, row, strict=True))
    return Follower(
        **facts
        | {
            "request": None if facts["request"] is None else json.loads(facts["request"]),
            "created_at": moment(facts["created_at"]),
            "approved_at": moment(facts["approved_at"]),
            "disabled_at": moment(facts["disabled_at"]),
        }
    )
