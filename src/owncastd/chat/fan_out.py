"""
One event to many sockets, as cheaply as can be.

In a quiet room an event leaves at once. Those that follow within L{JOIN_SECONDS} leave together, as
one frame of several lines, since a frame costs nearly the same whatever is in it. A frame is made
once for all, and it is handed out in slices with other work in between: the server has viewers too,
and thousands of sockets take longer than a player should wait for its playlist.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from .clients import ChatClient
from .frames import text_frame

#: Sends one frame to one socket.
Deliver = Callable[[bytes], None]

#: For so long events are collected after some have left, in seconds.
JOIN_SECONDS: Final = 0.05
#: And for so long when so many had left together: nobody reads that fast, and it costs half.
BUSY_JOIN_SECONDS: Final = 0.12
BUSY_EVENTS: Final = 4
#: So many bytes of collected events leave without waiting any longer.
MAX_JOINED_BYTES: Final = 64 * 1024
#: So many sockets are served in one go: that takes one or two milliseconds.
SLICE: Final = 256


class Outlet(ChatClient, Protocol):
    """
    A socket, as the fan-out knows it.
    """

    @property
    def deliver(self) -> Deliver:
        """
        Sends a frame. Never raises, never waits.
        """


@define(eq=False)
class _Place:
    """
    A socket's place among all. Thousands of them are gone through for each frame, so it holds just
    what is needed then, close together.

    @ivar seen: how many events it has been given, by the fan-out's count.
    """

    seen: int
    deliver: Deliver


@define(eq=False)
class CoalescingFanOut:
    """
    Broadcasts events to its sockets, each event to each socket once and in order.

    @ivar _events: those that some sockets have yet to be given. The first C{_under_way} of them are
        the frame that is being handed out; the others wait for their turn.
    @ivar _passed: how many events came before these.
    @ivar _timer: either the next slice or the end of the time in which events are collected.
    """

    _clock: IReactorTime
    _slice: int = SLICE
    _places: dict[int, _Place] = field(init=False, factory=dict)
    _events: list[bytes] = field(init=False, factory=list)
    _passed: int = field(init=False, default=0)
    _collected_bytes: int = field(init=False, default=0)
    _under_way: int = field(init=False, default=0)
    _frame: bytes = field(init=False, default=b"")
    _rest: Sequence[_Place] = field(init=False, default=())
    _began: float = field(init=False, default=0.0)
    _timer: IDelayedCall | None = field(init=False, default=None)

    def add(self, client: ChatClient) -> None:
        """
        Broadcast to this one as well, from now on.
        """
        # The room knows clients only as what it needs of them.
        outlet = cast(Outlet, client)
        seen = self._passed + len(self._events)
        self._places[outlet.client_id] = _Place(seen, outlet.deliver)

    def remove(self, client: ChatClient) -> None:
        """
        No longer broadcast to this one.
        """
        self._places.pop(client.client_id, None)

    def broadcast(self, encoded: bytes) -> None:
        """
        Send one event to all, within a moment.
        """
        if not self._places:
            return
        self._events.append(encoded)
        self._collected_bytes += len(encoded)
        if self._timer is None:
            self._begin()
        elif self._collected_bytes > MAX_JOINED_BYTES:
            self._finish()
            self._begin()

    def catch_up(self, client: ChatClient) -> Sequence[bytes]:
        """
        What was broadcast before and has not been given to this client yet. The caller sends it.
        """
        place = self._places.get(client.client_id)
        if place is None:
            return ()
        missing = self._events[place.seen - self._passed :]
        place.seen += len(missing)
        return missing

    def stop(self) -> None:
        """
        Send nothing more. No timer is left.
        """
        self._places.clear()
        self._finish()

    def _begin(self) -> None:
        """
        Hand out what was collected, as one frame.
        """
        self._began = self._clock.seconds()
        self._under_way = len(self._events)
        self._collected_bytes = 0
        self._frame = text_frame(b"\n".join(self._events))
        self._rest = tuple(self._places.values())
        self._hand_out()

    def _hand_out(self) -> None:
        """
        Serve one slice.
        """
        self._timer = None
        slice_, self._rest = self._rest[: self._slice], self._rest[self._slice :]
        self._serve(slice_)
        if self._rest:
            self._timer = self._clock.callLater(0, self._hand_out)
            return
        pause = BUSY_JOIN_SECONDS if self._under_way >= BUSY_EVENTS else JOIN_SECONDS
        self._drop_under_way()
        left = max(0.0, self._began + pause - self._clock.seconds())
        self._timer = self._clock.callLater(left, self._collected)

    def _serve(self, places: Sequence[_Place]) -> None:
        first, frame = self._passed, self._frame
        behind = first + self._under_way
        for place in places:
            if place.seen == first:
                place.seen = behind
                place.deliver(frame)
            elif place.seen < behind:
                # It was given the first of these together with something of its own.
                missing = self._events[place.seen - first : self._under_way]
                place.seen = behind
                place.deliver(text_frame(b"\n".join(missing)))

    def _drop_under_way(self) -> None:
        del self._events[: self._under_way]
        self._passed += self._under_way
        self._under_way = 0
        self._frame = b""

    def _collected(self) -> None:
        """
        The time in which events are collected is over.
        """
        self._timer = None
        if self._events:
            self._begin()

    def _finish(self) -> None:
        """
        Serve the rest of the frame that is under way, and wait for nothing.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rest, self._rest = self._rest, ()
        self._serve(rest)
        self._drop_under_way()
