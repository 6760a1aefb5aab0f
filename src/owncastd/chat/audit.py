"""
The log of moderation: who did what, and to whom.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database
from owncastd.identity.users import User

from .stamps import Stamps, time_text

#: How many acts are kept, the newest ones.
MAX_ACTS: Final = 50_000
#: How many one page of the log has at most.
MAX_PAGE: Final = 500
#: Longest text that an act tells of; what is longer is cut.
MAX_TEXT: Final = 500
#: Ids that one act names.
MAX_IDS: Final = 50


class ActorKind(Enum):
    """
    In which role somebody acts.
    """

    ADMIN = "admin"
    MODERATOR = "moderator"
    INTEGRATION = "integration"


@frozen
class Actor:
    """
    Who acts.

    @ivar user_id: C{None} for the administrator, who is no user.
    """

    kind: ActorKind
    name: str
    user_id: str | None = None

    @classmethod
    def user(cls, user: User) -> "Actor":
        """
        A moderator, or a program.
        """
        kind = ActorKind.INTEGRATION if user.is_bot else ActorKind.MODERATOR
        return cls(kind, user.display_name, user.id)


ADMIN: Final = Actor(ActorKind.ADMIN, "admin")


class Act(Enum):
    """
    What can be done.
    """

    HIDE = "hide messages"
    SHOW = "show messages"
    DISABLE = "disable user"
    ENABLE = "enable user"
    GRANT = "grant moderation"
    REVOKE = "revoke moderation"
    BAN = "ban address"
    UNBAN = "unban address"
    TIME_OUT = "time out"
    LIFT = "lift timeout"
    APPROVE = "approve message"
    REJECT = "reject message"


@frozen
class Entry:
    """
    One act.

    @ivar subject: whom or what it concerns: a user's id, an address, or ids of messages.
    @ivar details: what else is to be known, for JSON.
    """

    at: datetime
    actor: Actor
    act: Act
    subject: str
    details: Mapping[str, Any] = field(factory=dict)


def _insert(cursor: sqlite3.Cursor, entry: Entry) -> None:
    cursor.execute(
        "INSERT INTO moderation_log (at, actor_kind, actor_id, actor_name, action, subject,"
        " details) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            entry.at.isoformat(),
            entry.actor.kind.value,
            entry.actor.user_id,
            entry.actor.name[:MAX_TEXT],
            entry.act.value,
            entry.subject,
            json.dumps(dict(entry.details)),
        ],
    )
    cursor.execute(
        "DELETE FROM moderation_log WHERE id <= (SELECT max(id) FROM moderation_log) - ?",
        [MAX_ACTS],
    )


def _page(cursor: sqlite3.Cursor, before: int | None, most: int) -> list[dict[str, Any]]:
    rows = cursor.execute(
        "SELECT id, at, actor_kind, actor_id, actor_name, action, subject, details"
        " FROM moderation_log WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2",
        [before, most],
    ).fetchall()
    return [
        {
            "id": row_id,
            "timestamp": time_text(datetime.fromisoformat(at)),
            "actor": {"type": kind, "id": actor_id, "displayName": name},
            "action": action,
            "subject": subject,
            "details": json.loads(details),
        }
        for row_id, at, kind, actor_id, name, action, subject, details in rows
    ]


@define(eq=False)
class AuditLog:
    """
    Writes acts down, and tells of them.
    """

    _database: Database
    _stamps: Stamps

    _log = Logger()

    def note(self, actor: Actor, act: Act, subject: str, **details: str | int) -> Deferred[None]:
        """
        Write an act down. A failure is logged, together with the act.

        @param details: texts and numbers.
        """
        cut = {
            name: value[:MAX_TEXT] if isinstance(value, str) else value
            for name, value in details.items()
        }
        entry = Entry(self._stamps.now(), actor, act, subject[: 4 * MAX_TEXT], cut)
        self._log.info(
            "{actor} ({role}): {act} {subject}",
            actor=actor.name,
            role=actor.kind.value,
            act=act.value,
            subject=entry.subject,
        )

        def failed(failure: Failure) -> Deferred[None]:
            self._log.failure("An act of moderation could not be written down", failure)
            return succeed(None)

        return self._database.write(_insert, entry).addErrback(failed)

    def page(
        self, before: int | None = None, most: int = MAX_PAGE
    ) -> Deferred[list[dict[str, Any]]]:
        """
        Acts, the newest first, ready for JSON.

        Failures: those of L{Database.read}.

        @param before: only those with a smaller C{id}.
        """
        return self._database.read(_page, before, max(1, min(most, MAX_PAGE)))


def ids_text(ids: tuple[str, ...]) -> str:
    """
    Ids of messages as the subject of an act.
    """
    text = " ".join(ids[:MAX_IDS])
    return text if len(ids) <= MAX_IDS else f"{text} and {len(ids) - MAX_IDS} more"
