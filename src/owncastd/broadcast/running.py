"""
One broadcast from its start to its end, and the encoders that feed it in turn.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import BroadcastPlan, IFlow, IMediaSink, IPublication, IPublisher
from owncastd.media.errors import MalformedFLV, UnsupportedCodec
from owncastd.media.extended import is_extended, plain
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.metadata import MalformedMetadata, read_on_metadata
from owncastd.media.timeline import Timeline

from .encoder_watch import EncoderWatch
from .fan_out import FanOut
from .flow import Flow
from .metadata import BroadcasterDetails, details_of

#: Makes the sinks of a broadcast; they pull the tap that they are given.
Pipeline = Callable[[BroadcastPlan, IFlow], Sequence[IMediaSink]]

_METADATA = MessageKind.METADATA


@define(eq=False)
class RunningBroadcast:
    """
    What belongs to one broadcast, however many publications feed it.

    @ivar plan: what was decided at the start.
    @ivar key: who started it; only the same key may resume it.
    @ivar details: what the present encoder said of itself, if anything.
    @ivar watch: measures how well the present encoder sends.
    @ivar publication: the present encoder's, or C{None} while there is none.
    """

    _clock: IReactorTime
    plan: BroadcastPlan
    key: object = field(repr=False)
    _flow: Flow
    _sinks: FanOut
    _started_at: float
    _timeline: Timeline = field(init=False, factory=Timeline)
    details: BroadcasterDetails | None = field(init=False, default=None)
    publication: "Publication | None" = field(init=False, default=None)
    watch: EncoderWatch = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self.watch = EncoderWatch(self._flow)

    @classmethod
    def prepare(
        cls,
        clock: IReactorTime,
        plan: BroadcastPlan,
        key: object,
        pipeline: Pipeline,
        exhausted: Callable[[], None],
    ) -> "RunningBroadcast":
        """
        Set up a broadcast that nothing feeds yet.

        @param exhausted: called when the last sink has failed.
        """
        flow = Flow(clock)
        sinks = FanOut(tuple(pipeline(plan, flow)), exhausted)
        return cls(clock, plan, key, flow, sinks, clock.seconds())

    @property
    def flow(self) -> Flow:
        """
        The tap of this broadcast.
        """
        return self._flow

    def attach(self, publication: "Publication") -> None:
        """
        This publication feeds the broadcast from now on.
        """
        self.publication = publication
        self.watch.begin()
        self._timeline.start(round((self._clock.seconds() - self._started_at) * 1000))
        self._flow.attach(publication.publisher)

    def detach(self) -> None:
        """
        The present publication does no longer.
        """
        if self.publication is not None:
            self.publication.close()
            self.publication = None
            self._flow.detach()

    def write(self, message: MediaMessage, publisher: IPublisher) -> None:
        """
        Take a message of the present encoder.

        @raise UnsupportedCodec: it is of a codec that is unknown here, in words for the streamer.
        """
        if message.kind is _METADATA:
            self._note_details(message, publisher)
        elif is_extended(message):
            inner = self._plain(message)
            if inner is None:
                return
            message = inner
        mapped = self._timeline.map(message)
        if mapped.discontinuity:
            self._sinks.discontinuity()
        for each in mapped.messages:
            self._sinks.write(each)

    def _plain(self, message: MediaMessage) -> MediaMessage | None:
        """
        What there is for us in an extended message.
        """
        try:
            return plain(message)
        except MalformedFLV as error:
            self._log.debug("Message ignored: {reason}", reason=str(error))
            return None

    def _note_details(self, message: MediaMessage, publisher: IPublisher) -> None:
        """
        Keep what the encoder says of itself; what cannot be read changes nothing.
        """
        try:
            metadata = read_on_metadata(message.body)
        except MalformedMetadata as error:
            self._log.debug("Metadata ignored: {reason}", reason=str(error))
            return
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        self.details = details_of(metadata, publisher.address, now)

    def discontinuity(self) -> None:
        """
        The encoder is lost, or another one follows: viewers get all there is.
        """
        self._sinks.discontinuity()

    def end(self) -> None:
        """
        Nothing follows.
        """
        self.detach()
        self._sinks.end()


@implementer(IPublication)
@define(eq=False)
class Publication:
    """
    One encoder's way into a broadcast, until it stops, is lost or is replaced.

    @ivar broadcast: what it feeds.
    @ivar publisher: its connection.
    @ivar active: whether its calls still count.
    """

    _clock: IReactorTime
    broadcast: RunningBroadcast
    publisher: IPublisher
    _stopped: Callable[["Publication"], None]
    _lost: Callable[["Publication", str], None]
    #: Told why nothing can be made of what it sends.
    _unusable: Callable[["Publication", str], None]
    active: bool = field(init=False, default=True)
    _heard_at: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._heard_at = self._clock.seconds()

    def write(self, message: MediaMessage) -> None:
        """
        Take one message.
        """
        if self.active:
            if message.kind is not _METADATA:
                self._heard_at = now = self._clock.seconds()
                self.broadcast.watch.note(message, now)
            try:
                self.broadcast.write(message, self.publisher)
            except UnsupportedCodec as error:
                self._unusable(self, str(error))

    def stop(self) -> None:
        """
        An orderly end.
        """
        if self.active:
            self._stopped(self)

    def lost(self, reason: str) -> None:
        """
        The connection is gone.
        """
        if self.active:
            self._lost(self, reason)

    def close(self) -> None:
        """
        Ignore all further calls.
        """
        self.active = False

    def cut(self, reason: str) -> None:
        """
        Ignore all further calls and close the connection.
        """
        self.active = False
        self.publisher.disconnect(reason)

    @property
    def silent_seconds(self) -> float:
        """
        For how long no media came although it was welcome.
        """
        flow = self.broadcast.flow
        if flow.paused:
            return 0.0
        return self._clock.seconds() - max(self._heard_at, flow.resumed_at)
