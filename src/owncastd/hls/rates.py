"""
Bit rates as a multivariant playlist tells them.
"""

from attrs import define

#: A shorter segment tells nothing of the peak, in target durations
#: (draft-pantos-hls-rfc8216bis, 4.1).
PEAK_TARGETS = 0.5


@define(eq=False)
class BitRates:
    """
    Measures complete segments.

    @ivar media_ms: length of all of them.
    """

    media_ms: int = 0
    _bytes: int = 0
    _peak_bps: int = 0

    def measure(self, size: int, duration_ms: int, target_duration: int) -> None:
        """
        Take a segment into account.
        """
        self.media_ms += duration_ms
        self._bytes += size
        if duration_ms >= target_duration * PEAK_TARGETS * 1000:
            self._peak_bps = max(self._peak_bps, size * 8000 // duration_ms)

    @property
    def average_bps(self) -> int:
        """
        The mean of all.
        """
        return self._bytes * 8000 // self.media_ms if self.media_ms else 0

    @property
    def peak_bps(self) -> int:
        """
        That of the segment with the highest.
        """
        return max(self._peak_bps, self.average_bps)
