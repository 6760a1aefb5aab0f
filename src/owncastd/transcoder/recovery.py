"""
What to do when ffmpeg fails: start it again, fall back to software, or give up.
"""

from typing import Final

from attrs import define, field

from .families import LIBX264, EncoderFamily

#: How often an encoder that fails is started again before it is given up.
RESTARTS: Final = 2
#: How long after a failure, in seconds; each further one waits so many times longer.
BACKOFF_SECONDS: Final = 0.5
BACKOFF_FACTOR: Final = 4.0
#: An encoder that ran for so long, in seconds, has all its restarts again.
STEADY_SECONDS: Final = 60.0


@define
class Recovery:
    """
    Counts failures and decides; needs no timer.

    An encoder in hardware that brought nothing at all is given up at once: what is missing then is
    a device or a driver, which another start does not bring.

    @ivar encoder: the family to encode with.
    @ivar restarts: how often each encoder may be started again.
    """

    encoder: EncoderFamily
    _restarts: int = RESTARTS
    _failures: int = field(default=0, init=False)
    _started_at: float = field(default=0.0, init=False)

    def started(self, now: float) -> None:
        """
        Note that ffmpeg is started.

        @param now: the clock, in seconds.
        """
        self._started_at = now

    def failed(self, now: float, brought_something: bool) -> float | None:
        """
        Decide what to do about a failure; the encoder may be another one afterwards.

        @param now: the clock, in seconds.
        @param brought_something: whether any media had come.
        @return: after how many seconds to start again, or C{None} to give up.
        """
        if brought_something and now - self._started_at >= STEADY_SECONDS:
            self._failures = 0
        self._failures += 1
        hopeless = not brought_something and not self.encoder.is_software
        if self._failures <= self._restarts and not hopeless:
            return BACKOFF_SECONDS * BACKOFF_FACTOR ** (self._failures - 1)
        if self.encoder.is_software:
            return None
        self.encoder = LIBX264
        self._failures = 0
        return BACKOFF_SECONDS
