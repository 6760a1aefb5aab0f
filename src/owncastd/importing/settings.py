"""
Settings: the keys are the same, the shapes and what is allowed are not.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from owncastd.settings.catalogue import ALL
from owncastd.settings.setting import Setting
from owncastd.settings.structuring import InvalidSetting

from . import shapes
from .datastore import Values
from .errors import Unusable
from .report import Report
from .shapes import Shape

#: The shape of each value that becomes a setting of ours.
SHAPES: Final[Mapping[str, Shape]] = {
    "http_port_number": shapes.port,
    "http_listen_address": shapes.text_if_any,
    "rtmp_port_number": shapes.port,
    "websocket_host_override": shapes.text,
    "server_init_date": shapes.moment,
    "ffmpeg_path": shapes.text,
    "video_codec": shapes.text,
    "video_latency_level": shapes.latency_level,
    "video_stream_output_variants": shapes.variants,
    "video_serving_endpoint": shapes.text,
    "s3_storage_config": shapes.s3_storage,
    "server_name": shapes.text,
    "server_summary": shapes.text,
    "server_metadata_tags": shapes.texts,
    "server_url": shapes.text,
    "stream_title": shapes.text,
    "extra_page_content": shapes.text,
    "custom_offline_message": shapes.text,
    "logo_path": shapes.text_if_any,
    "logo_uniqueness": shapes.text,
    "social_handles": shapes.social_handles,
    "external_actions": shapes.external_actions,
    "custom_styles": shapes.text,
    "custom_javascript": shapes.text,
    "custom_color_variable_values": shapes.text_map,
    "nsfw": shapes.truth,
    "hide_viewer_count": shapes.truth,
    "disable_search_indexing": shapes.truth,
    "chat_disabled": shapes.truth,
    "chat_join_messages_enabled": shapes.truth,
    "chat_established_users_only_mode": shapes.truth,
    "blocked_usernames": shapes.texts,
    "suggested_usernames": shapes.texts,
    "server_welcome_message": shapes.text,
    "federation_enabled": shapes.truth,
    "federation_private": shapes.truth,
    "federation_show_engagement": shapes.truth,
    "federation_username": shapes.text,
    "federation_go_live_message": shapes.text,
    "federation_blocked_domains": shapes.texts,
    "public_key": shapes.text,
    "private_key": shapes.text,
    "discord_configuration": shapes.discord,
    "browser_push_configuration": shapes.browser_push,
    "browser_push_public_key": shapes.text,
    "browser_push_private_key": shapes.text,
    "directory_enabled": shapes.truth,
    "directory_registration_key": shapes.text,
}
#: What is not a setting: read elsewhere, or of no use to another server.
NOT_SETTINGS: Final = frozenset(
    {
        "admin_password_key",
        "stream_keys",
        "stream_key",
        "peak_viewers_session",
        "peak_viewers_overall",
        "last_disconnect_time",
        "has_configured_initial_notifications",
        "notifications_enabled",
        "HAS_POPULATED_DEFAULTS",
        "HAS_POPULATED_FEDERATION_DEFAULTS",
        "DATA_STORE_VERSION",
    }
)
#: Halves of a key pair, of which one is of no use without the other.
_PAIRS: Final = (
    ("public_key", "private_key"),
    ("browser_push_public_key", "browser_push_private_key"),
)

_INSERT: Final = "INSERT INTO settings (key, value) VALUES (?, ?)"


def bring_settings(cursor: sqlite3.Cursor, values: Values, report: Report) -> dict[str, Any]:
    """
    Store all settings that are allowed here.

    @return: the values that were stored, by key.
    """
    brought: dict[str, Any] = {}
    known: dict[str, Setting[Any]] = {setting.key: setting for setting in ALL}
    for key in sorted(values):
        if key in NOT_SETTINGS:
            continue
        if key not in SHAPES:
            report.note(f"setting {key}: there is no such setting here")
            continue
        try:
            raw = SHAPES[key](values[key])
            if raw is not None:
                brought[key] = known[key].structure(raw)
        except (Unusable, InvalidSetting) as error:
            report.note(f"setting {key}: {error}")
    for pair in _PAIRS:
        halves = [key for key in pair if brought.get(key)]
        if len(halves) == 1:
            report.note(f"setting {halves[0]}: the other half of the pair is missing")
        if len(halves) < len(pair):
            for key in pair:
                brought.pop(key, None)
    cursor.executemany(_INSERT, [(key, known[key].to_text(brought[key])) for key in brought])
    report.came("settings", len(brought))
    return brought
