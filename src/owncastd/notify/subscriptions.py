"""
Browsers that asked to be told when the stream is on.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from owncastd.database.connection import Database

from .push_encryption import AUTH_BYTES, from_base64url, public_key, to_base64url

#: How many browsers are told at most: what one broadcast can reach within some minutes.
MAX_SUBSCRIPTIONS: Final = 20_000
#: Of one user; who adds more loses the oldest.
MAX_PER_USER: Final = 5
#: Longest subscription as JSON, and longest address at a push service, in characters.
MAX_DESTINATION: Final = 4_096
MAX_ENDPOINT: Final = 2_000
#: After so many messages in a row that its push service did not take, a browser is given up.
MAX_FAILURES: Final = 5


class InvalidSubscription(ValueError):
    """
    What no browser can be reached by. The text says why.
    """


class TooManySubscriptions(Exception):
    """
    No more browsers can be told.
    """


@frozen
class Subscription:
    """
    How to reach a browser. Whoever knows all of it could write to the browser in our name, were it
    not for our key.

    @ivar endpoint: an address at a push service that stands for the browser.
    @ivar key: the browser's public key (C{p256dh}).
    @ivar secret: what it shares with us (C{auth}).
    """

    endpoint: str = field(repr=False)
    key: bytes = field(repr=False)
    secret: bytes = field(repr=False)


def parse_subscription(text: str) -> Subscription:
    """
    A C{PushSubscription} as browsers make JSON of it (W3C Push API, 8.2).

    @raise InvalidSubscription: it is none, or not at a place that may be asked for.
    """
    if len(text) > MAX_DESTINATION:
        raise InvalidSubscription(f"a subscription has at most {MAX_DESTINATION} characters")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidSubscription("a subscription must be JSON") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, dict):
        raise InvalidSubscription("a subscription must be an object with keys")
    return subscription_of(document.get("endpoint"), keys.get("p256dh"), keys.get("auth"))


def subscription_of(endpoint: object, p256dh: object, auth: object) -> Subscription:
    """
    A subscription from its three parts, the latter two as URL-safe base64.

    @raise InvalidSubscription: one is missing or wrong.
    """
    if not isinstance(endpoint, str) or not _is_address(endpoint):
        raise InvalidSubscription("the endpoint must be a URL that begins with https://")
    try:
        if not isinstance(p256dh, str) or not isinstance(auth, str):
            raise ValueError("it is not text")
        key, secret = from_base64url(p256dh), from_base64url(auth)
        public_key(key)
        if len(secret) != AUTH_BYTES:
            raise ValueError("it has another length")
    except ValueError:
        raise InvalidSubscription("the keys p256dh and auth are not those of a browser") from None
    return Subscription(endpoint, key, secret)


def _is_address(endpoint: str) -> bool:
    if len(endpoint) > MAX_ENDPOINT or " " in endpoint or not endpoint.isprintable():
        return False
    if not endpoint.isascii():
        return False
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and parts.username is None


def _add(cursor: sqlite3.Cursor, subscription: Subscription, user_id: str, now: str) -> None:
    known = cursor.execute(
        "SELECT 1 FROM push_subscriptions WHERE endpoint = ?", [subscription.endpoint]
    ).fetchone()
    if known is None:
        # The user's oldest make room first, so that one user cannot fill the list.
        cursor.execute(
            "DELETE FROM push_subscriptions WHERE user_id = ? AND endpoint NOT IN"
            " (SELECT endpoint FROM push_subscriptions WHERE user_id = ?"
            " ORDER BY created_at DESC LIMIT ?)",
            [user_id, user_id, MAX_PER_USER - 1],
        )
        if _count(cursor) >= MAX_SUBSCRIPTIONS:
            raise TooManySubscriptions("no more browsers can be told")
    cursor.execute(
        "INSERT INTO push_subscriptions (endpoint, p256dh, auth, created_at, user_id)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (endpoint) DO UPDATE SET"
        " p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at,"
        " user_id = excluded.user_id, failures = 0",
        [
            subscription.endpoint,
            to_base64url(subscription.key),
            to_base64url(subscription.secret),
            now,
            user_id,
        ],
    )


def _count(cursor: sqlite3.Cursor) -> int:
    (count,) = cursor.execute("SELECT count(*) FROM push_subscriptions").fetchone()
    return int(count)


def _take_untold(cursor: sqlite3.Cursor, occasion: str, limit: int) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = cursor.execute(
        "UPDATE push_subscriptions SET told_of = ? WHERE endpoint IN"
        " (SELECT endpoint FROM push_subscriptions WHERE told_of IS NOT ? LIMIT ?)"
        " RETURNING endpoint, p256dh, auth",
        [occasion, occasion, limit],
    ).fetchall()
    return rows


def _remove(cursor: sqlite3.Cursor, endpoints: Sequence[str]) -> None:
    cursor.executemany(
        "DELETE FROM push_subscriptions WHERE endpoint = ?", [(each,) for each in endpoints]
    )


def _note(cursor: sqlite3.Cursor, endpoint: str, taken: bool) -> None:
    if taken:
        cursor.execute(
            "UPDATE push_subscriptions SET failures = 0 WHERE endpoint = ? AND failures > 0",
            [endpoint],
        )
        return
    cursor.execute(
        "UPDATE push_subscriptions SET failures = failures + 1 WHERE endpoint = ?", [endpoint]
    )
    cursor.execute(
        "DELETE FROM push_subscriptions WHERE endpoint = ? AND failures >= ?",
        [endpoint, MAX_FAILURES],
    )


def clear(cursor: sqlite3.Cursor) -> None:
    """
    Nobody is told any more.
    """
    cursor.execute("DELETE FROM push_subscriptions")


@define(eq=False)
class Subscriptions:
    """
    Keeps the browsers in the database.
    """

    _clock: IReactorTime
    _database: Database

    def add(self, subscription: Subscription, user_id: str) -> Deferred[None]:
        """
        A browser wants to be told; one that is known already is known by its new keys.

        Failures: L{TooManySubscriptions}, and those of L{Database.write}.
        """
        now = datetime.fromtimestamp(self._clock.seconds(), UTC).isoformat()
        return self._database.write(_add, subscription, user_id, now)

    def remove(self, *endpoints: str) -> Deferred[None]:
        """
        These are told no more. Failures: those of L{Database.write}.
        """
        return self._database.write(_remove, endpoints)

    def count(self) -> Deferred[int]:
        """
        How many there are. Failures: those of L{Database.read}.
        """
        return self._database.read(_count)

    async def take(self, occasion: str, limit: int) -> list[Subscription]:
        """
        Some who have not been told of an occasion; from now on they count as told.

        What is kept of them but cannot be used is removed on the way.

        Failures: those of L{Database.write}.

        @return: none when all have been told.
        """
        while rows := await self._database.write(_take_untold, occasion, limit):
            usable, unusable = _sorted_out(rows)
            if unusable:
                await self.remove(*unusable)
            if usable:
                return usable
        return []

    def note(self, endpoint: str, taken: bool) -> Deferred[None]:
        """
        Whether the push service took a message for a browser; who failed often is removed.

        Failures: those of L{Database.write}.
        """
        return self._database.write(_note, endpoint, taken)


def _sorted_out(rows: Iterable[tuple[Any, Any, Any]]) -> tuple[list[Subscription], list[str]]:
    usable: list[Subscription] = []
    unusable: list[str] = []
    for row in rows:
        try:
            usable.append(subscription_of(*row))
        except InvalidSubscription:
            unusable.append(str(row[0]))
    return usable, unusable
