"""
Noticing that ffmpeg falls behind real time, and choosing what to do without.
"""

from collections.abc import Sequence
from math import inf
from typing import Final

from attrs import define, field

from owncastd.media.renditions import Rendition

#: How far an output may lie behind the input, in milliseconds of media. Encoders hold less.
BEHIND_MS: Final = 1500
#: For how long it may lie further behind, in seconds.
BEHIND_SECONDS: Final = 10.0
#: What brings media so many times as fast as real time is catching up.
CATCHING_UP: Final = 1.02
#: An output that brought something this many seconds ago is at work.
AT_WORK_SECONDS: Final = 2.0


@define
class Pace:
    """
    Compares the time of what ffmpeg takes with the time of what it brings.

    Being behind is not enough, since media may also come faster than real time for a while: what
    catches up, or brings more media than time passes, goes on. It needs no timer: while there is no
    input nothing can fall behind.

    @ivar outputs: how many there are.
    """

    _outputs: int
    _newest_in: int | None = field(default=None, init=False)
    _newest_out: list[int] = field(factory=list, init=False)
    _heard_at: list[float | None] = field(factory=list, init=False)
    #: When an output first lay behind, and how far the last of them was then.
    _behind_since: tuple[float, int] | None = field(default=None, init=False)

    def wrote(self, now: float, timestamp_ms: int) -> bool:
        """
        Note input.

        @param now: the clock, in seconds.
        @return: whether some output has been behind for too long. Then the wait begins anew.
        """
        if self._newest_in is None:
            self._newest_out = [timestamp_ms] * self._outputs
            self._heard_at = [None] * self._outputs
            self._newest_in = timestamp_ms
        self._newest_in = max(self._newest_in, timestamp_ms)
        last_out = min(self._newest_out)
        if self._newest_in - last_out <= BEHIND_MS:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = now, last_out
        elif now - self._behind_since[0] >= BEHIND_SECONDS:
            since, out_then = self._behind_since
            self._behind_since = now, last_out
            return last_out - out_then <= 1000 * (now - since) * CATCHING_UP
        return False

    def heard(self, now: float, position: int, timestamp_ms: int) -> None:
        """
        Note a message of one output.
        """
        if self._newest_in is not None:
            self._newest_out[position] = max(self._newest_out[position], timestamp_ms)
            self._heard_at[position] = now

    @property
    def brought_something(self) -> bool:
        """
        Whether any output was heard.
        """
        return any(heard is not None for heard in self._heard_at)

    def at_work(self, now: float) -> bool:
        """
        Whether all outputs were heard lately: what takes no input then is slow, not stuck.
        """
        return bool(self._heard_at) and all(
            heard is not None and now - heard <= AT_WORK_SECONDS for heard in self._heard_at
        )


def heaviest(renditions: Sequence[Rendition]) -> int | None:
    """
    The position of the rendition that costs most to encode, or C{None} if none has its video
    encoded. Of equals it is the first.
    """
    encoded = [n for n, rendition in enumerate(renditions) if not rendition.video_passthrough]
    return max(encoded, key=lambda position: _cost(renditions[position]), default=None)


def _cost(rendition: Rendition) -> tuple[float, float, int]:
    """
    What is compared: pixels, then frames, then bits. What follows the source may be anything.
    """
    width, height = rendition.scaled_width, rendition.scaled_height
    if width > 0 and height > 0:
        pixels: float = width * height
    elif height > 0:
        pixels = height * height * 16 / 9
    elif width > 0:
        pixels = width * width * 9 / 16
    else:
        pixels = inf
    return pixels, rendition.framerate or inf, rendition.video_bitrate_kbps
