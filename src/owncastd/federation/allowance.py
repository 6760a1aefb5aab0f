"""
How often a stranger may have this server do something for them.
"""

from collections import OrderedDict
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

#: Strangers that are remembered; the one that was here longest ago is forgotten.
MAX_KNOWN: Final = 10_000


@define(eq=False)
class Allowance:
    """
    So many times in a row, and as many again in the course of some time (a token bucket).
    """

    _clock: IReactorTime
    _burst: int
    _seconds: float
    _known: OrderedDict[str, tuple[float, float]] = field(
        init=False, factory=OrderedDict, repr=False
    )

    def take(self, who: str, times: int = 1) -> bool:
        """
        Whether somebody may do it once more; it counts then.

        @param times: as how often it counts, for what is more work than usual.
        """
        now = self._clock.seconds()
        left, since = self._known.pop(who, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._burst / self._seconds)
        allowed = left >= times
        self._known[who] = (left - times if allowed else left, now)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return allowed
