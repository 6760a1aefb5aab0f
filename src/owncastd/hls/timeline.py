"""
When media was made: dates for EXT-X-PROGRAM-DATE-TIME.
"""

from datetime import UTC, datetime, timedelta

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

#: How many stretches are remembered: only the latest are still being entered.
MAX_STRETCHES = 8

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@define(eq=False)
class Timeline:
    """
    Which dates the stretches of a broadcast have, shared by its renditions.

    Players align renditions by date (draft-pantos-hls-rfc8216bis, 6.2.4). All renditions are on the
    broadcast's clock, so the first of them that reaches a stretch settles, for all, what date that
    clock shows in it: renditions that come later, because encoding takes time, or that begin in
    the middle, are dated by their media and not by their arrival.
    """

    _clock: IReactorTime
    #: Date at zero of the broadcast's clock, by stretch.
    _origins: dict[int, int] = field(factory=dict)
    _reached_ms: int = field(init=False, default=0)

    def date(self, stretch: int, begins_ms: int, duration_ms: int) -> int:
        """
        The date at which a rendition's media of a stretch begins.

        @param stretch: how many discontinuities lie before it.
        @param begins_ms: when its first part, which has just been completed, begins to be shown, on
            the broadcast's clock.
        @param duration_ms: how long that part is.
        @return: milliseconds since 1970.
        """
        origin = self._origins.get(stretch)
        if origin is None:
            while len(self._origins) >= MAX_STRETCHES:
                del self._origins[next(iter(self._origins))]
            now = round(self._clock.seconds() * 1000)
            # What one rendition may not overlap, no other may either: they would come apart.
            origin = max(now - duration_ms, self._reached_ms) - begins_ms
            self._origins[stretch] = origin
        return origin + begins_ms

    def reached(self, date_ms: int) -> None:
        """
        The media of a rendition goes up to this date; then comes another stretch.

        An encoder may be ahead of the clock, by the jitter of its first frame at least.
        """
        self._reached_ms = max(self._reached_ms, date_ms)


def format_date(milliseconds: int) -> str:
    """
    Write a date as ISO 8601 in UTC with milliseconds.

    @param milliseconds: since 1970.
    """
    date = _EPOCH + timedelta(milliseconds=milliseconds)
    return date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"
