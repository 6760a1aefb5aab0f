"""
The two lanes that all tests run in: nothing is left out, and nothing that fails is lost.
"""

from collections import Counter
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from . import __main__ as lanes


class LaneTests(SynchronousTestCase):
    """
    What runs where.
    """

    def test_everything_once(self) -> None:
        """
        Every package and module with tests is in exactly one lane.
        """
        first, second = lanes.lanes()
        names = [*first, *second]
        self.assertEqual(len(names), len(set(names)))
        for path in Path(lanes.__file__).parent.rglob("test_*.py"):
            parts = path.relative_to(lanes.HERE).parts
            room = parts[0] if len(parts) > 1 else path.stem
            self.assertIn(f"tests.{room}", names)


class VerdictTests(SynchronousTestCase):
    """
    What the end of a run says.
    """

    def test_counts(self) -> None:
        """
        The last verdict counts, with all its kinds.
        """
        output = "PASSED (successes=9)\nRan 7 tests in 1s\n\nFAILED (failures=2, successes=5)\n"
        self.assertEqual(lanes.counts_of(output), Counter(failures=2, successes=5))
        self.assertEqual(lanes.counts_of("PASSED\n"), Counter())

    def test_no_end(self) -> None:
        """
        A run that broke off has no verdict.
        """
        self.assertIsNone(lanes.counts_of("tests.rtmp\n  HandshakeTests\nKilled\n"))

    def test_sum(self) -> None:
        """
        The sum of both is told as trial would; what failed anywhere has failed.
        """
        self.assertEqual(lanes.verdict(0, Counter(successes=5)), "PASSED (successes=5)")
        self.assertEqual(
            lanes.verdict(1, Counter(successes=5, errors=1)), "FAILED (errors=1, successes=5)"
        )
        self.assertEqual(lanes.verdict(1, Counter()), "FAILED")
