"""
One broadcast's media, to each of its sinks.
"""

from collections.abc import Callable

from attrs import define
from twisted.logger import Logger

from owncastd.interfaces import IMediaSink
from owncastd.media.messages import MediaMessage


@define(eq=False)
class FanOut:
    """
    Hands everything to every sink. One that raises is ended and left out from then on; the others
    do not notice.

    @ivar _exhausted: called when the last sink was left out; nothing would be seen of what follows.
    """

    _sinks: tuple[IMediaSink, ...]
    _exhausted: Callable[[], None]

    _log = Logger()

    def write(self, message: MediaMessage) -> None:
        """
        One message, on the broadcast's clock.
        """
        for sink in self._sinks:
            try:
                sink.write(message)
            except Exception:  # noqa: BLE001 - the other sinks must go on
                self._drop(sink)

    def discontinuity(self) -> None:
        """
        What follows does not continue what was before.
        """
        for sink in self._sinks:
            try:
                sink.discontinuity()
            except Exception:  # noqa: BLE001 - the other sinks must go on
                self._drop(sink)

    def end(self) -> None:
        """
        Nothing follows.
        """
        sinks, self._sinks = self._sinks, ()
        for sink in sinks:
            self._end(sink)

    def _drop(self, failed: IMediaSink) -> None:
        """
        Leave out a sink; called while its exception is handled.
        """
        self._log.failure("A sink failed and is left out: {sink!r}", sink=failed)
        if failed not in self._sinks:
            return
        self._sinks = tuple(sink for sink in self._sinks if sink is not failed)
        self._end(failed)
        if not self._sinks:
            self._exhausted()

    def _end(self, sink: IMediaSink) -> None:
        try:
            sink.end()
        except Exception:  # noqa: BLE001 - the other sinks must be ended as well
            self._log.failure("A sink failed at its end: {sink!r}", sink=sink)
