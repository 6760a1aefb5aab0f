"""
Where work goes that would block the reactor: the seam that every room uses.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred, execute
from twisted.internet.threads import deferToThreadPool

T = TypeVar("T")


class InThread(Protocol):
    """
    Runs a function elsewhere, and brings back what it returns or raises.
    """

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """
        Run it.
        """


def immediately(work: Callable[[], T], /) -> Deferred[T]:
    """
    Run it on the spot: where blocking does no harm, as in tests.
    """
    return execute(work)


def reactor_threads(reactor: Any) -> InThread:
    """
    The reactor's own thread pool.
    """

    def run(work: Callable[[], T], /) -> Deferred[T]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), work)

    return run
