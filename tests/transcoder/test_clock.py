"""
The clock of a child against the clock of the broadcast.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.transcoder.clock import CLOCK_START_MS, ChildClock


class ChildClockTests(SynchronousTestCase):
    """
    There and back.
    """

    def test_the_first_message_starts_the_childs_clock(self) -> None:
        """
        Whatever the encoder's clock says, the child's starts in the same place.
        """
        clock = ChildClock()
        self.assertEqual(clock.to_child(7_000_000_000), CLOCK_START_MS)
        self.assertEqual(clock.to_child(7_000_000_040), CLOCK_START_MS + 40)
        self.assertEqual(clock.from_child(CLOCK_START_MS + 20), 7_000_000_020)

    def test_a_time_far_before_the_first_is_not_negative(self) -> None:
        """
        FLV knows no negative time.
        """
        clock = ChildClock()
        clock.to_child(1_000_000)
        self.assertEqual(clock.to_child(0), 0)

    @settings(max_examples=200, deadline=None)
    @given(
        st.integers(0, 2**40),
        st.integers(0, 60 * 86_400_000),
        st.integers(-CLOCK_START_MS, 20_000),
    )
    def test_31_bits_are_enough(self, base: int, elapsed: int, behind: int) -> None:
        """
        What comes back with only 31 bits is the time that went in, after weeks as well.
        """
        clock = ChildClock()
        clock.to_child(base)
        sent = clock.to_child(base + elapsed)
        returned = (sent - behind) % 2**31
        self.assertEqual(clock.from_child(returned), base + elapsed - behind)
