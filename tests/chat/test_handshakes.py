"""
The pace at which sockets are opened.
"""

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.handshakes import (
    BURST,
    MAX_WAITING,
    MAX_WAITING_PER_ADDRESS,
    PER_SECOND,
    HandshakeQueue,
    QueueFull,
)


class HandshakeQueueTests(SynchronousTestCase):
    """
    Few wait not at all; of many all wait in line; too many are sent away.
    """

    def setUp(self) -> None:
        """
        Nobody waits.
        """
        self.clock = Clock()
        self.queue = HandshakeQueue(self.clock)

    def address(self, number: int) -> str:
        """
        An address of its own.
        """
        return f"203.0.{number // 250}.{number % 250}"

    def test_burst(self) -> None:
        """
        After a quiet time some are let through at once.
        """
        for number in range(BURST):
            self.successResultOf(self.queue.turn(self.address(number)))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        last = self.queue.turn(self.address(BURST))
        self.assertNoResult(last)
        last.cancel()
        self.failureResultOf(last, CancelledError)

    def test_pace(self) -> None:
        """
        The others follow steadily, the first who came first, and no timer is left.
        """
        done: list[int] = []
        total = BURST + int(PER_SECOND)

        def note(_: None, number: int) -> None:
            done.append(number)

        for number in range(total):
            turn = self.queue.turn(self.address(number))
            turn.addCallback(note, number)
        self.clock.pump([0.01] * 50)
        self.assertTrue(0.9 < len(done) / (BURST + PER_SECOND / 2) <= 1, len(done))
        self.clock.pump([0.01] * 55)
        self.assertEqual(done, list(range(total)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_address_fills_it(self) -> None:
        """
        One address has few places; others still get theirs.
        """
        turns = [self.queue.turn("198.51.100.7") for _ in range(BURST + MAX_WAITING_PER_ADDRESS)]
        self.failureResultOf(self.queue.turn("198.51.100.7"), QueueFull)
        other = self.queue.turn("198.51.100.8")
        self.clock.pump([0.02] * 20)
        self.successResultOf(other)
        for turn in turns:
            self.successResultOf(turn)

    def test_full(self) -> None:
        """
        The queue is bounded.
        """
        turns = [self.queue.turn(self.address(number)) for number in range(BURST + MAX_WAITING)]
        self.failureResultOf(self.queue.turn("198.51.100.7"), QueueFull)
        self.queue.stop()
        for turn in turns[BURST:]:
            self.failureResultOf(turn, QueueFull)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancel(self) -> None:
        """
        Whoever goes away makes room, also for their address.
        """
        for number in range(BURST):
            self.queue.turn(self.address(number))
        turns = [self.queue.turn("198.51.100.7") for _ in range(MAX_WAITING_PER_ADDRESS)]
        for turn in turns:
            turn.cancel()
            self.failureResultOf(turn, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(1)
        self.successResultOf(self.queue.turn("198.51.100.7"))
