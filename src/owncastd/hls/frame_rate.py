"""
Frame rates, declared and measured, and parts that fit them.
"""

from collections import deque
from collections.abc import Sequence
from math import ceil
from typing import Final

from attrs import define, field

from owncastd.media.avc import MAX_FRAME_RATE, MIN_FRAME_RATE

#: How many frames are measured when nothing declares a rate.
MEASURED_FRAMES: Final = 5
#: How far a measured rate may be from a usual one to be taken for it.
_SNAP: Final = 0.02
_USUAL_RATES: Final = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120)
#: A part may be announced this much too long, rather than a whole millisecond, in rounding up.
_ROUNDING_MS: Final = 0.01
#: How far real steps between frames may be from the declared one, timestamps being rounded.
_STEP_TOLERANCE_MS: Final = 1.5
_STEPS: Final = 8


def measured_frame_rate(timestamps_ms: Sequence[int]) -> float:
    """
    The frame rate of some consecutive frames; a usual one where that fits.
    """
    span = timestamps_ms[-1] - timestamps_ms[0] if timestamps_ms else 0
    if span <= 0:
        return 30.0
    rate = 1000 * (len(timestamps_ms) - 1) / span
    for usual in _USUAL_RATES:
        if abs(rate - usual) <= _SNAP * usual:
            return float(usual)
    return min(max(rate, MIN_FRAME_RATE), MAX_FRAME_RATE)


def fitted_target_ms(part_ms: float, frame_ms: float) -> int:
    """
    The part duration nearest to the wanted one that holds whole frames.

    @return: milliseconds, rounded up, so that no such part is longer.
    """
    return ceil(max(1, round(part_ms / frame_ms)) * frame_ms - _ROUNDING_MS)


@define
class FrameStep:
    """
    How long a frame is expected to last, learnt from those that came.

    @ivar expected_ms: the declared duration, as long as real frames agree with it.
    """

    _declared_ms: float
    expected_ms: float = field(init=False)
    _steps: deque[int] = field(init=False, factory=lambda: deque(maxlen=_STEPS))
    _last: int | None = None

    def __attrs_post_init__(self) -> None:
        """
        Believe what is declared, at first.
        """
        self.expected_ms = self._declared_ms

    def note(self, timestamp_ms: int) -> None:
        """
        A frame came.
        """
        if self._last is not None:
            self._steps.append(timestamp_ms - self._last)
        self._last = timestamp_ms

    def learn(self) -> None:
        """
        Bring the expectation up to date: the median of the last steps, which some dropped frames do
        not disturb.
        """
        if len(self._steps) < _STEPS:
            return
        median = sorted(self._steps)[_STEPS // 2]
        if median <= 0 or abs(median - self._declared_ms) <= _STEP_TOLERANCE_MS:
            self.expected_ms = self._declared_ms
        else:
            self.expected_ms = float(min(median, 1000))
