"""
Who is told outside: webhooks, browsers that asked for notifications, and the fediverse.
"""

import json
import sqlite3
from datetime import datetime
from typing import Final

from . import columns
from .credentials import WELL_KNOWN
from .errors import Unusable
from .old_database import Row
from .tables import Table

#: The events that a webhook can be told of.
WEBHOOK_EVENTS: Final = frozenset(
    {
        "CHAT",
        "USER_JOINED",
        "USER_PARTED",
        "NAME_CHANGE",
        "VISIBILITY-UPDATE",
        "STREAM_STARTED",
        "STREAM_STOPPED",
        "STREAM_TITLE_UPDATED",
        # Of later releases.
        "FEDIVERSE_ENGAGEMENT_FOLLOW",
    }
)
_BROWSER: Final = "BROWSER_PUSH_NOTIFICATION"


def outside(now: datetime) -> tuple[Table, ...]:
    """
    The tables of the world outside.

    @param now: stands for times that cannot be read but must be there.
    """

    def since(row: Row, name: str) -> str:
        return (columns.moment(row, name) or now).isoformat()

    def bring_webhook(cursor: sqlite3.Cursor, row: Row) -> None:
        events = [each for each in columns.listed(row, "events") if each in WEBHOOK_EVENTS]
        if not events:
            raise Unusable("without an event that is known here")
        secret = columns.optional_line(row, "secret")
        cursor.execute(
            "INSERT INTO webhooks (id, url, events, secret, created_at, last_used_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                row["id"],
                columns.url(row, "url"),
                json.dumps(events),
                None if secret == WELL_KNOWN else secret,
                since(row, "timestamp"),
                columns.optional_moment(row, "last_used"),
            ],
        )

    def bring_subscription(cursor: sqlite3.Cursor, row: Row) -> None:
        cursor.execute(
            "INSERT INTO push_subscriptions (endpoint, p256dh, auth, created_at)"
            " VALUES (?, ?, ?, ?)",
            [*_subscription(row), since(row, "created_at")],
        )

    def bring_follower(cursor: sqlite3.Cursor, row: Row) -> None:
        blocked = row["disabled_at"] is not None
        cursor.execute(
            "INSERT INTO federation_followers (iri, inbox, shared_inbox, name, username, image,"
            " request_iri, request, created_at, approved_at, disabled_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                columns.url(row, "iri"),
                columns.url(row, "inbox"),
                columns.optional_url(row, "shared_inbox"),
                columns.optional_line(row, "name") or "",
                columns.line(row, "username"),
                columns.optional_url(row, "image"),
                columns.line(row, "request"),
                columns.json_object(row, "request_object"),
                since(row, "created_at"),
                # Whoever is blocked stays so, whatever was approved before.
                None if blocked else columns.optional_moment(row, "approved_at"),
                since(row, "disabled_at") if blocked else None,
            ],
        )

    def bring_post(cursor: sqlite3.Cursor, row: Row) -> None:
        published = columns.json_object(row, "value")
        if published is None:
            raise Unusable("not JSON objects")
        cursor.execute(
            "INSERT INTO federation_outbox (iri, type, object, live_notification, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                columns.url(row, "iri"),
                columns.line(row, "type"),
                published,
                int(bool(row["live_notification"])),
                since(row, "created_at"),
            ],
        )

    def bring_activity(cursor: sqlite3.Cursor, row: Row) -> None:
        cursor.execute(
            "INSERT INTO federation_activities (object_iri, actor_iri, type, received_at)"
            " VALUES (?, ?, ?, ?)",
            [
                columns.line(row, "iri"),
                columns.url(row, "actor"),
                columns.line(row, "type"),
                since(row, "timestamp"),
            ],
        )

    return (
        Table(
            "webhooks",
            "webhooks",
            ["id", "url", "events", "secret", "timestamp", "last_used"],
            bring_webhook,
        ),
        Table(
            "push subscriptions",
            "notifications",
            ["channel", "destination", "created_at"],
            bring_subscription,
        ),
        Table("fediverse followers", "ap_followers", _FOLLOWER_COLUMNS, bring_follower),
        Table(
            "fediverse posts",
            "ap_outbox",
            ["iri", "value", "type", "created_at", "live_notification"],
            bring_post,
        ),
        Table(
            "fediverse activities",
            "ap_accepted_activities",
            ["iri", "actor", "type", "timestamp"],
            bring_activity,
        ),
    )


_FOLLOWER_COLUMNS: Final = (
    "iri",
    "inbox",
    "shared_inbox",
    "name",
    "username",
    "image",
    "request",
    "request_object",
    "created_at",
    "approved_at",
    "disabled_at",
)


def _subscription(row: Row) -> tuple[str, str, str]:
    """
    What a browser gave to be reached: its address at the push service, and its two keys.
    """
    if row["channel"] != _BROWSER:
        raise Unusable("of a kind that is not known here")
    try:
        destination = json.loads(columns.line(row, "destination"))
        found = (
            destination["endpoint"],
            destination["keys"]["p256dh"],
            destination["keys"]["auth"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unusable("not subscriptions") from None
    if not all(isinstance(each, str) and each for each in found):
        raise Unusable("not subscriptions")
    columns.url({"endpoint": found[0]}, "endpoint")
    return found
