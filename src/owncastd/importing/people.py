"""
Users, their access tokens and identities, and addresses that may not chat.
"""

import sqlite3
from datetime import datetime
from ipaddress import ip_address

from owncastd.identity import user_rows
from owncastd.identity.proofs import FEDIVERSE, INDIEAUTH, canonical_account, canonical_url
from owncastd.identity.registry import COLORS
from owncastd.identity.tokens import digest_of
from owncastd.identity.users import MAX_NAME, MODERATOR, TOKEN_SCOPES, User

from . import columns
from .errors import Unusable
from .old_database import Row
from .tables import Table

#: Names so far that a user keeps; the latest count.
MAX_PREVIOUS_NAMES = 100
_SCOPES = TOKEN_SCOPES | {MODERATOR}
#: By provider, the one form of an identity; Owncast keeps them as they came.
_CANONICAL = {INDIEAUTH: canonical_url, FEDIVERSE: canonical_account}


def people(now: datetime) -> tuple[Table, ...]:
    """
    The tables of people, in the order in which they depend on each other.

    @param now: stands for times that cannot be read but must be there.
    """

    def bring_user(cursor: sqlite3.Cursor, row: Row) -> None:
        user_rows.insert_user(cursor, _user(row, now))

    def bring_token(cursor: sqlite3.Cursor, row: Row) -> None:
        # Old clients keep their tokens, of which only digests are kept here.
        user_rows.insert_token(
            cursor,
            digest_of(columns.line(row, "token")),
            columns.line(row, "user_id"),
            columns.moment(row, "timestamp") or now,
        )

    def bring_identity(cursor: sqlite3.Cursor, row: Row) -> None:
        provider = columns.line(row, "type")
        canonical = _CANONICAL.get(provider)
        if canonical is None:
            raise Unusable("of a kind that is not known here")
        # The column's name in newer releases, and before.
        name = "auth_key" if row["auth_key"] is not None else "token"
        try:
            identity = canonical(columns.line(row, name))
        except ValueError as error:
            raise Unusable("not identities of their kind") from error
        cursor.execute(
            "INSERT INTO user_identities (provider, identity, user_id, created_at)"
            " VALUES (?, ?, ?, ?)",
            [
                provider,
                identity,
                columns.line(row, "user_id"),
                (columns.moment(row, "timestamp") or now).isoformat(),
            ],
        )

    def bring_ban(cursor: sqlite3.Cursor, row: Row) -> None:
        cursor.execute(
            "INSERT INTO ip_bans (address, notes, created_at) VALUES (?, ?, ?)",
            [
                _address(row),
                columns.optional_line(row, "notes") or "",
                (columns.moment(row, "created_at") or now).isoformat(),
            ],
        )

    return (
        Table("users", "users", _USER_COLUMNS, bring_user),
        Table(
            "access tokens", "user_access_tokens", ["token", "user_id", "timestamp"], bring_token
        ),
        Table(
            "linked identities",
            "auth",
            ["user_id", "token", "auth_key", "type", "timestamp"],
            bring_identity,
        ),
        Table("banned addresses", "ip_bans", ["ip_address", "notes", "created_at"], bring_ban),
    )


_USER_COLUMNS = (
    "id",
    "display_name",
    "display_color",
    "created_at",
    "disabled_at",
    "previous_names",
    "namechanged_at",
    "authenticated_at",
    "scopes",
    "type",
    "last_used",
)


def _user(row: Row, now: datetime) -> User:
    name = columns.line(row, "display_name")[:MAX_NAME]
    previous = [each[:MAX_NAME] for each in columns.listed(row, "previous_names")]
    is_bot = row["type"] == "API"
    return User(
        id=columns.line(row, "id"),
        display_name=name,
        display_color=_color(row["display_color"]),
        created_at=columns.moment(row, "created_at") or now,
        previous_names=tuple(previous[-MAX_PREVIOUS_NAMES:]) or (name,),
        scopes=frozenset(columns.listed(row, "scopes")) & _SCOPES,
        is_bot=is_bot,
        name_changed_at=columns.moment(row, "namechanged_at"),
        disabled_at=_disabled_at(row, now),
        authenticated_at=columns.moment(row, "authenticated_at"),
        last_used_at=columns.moment(row, "last_used") if is_bot else None,
    )


def _color(value: object) -> int:
    # Releases before 0.1 had a hue instead.
    return int(value) % COLORS if isinstance(value, int | float) else 0


def _disabled_at(row: Row, now: datetime) -> datetime | None:
    """
    Since when a user is disabled: they stay so even if the time cannot be read.
    """
    return None if row["disabled_at"] is None else columns.moment(row, "disabled_at") or now


def _address(row: Row) -> str:
    try:
        address = ip_address(columns.line(row, "ip_address").removeprefix("[").removesuffix("]"))
    except ValueError as error:
        raise Unusable("not IP addresses") from error
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
