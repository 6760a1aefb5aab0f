"""
Time series in memory: the newest points of each, and no more.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import define, field, frozen

#: From one point to the next, in seconds.
SAMPLE_SECONDS: Final = 120.0
#: Points that a series keeps: ten hours of them.
MAX_POINTS: Final = 300


@frozen
class Sample:
    """
    One point of a series.

    @ivar time: when it was taken (UTC).
    """

    time: datetime
    value: float


@define(eq=False)
class Series:
    """
    The newest points of one quantity, oldest first.
    """

    _points: deque[Sample] = field(init=False, factory=lambda: deque(maxlen=MAX_POINTS))

    def add(self, time: datetime, value: float) -> None:
        """
        Take the next point; the oldest gives way when there are too many.
        """
        self._points.append(Sample(time, value))

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)

    @property
    def last(self) -> float | None:
        """
        The newest value, or C{None} before there is one.
        """
        return self._points[-1].value if self._points else None

    def recent_mean(self, count: int) -> float | None:
        """
        The mean of the newest values, or C{None} while there are fewer than that.

        @param count: how many, at least 1.
        """
        if len(self._points) < count:
            return None
        return sum(self._points[-number].value for number in range(1, count + 1)) / count
