"""
What is on its way to others: interactions of L{Database}.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen

from .backoff import FORGET_AFTER, PROBE_EVERY, is_hopeless, rest_seconds

#: What waits for one server that takes nothing; the oldest gives way.
MAX_WAITING_PER_HOST: Final = 5_000
#: What is older is of no use to anybody.
MAX_AGE: Final = timedelta(days=8)


@frozen
class Address:
    """
    Where something goes.

    @ivar host: whose lane it takes.
    """

    host: str
    inbox: str


@frozen
class Delivery:
    """
    One activity on its way to one inbox.
    """

    id: int
    outgoing_id: int
    inbox: str
    body: str = field(repr=False)


@frozen
class FailingHost:
    """
    A server that takes nothing.

    @ivar parked_at: since when nothing waits for it any more, or C{None}.
    @ivar waiting: how much waits for it.
    """

    host: str
    failures: int
    failing_since: datetime
    retry_at: datetime
    parked_at: datetime | None
    problem: str
    waiting: int


def enqueue(
    cursor: sqlite3.Cursor, body: str, addresses: Iterable[Address], now: datetime
) -> tuple[str, ...]:
    """
    Have an activity delivered. What goes to parked servers is left out, until they are to be tried.

    @return: the hosts that something is to go to.
    """
    stamp = now.isoformat()
    resting = {
        str(host)
        for (host,) in cursor.execute(
            "SELECT host FROM federation_hosts WHERE parked_at IS NOT NULL AND retry_at > ?",
            [stamp],
        )
    }
    wanted = [each for each in addresses if each.host not in resting]
    if not wanted:
        return ()
    cursor.execute(
        "INSERT INTO federation_outgoing (body, created_at) VALUES (?, ?)", [body, stamp]
    )
    outgoing_id = cursor.lastrowid
    cursor.executemany(
        "INSERT OR IGNORE INTO federation_deliveries (outgoing_id, host, inbox) VALUES (?, ?, ?)",
        [(outgoing_id, each.host, each.inbox) for each in wanted],
    )
    hosts = tuple(dict.fromkeys(each.host for each in wanted))
    _bound(cursor, hosts)
    return hosts


def _bound(cursor: sqlite3.Cursor, hosts: Sequence[str]) -> None:
    """
    Keep no more for a server that fails than is bearable.
    """
    failing = {str(host) for (host,) in cursor.execute("SELECT host FROM federation_hosts")}
    for host in failing.intersection(hosts):
        cursor.execute(
            "DELETE FROM federation_deliveries WHERE host = ?1 AND id <= (SELECT id"
            " FROM federation_deliveries WHERE host = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            [host, MAX_WAITING_PER_HOST],
        )


def ready_hosts(cursor: sqlite3.Cursor, now: datetime, most: int) -> list[str]:
    """
    Servers that something can go to right now: those that never fail first, then in the order in
    which it was sent.
    """
    rows = cursor.execute(
        "SELECT waiting.host FROM (SELECT host, min(id) AS first FROM federation_deliveries"
        " GROUP BY host) AS waiting LEFT JOIN federation_hosts USING (host)"
        " WHERE retry_at IS NULL OR retry_at <= ?"
        " ORDER BY coalesce(failures, 0), first LIMIT ?",
        [now.isoformat(), most],
    ).fetchall()
    return [str(host) for (host,) in rows]


def next_retry(cursor: sqlite3.Cursor, now: datetime) -> datetime | None:
    """
    When the next server that fails is to be tried again, if something waits for any.
    """
    (found,) = cursor.execute(
        "SELECT min(retry_at) FROM federation_hosts WHERE retry_at > ? AND EXISTS"
        " (SELECT 1 FROM federation_deliveries WHERE host = federation_hosts.host)",
        [now.isoformat()],
    ).fetchone()
    return None if found is None else datetime.fromisoformat(found)


def next_for(cursor: sqlite3.Cursor, host: str) -> Delivery | None:
    """
    What a server gets next: the oldest.
    """
    row = cursor.execute(
        "SELECT federation_deliveries.id, outgoing_id, inbox, body FROM federation_deliveries"
        " JOIN federation_outgoing ON federation_outgoing.id = outgoing_id"
        " WHERE host = ? ORDER BY federation_deliveries.id LIMIT 1",
        [host],
    ).fetchone()
    return None if row is None else Delivery(*row)


def settled(cursor: sqlite3.Cursor, host: str, delivery: Delivery) -> bool:
    """
    A server has answered to something, whether or not it liked it: it works.

    @return: whether more waits for it.
    """
    _drop(cursor, delivery)
    cursor.execute("DELETE FROM federation_hosts WHERE host = ?", [host])
    found = cursor.execute(
        "SELECT 1 FROM federation_deliveries WHERE host = ? LIMIT 1", [host]
    ).fetchone()
    return found is not None


def _drop(cursor: sqlite3.Cursor, delivery: Delivery) -> None:
    cursor.execute("DELETE FROM federation_deliveries WHERE id = ?", [delivery.id])
    cursor.execute(
        "DELETE FROM federation_outgoing WHERE id = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM federation_deliveries WHERE outgoing_id = ?1)",
        [delivery.outgoing_id],
    )


def drop_all_for(cursor: sqlite3.Cursor, host: str) -> None:
    """
    Give up all that waits for a server.
    """
    cursor.execute("DELETE FROM federation_deliveries WHERE host = ?", [host])
    _drop_undeliverable(cursor)


def _drop_undeliverable(cursor: sqlite3.Cursor) -> None:
    cursor.execute(
        "DELETE FROM federation_outgoing WHERE NOT EXISTS"
        " (SELECT 1 FROM federation_deliveries WHERE outgoing_id = federation_outgoing.id)"
    )


def gone(cursor: sqlite3.Cursor, inbox: str) -> bool:
    """
    An inbox is no more: whoever it belonged to follows no longer.

    @return: whether anybody did.
    """
    lost = cursor.execute("DELETE FROM federation_followers WHERE inbox = ?", [inbox])
    return lost.rowcount > 0


def failed(
    cursor: sqlite3.Cursor,
    host: str,
    problem: str,
    now: datetime,
    spread: float,
    wish: float | None,
) -> bool:
    """
    A server takes nothing: let it rest, the longer the more often it failed; if it has failed for
    long, park it.

    @param spread: from 0 to 1, by chance.
    @param wish: for how many seconds it wants to be left alone itself.
    @return: whether it is parked now, and was not before.
    """
    row = cursor.execute(
        "SELECT failures, failing_since, parked_at FROM federation_hosts WHERE host = ?", [host]
    ).fetchone()
    failures, since_text, parked_at = row or (0, now.isoformat(), None)
    since, was_parked = datetime.fromisoformat(since_text), parked_at is not None
    retry_at = now + timedelta(seconds=rest_seconds(failures + 1, spread, wish))
    if was_parked or is_hopeless(since, now):
        parked_at = parked_at or now.isoformat()
        retry_at = now + PROBE_EVERY
        drop_all_for(cursor, host)
    cursor.execute(
        "INSERT INTO federation_hosts (host, failures, failing_since, retry_at, parked_at, problem)"
        " VALUES (?, 1, ?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET failures = failures + 1,"
        " retry_at = excluded.retry_at, parked_at = excluded.parked_at, problem = excluded.problem",
        [host, since.isoformat(), retry_at.isoformat(), parked_at, problem],
    )
    return parked_at is not None and not was_parked


def heard_from(cursor: sqlite3.Cursor, host: str) -> bool:
    """
    A server that was thought to fail has spoken to us: it works.

    @return: whether it was thought to fail.
    """
    return bool(cursor.execute("DELETE FROM federation_hosts WHERE host = ?", [host]).rowcount)


def forgettable(cursor: sqlite3.Cursor, now: datetime) -> list[str]:
    """
    Servers that were parked for so long that they are taken for dead.
    """
    rows = cursor.execute(
        "SELECT host FROM federation_hosts WHERE parked_at <= ?", [(now - FORGET_AFTER).isoformat()]
    ).fetchall()
    return [str(host) for (host,) in rows]


def inboxes_of_followers(cursor: sqlite3.Cursor) -> list[tuple[str, str]]:
    """
    IRI and inbox of all who follow or asked to.
    """
    rows = cursor.execute("SELECT iri, inbox FROM federation_followers").fetchall()
    return [(str(iri), str(inbox)) for iri, inbox in rows]


def forget(cursor: sqlite3.Cursor, hosts: Iterable[str], followers: Iterable[str]) -> None:
    """
    Forget servers, and who follows from there; who was blocked stays so.
    """
    cursor.executemany("DELETE FROM federation_hosts WHERE host = ?", [(each,) for each in hosts])
    cursor.executemany(
        "DELETE FROM federation_followers WHERE iri = ? AND disabled_at IS NULL",
        [(each,) for each in followers],
    )


def drop_stale(cursor: sqlite3.Cursor, now: datetime) -> int:
    """
    Give up what has waited for so long that nobody wants it.

    @return: how many deliveries that were.
    """
    count = cursor.execute(
        "DELETE FROM federation_deliveries WHERE outgoing_id IN"
        " (SELECT id FROM federation_outgoing WHERE created_at < ?)",
        [(now - MAX_AGE).isoformat()],
    ).rowcount
    _drop_undeliverable(cursor)
    return count


def waiting(cursor: sqlite3.Cursor) -> int:
    """
    How many deliveries there are to do.
    """
    (count,) = cursor.execute("SELECT count(*) FROM federation_deliveries").fetchone()
    return int(count)


def failing(cursor: sqlite3.Cursor, most: int) -> list[FailingHost]:
    """
    Servers that take nothing, the longest failing first.
    """
    rows = cursor.execute(
        "SELECT host, failures, failing_since, retry_at, parked_at, problem,"
        " (SELECT count(*) FROM federation_deliveries WHERE host = federation_hosts.host)"
        " FROM federation_hosts ORDER BY failing_since, host LIMIT ?",
        [most],
    ).fetchall()
    return [_failing(row) for row in rows]


def _failing(row: Sequence[Any]) -> FailingHost:
    host, failures, since, retry_at, parked_at, problem, count = row
    return FailingHost(
        host,
        failures,
        datetime.fromisoformat(since),
        datetime.fromisoformat(retry_at),
        None if parked_at is None else datetime.fromisoformat(parked_at),
        problem,
        count,
    )
