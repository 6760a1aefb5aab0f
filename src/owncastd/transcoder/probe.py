"""
Running a program briefly for what it prints.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from .errors import FFmpegUnavailable
from .progress import Complaints, LineSplitter, classify
from .reactor import ProcessReactor

#: A program that has not ended after this many seconds is killed, unless told otherwise.
PROBE_SECONDS: Final = 10.0
#: What it prints beyond this many bytes is dropped.
MAX_PROBE_OUTPUT: Final = 256 * 1024


@define(eq=False)
class _Probe(ProcessProtocol):
    """
    Gathers standard output until the end, and what standard error says of a failure.
    """

    _done: Deferred[bytes] = field(init=False)
    _output: bytearray = field(factory=bytearray, repr=False)
    _lines: LineSplitter = field(factory=LineSplitter)
    _complaints: Complaints = field(factory=Complaints)
    _timeout: IDelayedCall | None = None
    transport: IProcessTransport | None = None

    def __attrs_post_init__(self) -> None:
        self._done = Deferred(lambda _: self.give_up(CancelledError()))

    def start(
        self,
        reactor: ProcessReactor,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        seconds: float,
    ) -> None:
        """
        Run the program for a bounded time.

        @raise OSError: it cannot be run.
        """
        reactor.spawnProcess(self, argv[0], argv, env=env)
        self._timeout = reactor.callLater(
            seconds,
            self.give_up,
            FFmpegUnavailable(f"it did not answer within {seconds:g} seconds"),
        )

    def result(self) -> Deferred[bytes]:
        """
        What fires at the end.
        """
        return self._done

    def connectionMade(self) -> None:
        """
        There is nothing to tell the program.
        """
        if self.transport is not None:
            self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        """
        Keep what still fits.
        """
        self._output += data[: MAX_PROBE_OUTPUT - len(self._output)]

    def errReceived(self, data: bytes) -> None:
        """
        Remember what may explain a failure.
        """
        for line in self._lines.feed(data):
            self._complaints.add(classify(line))

    def processEnded(self, reason: Failure) -> None:
        """
        Give the output, or say that it failed.
        """
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()
        if self._done.called:
            return
        if getattr(reason.value, "exitCode", None) == 0:
            self._done.callback(bytes(self._output))
        else:
            self._complaints.add(classify(self._lines.flush()))
            why = self._complaints.best() or reason.getErrorMessage()
            self._done.errback(FFmpegUnavailable(f"it failed: {why}"))

    def give_up(self, error: Exception) -> None:
        """
        Kill the program and report the error.
        """
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("KILL")
            # Its children may hold the pipes open; the end must not wait for them.
            self.transport.loseConnection()
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()
        if not self._done.called:
            self._done.errback(error)


def run_briefly(
    reactor: ProcessReactor,
    argv: tuple[str, ...],
    env: Mapping[str, str],
    seconds: float = PROBE_SECONDS,
) -> Deferred[bytes]:
    """
    Run a program without blocking, for its standard output (at most C{MAX_PROBE_OUTPUT} bytes).

    The Deferred fails with L{FFmpegUnavailable}, saying why in words, when the program cannot be
    run, exits with an error, or takes longer than it may. Cancelling kills the program.

    @param seconds: how long it may take.
    """
    probe = _Probe()
    try:
        probe.start(reactor, argv, env, seconds)
    except OSError as error:
        probe.give_up(FFmpegUnavailable(f"it cannot be run: {error.strerror or error}"))
    return probe.result()
