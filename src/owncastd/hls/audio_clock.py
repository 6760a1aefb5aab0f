"""
An audio clock that counts samples, because timestamps in milliseconds cannot say 1024/44100 s.
"""

from typing import Final

from attrs import define

#: Further off than this, the timestamps are believed: sound is missing, or there is too much.
RESYNC_MS: Final = 40
#: Further off than this on average, the encoder's two clocks drift, and samples are stretched.
STRETCH_MS: Final = 10
#: Over how many placements the drift is averaged, to see through jitter.
_AVERAGED: Final = 8


@define
class AudioClock:
    """
    Places AAC frames on their sample clock, held to the timestamps that came with them.

    @ivar frame_ms: how long one frame lasts.
    """

    _sample_rate: int
    _samples_per_frame: int
    _next: int | None = None
    _last: int = -1
    _drift: float = 0.0

    @property
    def frame_ms(self) -> float:
        """
        How long one frame lasts.
        """
        return 1000 * self._samples_per_frame / self._sample_rate

    def place(self, timestamp_ms: int, count: int) -> tuple[int, int]:
        """
        Where the next frames lie, in ticks of the sample rate.

        @param timestamp_ms: what the encoder says of the first.
        @param count: how many there are, without a gap between them.
        @return: decode time of the first, and the duration of each: a frame's samples, or one more
            or less where a drift is made up for.
        """
        measured = (timestamp_ms * self._sample_rate + 500) // 1000
        rate = self._sample_rate
        duration = self._samples_per_frame
        start = self._next
        if start is None or 1000 * abs(measured - start) > RESYNC_MS * rate:
            # Decode times only ever ascend, whatever the timestamps do.
            start = max(measured, self._last + 1)
            self._drift = 0.0
        else:
            self._drift += (measured - start - self._drift) / _AVERAGED
            if 1000 * self._drift > STRETCH_MS * rate:
                duration += 1
            elif 1000 * self._drift < -STRETCH_MS * rate:
                duration -= 1
        self._last = start
        self._next = start + duration * count
        return start, duration
