"""
The children that nobody waits for once they are of no use: who they are, until they are gone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IProcessProtocol, IProcessTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .reactor import ProcessReactor

#: How long a killed child is waited for, in seconds: it is gone as soon as the system has a moment
#: for it, unless it hangs in a device.
GONE_SECONDS: Final = 5.0


@implementer(IProcessProtocol)
@define(eq=False)
class _Watched:
    """
    Passes on what a child does, and tells of its end.
    """

    _protocol: IProcessProtocol
    _ended: Callable[["_Watched"], None]
    process: IProcessTransport | None = field(init=False, default=None)

    def makeConnection(self, process: IProcessTransport) -> None:
        """
        The child is there.
        """
        self.process = process
        self._protocol.makeConnection(process)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        Pass it on.
        """
        self._protocol.childDataReceived(childFD, data)

    def childConnectionLost(self, childFD: int) -> None:
        """
        Pass it on.
        """
        self._protocol.childConnectionLost(childFD)

    def processExited(self, reason: Failure) -> None:
        """
        Pass it on.
        """
        self._protocol.processExited(reason)

    def processEnded(self, reason: Failure) -> None:
        """
        The child is gone.
        """
        self._ended(self)
        self._protocol.processEnded(reason)


@define(eq=False)
class Children:
    """
    A reactor for those who have short-lived children, kill them when they have no more use for
    them, and do not wait until they are gone.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _living: set[_Watched] = field(init=False, factory=set)
    _waiting: Deferred[None] | None = field(init=False, default=None)
    _timer: IDelayedCall | None = field(init=False, default=None)

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: str,
        args: Sequence[str],
        env: Mapping[str, str] | None = None,
        path: str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool = False,
        childFDs: Mapping[int, str | int] | None = None,
    ) -> IProcessTransport:
        """
        Start a child process.

        @raise OSError: it cannot be started.
        """
        watched = _Watched(processProtocol, self._ended)
        process = self._reactor.spawnProcess(
            watched, executable, args, env, path, uid, gid, usePTY, childFDs
        )
        self._living.add(watched)
        return process

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kwargs: Any
    ) -> IDelayedCall:
        """
        Call later.
        """
        return self._reactor.callLater(delay, callable, *args, **kwargs)

    def seconds(self) -> float:
        """
        The clock.
        """
        return self._reactor.seconds()

    def stop(self) -> Deferred[None]:
        """
        Kill those that are left.

        @return: fires when all are gone, or after C{GONE_SECONDS}.
        """
        for child in tuple(self._living):
            if child.process is not None:
                with suppress(ProcessExitedAlready):
                    child.process.signalProcess("KILL")
                # Its children may hold the pipes open; the end must not wait for them.
                child.process.loseConnection()
        if not self._living:
            return succeed(None)
        self._waiting = Deferred()
        self._timer = self._reactor.callLater(GONE_SECONDS, self._too_slow)
        return self._waiting

    def _ended(self, child: _Watched) -> None:
        self._living.discard(child)
        if not self._living:
            self._done()

    def _too_slow(self) -> None:
        self._log.warn("Killed children that do not end: {count}", count=len(self._living))
        self._done()

    def _done(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)
