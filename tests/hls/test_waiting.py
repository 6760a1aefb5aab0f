"""
Waiting rooms.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.objects import BAD_REQUEST, NOT_FOUND, TOO_LATE, TOO_MANY
from owncastd.hls.waiting import Capacity, WaitingRoom
from owncastd.net.answers import Answer
from tests.hls.support import MemoryWaiter


class WaitingRoomTests(SynchronousTestCase):
    """
    L{WaitingRoom}.
    """

    def setUp(self) -> None:
        """
        A room for three.
        """
        self.clock = Clock()
        self.capacity = Capacity(limit=3)
        self.room: WaitingRoom[int] = WaitingRoom(self.clock, self.capacity, TOO_LATE)

    def wait(self, need: int, seconds: float = 6) -> MemoryWaiter:
        """
        Let somebody wait.
        """
        waiter = MemoryWaiter()
        self.assertIsNotNone(self.room.join(need, waiter, seconds))
        return waiter

    def release_up_to(self, number: int) -> None:
        """
        Meet all needs up to a number.
        """
        self.room.release(lambda need: need <= number, lambda need: NOT_FOUND)

    def test_release(self) -> None:
        """
        Those whose need is met are answered, once; the others wait on.
        """
        one, other, later = self.wait(1), self.wait(1), self.wait(2)
        self.release_up_to(1)
        self.assertIs(one.got, NOT_FOUND)
        self.assertIs(other.got, NOT_FOUND)
        self.assertIsNone(later.got)
        self.assertEqual(self.capacity.used, 1)
        self.release_up_to(2)
        self.assertIs(later.got, NOT_FOUND)

    def test_too_late(self) -> None:
        """
        Each waits its own time and no longer, by one timer.
        """
        first = self.wait(1)
        self.clock.advance(4)
        second = self.wait(1)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(2)
        self.assertIs(first.got, TOO_LATE)
        self.assertIsNone(second.got)
        self.clock.advance(3.9)
        self.assertIsNone(second.got)
        self.clock.advance(0.1)
        self.assertIs(second.got, TOO_LATE)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.capacity.used, 0)

    def test_timer_of_the_released(self) -> None:
        """
        The timer of those who were released finds nobody, and is not renewed.
        """
        self.wait(1)
        self.release_up_to(1)
        self.clock.advance(6)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_leave(self) -> None:
        """
        Who left is not answered, makes room, and may leave again.
        """
        waiter = MemoryWaiter()
        group = self.room.join(1, waiter, 6)
        assert group is not None
        group.leave(waiter)
        group.leave(waiter)
        self.assertEqual(self.capacity.used, 0)
        self.release_up_to(1)
        self.assertIsNone(waiter.got)

    def test_full(self) -> None:
        """
        The capacity is shared and bounded.
        """
        neighbour: WaitingRoom[int] = WaitingRoom(self.clock, self.capacity, TOO_LATE)
        self.wait(1)
        self.wait(2)
        self.assertIsNotNone(neighbour.join(1, MemoryWaiter(), 6))
        self.assertIsNone(self.room.join(3, MemoryWaiter(), 6))
        self.release_up_to(1)
        self.wait(3)

    def test_dismiss(self) -> None:
        """
        All get the same answer and no timer is left.
        """
        waiters = [self.wait(1), self.wait(2)]
        self.room.dismiss(TOO_MANY)
        self.assertEqual([waiter.got for waiter in waiters], [TOO_MANY, TOO_MANY])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.capacity.used, 0)

    def test_asking_again_while_being_answered(self) -> None:
        """
        A waiter that asks again at once waits for the next release, not in this one.
        """
        room = self.room

        class Eager(MemoryWaiter):
            def answer(self, answer: Answer) -> None:
                super().answer(answer)
                room.join(1, again, 6)

        again = MemoryWaiter()
        self.room.join(1, Eager(), 6)
        self.release_up_to(1)
        self.assertIsNone(again.got)
        self.release_up_to(1)
        self.assertIs(again.got, NOT_FOUND)

    def test_trouble_of_one(self) -> None:
        """
        An error with one waiter is logged, and the others are answered.
        """

        class Broken(MemoryWaiter):
            def answer(self, answer: Answer) -> None:
                raise ValueError("broken")

        self.room.join(1, Broken(), 6)
        other = self.wait(1)
        self.room.release(lambda need: True, lambda need: BAD_REQUEST)
        self.assertIs(other.got, BAD_REQUEST)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
