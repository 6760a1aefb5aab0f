"""
Times as Go's C{time.Time} encodes itself.

Source: pkg.go.dev/time, C{Time.MarshalBinary}: a version; the seconds since the year 1 in 8 bytes;
nanoseconds in 4; the offset of the zone in minutes in 2, or -1 for UTC; from version 2 on, when the
offset is not whole minutes, its seconds in 1 more.
"""

import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from .gob import Opaque
from .gob_stream import GobError

_FORMAT: Final = struct.Struct(">BqLh")
#: Length of each version.
_LENGTHS: Final = {1: _FORMAT.size, 2: _FORMAT.size + 1}
_YEAR_1: Final = datetime(1, 1, 1, tzinfo=UTC)
_NANOSECONDS: Final = 1_000_000_000


def time_of(value: object) -> datetime | None:
    """
    The moment that a decoded time is, in UTC; C{None} for Go's zero time.

    Where it was taken, the offset of the zone, makes no difference to the moment.

    @raise GobError: it is not a time, or not one of the years 1 to 9999.
    """
    if not isinstance(value, Opaque) or not value.data:
        raise GobError("it is not a time")
    if _LENGTHS.get(value.data[0]) != len(value.data):
        raise GobError("it is a time in a form that is not known")
    _, seconds, nanoseconds, _ = _FORMAT.unpack_from(value.data)
    if nanoseconds >= _NANOSECONDS:
        raise GobError("it is a time with too many nanoseconds")
    if seconds == nanoseconds == 0:
        return None
    try:
        return _YEAR_1 + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError:
        raise GobError("it is a time out of all bounds") from None
