"""
How fast webhooks are served, all of them together.
"""

from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

#: Deliveries in a second. Each costs the processor a few milliseconds, so that more of them, as
#: when a receiver is back after a long time, would take it from those who watch.
DELIVERIES_PER_SECOND: Final = 100.0
#: So many may go at once after a pause.
BURST: Final = 100


@define(eq=False)
class Pace:
    """
    Gives deliveries their turns.

    @ivar _last: the time of the last turn that was given, or a little before now.
    """

    _clock: IReactorTime
    _last: float = field(init=False, default=float("-inf"))

    def seconds(self) -> float:
        """
        Take a turn.

        @return: how long it is until then; 0 most of the time.
        """
        now = self._clock.seconds()
        earliest = now - BURST / DELIVERIES_PER_SECOND
        self._last = max(self._last, earliest) + 1 / DELIVERIES_PER_SECOND
        return max(0.0, self._last - now)
