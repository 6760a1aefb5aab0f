"""
The whole configuration, as the administrator's pages read it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from attrs import define
from twisted.web.iweb import IRequest

from owncastd import __version__
from owncastd.identity.stream_keys import Keyring
from owncastd.media.encoders import EncoderReport
from owncastd.media.rendition_names import display_name
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from owncastd.web.routes import READ, Guard, route
from owncastd.web.variants import variant_document

from .setters import SETTERS

#: Path of ffmpeg, names of its encoders, and what is known of each that there may be.
FoundEncoders = tuple[str, Sequence[str], Sequence[EncoderReport]]


@define(eq=False)
class ServerConfigAPI:
    """
    Shows all settings.

    @ivar _web_address: IP address and port that the web is served on right now.
    @ivar _survey: the path of the ffmpeg that is used (empty if there is none), the encoders
        that it has, and what is known of every encoder.
    """

    _settings: Settings
    _keyring: Keyring
    _web_address: tuple[str, int]
    _survey: Callable[[], Awaitable[FoundEncoders]]

    @route(READ, "/api/admin/serverconfig", Guard.ADMIN)
    async def serverconfig(self, request: IRequest) -> dict[str, Any]:
        """
        All settings, secrets included except for the password.
        """
        ffmpeg, encoders, reports = await self._survey()
        # From here on nothing waits, so that the document is of one moment.
        return self._document(ffmpeg, encoders, reports)

    def _document(
        self, ffmpeg: str, encoders: Sequence[str], reports: Sequence[EncoderReport]
    ) -> dict[str, Any]:
        get, plain = self._settings.get, self._plain
        address, port = self._web_address
        document: dict[str, Any] = {
            "instanceDetails": self._instance_details(),
            "notifications": {
                "browser": _without_empty(plain(catalogue.BROWSER_PUSH)),
                "discord": _without_empty(plain(catalogue.DISCORD)),
            },
            "yp": {
                "instanceUrl": get(catalogue.SERVER_URL),
                "enabled": get(catalogue.DIRECTORY_ENABLED),
            },
            "ffmpegPath": ffmpeg,
            # Only a hash of it is kept. Clients expect the key.
            "adminPassword": "",
            "webServerIP": address,
            "videoCodec": get(catalogue.VIDEO_CODEC),
            "videoServingEndpoint": get(catalogue.VIDEO_SERVING_ENDPOINT),
            "s3": _without_empty(plain(catalogue.S3_STORAGE)),
            "federation": {
                "username": get(catalogue.FEDERATION_USERNAME),
                "goLiveMessage": get(catalogue.FEDERATION_GO_LIVE_MESSAGE),
                "blockedDomains": plain(catalogue.FEDERATION_BLOCKED_DOMAINS),
                "enabled": get(catalogue.FEDERATION_ENABLED),
                "isPrivate": get(catalogue.FEDERATION_PRIVATE),
                "showEngagement": get(catalogue.FEDERATION_SHOW_ENGAGEMENT),
            },
            "supportedCodecs": [*encoders],
            "encoders": [_encoder(report) for report in reports],
            "externalActions": plain(catalogue.EXTERNAL_ACTIONS),
            "forbiddenUsernames": plain(catalogue.FORBIDDEN_USERNAMES),
            "suggestedUsernames": plain(catalogue.SUGGESTED_USERNAMES),
            "streamKeys": [
                {"key": each.key, "comment": each.comment} for each in self._keyring.keys
            ],
            "videoSettings": {
                "videoQualityVariants": [
                    variant_document(rendition, display_name(rendition))
                    for rendition in get(catalogue.VIDEO_RENDITIONS)
                ],
                "latencyLevel": get(catalogue.VIDEO_LATENCY_LEVEL),
            },
            "rtmpServerPort": get(catalogue.RTMP_PORT),
            "webServerPort": port,
            "chatDisabled": get(catalogue.CHAT_DISABLED),
            "chatJoinMessagesEnabled": get(catalogue.CHAT_JOIN_MESSAGES_ENABLED),
            "chatEstablishedUserMode": get(catalogue.CHAT_ESTABLISHED_USERS_ONLY),
            "disableSearchIndexing": get(catalogue.DISABLE_SEARCH_INDEXING),
            "streamKeyOverridden": self._keyring.overridden,
            "hideViewerCount": get(catalogue.HIDE_VIEWER_COUNT),
        }
        if host := get(catalogue.SOCKET_HOST_OVERRIDE):
            document["socketHostOverride"] = host
        for setter in SETTERS:
            if setter.ours:
                *groups, name = setter.setting.api_name.split(".")
                place = document
                for group in groups:
                    place = place.setdefault(group, {})
                # Passwords of ours are never read, only set; whether there is one is told.
                hidden = setter.setting.secret and setter.setting.kind is str
                place[name] = bool(get(setter.setting)) if hidden else plain(setter.setting)
        return document

    def _instance_details(self) -> dict[str, Any]:
        """
        What visitors see, texts as they were written.
        """
        get, plain = self._settings.get, self._plain
        return {
            "appearanceVariables": plain(catalogue.APPEARANCE_VARIABLES),
            "version": f"owncastd v{__version__}",
            "welcomeMessage": get(catalogue.WELCOME_MESSAGE),
            "offlineMessage": get(catalogue.OFFLINE_MESSAGE),
            "logo": get(catalogue.LOGO_PATH),
            "offlineImage": get(catalogue.OFFLINE_IMAGE_PATH),
            "name": get(catalogue.SERVER_NAME),
            "extraPageContent": get(catalogue.EXTRA_PAGE_CONTENT),
            "streamTitle": get(catalogue.STREAM_TITLE),
            "customStyles": get(catalogue.CUSTOM_STYLES),
            "customJavascript": get(catalogue.CUSTOM_JAVASCRIPT),
            "summary": get(catalogue.SERVER_SUMMARY),
            "tags": plain(catalogue.SERVER_TAGS),
            "socialHandles": plain(catalogue.SOCIAL_HANDLES),
            "nsfw": get(catalogue.NSFW),
        }

    def _plain(self, setting: Setting[Any]) -> Any:
        """
        A setting that has parts, in the form that it is also set in.
        """
        return setting.unstructure(self._settings.get(setting))


def _encoder(report: EncoderReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "displayName": report.display_name,
        "listed": report.listed,
        "works": report.works,
        "reason": report.reason,
    }


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """
    The same without texts that are empty.
    """
    return {name: value for name, value in document.items() if value != ""}
