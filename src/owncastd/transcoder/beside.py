"""
What is packaged beside the encoded renditions: the source, always or as a last resort.
"""

from collections.abc import Callable

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import IMediaSink, IRenditionReport
from owncastd.media.configurations import Configurations
from owncastd.media.messages import MediaMessage


@implementer(IMediaSink)
@define(eq=False)
class AlignedSource:
    """
    A sink in which a discontinuity can be marked between two messages.

    When an encoder is started again its renditions have a discontinuity. Players take the numbers
    of discontinuities for the same places in all renditions of a broadcast (RFC 8216bis, 6.2.4), so
    the source gets one there as well.
    """

    _sink: IMediaSink
    _configurations: Configurations = field(init=False, factory=Configurations)

    def mark(self) -> None:
        """
        Have a discontinuity before the next message, which should be a key frame.
        """
        self._sink.discontinuity()
        for message in self._configurations.repeated():
            self._sink.write(message)

    def write(self, message: MediaMessage) -> None:
        """
        Pass a message on.
        """
        self._configurations.note(message)
        self._sink.write(message)

    def discontinuity(self) -> None:
        """
        Pass it on.
        """
        self._configurations.forget()
        self._sink.discontinuity()

    def end(self) -> None:
        """
        Pass it on.
        """
        self._sink.end()


@implementer(IMediaSink, IRenditionReport)
@define(eq=False)
class SpareSource:
    """
    Follows a broadcast that has no rendition of the source, and offers the source when all
    renditions have failed, so that something plays.

    @ivar report: told of each rendition that fails.
    @ivar left: indexes of the renditions that have not.
    @ivar offer: makes another rendition, for the source as it is.
    """

    _report: IRenditionReport
    _left: set[int]
    _offer: Callable[[], IMediaSink]
    _sink: IMediaSink | None = field(init=False, default=None)
    _configurations: Configurations = field(init=False, factory=Configurations)
    _ended: bool = field(init=False, default=False)

    def rendition_failed(self, index: int, reason: str) -> None:
        """
        Pass it on; the last one makes room for the source.
        """
        self._report.rendition_failed(index, reason)
        self._left.discard(index)
        if not self._left and self._sink is None and not self._ended:
            self._sink = self._offer()
            for message in self._configurations.repeated():
                self._sink.write(message)

    def write(self, message: MediaMessage) -> None:
        """
        Pass a message on, if the source is offered.
        """
        self._configurations.note(message)
        if self._sink is not None:
            self._sink.write(message)

    def discontinuity(self) -> None:
        """
        Pass it on.
        """
        self._configurations.forget()
        if self._sink is not None:
            self._sink.discontinuity()

    def end(self) -> None:
        """
        Pass it on; the source is offered no more.
        """
        self._ended = True
        if self._sink is not None:
            self._sink.end()
