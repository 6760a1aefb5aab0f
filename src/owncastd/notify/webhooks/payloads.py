"""
What webhooks are sent: the envelope, and what is told of the stream in it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define

from owncastd import __version__
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

Document = Mapping[str, Any]


def time_text(moment: datetime) -> str:
    """
    A moment as the API tells it: RFC 3339 in UTC, with fractions of seconds.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_or_none(moment: datetime | None) -> str | None:
    """
    The same, if there is one.
    """
    return None if moment is None else time_text(moment)


def envelope(kind: str, event_data: Document) -> bytes:
    """
    The body of a delivery. What is no Unicode becomes question marks.
    """
    document = {"type": kind, "eventData": event_data}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


@define(eq=False)
class StreamFacts:
    """
    Tells of the stream as it is right now.

    @ivar _make_id: makes ids of events.
    """

    _settings: Settings
    _stream: IStreamStatus
    _make_id: Callable[[], str]

    def common(self) -> Document:
        """
        What later releases of Owncast tell with every event.
        """
        status = self._stream.stream_status()
        return {
            "status": {
                "lastConnectTime": time_or_none(status.last_connect_time),
                "lastDisconnectTime": time_or_none(status.last_disconnect_time),
                "versionNumber": __version__,
                "streamTitle": self._settings.get(catalogue.STREAM_TITLE),
                "viewerCount": status.viewer_count,
                "overallMaxViewerCount": status.overall_peak_viewer_count,
                "sessionMaxViewerCount": status.session_peak_viewer_count,
                "online": status.online,
            },
            "serverURL": self._settings.get(catalogue.SERVER_URL),
        }

    def of_stream(self, at: datetime) -> Document:
        """
        What is told when something happens to the stream, without what is told each time.
        """
        return {
            "id": self._make_id(),
            "name": self._settings.get(catalogue.SERVER_NAME),
            "summary": self._settings.get(catalogue.SERVER_SUMMARY),
            "streamTitle": self._settings.get(catalogue.STREAM_TITLE),
            "timestamp": time_text(at),
        }
