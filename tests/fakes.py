"""
Small real providers of our interfaces that remember what was done to them.
"""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from owncastd.interfaces import IFlow, IMediaSink, IPublisher, ISegmentStore
from owncastd.media.messages import MediaMessage


@implementer(IMediaSink)
@define(eq=False)
class MemorySink:
    """
    Keeps every message; a discontinuity is kept as C{None}.
    """

    received: list[MediaMessage | None] = field(factory=list)
    ended: bool = False

    def write(self, message: MediaMessage) -> None:
        """
        Keep the message.
        """
        assert not self.ended
        self.received.append(message)

    def discontinuity(self) -> None:
        """
        Keep a mark.
        """
        assert not self.ended
        self.received.append(None)

    def end(self) -> None:
        """
        Close.
        """
        assert not self.ended
        self.ended = True


@implementer(IFlow)
@define(eq=False)
class MemoryFlow:
    """
    Counts pauses and resumes.
    """

    paused: bool = False
    pauses: int = 0

    def pause(self) -> None:
        """
        Note the pause.
        """
        self.paused = True
        self.pauses += 1

    def resume(self) -> None:
        """
        Note the resume.
        """
        self.paused = False


@implementer(IPublisher)
@define(eq=False)
class MemoryPublisher(MemoryFlow):
    """
    An encoder's connection without a socket.
    """

    address: str = "192.0.2.1:5000"
    disconnected: str | None = None

    def disconnect(self, reason: str) -> None:
        """
        Note why.
        """
        self.disconnected = reason


@implementer(ISegmentStore)
@define(eq=False)
class MemorySegmentStore:
    """
    Keeps everything at once.

    @ivar told: the callbacks of L{put} by name, for tests to call.
    @ivar closed: nothing more is taken.
    """

    objects: dict[str, bytes] = field(factory=dict)
    told: dict[str, Callable[[str | None], None]] = field(factory=dict)
    closed: bool = False

    def put(self, name: str, data: bytes, stored: Callable[[str | None], None]) -> None:
        """
        Keep it.
        """
        if not self.closed:
            self.objects[name] = data
            self.told[name] = stored

    def remove(self, name: str) -> None:
        """
        Forget it.
        """
        if self.told.pop(name, None) is not None:
            del self.objects[name]

    def close(self) -> Deferred[None]:
        """
        Forget all that was put.
        """
        self.closed = True
        for name in list(self.told):
            self.remove(name)
        return succeed(None)
