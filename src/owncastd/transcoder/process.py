"""
One ffmpeg child: FLV into its standard input, FLV out of its extra descriptors, words on stderr.
"""

import fcntl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, cast

from attrs import define, evolve, field
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IConsumer, IProcessTransport, IPushProducer
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.media.errors import MalformedFLV
from owncastd.media.flv import FLVDemuxer, flv_header, flv_tag
from owncastd.media.messages import MediaMessage

from .clock import ChildClock
from .command import FIRST_OUTPUT_FD
from .progress import Complaints, LineKind, LineSplitter, classify
from .reactor import ProcessReactor

#: The kernel's part of the way to ffmpeg, in bytes: the most that Linux gives without privileges.
STDIN_PIPE_SIZE: Final = 1024 * 1024
#: What may wait in our own memory behind that pipe before the encoder is paused, in bytes.
STDIN_BUFFER_SIZE: Final = 2 * 1024 * 1024

_STDIN: Final = 0
_STDERR: Final = 2


@define(eq=False)
class FFmpegChild(ProcessProtocol):
    """
    A running ffmpeg, spoken to in media messages.

    @ivar outputs: how many outputs its command has.
    @ivar received: told the position of an output and a message of it.
    @ivar corrupt: told once, in words, when an output is not FLV; nothing of it follows.
    @ivar ended: told once how it ended, in words; the process is gone and all it wrote was read.
    """

    _log = Logger()

    _outputs: int
    _received: Callable[[int, MediaMessage], None]
    _corrupt: Callable[[str], None]
    _ended: Callable[[str], None]
    _clock: ChildClock = field(factory=ChildClock)
    _demuxers: dict[int, FLVDemuxer] = field(factory=dict)
    _lines: LineSplitter = field(factory=LineSplitter)
    _stdin: IConsumer | None = None
    _killed: bool = False
    complaints: Complaints = field(factory=Complaints)
    transport: IProcessTransport | None = None

    def start(
        self,
        reactor: ProcessReactor,
        argv: Sequence[str],
        env: dict[str, str],
        pressure: IPushProducer,
    ) -> None:
        """
        Spawn the process and begin the stream to it.

        @param pressure: paused while the child reads too slowly.
        @raise OSError: it cannot be spawned.
        """
        descriptors: dict[int, str | int] = {0: "w", 1: "r", 2: "r"}
        for position in range(self._outputs):
            descriptors[FIRST_OUTPUT_FD + position] = "r"
            self._demuxers[FIRST_OUTPUT_FD + position] = FLVDemuxer()
        transport = reactor.spawnProcess(self, argv[0], argv, env=env, childFDs=descriptors)
        self._widen_stdin(transport)
        # A process transport is a consumer, though its interface does not say so.
        self._stdin = cast(IConsumer, transport)
        self._stdin.registerProducer(pressure, True)
        # Neither kind is announced, since a broadcast may have one alone.
        transport.write(flv_header(has_audio=False, has_video=False))

    def _widen_stdin(self, transport: IProcessTransport) -> None:
        """
        Give the way to ffmpeg enough room for its start and for short delays.
        """
        # Not part of IProcessTransport; without it everything works with smaller buffers.
        writer = getattr(transport, "pipes", {}).get(_STDIN)
        if writer is None:
            return
        writer.bufferSize = STDIN_BUFFER_SIZE
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            try:
                fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, STDIN_PIPE_SIZE)
            except OSError as error:
                # The user's total for pipes is used up (pipe-user-pages-soft).
                self._log.debug("ffmpeg's stdin keeps its size: {error}", error=error)

    def write(self, message: MediaMessage) -> None:
        """
        Send one message.
        """
        if self.transport is not None:
            timestamp_ms = self._clock.to_child(message.timestamp_ms)
            self.transport.write(flv_tag(evolve(message, timestamp_ms=timestamp_ms)))

    def close_stdin(self) -> None:
        """
        Let ffmpeg finish: it brings out what it still holds, then exits.
        """
        if self.transport is not None:
            self._release_pressure()
            self.transport.closeStdin()

    def terminate(self) -> None:
        """
        Ask ffmpeg to exit now.
        """
        self._signal("TERM")

    def kill(self) -> None:
        """
        End ffmpeg by force; what it wrote and was not read yet is dropped.
        """
        self._killed = True
        self._signal("KILL")
        if self.transport is not None:
            self._release_pressure()
            # A wrapper script's own child may hold the pipes open; the end must not wait for it.
            for descriptor in range(FIRST_OUTPUT_FD + self._outputs):
                self.transport.closeChildFD(descriptor)

    def _release_pressure(self) -> None:
        """
        Let standard input be closed: while a producer is registered, Twisted does not.
        """
        if self._stdin is not None:
            self._stdin.unregisterProducer()

    def _signal(self, name: str) -> None:
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess(name)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        Something from the child.
        """
        if childFD == _STDERR:
            for line in self._lines.feed(data):
                self._line(line)
        elif not self._killed and childFD in self._demuxers:
            self._output(childFD, data)

    def _output(self, descriptor: int, data: bytes) -> None:
        try:
            messages = self._demuxers[descriptor].feed(data)
        except MalformedFLV as error:
            del self._demuxers[descriptor]
            self._corrupt(f"ffmpeg wrote something that is not FLV ({error})")
            return
        for message in messages:
            timestamp_ms = self._clock.from_child(message.timestamp_ms)
            self._received(descriptor - FIRST_OUTPUT_FD, evolve(message, timestamp_ms=timestamp_ms))

    def _line(self, text: str) -> None:
        self._log.debug("ffmpeg: {text}", text=text)
        line = classify(text)
        if self.complaints.add(line) and line.kind is LineKind.EXPLAINED:
            tell = self._log.error if line.is_error else self._log.warn
            tell("{meaning} (ffmpeg: {text})", meaning=line.meaning, text=line.text)

    def processEnded(self, reason: Failure) -> None:
        """
        The process is gone and its pipes are closed.
        """
        last = self._lines.flush()
        if last:
            self._line(last)
        self.transport = None
        self._ended(how_it_ended(reason))


def how_it_ended(reason: Failure) -> str:
    """
    A process's end in words.
    """
    error = reason.value
    if isinstance(error, ProcessTerminated) and error.signal is not None:
        return f"was ended by signal {error.signal}"
    if isinstance(error, ProcessTerminated):
        return f"exited with status {error.exitCode}"
    if isinstance(error, ProcessDone):
        return "exited by itself"
    return str(error)
