"""
The administrator's view of the stream: how it is, who sends it, who watches it, and ending it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import define
from twisted.internet.defer import Deferred, succeed
from twisted.web.iweb import IRequest

from owncastd import __version__
from owncastd.broadcast.encoder_watch import EncoderFigures
from owncastd.broadcast.metadata import BroadcasterDetails
from owncastd.broadcast.session import Broadcast
from owncastd.broadcast.viewers import Audience, Viewer
from owncastd.interfaces import BroadcastPlan
from owncastd.media.encoding import EncodingStatus
from owncastd.metrics.encoder_advice import encoder_problems
from owncastd.metrics.geoip import Place
from owncastd.metrics.health import Health
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread
from owncastd.web.answers import json_text
from owncastd.web.documents import rfc3339
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route
from owncastd.web.variants import variant_document

#: A part of an answer, ready for JSON.
Document = Mapping[str, Any]
#: Finds out where addresses are, as far as that is known.
Locate = Callable[[Iterable[str]], Deferred[Mapping[str, Place | None]]]

_ENDED_BY_ADMINISTRATOR: Final = "The administrator ended the stream."


def nothing_known() -> None:
    """
    Knows nothing of the stream's health.
    """


def nothing_encoded() -> None:
    """
    Knows of no encoding.
    """


def nowhere(addresses: Iterable[str]) -> Deferred[Mapping[str, Place | None]]:
    """
    Knows no place.
    """
    return succeed({})


@define(eq=False)
class StatusAPI:
    """
    Routes about the present stream.

    @ivar _in_thread: runs what would block.
    @ivar _health: how the stream fares, or C{None} while nothing is known of it.
    @ivar _locate: where viewers are.
    @ivar _encoding: how encoding fares, or C{None} while nothing is encoded.
    """

    _broadcast: Broadcast
    _audience: Audience
    _settings: Settings
    _in_thread: InThread
    _health: Callable[[], Health | None] = nothing_known
    _locate: Locate = nowhere
    _encoding: Callable[[], EncodingStatus | None] = nothing_encoded

    @route(READ, "/api/admin/status", Guard.ADMIN)
    def status(self, request: IRequest) -> Document:
        """
        Everything about the stream that the admin page's front has.
        """
        status = self._broadcast.stream_status()
        broadcaster = self._broadcast.broadcaster
        plan = self._broadcast.plan
        health = self._health()
        encoding = self._encoding()
        figures = self._broadcast.encoder_figures
        return {
            "broadcaster": None if broadcaster is None else _broadcaster(broadcaster),
            "currentBroadcast": None if plan is None else _current_broadcast(plan),
            "health": None if plan is None or health is None else _health(health),
            "streamTitle": self._settings.get(catalogue.STREAM_TITLE),
            "versionNumber": __version__,
            # Shown here even where the public one is hidden.
            "viewerCount": status.viewer_count,
            "overallPeakViewerCount": status.overall_peak_viewer_count,
            "sessionPeakViewerCount": status.session_peak_viewer_count,
            "online": status.online,
            "state": status.state.value,
            "inbound": None if figures is None else _inbound(figures),
            "encoding": None if plan is None or encoding is None else _encoding(encoding),
        }

    @route(POST, "/api/admin/disconnect", Guard.ADMIN)
    def disconnect(self, request: IRequest) -> Simple:
        """
        End the stream, also one that has only just begun, or waits for its encoder.
        """
        if not self._broadcast.disconnect(_ENDED_BY_ADMINISTRATOR):
            raise Refused("no inbound stream connected")
        return Simple("inbound stream disconnected")

    @route(READ, "/api/admin/viewers", Guard.ADMIN)
    async def viewers(self, request: IRequest) -> bytes:
        """
        Who watches right now, in the order in which they came.
        """
        viewers = self._audience.viewers()
        places = await self._locate([viewer.address for viewer in viewers])
        body = await self._in_thread(lambda: _viewers_json(viewers, places))
        request.responseHeaders.setRawHeaders("Content-Type", ["application/json"])
        return body


def _broadcaster(details: BroadcasterDetails) -> Document:
    return {
        "time": rfc3339(details.time, "milliseconds"),
        "remoteAddr": details.address,
        "streamDetails": {
            "videoCodec": details.video_codec,
            "audioCodec": details.audio_codec,
            "encoder": details.encoder,
            "width": details.width,
            "height": details.height,
            "videoBitrate": details.video_bitrate_kbps,
            "audioBitrate": details.audio_bitrate_kbps,
            "framerate": details.framerate,
        },
    }


def _current_broadcast(plan: BroadcastPlan) -> Document:
    return {
        # Here with the name as it was given, which may be empty.
        "outputSettings": [variant_document(each, each.name) for each in plan.renditions],
        "latencyLevel": {"level": plan.latency.level},
    }


def _health(health: Health) -> Document:
    return {
        "message": health.message,
        "healthPercentage": health.percentage,
        "representation": health.representation,
        "healthy": health.healthy,
    }


def _inbound(figures: EncoderFigures) -> Document:
    return {
        "keyFrameInterval": figures.key_frame_seconds,
        "bitrate": figures.bitrate_kbps,
        "lowestBitrate": figures.lowest_bitrate_kbps,
        "highestBitrate": figures.highest_bitrate_kbps,
        "framerate": None if figures.frame_rate is None else round(figures.frame_rate, 2),
        "droppedFrames": figures.dropped_frames,
        "lateMessages": figures.late_messages,
        "longestDelay": figures.delay_ms / 1000,
        "drift": None if figures.drift_ms is None else figures.drift_ms / 1000,
        "speed": None if figures.speed is None else round(figures.speed, 3),
        "problems": [
            {"name": problem.name, "message": problem.message}
            for problem in encoder_problems(figures)
        ],
    }


def _encoding(encoding: EncodingStatus) -> Document:
    return {
        "chosenEncoder": encoding.chosen,
        "encoder": encoding.encoder,
        "restarts": encoding.restarts,
        "incidents": [
            {"time": rfc3339(incident.at, "milliseconds"), "message": incident.message}
            for incident in encoding.incidents
        ],
    }


def _place(place: Place) -> Document:
    return {
        "countryCode": place.country_code,
        "regionName": place.region_name,
        "timeZone": place.time_zone,
    }


def _viewers_json(viewers: Sequence[Viewer], places: Mapping[str, Place | None]) -> bytes:
    """
    The list of viewers; a long one takes a while.
    """
    in_order = sorted(viewers, key=lambda viewer: viewer.first_seen_at)
    # Piece by piece: making one large document would keep the reactor's thread from running.
    each = (json_text(_viewer(viewer, places.get(viewer.address))) for viewer in in_order)
    return b"[" + b",".join(each) + b"]"


def _viewer(viewer: Viewer, place: Place | None) -> Document:
    return {
        "firstSeen": rfc3339(viewer.first_seen, "milliseconds"),
        "geo": None if place is None else _place(place),
        "userAgent": viewer.user_agent,
        "ipAddress": viewer.address,
        "clientID": viewer.viewer_id,
    }
