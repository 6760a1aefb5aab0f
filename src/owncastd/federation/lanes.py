"""
Which servers are written to right now, and which are next: one letter at a time to each.
"""

from collections import deque

from attrs import define, field


@define(eq=False)
class Lanes:
    """
    One lane for each server. A lane is free, ready, or in use; a server that is slow holds up
    nobody but itself, until as many are slow as may be in use at once.

    @ivar _most: how many may be in use at once.
    @ivar _ready: in the order of their turn.
    """

    _most: int
    _ready: deque[str] = field(init=False, factory=deque)
    _waiting: set[str] = field(init=False, factory=set)
    _used: set[str] = field(init=False, factory=set)

    @property
    def used(self) -> int:
        """
        How many are in use.
        """
        return len(self._used)

    @property
    def ready(self) -> int:
        """
        How many wait for their turn.
        """
        return len(self._ready)

    def offer(self, host: str) -> None:
        """
        There is something for a server; it gets its turn, if it has none already.
        """
        if host not in self._waiting and host not in self._used:
            self._waiting.add(host)
            self._ready.append(host)

    def take(self) -> str | None:
        """
        The server whose turn it is, whose lane is in use from now on; or C{None}.
        """
        if not self._ready or len(self._used) >= self._most:
            return None
        host = self._ready.popleft()
        self._waiting.discard(host)
        self._used.add(host)
        return host

    def done(self, host: str) -> None:
        """
        A lane is free again.
        """
        self._used.discard(host)

    def clear(self) -> None:
        """
        Forget whose turn it would be.
        """
        self._ready.clear()
        self._waiting.clear()
