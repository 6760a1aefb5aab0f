"""
Builds databases as Owncast leaves them: its tables, with values that our own gob writer encoded.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.importing.gobs import (
    BOOL,
    FLOAT,
    INT,
    STRING,
    STRING_MAP,
    STRINGS,
    TIME,
    Kind,
    Slice,
    Struct,
    encode,
    go_time,
)


def _texts(name: str, *fields: str, flags: tuple[str, ...] = ()) -> Struct:
    return Struct(name, (*((each, STRING) for each in fields), *((each, BOOL) for each in flags)))


STREAM_KEYS = Slice(_texts("StreamKey", "Key", "Comment"))
HANDLES = Slice(_texts("SocialHandle", "Platform", "URL", "Icon"))
ACTIONS = Slice(
    _texts(
        "ExternalAction",
        *("URL", "HTML", "Title", "Description", "Icon", "Color"),
        flags=("OpenExternally",),
    )
)
VARIANTS = Slice(
    Struct(
        "StreamOutputVariant",
        (
            ("Name", STRING),
            ("IsVideoPassthrough", BOOL),
            ("IsAudioPassthrough", BOOL),
            *(
                (name, INT)
                for name in (
                    *("VideoBitrate", "AudioBitrate", "ScaledWidth", "ScaledHeight"),
                    *("Framerate", "CPUUsageLevel"),
                )
            ),
        ),
    )
)
S3 = _texts(
    "S3",
    *("Endpoint", "AccessKey", "Secret", "Bucket", "Region", "ACL", "PathPrefix"),
    "ServingEndpoint",
    flags=("Enabled", "ForcePathStyle"),
)
DISCORD = _texts("DiscordConfiguration", "Webhook", "GoLiveMessage", flags=("Enabled",))
BROWSER = _texts("BrowserNotificationConfiguration", "GoLiveMessage", flags=("Enabled",))
NULL_TIME = Struct("NullTime", (("Time", TIME), ("Valid", BOOL)))

STARTED = datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)
ENDED = datetime(2024, 3, 1, 22, 0, 0, 500_000, tzinfo=UTC)
OLD_PASSWORD = "correct horse battery"
OLD_KEY = "a-key-of-their-own"

#: Every key of the store, with a value that is not the default.
DATASTORE: dict[str, tuple[Kind, Any]] = {
    "admin_password_key": (STRING, OLD_PASSWORD),
    "stream_keys": (
        STREAM_KEYS,
        [
            {"Key": OLD_KEY, "Comment": "camera"},
            {"Key": "abc123", "Comment": "Default stream key"},
            {"Key": "second-key"},
        ],
    ),
    "http_port_number": (FLOAT, 8090.0),
    "http_listen_address": (STRING, "127.0.0.1"),
    "rtmp_port_number": (FLOAT, 1945.0),
    "websocket_host_override": (STRING, "wss://chat.example"),
    "video_serving_endpoint": (STRING, "https://cdn.example/"),
    "server_name": (STRING, "Ana's <workshop>"),
    "server_summary": (STRING, "Wood, slowly."),
    "server_welcome_message": (STRING, "Hello **there**"),
    "server_url": (STRING, "https://live.example/"),
    "server_metadata_tags": (STRING, "wood,slow,,hands"),
    "extra_page_content": (STRING, "# About\n\nMe."),
    "stream_title": (STRING, "A chair"),
    "custom_offline_message": (STRING, "Back on Friday"),
    "logo_path": (STRING, "logo.svg"),
    "logo_uniqueness": (STRING, "xYz"),
    "social_handles": (HANDLES, [{"Platform": "mastodon", "URL": "https://social.example/@ana"}]),
    "external_actions": (
        ACTIONS,
        [{"URL": "https://shop.example/", "Title": "Shop", "OpenExternally": True}],
    ),
    "custom_styles": (STRING, "body { color: red }"),
    "custom_javascript": (STRING, "console.log(1)"),
    "custom_color_variable_values": (STRING_MAP, {"theme-color-action": "#ff0"}),
    "nsfw": (BOOL, True),
    "hide_viewer_count": (BOOL, True),
    "disable_search_indexing": (BOOL, True),
    "directory_enabled": (BOOL, True),
    "directory_registration_key": (STRING, "registered"),
    "ffmpeg_path": (STRING, "/opt/ffmpeg"),
    "video_codec": (STRING, "h264_vaapi"),
    "video_latency_level": (FLOAT, 3.0),
    "video_stream_output_variants": (
        VARIANTS,
        [
            {"IsVideoPassthrough": True, "IsAudioPassthrough": True},
            {"Name": "low", "VideoBitrate": 800, "ScaledHeight": 480, "CPUUsageLevel": 1},
        ],
    ),
    "s3_storage_config": (
        S3,
        {
            "Enabled": True,
            "Endpoint": "https://s3.example",
            "AccessKey": "access",
            "Secret": "s3-secret",
            "Bucket": "videos",
            "Region": "eu",
            "ForcePathStyle": True,
        },
    ),
    "chat_disabled": (BOOL, True),
    "chat_join_messages_enabled": (BOOL, False),
    "chat_established_users_only_mode": (BOOL, True),
    "blocked_usernames": (STRINGS, ["root", "boss"]),
    "suggested_usernames": (STRINGS, ["oak", "elm"]),
    "federation_enabled": (BOOL, True),
    "federation_private": (BOOL, True),
    "federation_show_engagement": (BOOL, False),
    "federation_username": (STRING, "ana"),
    "federation_go_live_message": (STRING, "On air"),
    "federation_blocked_domains": (STRING, "bad.example,worse.example"),
    "public_key": (STRING, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
    "private_key": (
        STRING,
        "-----BEGIN RSA PRIVATE KEY-----\nBBBB\n-----END RSA PRIVATE KEY-----\n",
    ),
    "discord_configuration": (
        DISCORD,
        {"Enabled": True, "Webhook": "https://discord.example/hook", "GoLiveMessage": "Live!"},
    ),
    "browser_push_configuration": (BROWSER, {"GoLiveMessage": "We are on"}),
    "browser_push_public_key": (STRING, "vapid-public"),
    "browser_push_private_key": (STRING, "vapid-private"),
    "has_configured_initial_notifications": (BOOL, True),
    "notifications_enabled": (BOOL, True),
    "peak_viewers_session": (FLOAT, 7.0),
    "peak_viewers_overall": (FLOAT, 123.0),
    "last_disconnect_time": (NULL_TIME, {"Time": go_time(ENDED, 60), "Valid": True}),
    "server_init_date": (NULL_TIME, {"Time": go_time(STARTED), "Valid": True}),
    "HAS_POPULATED_DEFAULTS": (BOOL, True),
    "HAS_POPULATED_FEDERATION_DEFAULTS": (BOOL, True),
    "DATA_STORE_VERSION": (FLOAT, 3.0),
}

#: The columns of each table, as the reference declares their types.
TABLES: dict[str, str] = {
    "config": "key STRING NOT NULL PRIMARY KEY, value TEXT",
    "datastore": "key STRING NOT NULL PRIMARY KEY, value BLOB, timestamp DATE",
    "users": (
        "id TEXT PRIMARY KEY, display_name TEXT NOT NULL, display_color NUMBER NOT NULL,"
        " created_at TIMESTAMP, disabled_at TIMESTAMP, previous_names TEXT DEFAULT '',"
        " namechanged_at TIMESTAMP, authenticated_at TIMESTAMP, scopes TEXT,"
        " type TEXT DEFAULT 'STANDARD', last_used DATETIME"
    ),
    "user_access_tokens": "token TEXT NOT NULL PRIMARY KEY, user_id TEXT NOT NULL, timestamp DATE",
    "messages": (
        "id STRING NOT NULL PRIMARY KEY, user_id TEXT, body TEXT, eventType TEXT,"
        " hidden_at DATETIME, timestamp DATETIME, title TEXT, subtitle TEXT, image TEXT, link TEXT"
    ),
    "ip_bans": "ip_address TEXT NOT NULL PRIMARY KEY, notes TEXT, created_at TIMESTAMP",
    "webhooks": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, url STRING NOT NULL, events TEXT NOT NULL,"
        " timestamp DATETIME, last_used DATETIME"
    ),
    "auth": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, token TEXT NOT NULL,"
        " type TEXT NOT NULL, timestamp DATE"
    ),
    "notifications": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, destination TEXT NOT NULL,"
        " created_at TIMESTAMP"
    ),
    "ap_followers": (
        "iri TEXT PRIMARY KEY, inbox TEXT NOT NULL, name TEXT, username TEXT NOT NULL, image TEXT,"
        " request TEXT NOT NULL, created_at TIMESTAMP, approved_at TIMESTAMP,"
        " disabled_at TIMESTAMP, request_object BLOB"
    ),
    "ap_outbox": (
        "iri TEXT PRIMARY KEY, value BLOB, type TEXT NOT NULL, created_at TIMESTAMP,"
        " live_notification BOOLEAN DEFAULT FALSE"
    ),
    "ap_accepted_activities": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, iri TEXT NOT NULL, actor TEXT NOT NULL,"
        " type TEXT NOT NULL, timestamp TIMESTAMP NOT NULL"
    ),
}

Rows = Mapping[str, Sequence[Mapping[str, object]]]


def make_database(
    path: Path,
    datastore: Mapping[str, tuple[Kind, Any]] | None = None,
    rows: Rows | None = None,
    version: int = 7,
    tables: Mapping[str, str] | None = None,
) -> sqlite3.Connection:
    """
    Make a database.

    @param rows: of tables, by column.
    @param tables: columns of tables, by name.
    @return: a connection; while it is open and idle, the log is not folded into the file.
    """
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL").close()
    with connection:
        for name, columns in (TABLES if tables is None else tables).items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute("INSERT INTO config VALUES ('version', ?)", [str(version)])
        connection.executemany(
            "INSERT INTO datastore (key, value) VALUES (?, ?)",
            [
                (key, encode(kind, value))
                for key, (kind, value) in (DATASTORE if datastore is None else datastore).items()
            ],
        )
        for table, entries in (rows or {}).items():
            for entry in entries:
                names = ", ".join(entry)
                places = ", ".join("?" * len(entry))
                connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({places})", list(entry.values())
                )
    return connection
