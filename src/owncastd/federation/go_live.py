"""
When to post that the stream is on: once for each broadcast, as soon as there is something to see.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from owncastd.broadcast.events import BroadcastEvent, Ended, Started
from owncastd.interfaces import IStreamStatus, StreamState

#: How often it is looked whether the stream can be played.
LOOK_SECONDS: Final = 1.0
#: For how long it must have been: whoever starts by mistake tells nobody, and there is a picture.
PLAYABLE_SECONDS: Final = 10.0
#: So soon after the last such post there is no other one, even if the server was started anew.
MIN_BETWEEN: Final = timedelta(minutes=10)


@define(eq=False)
class GoLive:
    """
    Watches a broadcast from its start until it can be played, then has it posted. An encoder that
    comes back makes no broadcast, so nothing is posted for it.

    @ivar _wanted: whether it is to be posted at all.
    @ivar _last: when it was posted last.
    @ivar _post: posts it.
    @ivar _playable_since: by the clock; C{None} while it is not.
    """

    _clock: IReactorTime
    _stream: IStreamStatus
    _wanted: Callable[[], bool]
    _last: Callable[[], Awaitable[datetime | None]]
    _post: Callable[[], Awaitable[str | None]]
    _timer: IDelayedCall | None = field(init=False, default=None)
    _playable_since: float | None = field(init=False, default=None)
    _posting: Deferred[None] | None = field(init=False, default=None)

    _log = Logger()

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast.
        """
        if isinstance(event, Started):
            self._forget()
            self._timer = self._clock.callLater(LOOK_SECONDS, self._look)
        elif isinstance(event, Ended):
            self._forget()

    def stop(self) -> Deferred[None] | None:
        """
        Watch no more.

        @return: what is still being posted, if anything is.
        """
        self._forget()
        return self._posting

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._playable_since = None

    def _look(self) -> None:
        self._timer = None
        status = self._stream.stream_status()
        now = self._clock.seconds()
        if not status.online or status.state is not StreamState.LIVE:
            self._playable_since = None
        elif self._playable_since is None:
            self._playable_since = now
        if self._playable_since is None or now - self._playable_since < PLAYABLE_SECONDS:
            self._timer = self._clock.callLater(LOOK_SECONDS, self._look)
            return
        self._playable_since = None
        if self._wanted():
            self._posting = Deferred.fromCoroutine(self._tell()).addErrback(
                lambda failure: self._log.failure(
                    "That the stream is on could not be posted", failure
                )
            )

    async def _tell(self) -> None:
        last = await self._last()
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        if last is not None and now - last < MIN_BETWEEN:
            self._log.info("It was posted a few minutes ago that the stream is on")
            return
        if await self._post() is not None:
            self._log.info("It was posted that the stream is on")
