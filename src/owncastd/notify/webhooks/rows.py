"""
Webhooks and what waits for them in the database: interactions of L{Database}.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

from .hook import Webhook

_COLUMNS: Final = (
    "id, url, events, secret, created_at, last_used_at, last_tried_at, last_result,"
    " failing_since, disabled_at, dropped"
)


@frozen
class Delivery:
    """
    An event on its way to one webhook.

    @ivar id: later ones have larger ids.
    @ivar body: what is sent.
    """

    id: int
    body: bytes = field(repr=False)


@frozen
class Addition:
    """
    An event that is to be delivered.
    """

    webhook_id: int
    body: bytes = field(repr=False)
    at: datetime


@frozen
class Changes:
    """
    What is written at once.

    @ivar additions: the oldest first.
    @ivar done: ids of deliveries that are over, whatever came of them.
    @ivar standings: webhooks as they stand now.
    """

    additions: Collection[Addition] = ()
    done: Collection[int] = ()
    standings: Collection[Webhook] = ()


@frozen
class Written:
    """
    What came of it, by the ids of the webhooks that something was added to.

    @ivar waiting: how many deliveries wait now.
    @ivar dropped: how many of the oldest had to give way.
    """

    waiting: Mapping[int, int] = field(factory=dict)
    dropped: Mapping[int, int] = field(factory=dict)


def _time(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def all_webhooks(connection: sqlite3.Connection) -> tuple[tuple[Webhook, int], ...]:
    """
    Every webhook, the oldest first, with how many deliveries wait for it.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM webhook_deliveries"  # noqa: S608
        " WHERE webhook_id = webhooks.id) FROM webhooks ORDER BY id"
    ).fetchall()
    return tuple((_webhook(row[:-1]), int(row[-1])) for row in rows)


def _webhook(row: tuple[object, ...]) -> Webhook:
    webhook_id, url, events, secret, created_at, used_at, tried_at, result, *rest = row
    failing_since, disabled_at, dropped = rest
    return Webhook(
        id=int(str(webhook_id)),
        url=str(url),
        events=tuple(json.loads(str(events))),
        secret=None if secret is None else str(secret),
        created_at=datetime.fromisoformat(str(created_at)),
        last_used_at=_time(used_at),
        last_tried_at=_time(tried_at),
        last_result=None if result is None else str(result),
        failing_since=_time(failing_since),
        disabled_at=_time(disabled_at),
        dropped=int(str(dropped)),
    )


def insert(
    cursor: sqlite3.Cursor, url: str, events: Iterable[str], secret: str, now: datetime
) -> int:
    """
    Keep a new webhook.

    @return: its id.
    """
    cursor.execute(
        "INSERT INTO webhooks (url, events, secret, created_at) VALUES (?, ?, ?, ?)",
        [url, json.dumps(list(events)), secret, now.isoformat()],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def delete(cursor: sqlite3.Cursor, webhook_id: int) -> None:
    """
    Forget a webhook, and what waits for it.
    """
    cursor.execute("DELETE FROM webhooks WHERE id = ?", [webhook_id])


def change(cursor: sqlite3.Cursor, changes: Changes, most: int) -> Written:
    """
    Write everything that has changed. What is added for a webhook that is gone is left out.

    @param most: how many deliveries may wait for one webhook; the oldest give way.
    """
    cursor.executemany(
        "DELETE FROM webhook_deliveries WHERE id = ?", [(each,) for each in changes.done]
    )
    cursor.executemany(
        "INSERT INTO webhook_deliveries (webhook_id, body, created_at)"
        " SELECT id, ?, ? FROM webhooks WHERE id = ?",
        [(each.body, each.at.isoformat(), each.webhook_id) for each in changes.additions],
    )
    cursor.executemany(
        "UPDATE webhooks SET last_used_at = ?, last_tried_at = ?, last_result = ?,"
        " failing_since = ?, disabled_at = ?, dropped = ? WHERE id = ?",
        [
            (
                _text(each.last_used_at),
                _text(each.last_tried_at),
                each.last_result,
                _text(each.failing_since),
                _text(each.disabled_at),
                each.dropped,
                each.id,
            )
            for each in changes.standings
        ],
    )
    return _trim(cursor, {each.webhook_id for each in changes.additions}, most)


def _trim(cursor: sqlite3.Cursor, webhook_ids: Iterable[int], most: int) -> Written:
    waiting, dropped = {}, {}
    for webhook_id in webhook_ids:
        (count,) = cursor.execute(
            "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = ?", [webhook_id]
        ).fetchone()
        if count > most:
            cursor.execute(
                "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries"
                " WHERE webhook_id = ? ORDER BY id LIMIT ?)",
                [webhook_id, count - most],
            )
            dropped[webhook_id] = count - most
        waiting[webhook_id] = min(count, most)
    return Written(waiting, dropped)


def following(
    cursor: sqlite3.Cursor, webhook_id: int, after: int, most: int
) -> tuple[Delivery, ...]:
    """
    What is to be delivered to a webhook next.

    @param after: the id of the last one that is known already.
    """
    rows = cursor.execute(
        "SELECT id, body FROM webhook_deliveries WHERE webhook_id = ? AND id > ?"
        " ORDER BY id LIMIT ?",
        [webhook_id, after, most],
    ).fetchall()
    return tuple(Delivery(int(row[0]), bytes(row[1])) for row in rows)
