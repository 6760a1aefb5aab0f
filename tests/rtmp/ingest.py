"""
A broadcast that remembers: a small real provider of L{IIngest}.
"""

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import (
    IIngest,
    IPublication,
    IPublisher,
    PublishRefused,
    StreamKeyRejected,
)
from owncastd.media.messages import MediaMessage

KEY_REJECTED = "This stream key is not valid."


@implementer(IPublication)
@define(eq=False)
class MemoryPublication:
    """
    Keeps what came, and how it ended.
    """

    publisher: IPublisher
    received: list[MediaMessage] = field(factory=list)
    endings: list[str] = field(factory=list)

    def write(self, message: MediaMessage) -> None:
        """
        Keep the message.
        """
        assert not self.endings
        self.received.append(message)

    def stop(self) -> None:
        """
        Note the orderly end.
        """
        self.endings.append("stop")

    def lost(self, reason: str) -> None:
        """
        Note the loss.
        """
        self.endings.append(f"lost: {reason}")


@implementer(IIngest)
@define(eq=False)
class MemoryIngest:
    """
    Lets in who has the key, or refuses everybody.

    @ivar second_thoughts: why each publisher is sent away while it is being let in.
    """

    key: str = "KEY"
    refusal: PublishRefused | None = None
    second_thoughts: str | None = None
    publications: list[MemoryPublication] = field(factory=list)

    def publish(self, stream_key: str, publisher: IPublisher) -> MemoryPublication:
        """
        Compare the key.
        """
        if self.refusal is not None:
            raise self.refusal
        if stream_key != self.key:
            raise StreamKeyRejected(KEY_REJECTED)
        publication = MemoryPublication(publisher)
        self.publications.append(publication)
        if self.second_thoughts is not None:
            publisher.disconnect(self.second_thoughts)
        return publication
