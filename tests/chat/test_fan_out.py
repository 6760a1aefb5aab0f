"""
Handing events out to many sockets.
"""

from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.fan_out import (
    BUSY_EVENTS,
    BUSY_JOIN_SECONDS,
    JOIN_SECONDS,
    MAX_JOINED_BYTES,
    CoalescingFanOut,
)
from owncastd.chat.frames import text_frame
from tests.chat.sockets import server_frames


@define(eq=False)
class MemoryOutlet:
    """
    Keeps the frames that it is given; sends as a socket does.
    """

    client_id: int
    fan_out: CoalescingFanOut
    frames: list[bytes] = field(factory=list)

    def deliver(self, frame: bytes) -> None:
        """
        Keep it.
        """
        self.frames.append(frame)

    def send(self, encoded: bytes) -> None:
        """
        Send to this one alone.
        """
        outlet: Any = self
        self.deliver(text_frame(b"\n".join([*self.fan_out.catch_up(outlet), encoded])))

    def all_events(self) -> list[bytes]:
        """
        The events of all frames.
        """
        return [event for events in self.events() for event in events]

    def events(self) -> list[list[bytes]]:
        """
        The events of each frame.
        """
        return [frame.events for data in self.frames for frame in server_frames(data)]


class FanOutTests(SynchronousTestCase):
    """
    Everybody gets everything once and in order, in as few frames as can be.
    """

    def setUp(self) -> None:
        """
        Slices of two.
        """
        self.clock = Clock()
        self.fan_out = CoalescingFanOut(self.clock, slice=2)

    def outlets(self, count: int) -> list[Any]:
        """
        Add some outlets.
        """
        made = [MemoryOutlet(number, self.fan_out) for number in range(count)]
        for outlet in made:
            client: Any = outlet
            self.fan_out.add(client)
        return made

    def settle(self) -> None:
        """
        Let all time pass that is waited for.
        """
        while self.clock.getDelayedCalls():
            self.clock.advance(JOIN_SECONDS)

    def test_first_at_once(self) -> None:
        """
        In a quiet room an event leaves within the call.
        """
        [outlet] = self.outlets(1)
        self.fan_out.broadcast(b"a")
        self.assertEqual(outlet.events(), [[b"a"]])
        self.settle()
        self.fan_out.broadcast(b"b")
        self.assertEqual(outlet.events(), [[b"a"], [b"b"]])

    def test_next_joined(self) -> None:
        """
        What follows closely leaves together, one frame for all.
        """
        first, second = self.outlets(2)
        for event in (b"a", b"b", b"c"):
            self.fan_out.broadcast(event)
        self.clock.advance(JOIN_SECONDS * 0.99)
        self.assertEqual(first.events(), [[b"a"]])
        self.clock.advance(JOIN_SECONDS * 0.02)
        self.assertEqual(first.events(), [[b"a"], [b"b", b"c"]])
        self.assertIs(first.frames[1], second.frames[1])

    def test_pace_is_kept(self) -> None:
        """
        A frame that was joined begins the next time of joining.
        """
        [outlet] = self.outlets(1)
        self.fan_out.broadcast(b"a")
        self.fan_out.broadcast(b"b")
        self.clock.advance(JOIN_SECONDS)
        self.fan_out.broadcast(b"c")
        self.assertEqual(outlet.events(), [[b"a"], [b"b"]])
        self.clock.advance(JOIN_SECONDS)
        self.assertEqual(outlet.events(), [[b"a"], [b"b"], [b"c"]])

    def test_busy(self) -> None:
        """
        While much is said, more of it is collected; afterwards it is as before.
        """
        [outlet] = self.outlets(1)
        for number in range(1 + BUSY_EVENTS):
            self.fan_out.broadcast(b"%d" % number)
        self.clock.advance(JOIN_SECONDS)
        self.assertEqual(len(outlet.frames), 2)
        self.fan_out.broadcast(b"a")
        self.clock.advance(JOIN_SECONDS)
        self.assertEqual(len(outlet.frames), 2)
        self.fan_out.broadcast(b"b")
        self.clock.advance(BUSY_JOIN_SECONDS - JOIN_SECONDS)
        self.assertEqual(outlet.events()[2:], [[b"a", b"b"]])
        self.fan_out.broadcast(b"c")
        self.clock.advance(JOIN_SECONDS)
        self.assertEqual(outlet.events()[3:], [[b"c"]])

    def test_slices(self) -> None:
        """
        Between slices the reactor gets its turn.
        """
        outlets = self.outlets(5)
        reached = []

        def other_work() -> None:
            reached.append(sum(len(outlet.frames) for outlet in outlets))
            if reached[-1] < 5:
                self.clock.callLater(0, other_work)

        self.fan_out.broadcast(b"a")
        other_work()
        self.clock.advance(0)
        self.assertEqual(reached, [2, 4, 5])

    def test_private_waits_for_nobody_and_overtakes_nothing(self) -> None:
        """
        A private event comes after what was broadcast before it, which comes along then.
        """
        first, second = self.outlets(2)
        self.fan_out.broadcast(b"a")
        self.fan_out.broadcast(b"b")
        second.send(b"for you")
        self.fan_out.broadcast(b"c")
        self.settle()
        self.assertEqual(first.events(), [[b"a"], [b"b", b"c"]])
        self.assertEqual(second.events(), [[b"a"], [b"b", b"for you"], [b"c"]])

    def test_private_while_slices_are_under_way(self) -> None:
        """
        Whoever was not reached yet gets the frame's events with the private one, and once.
        """
        *_, last = self.outlets(3)
        self.fan_out.broadcast(b"a")
        self.fan_out.broadcast(b"b")
        last.send(b"for you")
        self.settle()
        self.assertEqual(last.events(), [[b"a", b"b", b"for you"]])

    def test_newcomers_get_nothing_old(self) -> None:
        """
        What was broadcast before somebody came is not for them.
        """
        self.outlets(1)
        self.fan_out.broadcast(b"a")
        self.fan_out.broadcast(b"b")
        newcomer: Any = MemoryOutlet(7, self.fan_out)
        self.fan_out.add(newcomer)
        self.fan_out.broadcast(b"c")
        self.settle()
        self.assertEqual(newcomer.events(), [[b"c"]])

    def test_much_is_not_collected(self) -> None:
        """
        What is collected is bounded: it leaves early.
        """
        outlets = self.outlets(3)
        event = b"x" * (MAX_JOINED_BYTES // 2)
        for _ in range(10):
            self.fan_out.broadcast(event)
        held = sum(map(len, self.fan_out._events))
        self.assertLessEqual(held, 3 * MAX_JOINED_BYTES)
        self.settle()
        for outlet in outlets:
            self.assertEqual(outlet.all_events(), [event] * 10)

    def test_nobody_there(self) -> None:
        """
        Without sockets nothing is collected and no timer runs.
        """
        self.fan_out.broadcast(b"a")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.fan_out._events, [])

    def test_stop(self) -> None:
        """
        No timer is left, even in the middle of slices.
        """
        outlets = self.outlets(5)
        self.fan_out.broadcast(b"a")
        self.fan_out.broadcast(b"b")
        self.fan_out.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual([outlet.events() for outlet in outlets], [[[b"a"]]] * 5)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.sampled_from(["broadcast", "step", "wait"]),
                st.tuples(st.sampled_from(["send", "add", "remove"]), st.integers(0, 4)),
            ),
            max_size=40,
        )
    )
    def test_any_order(self, steps: list[Any]) -> None:
        """
        Whatever happens in whatever order, each client gets what was for it, once and in order.
        """
        self.setUp()
        outlets: list[Any] = [MemoryOutlet(number, self.fan_out) for number in range(5)]
        expected: list[list[bytes]] = [[] for _ in outlets]
        inside: set[int] = set()
        for number, step in enumerate(steps):
            event = b"%d" % number
            if step == "broadcast":
                self.fan_out.broadcast(event)
                for index in inside:
                    expected[index].append(event)
            elif step == "step":
                self.clock.advance(0)
            elif step == "wait":
                self.clock.advance(JOIN_SECONDS)
            else:
                what, index = step
                if what == "send":
                    outlets[index].send(event)
                    expected[index].append(event)
                elif what == "add" and index not in inside:
                    inside.add(index)
                    self.fan_out.add(outlets[index])
                elif what == "remove" and index in inside:
                    # Until it is gone it gets what was on the way.
                    self.settle()
                    inside.remove(index)
                    self.fan_out.remove(outlets[index])
        self.settle()
        self.assertEqual(self.fan_out._events, [])
        for outlet, wanted in zip(outlets, expected, strict=True):
            self.assertEqual(outlet.all_events(), wanted)
