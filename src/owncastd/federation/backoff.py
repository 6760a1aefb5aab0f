"""
How long a server that takes nothing is left alone, and when it is given up: pure arithmetic.

A minute at first, three times as long with each failure, a day at most. A server that has failed
for a week is parked: nothing waits for it any more, and it is only tried again now and then. One
that was parked for a month is forgotten, with all who follow from there.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

FIRST_SECONDS: Final = 60.0
FACTOR: Final = 3.0
LONGEST_SECONDS: Final = 86_400.0
#: How much a rest may be shorter or longer, so that not all come back at once.
SPREAD: Final = 0.2
#: The longest that a server may ask us to wait.
LONGEST_WISH_SECONDS: Final = 86_400.0
#: After failing for so long, a server is parked.
PARK_AFTER: Final = timedelta(days=7)
#: How often a parked server is tried.
PROBE_EVERY: Final = timedelta(days=7)
#: After being parked for so long, a server is forgotten.
FORGET_AFTER: Final = timedelta(days=30)


def rest_seconds(failures: int, spread: float, wish: float | None = None) -> float:
    """
    How long to wait after a failure.

    @param failures: how many there were without a success between them, this one included.
    @param spread: from 0 to 1, by chance.
    @param wish: for how many seconds the server itself wants to be left alone.
    """
    # The exponent is bounded as well: a float cannot be arbitrarily large.
    exponent = min(max(failures, 1) - 1, 20)
    rest = min(FIRST_SECONDS * FACTOR**exponent, LONGEST_SECONDS)
    rest *= 1 + SPREAD * (2 * spread - 1)
    return max(rest, min(wish or 0.0, LONGEST_WISH_SECONDS))


def is_hopeless(failing_since: datetime, now: datetime) -> bool:
    """
    Whether a server that fails is to be parked.
    """
    return now - failing_since >= PARK_AFTER


def wish_seconds(retry_after: str, now: datetime) -> float | None:
    """
    What a server's C{Retry-After} header asks for (RFC 9110, 10.2.3); C{None} if it is nothing
    that can be read.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max((moment - now).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):
        # Not a date, or one without a zone, which cannot be compared.
        return None
