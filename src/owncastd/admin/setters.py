"""
The operations that change one setting each, as data.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings


def _never(settings: Settings, value: Any) -> str:
    return ""


def _without_https(settings: Settings, enabled: bool) -> str:
    """
    Servers of the fediverse talk to each other over https alone.
    """
    if enabled and not settings.get(catalogue.SERVER_URL).startswith("https://"):
        return "value: federation needs a server URL that begins with https://; set that first"
    return ""


@frozen
class Setter:
    """
    One operation.

    @ivar path: below C{/api/admin/config/}.
    @ivar done: what the administrator is told after the change; clients know these texts.
    @ivar bare: whether the body may be the value itself, without the object around it.
    @ivar ours: whether Owncast has no such setting, and no client a fixed idea of it.
    @ivar refusal: why a value cannot be set as the other settings are; empty if it can.
    """

    path: str
    setting: Setting[Any]
    done: str = "changed"
    bare: bool = False
    ours: bool = False
    refusal: Callable[[Settings, Any], str] = _never


SETTERS: Final = (
    # What visitors see.
    Setter("pagecontent", catalogue.EXTRA_PAGE_CONTENT),
    Setter("streamtitle", catalogue.STREAM_TITLE),
    Setter("name", catalogue.SERVER_NAME),
    Setter("serversummary", catalogue.SERVER_SUMMARY),
    Setter("offlinemessage", catalogue.OFFLINE_MESSAGE),
    Setter("welcomemessage", catalogue.WELCOME_MESSAGE),
    Setter("tags", catalogue.SERVER_TAGS),
    Setter("serverurl", catalogue.SERVER_URL, "server url set"),
    Setter("nsfw", catalogue.NSFW),
    Setter("socialhandles", catalogue.SOCIAL_HANDLES, "social handles updated"),
    Setter("externalactions", catalogue.EXTERNAL_ACTIONS, "external actions update", bare=True),
    Setter("customstyles", catalogue.CUSTOM_STYLES, "custom styles updated"),
    Setter("customjavascript", catalogue.CUSTOM_JAVASCRIPT, "custom javascript updated"),
    Setter("appearance", catalogue.APPEARANCE_VARIABLES, "custom appearance variables updated"),
    Setter("hideviewercount", catalogue.HIDE_VIEWER_COUNT, "hide viewer count setting updated"),
    Setter(
        "disablesearchindexing",
        catalogue.DISABLE_SEARCH_INDEXING,
        "search indexing support updated",
    ),
    # The machine.
    Setter("webserverport", catalogue.HTTP_PORT, "HTTP port set"),
    Setter("webserverip", catalogue.HTTP_ADDRESS, "HTTP listen address set"),
    Setter("rtmpserverport", catalogue.RTMP_PORT, "rtmp port set"),
    Setter("sockethostoverride", catalogue.SOCKET_HOST_OVERRIDE, "websocket host override set"),
    Setter("trustedproxies", catalogue.TRUSTED_PROXIES, "trusted proxies updated", ours=True),
    # Video.
    Setter("video/codec", catalogue.VIDEO_CODEC, "video codec updated"),
    Setter("video/streamlatencylevel", catalogue.VIDEO_LATENCY_LEVEL, "set stream latency"),
    Setter(
        "video/streamoutputvariants",
        catalogue.VIDEO_RENDITIONS,
        "stream output variants updated",
    ),
    Setter(
        "video/reconnectgraceseconds",
        catalogue.GRACE_SECONDS,
        "reconnect grace time set",
        ours=True,
    ),
    Setter(
        "video/encoderniceness",
        catalogue.ENCODER_NICENESS,
        "encoder niceness set",
        ours=True,
    ),
    Setter(
        "videoservingendpoint",
        catalogue.VIDEO_SERVING_ENDPOINT,
        "custom video serving endpoint updated",
    ),
    Setter("s3", catalogue.S3_STORAGE, "storage configuration changed"),
    # Chat.
    Setter("chat/disable", catalogue.CHAT_DISABLED, "chat disabled status updated"),
    Setter(
        "chat/joinmessagesenabled",
        catalogue.CHAT_JOIN_MESSAGES_ENABLED,
        "chat join message status updated",
    ),
    Setter(
        "chat/establishedusermode",
        catalogue.CHAT_ESTABLISHED_USERS_ONLY,
        "chat established users only mode updated",
    ),
    Setter(
        "chat/forbiddenusernames",
        catalogue.FORBIDDEN_USERNAMES,
        "forbidden username list updated",
    ),
    Setter(
        "chat/suggestedusernames",
        catalogue.SUGGESTED_USERNAMES,
        "suggested username list updated",
    ),
    Setter("chat/ratemessages", catalogue.CHAT_RATE_MESSAGES, ours=True),
    Setter("chat/rateseconds", catalogue.CHAT_RATE_SECONDS, ours=True),
    Setter("chat/floodseconds", catalogue.CHAT_FLOOD_SECONDS, ours=True),
    Setter("chat/slowmodeseconds", catalogue.CHAT_SLOW_MODE_SECONDS, ours=True),
    Setter("chat/holdfirstmessages", catalogue.CHAT_HOLD_FIRST_MESSAGES, ours=True),
    Setter("chat/blockedwords", catalogue.CHAT_BLOCKED_WORDS, ours=True),
    Setter("chat/blockedlinks", catalogue.CHAT_BLOCKED_LINKS, ours=True),
    # Federation.
    Setter(
        "federation/enable",
        catalogue.FEDERATION_ENABLED,
        "federation features saved",
        refusal=_without_https,
    ),
    Setter("federation/private", catalogue.FEDERATION_PRIVATE, "federation private saved"),
    Setter(
        "federation/showengagement",
        catalogue.FEDERATION_SHOW_ENGAGEMENT,
        "federation show engagement saved",
    ),
    Setter("federation/username", catalogue.FEDERATION_USERNAME, "username saved"),
    Setter("federation/livemessage", catalogue.FEDERATION_GO_LIVE_MESSAGE, "message saved"),
    Setter("federation/blockdomains", catalogue.FEDERATION_BLOCKED_DOMAINS, "saved"),
    # Notifications.
    Setter("directoryurl", catalogue.DIRECTORY_URL, "directory address set", ours=True),
    Setter("directoryenabled", catalogue.DIRECTORY_ENABLED, "directory state changed"),
    Setter(
        "notifications/discord",
        catalogue.DISCORD,
        "updated discord config with provided values",
    ),
    Setter(
        "notifications/browser",
        catalogue.BROWSER_PUSH,
        "updated browser push config with provided values",
    ),
    Setter("notifications/delayseconds", catalogue.GO_LIVE_DELAY_SECONDS, ours=True),
    Setter("notifications/email", catalogue.EMAIL, ours=True),
    Setter("notifications/email/password", catalogue.EMAIL_PASSWORD, ours=True),
    Setter("notifications/json", catalogue.JSON_POST, ours=True),
    Setter("notifications/json/authorization", catalogue.JSON_POST_AUTHORIZATION, ours=True),
)
