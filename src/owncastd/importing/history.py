"""
When the stream was last on, and the most viewers it ever had.
"""

import sqlite3
from datetime import datetime
from typing import Final

from . import shapes
from .datastore import Values
from .errors import Unusable
from .report import Report

#: More viewers than there can have been.
MAX_VIEWERS: Final = 1_000_000_000


def bring_history(cursor: sqlite3.Cursor, values: Values, report: Report, now: datetime) -> None:
    """
    Keep the overall peak and the end of the last stream; the peak of a stream that is over is of no
    interest.
    """
    peak, ended = 0, None
    try:
        peak = _peak(values.get("peak_viewers_overall", 0.0))
    except Unusable as error:
        report.note(f"peak_viewers_overall: {error}")
    try:
        ended = shapes.moment(values.get("last_disconnect_time", {}))
    except Unusable as error:
        report.note(f"last_disconnect_time: {error}")
    cursor.execute(
        "INSERT INTO stream_history (id, last_disconnect_time, overall_peak_viewers, saved_at)"
        " VALUES (1, ?, ?, ?)",
        [ended, peak, now.isoformat()],
    )


def _peak(value: object) -> int:
    number = shapes.number(value)
    if not 0 <= number <= MAX_VIEWERS:
        raise Unusable("it is not a number of viewers")
    return int(number)
