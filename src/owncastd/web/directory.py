"""
What a directory of streams asks of a server that wants to be listed.
"""

from typing import Any

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .answers import set_status
from .documents import rfc3339
from .routes import READ, Guard, route


@define(eq=False)
class DirectoryAPI:
    """
    The answer to the directory, while the administrator wants to be listed.
    """

    _status: IStreamStatus
    _settings: Settings

    @route(READ, "/api/yp", Guard.NOBODY)
    def listing(self, request: IRequest) -> dict[str, Any] | None:
        """
        Who streams here, and whether they do right now.
        """
        if not self._settings.get(catalogue.DIRECTORY_ENABLED):
            set_status(request, 404)
            return None
        return self._document()

    def _document(self) -> dict[str, Any]:
        get = self._settings.get
        status = self._status.stream_status()
        since = status.last_connect_time
        # A count that is hidden from visitors is hidden from the directory's as well.
        shown = not get(catalogue.HIDE_VIEWER_COUNT)
        document: dict[str, Any] = {
            "lastConnectTime": None if since is None else rfc3339(since),
            "name": get(catalogue.SERVER_NAME),
            "description": get(catalogue.SERVER_SUMMARY),
        }
        if title := get(catalogue.STREAM_TITLE):
            document["streamTitle"] = title
        document |= {
            "logo": "/logo",
            "tags": [*get(catalogue.SERVER_TAGS)],
            "social": [
                {"platform": handle.platform, "url": handle.url}
                for handle in get(catalogue.SOCIAL_HANDLES)
            ],
            "viewerCount": status.viewer_count if shown else 0,
            "overallMaxViewerCount": status.overall_peak_viewer_count if shown else 0,
            "sessionMaxViewerCount": status.session_peak_viewer_count if shown else 0,
            "nsfw": get(catalogue.NSFW),
            "online": status.online,
        }
        return document
