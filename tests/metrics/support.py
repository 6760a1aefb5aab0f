"""
What several tests of the figures need.
"""

from collections.abc import Callable
from typing import TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred, execute

from owncastd.media.latency import DEFAULT_LATENCY_LEVEL
from owncastd.media.renditions import SOURCE
from owncastd.metrics.facts import StreamFacts

T = TypeVar("T")

#: 2023-11-14T22:13:20Z
START = 1_700_000_000.0
OFFLINE = StreamFacts(False, 0, (SOURCE,), DEFAULT_LATENCY_LEVEL)


def at_once(work: Callable[[], T], /) -> Deferred[T]:
    """
    Stands for a thread: runs it right here.
    """
    return execute(work)


@define(eq=False)
class LateThreads:
    """
    Stands for threads: runs nothing before it is told to.
    """

    _work: list[Callable[[], object]] = field(init=False, factory=list)

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """
        Keep it for later.
        """
        done: Deferred[T] = Deferred()
        self._work.append(lambda: execute(work).chainDeferred(done))
        return done

    def run(self) -> int:
        """
        Do what waits.

        @return: how much that was.
        """
        waiting, self._work = self._work, []
        for each in waiting:
            each()
        return len(waiting)
