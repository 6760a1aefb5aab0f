"""
Work that others have brought us: in the order in which each server brought it, for few at once.
"""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

from .errors import Overloaded
from .lanes import Lanes

#: Servers whose work is done at once.
MAX_AT_ONCE: Final = 8
#: How much may wait, in all and of one server.
MAX_WAITING: Final = 1_000
MAX_OF_ONE: Final = 200

Work = Callable[[], Coroutine[Deferred[Any], Any, None]]


@define(eq=False)
class Turns:
    """
    What waits for its turn. A server whose work takes long holds up nobody but itself.
    """

    _lanes: Lanes = field(factory=lambda: Lanes(MAX_AT_ONCE))
    _waiting: dict[str, deque[Work]] = field(init=False, factory=dict, repr=False)
    _running: set[Deferred[None]] = field(init=False, factory=set, repr=False)
    _count: int = field(init=False, default=0)
    _going: bool = field(init=False, default=False)
    _stopped: bool = field(init=False, default=False)

    _log = Logger()

    @property
    def waiting(self) -> int:
        """
        How much waits.
        """
        return self._count

    def put(self, server: str, work: Work) -> None:
        """
        Have some work done. What it raises is logged.

        @raise Overloaded: too much waits already.
        """
        mine = self._waiting.get(server, ())
        if self._stopped or self._count >= MAX_WAITING or len(mine) >= MAX_OF_ONE:
            raise Overloaded("too much waits to be done already")
        self._waiting.setdefault(server, deque()).append(work)
        self._count += 1
        self._lanes.offer(server)
        self._go()

    async def stop(self) -> None:
        """
        Leave what waits undone, and give up what is being done.
        """
        self._stopped = True
        self._waiting.clear()
        self._count = 0
        running = list(self._running)
        for work in running:
            work.cancel()
        await DeferredList(running)

    def _go(self) -> None:
        """
        Begin what may begin. What ends at once comes back here, and goes on in the same loop.
        """
        if self._going:
            return
        self._going = True
        try:
            self._begin()
        finally:
            self._going = False

    def _begin(self) -> None:
        while (server := self._lanes.take()) is not None:
            mine = self._waiting.get(server)
            if not mine:
                self._lanes.done(server)
                continue
            work = mine.popleft()
            self._count -= 1
            if not mine:
                del self._waiting[server]
            running = Deferred.fromCoroutine(work())
            self._running.add(running)
            running.addErrback(self._failed).addBoth(self._done, server, running)

    def _failed(self, failure: Failure) -> None:
        if not (self._stopped and isinstance(failure.value, CancelledError)):
            self._log.failure("What came in from the fediverse could not be dealt with", failure)

    def _done(self, _: object, server: str, running: Deferred[None]) -> None:
        self._running.discard(running)
        self._lanes.done(server)
        if server in self._waiting:
            self._lanes.offer(server)
        self._go()
