"""
The stream of this server: who may feed it, and how it is.
"""

from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import (
    AlreadyLive,
    BroadcastPlan,
    IIngest,
    IPublication,
    IPublisher,
    IStreamStatus,
    PublishRefused,
    StreamKeyRejected,
    StreamState,
    StreamStatus,
)

from .encoder_watch import EncoderFigures
from .events import Listener, Retitled
from .history import History
from .machine import SILENCE_SECONDS, Core, Life, make_life
from .metadata import BroadcasterDetails
from .running import Pipeline, Publication, RunningBroadcast
from .viewers import Audience

#: After this long without media, a publisher may be replaced by another one with the same key.
TAKEOVER_SILENCE_SECONDS = 3.0


@implementer(IIngest, IStreamStatus)
@define(eq=False)
class Broadcast:
    """
    At most one broadcast at a time, fed by at most one encoder at a time.

      - A publication while offline starts a broadcast.
      - While live it is refused, unless it has the same key and the present encoder has been
        silent for C{TAKEOVER_SILENCE_SECONDS}: then it takes over, in the same broadcast.
      - An encoder that is lost, or silent for C{SILENCE_SECONDS}, interrupts the broadcast. The
        same key resumes it; another one ends it and starts its own; after the grace time it is
        over.
      - An encoder that says goodbye ends it at once.

    @ivar _identify: who a stream key belongs to, or C{None}; what it gives is compared by C{==}.
    @ivar _plan: asked for a plan whenever a broadcast starts.
    @ivar _pipeline: asked for its sinks then.
    @ivar _grace_seconds: asked at each interruption; 0 ends the broadcast instead.
    @ivar _playable: whether there is media that a player could play right now.
    """

    _clock: IReactorTime
    _identify: Callable[[str], object | None] = field(repr=False)
    _plan: Callable[[], BroadcastPlan]
    _pipeline: Pipeline
    _grace_seconds: Callable[[], float]
    _playable: Callable[[], bool]
    _audience: Audience
    _history: History
    _listeners: list[Listener] = field(factory=list)
    _core: Core = field(init=False, repr=False)
    _life: Life = field(init=False, repr=False)
    _closed: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._core = Core(
            self._clock,
            self._audience,
            self._history,
            lambda: self.stream_state is not StreamState.OFFLINE and self._playable(),
            self._silent,
            self._listeners,
        )
        self._life = make_life(self._core)

    def subscribe(self, *listeners: Listener) -> None:
        """
        Tell these of all events from now on.
        """
        self._listeners.extend(listeners)

    def publish(self, stream_key: str, publisher: IPublisher) -> IPublication:
        """
        Let an encoder in, or say why not.
        """
        try:
            publication = self._admit(stream_key, publisher)
        except PublishRefused as refusal:
            self._log.info(
                "Encoder {address} refused: {reason}",
                address=publisher.address,
                reason=str(refusal),
            )
            raise
        self._life.publish(publication)
        return publication

    def _admit(self, stream_key: str, publisher: IPublisher) -> Publication:
        """
        Find or prepare the broadcast that an encoder may feed.
        """
        if self._closed:
            raise PublishRefused("The server is shutting down.")
        key = self._identify(stream_key)
        if key is None:
            raise StreamKeyRejected("The stream key is wrong.")
        running = self._core.running
        if running is not None:
            if running.publication is None:
                if running.key != key:
                    self._life.finish("An encoder with another stream key came.")
                    running = None
            elif running.key != key:
                raise AlreadyLive("Somebody else is live already.")
            elif running.publication.silent_seconds < TAKEOVER_SILENCE_SECONDS:
                raise AlreadyLive("You are live already, from another connection.")
        if running is None:
            running = self._prepare(key)
        return Publication(
            self._clock, running, publisher, self._stopped, self._lost, self._unusable
        )

    def _prepare(self, key: object) -> RunningBroadcast:
        try:
            return RunningBroadcast.prepare(
                self._clock, self._plan(), key, self._pipeline, self._exhausted
            )
        except Exception as error:
            self._log.failure("The broadcast could not be set up")
            raise PublishRefused("The server cannot start a broadcast; see its log.") from error

    def _stopped(self, publication: Publication) -> None:
        publication.close()
        self._life.finish("The streamer stopped.")

    def _lost(self, publication: Publication, reason: str) -> None:
        publication.close()
        self._interrupt(reason)

    def _unusable(self, publication: Publication, reason: str) -> None:
        publication.cut(reason)
        self._life.finish(reason)

    def _silent(self, publication: Publication) -> None:
        reason = f"No media for {SILENCE_SECONDS:g} seconds."
        publication.cut(reason)
        self._interrupt(reason)

    def _interrupt(self, reason: str) -> None:
        grace_seconds = self._grace_seconds()
        if grace_seconds > 0:
            self._life.lose(reason, grace_seconds)
        else:
            self._life.finish(reason)

    def _exhausted(self) -> None:
        self.disconnect("The server cannot go on with the broadcast; see its log.")

    def disconnect(self, reason: str) -> bool:
        """
        End the broadcast from our side, and close the encoder's connection.

        @param reason: one sentence; the encoder is told.
        @return: whether there was a broadcast.
        """
        runs = self._core.running is not None
        self._life.finish(reason)
        return runs

    def retitle(self, title: str) -> None:
        """
        Tell that the stream has another title; that it has none any more is nothing to tell.
        """
        if title:
            self._core.tell(Retitled(self.plan, self._core.now(), title))

    def shutdown(self) -> Deferred[None]:
        """
        End in an orderly way what runs, and let nobody in any more.

        @return: fires when the history is saved; no timer is left then.
        """
        self._closed = True
        self.disconnect("The server is shutting down.")
        return self._history.saved()

    @property
    def stream_state(self) -> StreamState:
        """
        Where the stream is in its life.
        """
        running = self._core.running
        if running is None:
            return StreamState.OFFLINE
        if running.publication is None:
            return StreamState.INTERRUPTED
        return StreamState.LIVE

    @property
    def plan(self) -> BroadcastPlan | None:
        """
        What was decided for the broadcast that runs.
        """
        running = self._core.running
        return None if running is None else running.plan

    @property
    def broadcaster(self) -> BroadcasterDetails | None:
        """
        What the encoder of the broadcast that runs said of itself last.
        """
        running = self._core.running
        return None if running is None else running.details

    @property
    def encoder_figures(self) -> EncoderFigures | None:
        """
        How well the encoder that feeds the broadcast sends; C{None} while nothing is known of it.
        """
        running = self._core.running
        if running is None or running.publication is None:
            return None
        return running.watch.figures()

    def stream_status(self) -> StreamStatus:
        """
        How the stream is right now.
        """
        running = self._core.running
        peaks = self._audience.peaks
        return StreamStatus(
            state=self.stream_state,
            online=self._core.online(),
            viewer_count=self._audience.count,
            session_peak_viewer_count=peaks.session,
            overall_peak_viewer_count=peaks.overall,
            last_connect_time=None if running is None else running.plan.started_at,
            last_disconnect_time=(
                self._history.record.last_disconnect_time if running is None else None
            ),
        )
