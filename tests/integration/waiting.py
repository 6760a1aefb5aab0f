"""
Waiting for what another process does: always for a condition, always with a limit.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: How often a condition is looked at, in seconds.
INTERVAL = 0.05


class TooLate(AssertionError):
    """
    What a test waited for did not happen in time.
    """


def wait_for(what: str, condition: Callable[[], T | None], seconds: float = 60.0) -> T:
    """
    Wait until a condition gives something other than C{None} and C{False}.

    @param what: completes "waited in vain for ...".
    @raise TooLate: the limit has passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value is not None and value is not False:
            return value
        if time.monotonic() > deadline:
            raise TooLate(f"waited {seconds} s in vain for {what}")
        time.sleep(INTERVAL)
