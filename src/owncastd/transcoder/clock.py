"""
The clock of one ffmpeg child, against the clock of the broadcast.
"""

from typing import Final

from attrs import define

#: Where a child's clock starts, in milliseconds. Above zero, since an AAC encoder's priming samples
#: come before the first sample and ffmpeg shifts a whole output that would begin below zero.
CLOCK_START_MS: Final = 10_000

#: ffmpeg's FLV muxer writes the lower 31 bits of a timestamp (seen in 5.1 and 9.0).
_OUTPUT_WRAP: Final = 1 << 31


@define
class ChildClock:
    """
    Maps timestamps of the broadcast to those that one child sees, and back.

    A child's clock starts near zero whatever the encoder's does, so that ffmpeg stays clear of the
    wrap of FLV's 32 bits for the first 49 days of one child. With C{-copyts} what comes out
    is on the same clock as what went in.
    """

    _base_ms: int | None = None
    _newest_ms: int = CLOCK_START_MS

    def to_child(self, timestamp_ms: int) -> int:
        """
        Map a message's timestamp for ffmpeg; the first one sets the base.
        """
        if self._base_ms is None:
            self._base_ms = timestamp_ms - CLOCK_START_MS
        self._newest_ms = max(0, timestamp_ms - self._base_ms)
        return self._newest_ms

    def from_child(self, timestamp_ms: int) -> int:
        """
        Map a timestamp from ffmpeg: the value nearest to what was last written to it.

        @param timestamp_ms: right modulo 2**31.
        """
        ahead = (timestamp_ms - self._newest_ms + _OUTPUT_WRAP // 2) % _OUTPUT_WRAP
        return self._newest_ms + ahead - _OUTPUT_WRAP // 2 + (self._base_ms or 0)
