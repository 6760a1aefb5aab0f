"""
Requests that wait for something which will exist soon.

Many wait for the same thing, so they are kept by what they wait for: when it is there, one answer
is looked up and handed to all of them in one pass. One timer serves a whole room.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from owncastd.net.answers import Answer
from owncastd.net.channel import Waiter

#: Requests that may wait at once on the whole server; more are told to come back later.
MAX_WAITING = 20_000


@define(eq=False)
class Capacity:
    """
    How many may wait, all rooms together.
    """

    limit: int = MAX_WAITING
    used: int = 0


@define(eq=False)
class Group:
    """
    Those who wait for the same thing.
    """

    _capacity: Capacity
    #: Waiters and when each has waited too long, the longest waiting first.
    members: dict[Waiter, float] = field(factory=dict)

    def leave(self, waiter: Waiter) -> None:
        """
        See L{owncastd.net.channel.Hold.leave}.
        """
        if self.members.pop(waiter, None) is not None:
            self._capacity.used -= 1

    def answer(self, answer: Answer) -> None:
        """
        Answer all who are still here, in the order in which they came.
        """
        members, self.members = self.members, {}
        self._capacity.used -= len(members)
        for waiter in members:
            _answer(waiter, answer)


_Need = TypeVar("_Need", bound=Hashable)


@define(eq=False)
class WaitingRoom(Generic[_Need]):
    """
    Groups by need.

    @ivar too_late: the answer for those who waited in vain.
    """

    _clock: IReactorTime
    _capacity: Capacity
    _too_late: Answer
    _groups: dict[_Need, Group] = field(factory=dict)
    _timer: IDelayedCall | None = None

    def join(self, need: _Need, waiter: Waiter, seconds: float) -> Group | None:
        """
        Wait for something.

        @param seconds: how long at most.
        @return: the group, to leave it; or C{None} when the server is full of waiters.
        """
        if self._capacity.used >= self._capacity.limit:
            return None
        group = self._groups.get(need)
        if group is None:
            group = self._groups[need] = Group(self._capacity)
        self._capacity.used += 1
        group.members[waiter] = self._clock.seconds() + seconds
        if self._timer is None:
            self._timer = self._clock.callLater(seconds, self._expire)
        return group

    def release(self, ready: Callable[[_Need], bool], answer: Callable[[_Need], Answer]) -> None:
        """
        Answer all whose need is met.

        @param ready: whether a need is met.
        @param answer: the answer for one that is.
        """
        # Answering lets connections ask again at once, and so join groups.
        for need in [need for need in self._groups if ready(need)]:
            group = self._groups.pop(need)
            if group.members:
                group.answer(answer(need))

    def dismiss(self, answer: Answer) -> None:
        """
        Give everybody the same answer: there is nothing more to wait for.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        groups, self._groups = self._groups, {}
        for group in groups.values():
            group.answer(answer)

    def _expire(self) -> None:
        """
        Turn away those who waited too long, and look again when the next ones will have.
        """
        self._timer = None
        now = self._clock.seconds()
        late: list[Waiter] = []
        following: list[float] = []
        for need, group in list(self._groups.items()):
            for waiter, deadline in list(group.members.items()):
                if deadline > now:
                    following.append(deadline)
                    break
                group.leave(waiter)
                late.append(waiter)
            if not group.members:
                del self._groups[need]
        if following:
            self._timer = self._clock.callLater(min(following) - now, self._expire)
        for waiter in late:
            _answer(waiter, self._too_late)


_log = Logger()


def _answer(waiter: Waiter, answer: Answer) -> None:
    """
    Answer one; its trouble must not keep the answer from the others.
    """
    try:
        waiter.answer(answer)
    except Exception:  # noqa: BLE001 - whatever it is, it concerns this connection alone
        _log.failure("A waiting request could not be answered")
