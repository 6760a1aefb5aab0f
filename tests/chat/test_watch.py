"""
Looking after all sockets with one timer.
"""

from attrs import define
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.watch import LOOK_SECONDS, Watch


@define(eq=False)
class Looked:
    """
    Counts.
    """

    watch: Watch
    looks: int = 0
    cuts: int = 0

    def look(self, now: float) -> None:
        """
        Count.
        """
        self.looks += 1

    def cut(self) -> None:
        """
        Count, and be gone.
        """
        self.cuts += 1
        self.watch.leave(self)


class WatchTests(SynchronousTestCase):
    """
    There is a timer while there are sockets.
    """

    def setUp(self) -> None:
        """
        A watch over nobody.
        """
        self.clock = Clock()
        self.watch = Watch(self.clock)

    def test_looks(self) -> None:
        """
        Each socket is looked at now and then.
        """
        first, second = Looked(self.watch), Looked(self.watch)
        self.watch.enter(first)
        self.clock.advance(LOOK_SECONDS)
        self.watch.enter(second)
        self.clock.advance(LOOK_SECONDS)
        self.assertEqual((first.looks, second.looks), (2, 1))
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.watch.leave(first)
        self.watch.leave(second)
        self.watch.leave(second)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_wait_for_nobody(self) -> None:
        """
        An empty watch is empty at once.
        """
        self.successResultOf(self.watch.wait_until_empty(2))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_wait(self) -> None:
        """
        Those who go in time are not cut.
        """
        polite = Looked(self.watch)
        self.watch.enter(polite)
        empty = self.watch.wait_until_empty(2)
        self.clock.advance(1)
        self.assertNoResult(empty)
        self.watch.leave(polite)
        self.successResultOf(empty)
        self.assertEqual(polite.cuts, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_impatience(self) -> None:
        """
        Those who do not are.
        """
        stubborn = [Looked(self.watch) for _ in range(3)]
        for each in stubborn:
            self.watch.enter(each)
        empty = self.watch.wait_until_empty(2)
        self.clock.advance(2)
        self.successResultOf(empty)
        self.assertEqual([each.cuts for each in stubborn], [1, 1, 1])
        self.assertEqual(self.clock.getDelayedCalls(), [])
