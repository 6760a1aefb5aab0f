"""
Backpressure from the sinks of a broadcast to whoever feeds it at the moment.
"""

from attrs import define
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from owncastd.interfaces import IFlow, IPublisher


@implementer(IFlow)
@define(eq=False)
class Flow:
    """
    Forwards pauses to the present publisher; one that comes while paused is paused at once.
    """

    _clock: IReactorTime
    _publisher: IPublisher | None = None
    _paused: bool = False
    _resumed_at: float = 0.0

    @property
    def paused(self) -> bool:
        """
        Whether the encoder is not being read.
        """
        return self._paused

    @property
    def resumed_at(self) -> float:
        """
        When the last pause was over, in the clock's seconds.
        """
        return self._resumed_at

    def attach(self, publisher: IPublisher) -> None:
        """
        This is the publisher from now on.
        """
        self._publisher = publisher
        if self._paused:
            publisher.pause()

    def detach(self) -> None:
        """
        There is no publisher from now on; the last one is not left paused.
        """
        publisher, self._publisher = self._publisher, None
        if publisher is not None and self._paused:
            publisher.resume()

    def pause(self) -> None:
        """
        Stop reading.
        """
        self._paused = True
        if self._publisher is not None:
            self._publisher.pause()

    def resume(self) -> None:
        """
        Read again.
        """
        if self._paused:
            self._paused = False
            self._resumed_at = self._clock.seconds()
        if self._publisher is not None:
            self._publisher.resume()
