"""
A reactor whose processes are scripted by the test, and the lists that our collaborators write to.
"""

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IAddress, IProcessProtocol, IProcessTransport, IPushProducer
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.interfaces import IRenditionReport
from owncastd.media.flv import FLVDemuxer, flv_header, flv_tag
from owncastd.media.messages import MediaMessage, MessageKind


def video(timestamp_ms: int, *, key: bool = False, size: int = 4) -> MediaMessage:
    """
    An AVC message without meaning.
    """
    return MediaMessage(
        MessageKind.VIDEO, timestamp_ms, bytes([0x17 if key else 0x27, 1, 0, 0, 0]) + bytes(size)
    )


def audio(timestamp_ms: int) -> MediaMessage:
    """
    An AAC message without meaning.
    """
    return MediaMessage(MessageKind.AUDIO, timestamp_ms, b"\xaf\x01" + bytes(3))


def flv(*messages: MediaMessage) -> bytes:
    """
    A whole FLV stream.
    """
    return flv_header() + b"".join(map(flv_tag, messages))


@implementer(IProcessTransport)
@define(eq=False)
class FakeProcess:
    """
    A child that does what the test says, through the calls that Twisted would make.
    """

    protocol: IProcessProtocol
    argv: Sequence[str]
    env: Mapping[str, str] | None
    child_fds: Mapping[int, str | int] | None
    stdin: bytearray = field(factory=bytearray)
    signals: list[str] = field(factory=list)
    closed: set[int] = field(factory=set)
    producer: IPushProducer | None = None
    alive: bool = True
    pid: int = 4711

    # What the code under test calls.

    def write(self, data: bytes) -> None:
        """
        Take standard input; after its end nothing arrives.
        """
        if self.alive and 0 not in self.closed:
            self.stdin += data

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """
        Take standard input.
        """
        self.write(b"".join(seq))

    def writeToChild(self, childFD: int, data: bytes) -> None:
        """
        Take standard input.
        """
        self.write(data)

    def closeChildFD(self, descriptor: int) -> None:
        """
        Note it.
        """
        self.closed.add(descriptor)

    def closeStdin(self) -> None:
        """
        Note it, unless a producer keeps the pipe open.
        """
        if self.producer is None:
            self.closed.add(0)

    def closeStdout(self) -> None:
        """
        Note it.
        """
        self.closed.add(1)

    def closeStderr(self) -> None:
        """
        Note it.
        """
        self.closed.add(2)

    def loseConnection(self) -> None:
        """
        Note it.
        """
        self.closed |= {0, 1, 2}

    def signalProcess(self, signalID: str | int) -> None:
        """
        Note the signal.
        """
        if not self.alive:
            raise ProcessExitedAlready()
        self.signals.append(str(signalID))

    def getHost(self) -> IAddress:
        """
        Not used.
        """
        raise NotImplementedError

    def getPeer(self) -> IAddress:
        """
        Not used.
        """
        raise NotImplementedError

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """
        Note who is paused.
        """
        assert self.producer is None and streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        """
        Forget it.
        """
        self.producer = None

    # What the test calls.

    def say(self, descriptor: int, data: bytes) -> None:
        """
        Bring something out of a descriptor.
        """
        self.protocol.childDataReceived(descriptor, data)

    def fill(self) -> None:
        """
        Find standard input full.
        """
        assert self.producer is not None
        self.producer.pauseProducing()

    def empty(self) -> None:
        """
        Find standard input empty.
        """
        if self.producer is not None:
            self.producer.resumeProducing()

    def exit(self, status: int = 0, signal: int | None = None) -> None:
        """
        End, as a process does.
        """
        assert self.alive
        self.alive = False
        if self.producer is not None:
            self.producer.stopProducing()
            self.producer = None
        done = ProcessDone(0) if not status and signal is None else None
        error = done or ProcessTerminated(None if signal else status, signal, None)
        self.protocol.processEnded(Failure(error))

    def received(self) -> list[MediaMessage]:
        """
        The messages that came through standard input.
        """
        return FLVDemuxer().feed(bytes(self.stdin))


@define(eq=False)
class FakeReactor(Clock):
    """
    Time that a test advances, and processes that it scripts.

    @ivar refusal: raised instead of spawning.
    """

    processes: list[FakeProcess] = field(factory=list)
    refusal: OSError | None = None

    def __attrs_post_init__(self) -> None:
        Clock.__init__(self)

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
    ) -> FakeProcess:
        """
        Begin a scripted process.
        """
        if self.refusal is not None:
            raise self.refusal
        process = FakeProcess(processProtocol, args, env, childFDs)
        self.processes.append(process)
        processProtocol.makeConnection(process)
        return process


@implementer(IRenditionReport)
@define(eq=False)
class MemoryReport:
    """
    Remembers what failed.
    """

    failed: list[tuple[int, str]] = field(factory=list)

    def rendition_failed(self, index: int, reason: str) -> None:
        """
        Remember it.
        """
        self.failed.append((index, reason))
