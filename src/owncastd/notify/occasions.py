"""
Occasions to tell the world: what is remembered of the newest, so that nobody is told twice.
"""

import json
import sqlite3
from datetime import datetime

from attrs import evolve, frozen


@frozen
class Occasion:
    """
    A broadcast that the world is to be told of. Where the server was restarted in the middle, what
    the encoder began anew is the same occasion.

    @ivar broadcast_id: of the broadcast with which it began.
    @ivar started_at: when that was (UTC).
    @ivar ended_at: when it ended, or C{None} while it goes on or if nobody saw it end (UTC).
    @ivar told_at: when the world was told last, of this or an earlier occasion (UTC).
    @ivar channels: those through which this one was told, or began to be.
    """

    broadcast_id: str
    started_at: datetime
    ended_at: datetime | None = None
    told_at: datetime | None = None
    channels: frozenset[str] = frozenset()

    def with_channel(self, name: str, now: datetime) -> "Occasion":
        """
        The same when one more channel begins.
        """
        return evolve(self, told_at=now, channels=self.channels | {name})


def store_occasion(cursor: sqlite3.Cursor, occasion: Occasion) -> None:
    """
    Remember an occasion; the one before is forgotten.
    """
    times = (occasion.started_at, occasion.ended_at, occasion.told_at)
    cursor.execute(
        "INSERT OR REPLACE INTO go_live_occasion (id, broadcast_id, started_at, ended_at, told_at,"
        " channels) VALUES (1, ?, ?, ?, ?, ?)",
        [
            occasion.broadcast_id,
            *(None if time is None else time.isoformat() for time in times),
            json.dumps(sorted(occasion.channels)),
        ],
    )


def stored_occasion(connection: sqlite3.Connection) -> Occasion | None:
    """
    What is remembered, if anything.
    """
    row = connection.execute(
        "SELECT broadcast_id, started_at, ended_at, told_at, channels FROM go_live_occasion"
    ).fetchone()
    if row is None:
        return None
    broadcast_id, started, ended, told, channels = row
    return Occasion(
        broadcast_id,
        datetime.fromisoformat(started),
        None if ended is None else datetime.fromisoformat(ended),
        None if told is None else datetime.fromisoformat(told),
        frozenset(json.loads(channels)),
    )
