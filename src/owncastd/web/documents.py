"""
The two documents that the page and every client begin with: status and configuration.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from owncastd import __version__
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from owncastd.settings.values import ExternalAction, SocialHandle
from owncastd.threads import InThread, immediately

from .markdown import RenderedSetting
from .platforms import icon_path

#: What chat clients may send at most, in bytes.
MAX_SOCKET_PAYLOAD: Final = 2048


def rfc3339(moment: datetime, timespec: str = "seconds") -> str:
    """
    A time as the API writes it, in UTC.
    """
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _rfc3339_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _social_handle(handle: SocialHandle) -> dict[str, str]:
    icon = icon_path(handle.platform)
    document = {"platform": handle.platform, "url": handle.url}
    return document if icon is None else {**document, "icon": icon}


def _external_action(action: ExternalAction) -> dict[str, Any]:
    return {
        "url": action.url,
        "html": action.html,
        "title": action.title,
        "description": action.description,
        "icon": action.icon,
        "color": action.color,
        "openExternally": action.open_externally,
    }


def _none() -> None:
    pass


@define(eq=False)
class PublicDocuments:
    """
    Makes the public documents from the settings and the state of the stream.

    @param clock: tells the server's time.
    @param has_chat: whether this server has a chat at all; without one it is reported disabled.
    @param in_thread: renders long pages where they block nobody.
    @param follower_count: how many follow from the fediverse.
    @param thumbnail_size: width and height of the picture of the stream, while there is one.
    """

    _clock: IReactorTime
    _status: IStreamStatus
    _settings: Settings
    _has_chat: bool = False
    _in_thread: InThread = immediately
    _thumbnail_size: Callable[[], tuple[int, int] | None] = _none
    _follower_count: Callable[[], int] = int
    _extra_page_content: RenderedSetting = field(init=False)
    _offline_message: RenderedSetting = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._extra_page_content = self._rendered(catalogue.EXTRA_PAGE_CONTENT)
        self._offline_message = self._rendered(catalogue.OFFLINE_MESSAGE)

    def _rendered(self, setting: Setting[str]) -> RenderedSetting:
        return RenderedSetting(self._settings, setting, self._in_thread)

    def thumbnail_size(self) -> tuple[int, int] | None:
        """
        Width and height of the picture of the stream; C{None} while there is none, or nothing to
        play.
        """
        return self._thumbnail_size() if self._status.stream_status().online else None

    def status(self) -> dict[str, Any]:
        """
        The document of C{/api/status}.
        """
        status = self._status.stream_status()
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        document: dict[str, Any] = {
            # Players correct their clocks by it.
            "serverTime": rfc3339(now, "microseconds"),
            "lastConnectTime": _rfc3339_or_none(status.last_connect_time),
            "lastDisconnectTime": _rfc3339_or_none(status.last_disconnect_time),
            "versionNumber": __version__,
            "streamTitle": self._settings.get(catalogue.STREAM_TITLE),
        }
        # Clients test for the presence of the key.
        if status.viewer_count and not self._settings.get(catalogue.HIDE_VIEWER_COUNT):
            document["viewerCount"] = status.viewer_count
        document["online"] = status.online
        document["state"] = status.state.value
        return document

    def config(self) -> dict[str, Any]:
        """
        The document of C{/api/config}.
        """
        get = self._settings.get
        variables = get(catalogue.APPEARANCE_VARIABLES)
        document: dict[str, Any] = {
            "appearanceVariables": dict(variables),
            "name": get(catalogue.SERVER_NAME),
            "customStyles": get(catalogue.CUSTOM_STYLES),
        }
        if title := get(catalogue.STREAM_TITLE):
            document["streamTitle"] = title
        document["offlineMessage"] = self._offline_message.html
        document["logo"] = "/logo"
        document["version"] = f"owncastd v{__version__}"
        if host := get(catalogue.SOCKET_HOST_OVERRIDE):
            document["socketHostOverride"] = host
        document |= {
            "extraPageContent": self._extra_page_content.html,
            "summary": get(catalogue.SERVER_SUMMARY),
            "tags": [*get(catalogue.SERVER_TAGS)],
            "socialHandles": [_social_handle(item) for item in get(catalogue.SOCIAL_HANDLES)],
            "externalActions": [_external_action(item) for item in get(catalogue.EXTERNAL_ACTIONS)],
            "notifications": {"browser": self._browser_push()},
            "federation": self._federation(),
            "maxSocketPayloadSize": MAX_SOCKET_PAYLOAD,
            "hideViewerCount": get(catalogue.HIDE_VIEWER_COUNT),
            "chatDisabled": not self._has_chat or get(catalogue.CHAT_DISABLED),
            "nsfw": get(catalogue.NSFW),
            # Those who sign in elsewhere come back to the server's URL.
            "authentication": {"indieAuthEnabled": bool(get(catalogue.SERVER_URL))},
        }
        return document

    def _browser_push(self) -> dict[str, Any]:
        """
        Without a key no browser can ask for notifications.
        """
        key = self._settings.get(catalogue.BROWSER_PUSH_PUBLIC_KEY)
        if not key:
            return {"enabled": False}
        return {"publicKey": key, "enabled": self._settings.get(catalogue.BROWSER_PUSH).enabled}

    def _federation(self) -> dict[str, Any]:
        """
        The account in the fediverse, if there is one.
        """
        if not self._settings.get(catalogue.FEDERATION_ENABLED):
            return {"enabled": False}
        document: dict[str, Any] = {}
        if host := urlsplit(self._settings.get(catalogue.SERVER_URL)).netloc:
            document["account"] = f"{self._settings.get(catalogue.FEDERATION_USERNAME)}@{host}"
        # Clients test for the presence of the key.
        if count := self._follower_count():
            document["followerCount"] = count
        return {**document, "enabled": True}
