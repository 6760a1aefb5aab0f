"""
Byte ranges.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web.ranges import Unsatisfiable, parse_range


class RangeTests(SynchronousTestCase):
    """
    RFC 9110, 14.1.2, for a file of ten bytes.
    """

    def test_ranges(self) -> None:
        """
        From, to, from the end; beyond the end means up to it.
        """
        for value, part in {
            "bytes=0-4": (0, 5),
            "bytes=5-": (5, 5),
            "bytes=-3": (7, 3),
            "bytes=9-9": (9, 1),
            "bytes=0-99": (0, 10),
            "bytes=-99": (0, 10),
            "Bytes= 1 - 2": (1, 2),
        }.items():
            self.assertEqual(parse_range(value, 10), part, value)

    def test_ignored(self) -> None:
        """
        What is malformed, of another unit, or several ranges.
        """
        for value in (
            *("", "bytes", "bytes=", "bytes=-", "bytes=5-4", "items=0-1", "bytes=a-b"),
            *("bytes=0-1,3-4", "bytes=--1", "bytes=+1-2", "bytes=0x1-", "bytes=\u0661-"),
            "bytes=" + "9" * 5000 + "-",
        ):
            self.assertIsNone(parse_range(value, 10), value)

    def test_unsatisfiable(self) -> None:
        """
        No byte of these exists.
        """
        for value, size in (("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10)):
            self.assertRaises(Unsatisfiable, parse_range, value, size)
        for value in ("bytes=0-", "bytes=-1", "bytes=0-0"):
            self.assertRaises(Unsatisfiable, parse_range, value, 0)

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(0, 10**12))
    def test_within_the_file(self, value: str, size: int) -> None:
        """
        Whatever is asked for, the part lies within the file and is not empty.
        """
        for text in (value, f"bytes={value}"):
            try:
                part = parse_range(text, size)
            except Unsatisfiable:
                continue
            if part is not None:
                start, length = part
                self.assertGreaterEqual(start, 0)
                self.assertGreater(length, 0)
                self.assertLessEqual(start + length, size)
