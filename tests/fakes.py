"""
Small real providers of our interfaces that remember what was done to them.
"""

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import IFlow, IMediaSink, IPublisher
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
