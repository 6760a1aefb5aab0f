"""
What is on its way to one client, and how much of it there may be.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import define, field

from owncastd.net.eager import EagerServer

#: What may be kept that a peer has not taken, beside what the kernel keeps.
MAX_UNSENT_BYTES: Final = 64 * 1024
#: What the kernel may keep of it. Left alone, it may be megabytes for a peer that never reads.
SEND_BUFFER_BYTES: Final = 64 * 1024

Send = Callable[[bytes], int]


def _nothing() -> None:
    """
    Do nothing.
    """


@define(eq=False)
class Outgoing:
    """
    Writes to one transport: past it, straight to the socket, for as long as the kernel takes all.

    Whoever writes to the transport has to do it here, or bytes would overtake each other.

    @ivar _transport: any; where it is an L{EagerServer}, it is passed by.
    @ivar _too_slow: is called when the peer leaves too much untaken.
    @ivar _straight: gives bytes to the kernel, where that is possible at all.
    @ivar _send: the same while nothing is kept; else C{None}.
    @ivar _ended: whether nothing may follow.
    @ivar _kept: how many bytes had to be kept so far.
    @ivar _taken: how many of these the peer had taken when it was last asked; C{None} if all.
    """

    _transport: Any
    _too_slow: Callable[[], None]
    _straight: Send | None = field(init=False, default=None)
    _send: Send | None = field(init=False, default=None)
    _ended: bool = field(init=False, default=False)
    _kept: int = field(init=False, default=0)
    _taken: int | None = field(init=False, default=None)

    def begin(self) -> None:
        """
        The handshake is over: many small messages follow.
        """
        # TLS shows the attributes of what it wraps; to send past it would be to send in the clear.
        if isinstance(self._transport, EagerServer):
            self._straight = self._transport.send_at_once
            if not self._unsent():
                self._send = self._straight
        bound = getattr(self._transport, "set_send_buffer", None)
        if bound is not None:
            bound(SEND_BUFFER_BYTES)

    def write(self, data: bytes) -> None:
        """
        Send, and keep what is not taken. Never raises, never waits.
        """
        send = self._send
        if send is not None:
            try:
                sent = send(data)
            except OSError:
                # The kernel is full, or the connection is gone: the transport finds out which.
                sent = 0
            if sent == len(data):
                return
            self._send = None
            data = data[sent:]
        elif self._ended:
            return
        self._transport.write(data)
        self._kept += len(data)
        if self._unsent() > MAX_UNSENT_BYTES:
            self._too_slow()

    def end(self) -> None:
        """
        Nothing may follow what was written: it is ignored from now on.
        """
        self._ended = True
        self._straight = self._send = None
        # Not to be kept alive by what it keeps.
        self._too_slow = _nothing

    def is_stuck(self) -> bool:
        """
        Whether something was kept when this was asked last, and nothing was taken since.
        """
        unsent = self._unsent()
        before = self._taken
        if not unsent:
            self._send = self._straight
            self._taken = None
            return False
        self._taken = self._kept - unsent
        return before is not None and self._taken <= before

    def _unsent(self) -> int:
        """
        What the transport keeps. One that cannot tell says nothing.
        """
        unsent: int = getattr(self._transport, "unsent_bytes", 0)
        return unsent
