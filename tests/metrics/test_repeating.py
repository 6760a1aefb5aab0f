"""
Work that is done again and again.
"""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.metrics.repeating import Repeating


class RepeatingTests(SynchronousTestCase):
    """
    L{Repeating} on a clock of our own.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.turns: list[float] = []

    def test_pace(self) -> None:
        """
        Turns come at their pace, and none after the stop.
        """
        repeating = Repeating(self.clock, "It", lambda: self.turns.append(self.clock.seconds()))
        repeating.start(10, now=True)
        self.clock.pump([10, 10])
        self.successResultOf(repeating.stop())
        self.assertEqual(self.turns, [0, 10, 20])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopped_before_started(self) -> None:
        """
        Stopping what was never started, or twice, is no mistake.
        """
        repeating = Repeating(self.clock, "It", lambda: None)
        self.successResultOf(repeating.stop())
        repeating.start(1, now=False)
        self.successResultOf(repeating.stop())
        self.successResultOf(repeating.stop())

    def test_failure(self) -> None:
        """
        A failure is logged with the name of the work, and the next turn comes.
        """
        repeating = Repeating(self.clock, "Dividing", lambda: self.turns.append(1 / 0))
        repeating.start(10, now=True)
        self.clock.advance(10)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.successResultOf(repeating.stop())

    def test_one_at_a_time(self) -> None:
        """
        While a turn lasts there is no other, and the stop waits for it.
        """
        lasting: list[Deferred[None]] = []

        def work() -> Deferred[None]:
            lasting.append(Deferred())
            return lasting[-1]

        repeating = Repeating(self.clock, "It", work)
        repeating.start(10, now=True)
        self.clock.pump([10, 10])
        self.assertEqual(len(lasting), 1)
        stopped = repeating.stop()
        self.assertNoResult(stopped)
        lasting[0].callback(None)
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])
