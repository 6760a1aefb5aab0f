"""
The figures that are exposed: Owncast's under their names, and our own of media and delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from owncastd import __version__
from owncastd.interfaces import StreamState, StreamStatus
from owncastd.threads import InThread

from .exposition import Exposition, Figure

#: For the label C{host} while the administrator has not told the server's address.
UNKNOWN_HOST: Final = "unknown"


@frozen
class ChatFigures:
    """
    What the chat tells of itself.

    @ivar clients: connected right now.
    @ivar users: registered people, as counted lately.
    @ivar messages: that are kept, as counted lately.
    @ivar messages_total: sent since the server was started.
    """

    clients: int = 0
    users: int = 0
    messages: int = 0
    messages_total: int = 0


@frozen
class RenditionFigures:
    """
    What the delivery can tell of a rendition.

    @ivar parts: made since the broadcast began.
    @ivar average_bps: of the whole broadcast, in bits per second.
    @ivar peak_bps: of its largest segment.
    @ivar target_duration: in seconds.
    """

    parts: int
    average_bps: int
    peak_bps: int
    target_duration: int


@frozen
class DeliveryFigures:
    """
    What the delivery can tell right now.

    @ivar waiting: requests that wait for what does not exist yet.
    @ivar objects: segments, parts and init sections that can be fetched.
    @ivar renditions: by the number of their folder.
    """

    waiting: int = 0
    objects: int = 0
    renditions: Mapping[int, RenditionFigures] = field(factory=dict)


@frozen
class WebhookFigures:
    """
    What a webhook can tell right now.

    @ivar waiting: events that were not delivered yet.
    @ivar dropped: events that never will be.
    @ivar failing: whether the last delivery failed.
    """

    waiting: int
    dropped: int
    failing: bool


def _no_webhooks() -> Mapping[int, WebhookFigures]:
    return {}


@frozen
class FigureSources:
    """
    Who is asked for the figures.

    @ivar cpu: in percent, or C{None} before the first sample.
    @ivar playback_errors: in the last complete window, or C{None} before there was one.
    @ivar inbound_kbps: video bitrate that the encoder says it sends; 0 when it does not say.
    @ivar webhooks: what webhooks tell, by their ids.
    """

    status: Callable[[], StreamStatus]
    chat: Callable[[], ChatFigures]
    delivery: Callable[[], DeliveryFigures]
    cpu: Callable[[], float | None]
    playback_errors: Callable[[], float | None]
    inbound_kbps: Callable[[], int]
    webhooks: Callable[[], Mapping[int, WebhookFigures]] = _no_webhooks


def exposition_of(
    in_thread: InThread, sources: FigureSources, server_url: Callable[[], str]
) -> Exposition:
    """
    The exposition of this server.

    @param server_url: where the world reaches it, or empty.
    """
    figures = [*owncast_figures(sources), *own_figures(sources)]
    return Exposition(in_thread, figures, constant_labels(server_url))


def constant_labels(server_url: Callable[[], str]) -> Callable[[], Mapping[str, str]]:
    """
    The labels of every figure.
    """
    return lambda: {"version": __version__, "host": server_url() or UNKNOWN_HOST}


def owncast_figures(sources: FigureSources) -> Sequence[Figure]:
    """
    Those that dashboards made for Owncast ask for.
    """
    status, chat = sources.status, sources.chat
    return (
        Figure(
            "owncast_instance_active_viewer_count",
            "Viewers right now.",
            lambda: status().viewer_count,
        ),
        Figure(
            "owncast_instance_active_chat_client_count",
            "Chat clients connected right now.",
            lambda: chat().clients,
        ),
        Figure(
            "owncast_instance_total_chat_users",
            "Chat users ever registered.",
            lambda: chat().users,
        ),
        Figure(
            "owncast_instance_current_chat_message_count",
            "Chat messages kept right now.",
            lambda: chat().messages,
        ),
        Figure(
            "owncast_instance_playback_error_count",
            "Playback errors that players reported in the last window of two minutes.",
            lambda: sources.playback_errors() or 0,
        ),
        Figure(
            "owncast_instance_cpu_usage",
            "Processor use of the machine in percent.",
            lambda: sources.cpu() or 0,
        ),
        # A gauge by type, whatever its name says: so it always was.
        Figure(
            "total_chat_message_count",
            "Chat messages since the server was started.",
            lambda: chat().messages_total,
        ),
    )


def own_figures(sources: FigureSources) -> Sequence[Figure]:
    """
    Those of the stream and its delivery.
    """
    status, delivery = sources.status, sources.delivery

    def state() -> Mapping[str, float]:
        current = status().state
        return {each.value: float(each is current) for each in StreamState}

    def of_renditions(
        read: Callable[[RenditionFigures], float],
    ) -> Callable[[], Mapping[str, float]]:
        return lambda: {
            str(index): read(figures) for index, figures in delivery().renditions.items()
        }

    def of_webhooks(read: Callable[[WebhookFigures], float]) -> Callable[[], Mapping[str, float]]:
        return lambda: {
            str(webhook_id): read(figures) for webhook_id, figures in sources.webhooks().items()
        }

    return (
        Figure("owncastd_stream_state", "1 for the state that the stream is in.", state, "state"),
        Figure(
            "owncastd_stream_online",
            "Whether there is something to play.",
            lambda: float(status().online),
        ),
        Figure(
            "owncastd_session_peak_viewers",
            "The most viewers at once of this broadcast, or of the last one.",
            lambda: status().session_peak_viewer_count,
        ),
        Figure(
            "owncastd_overall_peak_viewers",
            "The most viewers at once ever.",
            lambda: status().overall_peak_viewer_count,
        ),
        Figure(
            "owncastd_ingest_video_bits_per_second",
            "Video bitrate that the encoder says it sends.",
            lambda: 1000 * sources.inbound_kbps(),
        ),
        Figure(
            "owncastd_delivery_waiting_requests",
            "Requests that wait for the next part.",
            lambda: delivery().waiting,
        ),
        Figure(
            "owncastd_delivery_objects",
            "Segments, parts and init sections that can be fetched.",
            lambda: delivery().objects,
        ),
        Figure(
            "owncastd_rendition_parts",
            "Parts made since the broadcast began.",
            of_renditions(lambda figures: figures.parts),
            "rendition",
        ),
        Figure(
            "owncastd_rendition_average_bits_per_second",
            "Bitrate over the whole broadcast.",
            of_renditions(lambda figures: figures.average_bps),
            "rendition",
        ),
        Figure(
            "owncastd_rendition_peak_bits_per_second",
            "Bitrate of the largest segment.",
            of_renditions(lambda figures: figures.peak_bps),
            "rendition",
        ),
        Figure(
            "owncastd_rendition_target_duration_seconds",
            "The longest segment, rounded.",
            of_renditions(lambda figures: figures.target_duration),
            "rendition",
        ),
        Figure(
            "owncastd_webhook_waiting_events",
            "Events that were not delivered yet.",
            of_webhooks(lambda figures: figures.waiting),
            "webhook",
        ),
        Figure(
            "owncastd_webhook_dropped_events",
            "Events that were never delivered, since the webhook was added.",
            of_webhooks(lambda figures: figures.dropped),
            "webhook",
        ),
        Figure(
            "owncastd_webhook_failing",
            "Whether the last delivery failed.",
            of_webhooks(lambda figures: float(figures.failing)),
            "webhook",
        ),
    )
