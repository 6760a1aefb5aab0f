"""
One timer that looks after all sockets, instead of several for each.
"""

from typing import Final, Protocol

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: How often each socket is looked at, in seconds.
LOOK_SECONDS: Final = 10.0


class Watched(Protocol):
    """
    A socket that is looked at now and then.
    """

    def look(self, now: float) -> None:
        """
        See whether the peer is still there and takes what it is sent.
        """

    def cut(self) -> None:
        """
        Close without a word.
        """


@define(eq=False)
class Watch:
    """
    All sockets from their upgrade until their connections are gone.
    """

    _clock: IReactorTime
    _sockets: dict[Watched, None] = field(init=False, factory=dict)
    _next: IDelayedCall | None = field(init=False, default=None)
    _empty: Deferred[None] | None = field(init=False, default=None)
    _impatience: IDelayedCall | None = field(init=False, default=None)

    def __len__(self) -> int:
        return len(self._sockets)

    def enter(self, socket: Watched) -> None:
        """
        Look after this one from now on.
        """
        self._sockets[socket] = None
        if self._next is None:
            self._next = self._clock.callLater(LOOK_SECONDS, self._look)

    def leave(self, socket: Watched) -> None:
        """
        It is gone. No timer is left once all are.
        """
        self._sockets.pop(socket, None)
        if self._sockets:
            return
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if self._empty is not None:
            empty, self._empty = self._empty, None
            empty.callback(None)

    def wait_until_empty(self, patience_seconds: float) -> Deferred[None]:
        """
        Wait for all to go, and after a time cut those that have not.

        @return: fires when none is left.
        """
        if not self._sockets:
            return succeed(None)
        self._empty = Deferred()
        self._impatience = self._clock.callLater(patience_seconds, self._cut_all)
        return self._empty

    def _look(self) -> None:
        now = self._clock.seconds()
        self._next = self._clock.callLater(LOOK_SECONDS, self._look)
        for socket in tuple(self._sockets):
            socket.look(now)

    def _cut_all(self) -> None:
        self._impatience = None
        for socket in tuple(self._sockets):
            socket.cut()
