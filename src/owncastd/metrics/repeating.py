"""
Work that is done again and again for as long as the server runs.
"""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure


@define(eq=False)
class Repeating:
    """
    Does something every so often, never twice at the same time. A failure is logged, and the next
    turn comes all the same.

    @ivar _what: completes "... failed" in the log.
    @ivar _work: one turn; if it returns a Deferred, the turn lasts until that has fired.
    """

    _clock: IReactorTime
    _what: str
    _work: Callable[[], object]
    _loop: LoopingCall = field(init=False)
    _stopped: Deferred[LoopingCall] | None = field(init=False, default=None)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._loop = LoopingCall(self._turn)
        self._loop.clock = self._clock

    def start(self, seconds: float, now: bool) -> None:
        """
        Begin.

        @param seconds: from one turn to the next.
        @param now: whether the first turn is now, or only then.
        """
        self._stopped = self._loop.start(seconds, now)

    def stop(self) -> Deferred[None]:
        """
        Begin no more turns.

        @return: fires when none is under way.
        """
        stopped, self._stopped = self._stopped, None
        if stopped is None:
            return succeed(None)
        self._loop.stop()
        return stopped.addCallback(lambda _: None)

    def _turn(self) -> Deferred[object]:
        return maybeDeferred(self._work).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("{what} failed", failure, what=self._what)
