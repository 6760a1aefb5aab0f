"""
Timestamps of FLV and RTMP: 32 bits of milliseconds that fall back to zero after 49.7 days.
"""

from attrs import define

WRAP = 1 << 32
_HALF = WRAP >> 1


@define
class TimestampUnwrapper:
    """
    Turns 32-bit timestamps of one stream into integers that do not wrap.

    Each value is taken as the one nearest to its predecessor, so that both small steps back (audio
    and video interleaved) and the wrap itself come out right. The first is taken as it is; what
    steps back behind zero becomes negative.
    """

    _last: int | None = None

    def unwrap(self, timestamp: int) -> int:
        """
        The unwrapped value of the next timestamp.

        @param timestamp: milliseconds modulo 2**32; higher bits are ignored.
        """
        timestamp &= WRAP - 1
        last = self._last
        if last is not None:
            step = (timestamp - last) & (WRAP - 1)
            timestamp = last + (step if step < _HALF else step - WRAP)
        self._last = timestamp
        return timestamp
