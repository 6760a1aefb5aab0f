"""
Noticing that a child takes input and brings nothing.
"""

from typing import Final

from attrs import define, field

#: After a longer pause of the input, in seconds, the wait for output begins anew.
INPUT_GAP_SECONDS: Final = 1.0


@define
class OutputWatch:
    """
    Measures how long some output has been silent while input was flowing.

    It needs no timer: only input can reveal that output is missing.

    @ivar outputs: how many there are.
    @ivar limit_seconds: how long each of them may be silent.
    """

    _outputs: int
    _limit_seconds: float
    _unheard: set[int] = field(factory=set, init=False)
    _since: float | None = field(default=None, init=False)
    _last_input: float = field(default=0.0, init=False)

    def wrote(self, now: float) -> bool:
        """
        Note input.

        @param now: the clock, in seconds.
        @return: whether an output has been silent for too long.
        """
        if self._since is None or now - self._last_input > INPUT_GAP_SECONDS:
            self._since = now
            self._unheard = set(range(self._outputs))
        self._last_input = now
        return now - self._since > self._limit_seconds

    def heard(self, position: int) -> None:
        """
        Note a message of one output; when all have brought one, the wait begins anew.
        """
        self._unheard.discard(position)
        if not self._unheard:
            self._since = None

    def restart(self) -> None:
        """
        Forget everything: another child begins.
        """
        self._since = None
