"""
At what pace sockets are opened.

To open a socket costs a hundred times what it costs to serve it an event, and everybody comes at
once: when the stream starts, after a restart, in a raid. Video must not wait for that. So those who
come wait in a queue that moves at a steady pace, in which no address has more than a few places.
"""

from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from owncastd.net.limits import ConnectionLimit

#: Sockets that are opened per second in the long run; each takes half a millisecond.
PER_SECOND: Final = 600.0
#: So many may be opened at once after a quiet time.
BURST: Final = 40
#: Who waits, at most: for three seconds then.
MAX_WAITING: Final = 2_000
#: How many of one address may wait.
MAX_WAITING_PER_ADDRESS: Final = 50
#: The queue moves in steps of this length, in seconds.
STEP_SECONDS: Final = 0.02


class QueueFull(Exception):
    """
    There is no place left in the queue.
    """


@define(eq=False)
class HandshakeQueue:
    """
    Lets handshakes through, the first who came first.
    """

    _clock: IReactorTime
    _limit: ConnectionLimit = field(
        factory=lambda: ConnectionLimit(per_address=MAX_WAITING_PER_ADDRESS)
    )
    _waiting: dict[Deferred[None], str] = field(init=False, factory=dict)
    _free: float = field(init=False, default=BURST)
    _counted_at: float = field(init=False)
    _step: IDelayedCall | None = field(init=False, default=None)

    @_counted_at.default
    def _now(self) -> float:
        return self._clock.seconds()

    def turn(self, address: str) -> Deferred[None]:
        """
        Wait for one's turn.

        Failures: L{QueueFull}. May be cancelled.

        @param address: who waits, proxies seen through.
        """
        if not self._waiting and self._take():
            return succeed(None)
        if len(self._waiting) >= MAX_WAITING or not self._limit.admits(address):
            return fail(QueueFull())
        turn: Deferred[None] = Deferred(self._forget)
        self._waiting[turn] = address
        self._limit.enter(address)
        if self._step is None:
            self._step = self._clock.callLater(STEP_SECONDS, self._move)
        return turn

    def stop(self) -> None:
        """
        Send everybody away. No timer is left.
        """
        for turn in tuple(self._waiting):
            self._forget(turn)
            turn.errback(QueueFull())

    def _take(self) -> bool:
        """
        Take the right to open one socket, if there is one.
        """
        now = self._clock.seconds()
        self._free = min(float(BURST), self._free + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        if self._free < 1:
            return False
        self._free -= 1
        return True

    def _move(self) -> None:
        self._step = None
        while self._waiting and self._take():
            turn = next(iter(self._waiting))
            self._forget(turn)
            turn.callback(None)
        if self._waiting and self._step is None:
            self._step = self._clock.callLater(STEP_SECONDS, self._move)

    def _forget(self, turn: Deferred[None]) -> None:
        address = self._waiting.pop(turn, None)
        if address is not None:
            self._limit.leave(address)
        if not self._waiting and self._step is not None:
            self._step.cancel()
            self._step = None
