"""
When media was made: dates for EXT-X-PROGRAM-DATE-TIME.
"""

from datetime import UTC, datetime, timedelta

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

#: Renditions of the same media arrive at different times, because encoding takes time. Beyond this
#: the difference is not the encoder's: the rendition started later.
SHARED_ANCHOR_TOLERANCE_SECONDS = 5.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@define(eq=False)
class Timeline:
    """
    The dates at which the stretches of a broadcast began, shared by its renditions.

    Players align renditions by date, so the first rendition that reaches a stretch sets the date
    for all (draft-pantos-hls-rfc8216bis, 6.2.4).
    """

    _clock: IReactorTime
    _anchors: dict[int, int] = field(factory=dict)

    def anchor(self, stretch: int, first_part_ms: int) -> int:
        """
        The date at which a stretch began.

        @param stretch: how many discontinuities lie before it.
        @param first_part_ms: length of the first part, which has just been completed.
        @return: milliseconds since 1970.
        """
        own = round(self._clock.seconds() * 1000) - first_part_ms
        shared = self._anchors.get(stretch)
        if shared is None:
            # Only the latest stretches are still being entered.
            while len(self._anchors) >= 8:
                del self._anchors[next(iter(self._anchors))]
            self._anchors[stretch] = own
            return own
        if abs(own - shared) > SHARED_ANCHOR_TOLERANCE_SECONDS * 1000:
            return own
        return shared


def format_date(milliseconds: int) -> str:
    """
    Write a date as ISO 8601 in UTC with milliseconds.

    @param milliseconds: since 1970.
    """
    date = _EPOCH + timedelta(milliseconds=milliseconds)
    return date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"
