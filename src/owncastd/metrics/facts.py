"""
What of the stream the figures are measured against.
"""

from attrs import frozen

from owncastd.broadcast.encoder_watch import EncoderFigures
from owncastd.broadcast.session import Broadcast
from owncastd.media.latency import LATENCY_LEVELS, LatencyLevel
from owncastd.media.renditions import Rendition
from owncastd.settings import catalogue
from owncastd.settings.store import Settings


@frozen
class StreamFacts:
    """
    The stream at one moment.

    @ivar viewers: 0 while not online.
    @ivar renditions: of the running broadcast, else those of the next one; C{latency} likewise.
    @ivar inbound_kbps: video bitrate that the encoder says it sends; 0 when it does not say.
    @ivar encoder: how well the encoder sends, or C{None} while nothing is known of that.
    """

    online: bool
    viewers: int
    renditions: tuple[Rendition, ...]
    latency: LatencyLevel
    inbound_kbps: int = 0
    encoder: EncoderFigures | None = None

    def bitrates(self) -> tuple[int, ...]:
        """
        Video bitrate of each rendition in kbit/s, in order: what is passed through has the
        encoder's, as soon as that is known.
        """
        return tuple(
            self.inbound_kbps or rendition.video_bitrate_kbps
            if rendition.video_passthrough
            else rendition.video_bitrate_kbps
            for rendition in self.renditions
        )


def facts_of(broadcast: Broadcast, settings: Settings) -> StreamFacts:
    """
    The stream right now.
    """
    status = broadcast.stream_status()
    plan, details = broadcast.plan, broadcast.broadcaster
    if plan is None:
        renditions = settings.get(catalogue.VIDEO_RENDITIONS)
        latency = LATENCY_LEVELS[settings.get(catalogue.VIDEO_LATENCY_LEVEL)]
    else:
        renditions, latency = plan.renditions, plan.latency
    return StreamFacts(
        online=status.online,
        viewers=status.viewer_count,
        renditions=renditions,
        latency=latency,
        inbound_kbps=0 if details is None else details.video_bitrate_kbps,
        encoder=broadcast.encoder_figures,
    )
