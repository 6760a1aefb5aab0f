"""
Backpressure: a child that reads too slowly pauses the encoder, for a bounded time.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from zope.interface import implementer

from owncastd.interfaces import IFlow

from .reactor import ProcessReactor

#: How long a child may refuse input before it counts as stalled, in seconds.
STALL_SECONDS: Final = 4.0
#: What may still come after the encoder was paused, in bytes; more counts as a stall.
MAX_UNREAD: Final = 16 * 1024 * 1024
#: What a message costs besides its body, in bytes, as far as that bound is concerned.
MESSAGE_OVERHEAD: Final = 64


@implementer(IPushProducer)
@define(eq=False)
class Pressure:
    """
    What a process transport sees as the producer behind the child's standard input.

    Twisted tells a producer to stop when the child dies. That must not reach the encoder, whose
    broadcast goes on without this child, so here it only lifts the pressure.

    @ivar flow: what is paused.
    @ivar stalled: told, in words, when the child does not take its input.
    """

    _reactor: ProcessReactor
    _flow: IFlow
    _stalled: Callable[[str], None]
    _paused: bool = field(default=False, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)
    _unread: int = field(default=0, init=False)

    def pauseProducing(self) -> None:
        """
        Standard input is full; Twisted repeats this with every further write.
        """
        if self._timer is None:
            self._timer = self._reactor.callLater(STALL_SECONDS, self._waited)
        self.pause()

    def resumeProducing(self) -> None:
        """
        Standard input has been taken, to the last byte.
        """
        self.lift()

    def stopProducing(self) -> None:
        """
        Standard input is closed.
        """
        self.lift()

    def wrote(self, size: int) -> None:
        """
        Note a message that was written, to bound what waits should the encoder not heed the pause.
        """
        if self._timer is not None:
            self._unread += size + MESSAGE_OVERHEAD
            if self._unread > MAX_UNREAD:
                self._stalled("ffmpeg does not take its input")

    def pause(self) -> None:
        """
        Pause the encoder for a reason of our own, without a limit of time.
        """
        if not self._paused:
            self._paused = True
            self._flow.pause()

    def settle(self) -> None:
        """
        Our own reason is gone: resume unless standard input is full.
        """
        if self._timer is None:
            self.lift()

    def lift(self) -> None:
        """
        Resume the encoder if it was paused.
        """
        self._unread = 0
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if self._paused:
            self._paused = False
            self._flow.resume()

    def _waited(self) -> None:
        self._stalled(f"ffmpeg took no input for {STALL_SECONDS:g} seconds")
