"""
When the world is told that the stream is on: once for each broadcast, through each channel.
"""

# Twisted leaves what is called here without annotations.
# mypy: allow-untyped-calls

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import define, evolve, field, frozen
from twisted.internet.defer import CancelledError, Deferred, DeferredList, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.broadcast.events import BroadcastEvent, Ended, Started
from owncastd.interfaces import IStreamStatus, StreamState
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .announcement import Announcement
from .fetching import NotTold
from .occasions import Occasion

#: Nobody is told again sooner than this after the last time, however often a stream begins.
MIN_SECONDS_BETWEEN: Final = 600.0
#: An encoder that comes back within this long after the server was restarted goes on with what it
#: began: the same occasion.
RESTART_SECONDS: Final = 600.0
#: How often it is looked whether there is something to see, once the time has come.
LOOK_SECONDS: Final = 1.0
#: How long to wait before a channel that could not be reached is tried again.
AGAIN_SECONDS: Final = (5.0, 30.0, 120.0)

#: Makes an occasion durable.
Save = Callable[[Occasion], Deferred[None]]
#: Whether what is to be told is still true.
Wanted = Callable[[], bool]


@frozen
class Channel:
    """
    A way to tell the world.

    @ivar name: short, for logs and the database; never changed.
    @ivar enabled: whether the administrator wants it.
    @ivar tell: tells it once; raises L{NotTold}.
    @ivar resumable: whether it keeps its own books about who has been told, so that it may go on
        after the server was killed in the middle. Others are never begun twice.
    """

    name: str
    enabled: Callable[[], bool]
    tell: Callable[[Announcement, Wanted], Awaitable[None]]
    resumable: bool = False


@define(eq=False)
class GoLive:
    """
    Follows the broadcast, waits until it is time and there is something to see, and tells.

    Before a channel is begun that is written down, so a server that is killed tells nobody twice;
    what it had not begun it tells when it is back and the encoder is, too.

    @ivar _occasion: the newest.
    @ivar _last_alive: when the server was last seen running by the one that runs now, if it ended
        in the middle of a broadcast.
    @ivar _telling: what is going on; at most one for each channel of one occasion, and those of
        occasions before that are still at it.
    """

    _clock: IReactorTime
    _stream: IStreamStatus
    _settings: Settings
    _channels: Sequence[Channel]
    _save: Save
    _occasion: Occasion | None = None
    _last_alive: datetime | None = None
    _live: bool = field(init=False, default=False)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _telling: set[Deferred[None]] = field(init=False, factory=set)

    _log = Logger()

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast. That its encoder was lost or came back changes nothing.
        """
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Ended):
            self._end(event.at)

    def stop(self) -> Deferred[None]:
        """
        Tell nobody any more. Comes before the broadcast is ended, so that what was going on goes on
        after a restart.

        @return: fires when nothing is under way; no timer is left.
        """
        self._cancel_timer()
        self._live = False
        telling = list(self._telling)
        for each in telling:
            each.cancel()
        return DeferredList(telling).addCallback(lambda _: None)

    def _begin(self, event: Started) -> None:
        self._live = True
        known = self._occasion
        if known is None or not self._goes_on(known, event.at):
            told_at = None if known is None else known.told_at
            self._change(Occasion(event.plan.broadcast_id, event.at, told_at=told_at))
        assert self._occasion is not None
        due = self._occasion.started_at.timestamp() + self._settings.get(
            catalogue.GO_LIVE_DELAY_SECONDS
        )
        self._wait(max(0.0, due - self._clock.seconds()))

    def _goes_on(self, known: Occasion, now: datetime) -> bool:
        if known.ended_at is not None or self._last_alive is None:
            return False
        return (now - self._last_alive).total_seconds() <= RESTART_SECONDS

    def _end(self, at: datetime) -> None:
        self._cancel_timer()
        # After a stop the broadcast ends only because the server does.
        if self._live and self._occasion is not None:
            self._live = False
            self._change(evolve(self._occasion, ended_at=at))

    def _wait(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = self._clock.callLater(seconds, self._due)

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _due(self) -> None:
        self._timer = None
        status = self._stream.stream_status()
        if not status.online or status.state is not StreamState.LIVE:
            self._wait(LOOK_SECONDS)
            return
        occasion = self._occasion
        assert occasion is not None, "it is made before the timer"
        if self._too_soon(occasion):
            self._log.info("Nobody is told of this stream: the last one was told of just before")
            return
        for channel in self._channels:
            if channel.enabled() and channel.name not in occasion.channels:
                self._start(channel, occasion)

    def _too_soon(self, occasion: Occasion) -> bool:
        told_at = occasion.told_at
        # An occasion that was told of in part is told of to the rest.
        if told_at is None or occasion.channels:
            return False
        return (self._now() - told_at).total_seconds() < MIN_SECONDS_BETWEEN

    def _start(self, channel: Channel, occasion: Occasion) -> None:
        telling = Deferred.fromCoroutine(self._tell(channel, occasion))
        self._telling.add(telling)

        def done(result: Failure | None) -> None:
            self._telling.discard(telling)
            if isinstance(result, Failure) and not result.check(CancelledError):
                self._log.failure("Telling through {channel} failed", result, channel=channel.name)

        telling.addBoth(done)

    async def _tell(self, channel: Channel, occasion: Occasion) -> None:
        def wanted() -> bool:
            current = self._occasion
            return (
                self._live and current is not None and current.broadcast_id == occasion.broadcast_id
            )

        if not channel.resumable:
            await self._note(channel, occasion)
        announcement = Announcement.of(self._settings, occasion.broadcast_id, occasion.started_at)
        await self._try(channel, announcement, wanted)
        if channel.resumable and wanted():
            await self._note(channel, occasion)

    async def _try(self, channel: Channel, announcement: Announcement, wanted: Wanted) -> None:
        for pause in (*AGAIN_SECONDS, None):
            try:
                await channel.tell(announcement, wanted)
            except NotTold as error:
                if pause is None or not error.again:
                    self._log.warn(
                        "{channel} was not told that the stream is on: {reason}",
                        channel=channel.name,
                        reason=error.reason,
                    )
                    return
                self._log.info(
                    "{channel} could not be told that the stream is on, and will be tried again:"
                    " {reason}",
                    channel=channel.name,
                    reason=error.reason,
                )
                await deferLater(self._clock, pause)
                if not wanted():
                    return
            else:
                self._log.info("{channel} was told that the stream is on", channel=channel.name)
                return

    def _note(self, channel: Channel, occasion: Occasion) -> Deferred[None]:
        """
        Remember that a channel of an occasion was begun, durably.
        """
        current = self._occasion
        if current is None or current.broadcast_id != occasion.broadcast_id:
            return succeed(None)
        return self._change(current.with_channel(channel.name, self._now()))

    def _change(self, occasion: Occasion) -> Deferred[None]:
        """
        Fires when the change is durable, or that has failed and was logged: then it still counts
        for as long as the server runs.
        """
        self._occasion = occasion
        return self._save(occasion).addErrback(
            lambda failure: self._log.failure("An occasion to tell could not be kept", failure)
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)
