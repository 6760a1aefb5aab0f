"""
Tells webhooks of the stream: that it started once there is something to see, that it stopped, and
that it has another title.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from owncastd.broadcast.events import BroadcastEvent, Ended, Retitled, Started

#: A stream without anything to see after so long is told of as it is.
START_SECONDS: Final = 10.0


@define(eq=False)
class StreamTeller:
    """
    Follows the broadcast.

    Clients act at once on what they are told, so a start is told when the page can show it: the
    status in it is true, and says so. Every start that is told is followed by its stop.

    @ivar _tell: is given the type of what happened, and when it did.
    @ivar _started: when the broadcast started of which nobody was told yet, and what tells of it
        when it takes too long.
    """

    _clock: IReactorTime
    _tell: Callable[[str, datetime], None]
    _started: tuple[datetime, IDelayedCall] | None = field(init=False, default=None)

    def happened(self, event: BroadcastEvent) -> None:
        """
        Something happened to the stream.
        """
        if isinstance(event, Started):
            self._tell_start()
            self._started = (event.at, self._clock.callLater(START_SECONDS, self._tell_start))
        elif isinstance(event, Ended):
            self._tell_start()
            self._tell("STREAM_STOPPED", event.at)
        elif isinstance(event, Retitled):
            self._tell("STREAM_TITLE_UPDATED", event.at)

    def playable(self) -> None:
        """
        There is something to see.
        """
        self._tell_start()

    def _tell_start(self) -> None:
        if self._started is None:
            return
        at, late = self._started
        self._started = None
        if late.active():
            late.cancel()
        self._tell("STREAM_STARTED", at)
