"""
Single columns of the old tables.

Times were written by Go's drivers or by SQLite itself: C{2024-03-01 20:30:27.5+00:00}, RFC 3339,
C{2024-03-01 20:30:27} without a zone, which is UTC, or Go's C{2024-03-01 20:30:27.5 +0000 UTC}.
"""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from urllib.parse import urlsplit

from .errors import Unusable
from .old_database import Row

#: Longest text of one line, such as a name or an address, in characters.
MAX_LINE: Final = 2_000
#: Longest object of the fediverse, in bytes.
MAX_OBJECT: Final = 256 * 1024

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?"
    r" ?(?:(Z)|([+-])(\d\d):?(\d\d))?(?: .{0,60})?",
    re.ASCII,
)


def line(row: Row, name: str) -> str:
    """
    A text of one line that must be there.

    @raise Unusable: it is empty or far too long.
    """
    value = optional_line(row, name)
    if not value:
        raise Unusable(f"without {name}")
    return value


def optional_line(row: Row, name: str) -> str | None:
    """
    A text of one line; C{None} if it is empty.

    @raise Unusable: it is far too long.
    """
    value = row[name]
    # What looked like a number was stored as one.
    text = "" if value is None or isinstance(value, bytes) else str(value).strip()
    if len(text) > MAX_LINE:
        raise Unusable(f"whose {name} has more than {MAX_LINE} characters")
    return text or None


def listed(row: Row, name: str) -> list[str]:
    """
    The parts of a text between commas, without empty ones.
    """
    value = row[name]
    return [] if value is None else [part.strip() for part in str(value).split(",") if part.strip()]


def url(row: Row, name: str) -> str:
    """
    An absolute URL of http or https.

    @raise Unusable: it is not.
    """
    value = line(row, name)
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise Unusable(f"whose {name} is not the URL of a website")
    return value


def optional_url(row: Row, name: str) -> str | None:
    """
    An absolute URL of http or https; C{None} if it is not.
    """
    try:
        return url(row, name)
    except Unusable:
        return None


def moment(row: Row, name: str) -> datetime | None:
    """
    A time, in UTC; C{None} if there is none that can be read.
    """
    match = _TIME.fullmatch(str(row[name] or ""))
    if match is None:
        return None
    day, clock, fraction, _, sign, hours, minutes = match.groups()
    try:
        zone = UTC
        if sign is not None:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset)
        micros = (fraction or "").ljust(6, "0")[:6]
        time = datetime.fromisoformat(f"{day}T{clock}.{micros}").replace(tzinfo=zone)
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def optional_moment(row: Row, name: str) -> str | None:
    """
    A time as our tables have it, or C{None}.
    """
    time = moment(row, name)
    return None if time is None else time.isoformat()


def json_object(row: Row, name: str) -> str | None:
    """
    The text of a JSON object, on one line; C{None} if it is none, or too long.
    """
    value = row[name]
    if not isinstance(value, bytes | str) or len(value) > MAX_OBJECT:
        return None
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return None
    # As it was otherwise: signatures and ids within it are not ours to change.
    return json.dumps(parsed, ensure_ascii=False) if isinstance(parsed, dict) else None
