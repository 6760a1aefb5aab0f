"""
One ffmpeg child that makes pictures: a piece of media in, a picture out of each extra descriptor.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from .command import FIRST_OUTPUT_FD
from .process import how_it_ended
from .progress import Complaints, LineSplitter, classify
from .reactor import ProcessReactor

#: A child that has not ended after this many seconds is killed, unless told otherwise.
SNAPSHOT_SECONDS: Final = 15.0
#: Largest picture, in bytes.
MAX_PICTURE_BYTES: Final = 8 * 1024 * 1024
#: The stream comes first, wherever there is not enough of the processor.
NICENESS: Final = 10

_STDERR: Final = 2


class SnapshotFailed(Exception):
    """
    There are no pictures this time. The text says why, for the operator.
    """


def lower_priority(pid: int) -> None:
    """
    Let a process wait for all others.
    """
    # It may have ended, or the system may have no such thing.
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)


@define(eq=False)
class _SnapshotChild(ProcessProtocol):
    """
    Feeds the child and gathers what it makes.
    """

    _media: bytes = field(repr=False)
    _outputs: int
    _seconds: float
    _done: Deferred[tuple[bytes, ...]] = field(init=False)
    _pictures: dict[int, bytearray] = field(init=False, factory=dict, repr=False)
    _lines: LineSplitter = field(init=False, factory=LineSplitter)
    _complaints: Complaints = field(init=False, factory=Complaints)
    _timeout: IDelayedCall | None = field(init=False, default=None)
    transport: IProcessTransport | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._done = Deferred(lambda _: self.give_up(CancelledError()))

    def result(self) -> Deferred[tuple[bytes, ...]]:
        """
        What fires at the end.
        """
        return self._done

    def start(
        self,
        reactor: ProcessReactor,
        argv: Sequence[str],
        env: Mapping[str, str],
        calm: Callable[[int], None],
    ) -> None:
        """
        Spawn the child.

        @raise OSError: it cannot be spawned.
        """
        descriptors: dict[int, str | int] = {0: "w", 1: "r", _STDERR: "r"}
        for descriptor in range(FIRST_OUTPUT_FD, FIRST_OUTPUT_FD + self._outputs):
            descriptors[descriptor] = "r"
            self._pictures[descriptor] = bytearray()
        self._timeout = reactor.callLater(self._seconds, self._too_slow)
        transport = reactor.spawnProcess(self, argv[0], argv, env=env, childFDs=descriptors)
        if transport.pid is not None:
            calm(transport.pid)

    def connectionMade(self) -> None:
        """
        Hand over all there is. Once it has seen enough it reads no further.
        """
        assert self.transport is not None
        self.transport.write(self._media)
        self.transport.closeStdin()
        self._media = b""

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        A piece of a picture, or a complaint.
        """
        if childFD == _STDERR:
            for line in self._lines.feed(data):
                self._complaints.add(classify(line))
            return
        picture = self._pictures.get(childFD)
        if picture is not None and not self._done.called:
            picture += data
            if len(picture) > MAX_PICTURE_BYTES:
                self.give_up(SnapshotFailed(f"a picture has over {MAX_PICTURE_BYTES} bytes"))

    def processEnded(self, reason: Failure) -> None:
        """
        The child is gone, and all it wrote was read.
        """
        self._stop_waiting()
        if self._done.called:
            return
        pictures = tuple(bytes(picture) for picture in self._pictures.values())
        if getattr(reason.value, "exitCode", None) == 0 and all(pictures):
            self._done.callback(pictures)
            return
        if last := self._lines.flush():
            self._complaints.add(classify(last))
        why, how = self._complaints.best(), how_it_ended(reason)
        self._done.errback(SnapshotFailed(f"ffmpeg {how}: {why}" if why else f"ffmpeg {how}"))

    def give_up(self, error: Exception) -> None:
        """
        Kill the child and report the error.
        """
        self._stop_waiting()
        self._pictures.clear()
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("KILL")
            # Its children may hold the pipes open; the end must not wait for them.
            self.transport.loseConnection()
        if not self._done.called:
            self._done.errback(error)

    def _too_slow(self) -> None:
        self.give_up(SnapshotFailed(f"it took longer than {self._seconds:g} seconds"))

    def _stop_waiting(self) -> None:
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()


def take_snapshot(
    reactor: ProcessReactor,
    argv: Sequence[str],
    env: Mapping[str, str],
    media: bytes,
    outputs: int,
    calm: Callable[[int], None] = lower_priority,
    seconds: float = SNAPSHOT_SECONDS,
) -> Deferred[tuple[bytes, ...]]:
    """
    Run ffmpeg without blocking, for what it writes to its descriptors from C{FIRST_OUTPUT_FD} on,
    at most C{MAX_PICTURE_BYTES} bytes each.

    The Deferred fails with L{SnapshotFailed} when the child cannot be run, complains, writes too
    much, leaves something out, or takes longer than it may. Cancelling kills it.

    @param media: for its standard input.
    @param calm: given the number of the process, so that it disturbs nobody.
    @param seconds: how long it may take.
    """
    child = _SnapshotChild(media, outputs, seconds)
    try:
        child.start(reactor, argv, env, calm)
    except OSError as error:
        child.give_up(SnapshotFailed(f"ffmpeg cannot be run: {error.strerror or error}"))
    return child.result()
