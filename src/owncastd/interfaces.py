"""
The seams between rooms: a few verbs each, and the values and refusals that cross them.

Media flows one way: an encoder's connection publishes into L{IIngest}, the broadcast writes to its
L{IMediaSink}s, and only pauses (L{IFlow}) and refusals travel back.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum

from attrs import frozen
from twisted.internet.defer import Deferred
from zope.interface import Attribute, Interface

from owncastd.media.latency import LatencyLevel
from owncastd.media.messages import MediaMessage
from owncastd.media.renditions import Rendition


class PublishRefused(Exception):
    """
    The encoder may not publish. The text is shown to the streamer by the encoder.
    """


class StreamKeyRejected(PublishRefused):
    """
    The stream key is not one of ours.
    """


class AlreadyLive(PublishRefused):
    """
    Somebody is live already, and has not gone silent.
    """


@frozen
class BroadcastPlan:
    """
    What is decided when a broadcast starts, and holds until it ends.

    @ivar broadcast_id: short random text, fresh per broadcast; prefixes the names of its segments.
    @ivar started_at: when the encoder was accepted (UTC).
    """

    broadcast_id: str
    started_at: datetime
    latency: LatencyLevel
    renditions: tuple[Rendition, ...]


class IMediaSink(Interface):
    """
    Where the media of a broadcast goes: a packager, a transcoder, later a recorder.

    Within one continuous run, C{timestamp_ms} of all messages comes from one clock that never
    jumps: the broadcast calls L{discontinuity} between what does not belong together. Codec
    configuration (AVC sequence header, AudioSpecificConfig) is repeated after each discontinuity
    before media that needs it. No verb may raise for what a stranger sent, nor block.
    """

    def write(message: MediaMessage) -> None:
        """
        Take one message.
        """

    def discontinuity() -> None:
        """
        Finish what was begun: what follows may have another clock base, other codec parameters or
        a gap before it. Called when the encoder is lost as well, so that viewers get all there is.
        Several calls without media between count as several.
        """

    def end() -> None:
        """
        The broadcast is over; nothing follows. Called exactly once.
        """


class IFlow(Interface):
    """
    The tap of a broadcast's media: backpressure runs through it against the data.
    """

    def pause() -> None:
        """
        Stop reading from the encoder. May repeat.
        """

    def resume() -> None:
        """
        Read again. May repeat, and may come without a pause before it.
        """


class IPublisher(IFlow):
    """
    An encoder's connection, as the broadcast sees it.
    """

    address = Attribute("Text C{host:port} of the peer (IPv6 in brackets).")

    def disconnect(reason: str) -> None:
        """
        Close the connection, telling the encoder why. L{IPublication.lost} need not follow.
        """


class IPublication(Interface):
    """
    An accepted encoder's way into the broadcast. After L{stop}, L{lost} or
    L{IPublisher.disconnect}, further calls are ignored.
    """

    def write(message: MediaMessage) -> None:
        """
        Take one message, with C{timestamp_ms} as the encoder gave it (unwrapped).
        """

    def stop() -> None:
        """
        The streamer pressed stop (C{FCUnpublish}, C{deleteStream}): an orderly end.
        """

    def lost(reason: str) -> None:
        """
        The connection broke or closed without saying goodbye.
        """


class IIngest(Interface):
    """
    Where encoders are let in.
    """

    def publish(stream_key: str, publisher: IPublisher) -> IPublication:
        """
        Ask to go live, or to resume an interrupted broadcast.

        @param stream_key: the candidate key as the encoder sent it (percent-decoded).
        @raise StreamKeyRejected: not a key of ours.
        @raise AlreadyLive: somebody is live and not silent.
        """


class IAudience(Interface):
    """
    Who is watching.
    """

    def watching(address: str, user_agent: str) -> None:
        """
        A player showed a sign of life: it asked for a playlist or pinged.

        @param address: the viewer's IP address, proxies already seen through.
        """


class StreamState(Enum):
    """
    Where a broadcast is in its life.
    """

    OFFLINE = "offline"
    LIVE = "live"
    INTERRUPTED = "interrupted"


@frozen
class StreamStatus:
    """
    What the world may know of the stream at one moment.

    @ivar online: whether there is something to play: live or interrupted, with media ready.
    @ivar viewer_count: players seen lately; 0 while not online.
    @ivar last_connect_time: when the running broadcast started, or C{None} while offline (UTC).
    @ivar last_disconnect_time: when the last one ended, or C{None} while one runs (UTC).
    """

    state: StreamState
    online: bool
    viewer_count: int
    session_peak_viewer_count: int
    overall_peak_viewer_count: int
    last_connect_time: datetime | None
    last_disconnect_time: datetime | None


class IStreamStatus(Interface):
    """
    Who can tell how the stream is.
    """

    def stream_status() -> StreamStatus:
        """
        The state right now.
        """


class IRenditionReport(Interface):
    """
    What an encoder child tells of the renditions that it makes.
    """

    def rendition_failed(index: int, reason: str) -> None:
        """
        Rendition C{index} of the plan will bring no more media for the rest of the broadcast.

        @param reason: one sentence for the operator.
        """


class ISegmentStore(Interface):
    """
    Where the finished segments and init sections of one broadcast go, beside the memory that they
    are served from. No verb raises or blocks; what cannot be stored is left out.
    """

    def put(name: str, data: bytes, stored: Callable[[str | None], None]) -> None:
        """
        Take one. It is given up when it is removed before it could be stored.

        @param name: rendition and file, such as C{0/abcs1.m4s}; never used for other bytes.
        @param stored: called with the address that players may be sent to from then on, and with
            C{None} when they should be served from here again, as they are until the first call.
            Not called after L{remove}.
        """

    def remove(name: str) -> None:
        """
        Nobody is led to it any more: delete it, if it was put.
        """

    def close() -> Deferred[None]:
        """
        The media of the broadcast is gone: delete whatever of it is left. Called once, last.

        @return: fires when that is done or was given up; never with a failure.
        """
