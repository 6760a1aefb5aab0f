"""
Every setting there is. Names in the database are Owncast's where it has the setting as well.
"""

from collections.abc import Mapping
from typing import Any

from owncastd.media.latency import DEFAULT_LATENCY_LEVEL, LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition

from . import checks
from .setting import Needs, Setting
from .values import ExternalAction, SocialHandle

MAX_LINE = 1_000
MAX_PAGE = 100_000

_WELCOME = """\
# A stream is about to live here

- This page belongs to one streamer, and is served by **owncastd** from their own machine.
- Whoever runs it can put their own words here: the admin page has a field for them.
- While the stream is on you can watch and chat without an account.\
"""

# The machine.
HTTP_PORT = Setting(
    "http_port_number", int, lambda: 8080, checks.between(1, checks.MAX_PORT), Needs.RESTART
)
HTTP_ADDRESS = Setting(
    "http_listen_address",
    str,
    lambda: "0.0.0.0",  # noqa: S104 - it is there to be reached
    checks.listen_address,
    Needs.RESTART,
)
RTMP_PORT = Setting(
    "rtmp_port_number", int, lambda: 1935, checks.between(1, checks.MAX_PORT), Needs.RESTART
)
SOCKET_HOST_OVERRIDE = Setting("websocket_host_override", str, lambda: "", checks.at_most(MAX_LINE))

# Video.
FFMPEG_PATH = Setting(
    "ffmpeg_path", str, lambda: "", checks.at_most(MAX_LINE), Needs.NEXT_BROADCAST
)
VIDEO_LATENCY_LEVEL = Setting(
    "video_latency_level",
    int,
    lambda: DEFAULT_LATENCY_LEVEL.level,
    checks.between(0, len(LATENCY_LEVELS) - 1),
    Needs.NEXT_BROADCAST,
)
VIDEO_RENDITIONS = Setting(
    "video_stream_output_variants",
    tuple[Rendition, ...],
    lambda: (SOURCE,),
    checks.renditions,
    Needs.NEXT_BROADCAST,
)
#: How long a broadcast waits for an encoder that was lost; 0 ends it at once.
GRACE_SECONDS = Setting(
    "reconnect_grace_seconds", float, lambda: 30.0, checks.between(0, checks.MAX_GRACE_SECONDS)
)

# What visitors see.
SERVER_NAME = Setting("server_name", str, lambda: "My live stream", checks.at_most(MAX_LINE))
SERVER_SUMMARY = Setting(
    "server_summary",
    str,
    lambda: "A new live stream. Its owner has not written about it yet.",
    checks.at_most(MAX_LINE),
)
SERVER_TAGS = Setting(
    "server_metadata_tags", tuple[str, ...], lambda: ("live", "streaming"), checks.tags
)
SERVER_URL = Setting("server_url", str, lambda: "", checks.public_url)
STREAM_TITLE = Setting("stream_title", str, lambda: "", checks.at_most(MAX_LINE))
EXTRA_PAGE_CONTENT = Setting("extra_page_content", str, lambda: _WELCOME, checks.at_most(MAX_PAGE))
OFFLINE_MESSAGE = Setting("custom_offline_message", str, lambda: "", checks.at_most(MAX_PAGE))
SOCIAL_HANDLES: Setting[tuple[SocialHandle, ...]] = Setting(
    "social_handles", tuple[SocialHandle, ...], lambda: (), checks.social_handles
)
EXTERNAL_ACTIONS: Setting[tuple[ExternalAction, ...]] = Setting(
    "external_actions", tuple[ExternalAction, ...], lambda: (), checks.external_actions
)
CUSTOM_STYLES = Setting("custom_styles", str, lambda: "", checks.at_most(MAX_PAGE))
APPEARANCE_VARIABLES: Setting[Mapping[str, str]] = Setting(
    "custom_color_variable_values", dict[str, str], dict, checks.variables
)
NSFW = Setting("nsfw", bool, lambda: False)
HIDE_VIEWER_COUNT = Setting("hide_viewer_count", bool, lambda: False)

# Chat.
CHAT_DISABLED = Setting("chat_disabled", bool, lambda: False)

ALL: tuple[Setting[Any], ...] = (
    HTTP_PORT,
    HTTP_ADDRESS,
    RTMP_PORT,
    SOCKET_HOST_OVERRIDE,
    FFMPEG_PATH,
    VIDEO_LATENCY_LEVEL,
    VIDEO_RENDITIONS,
    GRACE_SECONDS,
    SERVER_NAME,
    SERVER_SUMMARY,
    SERVER_TAGS,
    SERVER_URL,
    STREAM_TITLE,
    EXTRA_PAGE_CONTENT,
    OFFLINE_MESSAGE,
    SOCIAL_HANDLES,
    EXTERNAL_ACTIONS,
    CUSTOM_STYLES,
    APPEARANCE_VARIABLES,
    NSFW,
    HIDE_VIEWER_COUNT,
    CHAT_DISABLED,
)
