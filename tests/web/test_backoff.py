"""
Waiting after wrong passwords, on a clock of the test's own.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web import backoff
from owncastd.web.backoff import FREE_FAILURES, LONGEST_WAIT_SECONDS, MEMORY_SECONDS, Backoff


class BackoffTests(SynchronousTestCase):
    """
    L{Backoff}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.backoff = Backoff(self.clock)

    def fail_times(self, count: int, address: str = "192.0.2.1") -> None:
        """
        So many wrong passwords from one address.
        """
        for _ in range(count):
            self.backoff.failed(address)

    def test_a_few_are_free(self) -> None:
        """
        Who mistypes a few times does not wait; the next time they do.
        """
        self.fail_times(FREE_FAILURES)
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)
        self.fail_times(1)
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 1)

    def test_doubles_up_to_a_bound(self) -> None:
        """
        Each further failure doubles the wait, up to the longest, however many follow.
        """
        self.fail_times(FREE_FAILURES)
        waits = []
        for _ in range(2_000):
            self.fail_times(1)
            waits.append(self.backoff.seconds_left("192.0.2.1"))
        self.assertEqual(waits[:4], [1, 2, 4, 8])
        self.assertEqual(waits[-1], LONGEST_WAIT_SECONDS)
        self.assertEqual(waits, sorted(waits))

    def test_passes(self) -> None:
        """
        The wait passes, told in whole seconds rounded up.
        """
        self.fail_times(FREE_FAILURES + 4)
        self.clock.advance(5.5)
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 3)
        self.clock.advance(2.5)
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)

    def test_forgotten(self) -> None:
        """
        Old failures do not count any more, whether somebody looked meanwhile or not.
        """
        for looked in (True, False):
            self.fail_times(FREE_FAILURES + 4)
            self.clock.advance(MEMORY_SECONDS)
            if looked:
                self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)
            self.fail_times(1)
            self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)
            self.backoff.succeeded("192.0.2.1")

    def test_forgiven(self) -> None:
        """
        The right password wipes the slate.
        """
        self.fail_times(FREE_FAILURES)
        self.backoff.succeeded("192.0.2.1")
        self.fail_times(FREE_FAILURES)
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)

    def test_networks(self) -> None:
        """
        IPv4 addresses stand for themselves, IPv6 addresses for their network of 64 bits.
        """
        self.fail_times(FREE_FAILURES + 1, "2001:db8::1")
        self.fail_times(FREE_FAILURES + 1, "no address")
        for address, waits in (
            ("2001:db8::ffff:1", 1),
            ("2001:db8:0:1::1", 0),
            ("192.0.2.1", 0),
            ("no address", 1),
        ):
            self.assertEqual(self.backoff.seconds_left(address), waits, address)

    def test_bounded(self) -> None:
        """
        However many addresses guess, only so many are remembered, those that failed last.
        """
        self.patch(backoff, "MAX_ADDRESSES", 10)
        self.fail_times(FREE_FAILURES + 1, "192.0.2.1")
        for number in range(10):
            self.fail_times(FREE_FAILURES + 1, f"198.51.100.{number}")
        self.assertEqual(self.backoff.seconds_left("192.0.2.1"), 0)
        self.assertEqual(self.backoff.seconds_left("198.51.100.0"), 1)

    def test_no_timer(self) -> None:
        """
        Nothing is left behind.
        """
        self.fail_times(100)
        self.assertEqual(self.clock.getDelayedCalls(), [])
