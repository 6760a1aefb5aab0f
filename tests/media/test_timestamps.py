"""
32-bit timestamps become a clock that does not wrap.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.timestamps import WRAP, TimestampUnwrapper


class TimestampUnwrapperTests(SynchronousTestCase):
    """
    L{TimestampUnwrapper}.
    """

    CASES = [
        ("the first is taken as it is", [WRAP - 5], [WRAP - 5]),
        ("steps forward", [0, 33, 67], [0, 33, 67]),
        ("steps back", [100, 77, 120], [100, 77, 120]),
        ("the wrap", [WRAP - 10, 20, 40], [WRAP - 10, WRAP + 20, WRAP + 40]),
        (
            "interleaving around the wrap",
            [WRAP - 1, 3, WRAP - 1, 4],
            [WRAP - 1, WRAP + 3, WRAP - 1, WRAP + 4],
        ),
        ("back behind zero", [5, WRAP - 5, 10], [5, -5, 10]),
        ("a new start at zero", [100_000, 0, 33], [100_000, 0, 33]),
        ("twice around", [0, 1 << 31, WRAP - 1, 1 << 30, 3 << 30, 5], None),
    ]

    def test_cases(self) -> None:
        """
        Each value comes out nearest to the one before it.
        """
        for name, wrapped, expected in self.CASES:
            unwrapper = TimestampUnwrapper()
            got = [unwrapper.unwrap(value) for value in wrapped]
            self.assertEqual([value % WRAP for value in got], [v % WRAP for v in wrapped], name)
            if expected is not None:
                self.assertEqual(got, expected, name)

    @settings(max_examples=100, deadline=None)
    @given(
        st.integers(0, WRAP - 1),
        st.lists(st.integers(-(1 << 31) + 1, (1 << 31) - 1), max_size=30),
    )
    def test_any_walk_is_followed(self, start: int, steps: list[int]) -> None:
        """
        A walk in steps of less than half the range is restored exactly from its 32-bit shadow.
        """
        unwrapper = TimestampUnwrapper()
        position = start
        self.assertEqual(unwrapper.unwrap(start), start)
        for step in steps:
            position += step
            self.assertEqual(unwrapper.unwrap(position % WRAP), position)
