"""
What every event of the chat begins with: an id of its own, and when it happened.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from attrs import define, frozen
from twisted.internet.interfaces import IReactorTime

#: Bytes of randomness in an id: 12 letters of URL-safe base64.
ID_BYTES: Final = 9


@frozen
class Stamp:
    """
    The identity of one event.

    @ivar id: short, URL-safe, opaque to everybody.
    @ivar at: when it happened (UTC).
    """

    id: str
    at: datetime


@define(eq=False)
class Stamps:
    """
    Makes stamps.
    """

    _clock: IReactorTime
    _random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def new(self) -> Stamp:
        """
        The stamp of something that happens right now.
        """
        return Stamp(urlsafe_b64encode(self._random_bytes(ID_BYTES)).decode("ascii"), self.now())

    def now(self) -> datetime:
        """
        The present time (UTC).
        """
        return datetime.fromtimestamp(self._clock.seconds(), UTC)


def time_text(moment: datetime) -> str:
    """
    A moment as the API tells it: RFC 3339 in UTC, with fractions of seconds.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
