"""
Interludes: the times between two encoders of one broadcast.
"""

from collections import OrderedDict
from typing import Final

from attrs import define, field

#: How many are remembered: renditions that are encoded come to them a little later.
MAX_INTERLUDES: Final = 8


@define(eq=False)
class Interlude:
    """
    A time in which the encoder is away, in all renditions alike.

    @ivar begins_ms: when it begins on the broadcast's clock.
    @ivar position_ms: up to where it was played.
    @ivar over: it goes no further.
    """

    begins_ms: int
    position_ms: int
    over: bool = False


@define(eq=False)
class Interludes:
    """
    The latest interludes, by how many discontinuities lie before them.
    """

    _known: OrderedDict[int, Interlude] = field(init=False, factory=OrderedDict)

    def add(self, number: int, interlude: Interlude) -> None:
        """
        One begins.
        """
        while len(self._known) >= MAX_INTERLUDES:
            self._known.popitem(last=False)
        self._known[number] = interlude

    def find(self, number: int) -> Interlude | None:
        """
        The one after so many discontinuities.
        """
        return self._known.get(number)

    def forget(self, number: int) -> None:
        """
        There was none after all.
        """
        self._known.pop(number, None)
