"""
The whole move, from a database of Owncast to one that our server starts on.
"""

import os
import sqlite3
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from argon2 import PasswordHasher
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.errors import DatabaseError
from owncastd.database.migrations import prepare
from owncastd.identity.admin import matches, stored_hash
from owncastd.identity.stream_keys import StreamKey, store_keys, stored_keys
from owncastd.identity.tokens import digest_of
from owncastd.importing.errors import ImportRefused
from owncastd.importing.moving import move_in
from owncastd.importing.report import Report
from owncastd.importing.settings import SHAPES
from owncastd.importing.shapes import DEFAULT_FRAMERATE
from owncastd.media.renditions import Rendition
from owncastd.options import Options
from owncastd.service import makeService
from owncastd.settings.catalogue import ALL
from owncastd.settings.store import Settings
from owncastd.settings.values import (
    BrowserPush,
    Discord,
    ExternalAction,
    S3Storage,
    SocialHandle,
)
from tests.importing.gobs import FLOAT, STRING, encode
from tests.importing.owncast import (
    DATASTORE,
    ENDED,
    OLD_KEY,
    OLD_PASSWORD,
    S3,
    STREAM_KEYS,
    Rows,
    make_database,
)

NOW = datetime(2025, 1, 1, tzinfo=UTC)
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

ROWS: Rows = {
    "users": [{"id": "ana1", "display_name": "ana", "display_color": 3}],
    "user_access_tokens": [{"token": "old-token", "user_id": "ana1"}],
    "messages": [{"id": "m1", "user_id": "ana1", "body": "<p>Hi</p>", "eventType": "CHAT"}],
}

#: What each setting is after moving in from L{DATASTORE}.
MOVED: dict[str, object] = {
    "http_port_number": 8090,
    "http_listen_address": "127.0.0.1",
    "rtmp_port_number": 1945,
    "websocket_host_override": "wss://chat.example",
    "video_serving_endpoint": "https://cdn.example",
    "server_name": "Ana's <workshop>",
    "server_summary": "Wood, slowly.",
    "server_welcome_message": "Hello **there**",
    "server_url": "https://live.example",
    "server_metadata_tags": ("wood", "slow", "hands"),
    "extra_page_content": "# About\n\nMe.",
    "stream_title": "A chair",
    "custom_offline_message": "Back on Friday",
    "logo_path": "logo.svg",
    "logo_uniqueness": "xYz",
    "social_handles": (SocialHandle("mastodon", "https://social.example/@ana"),),
    "external_actions": (
        ExternalAction(url="https://shop.example/", title="Shop", open_externally=True),
    ),
    "custom_styles": "body { color: red }",
    "custom_javascript": "console.log(1)",
    "custom_color_variable_values": {"theme-color-action": "#ff0"},
    "nsfw": True,
    "hide_viewer_count": True,
    "disable_search_indexing": True,
    "directory_enabled": True,
    "directory_registration_key": "registered",
    "ffmpeg_path": "/opt/ffmpeg",
    "video_codec": "h264_vaapi",
    "video_latency_level": 3,
    "video_stream_output_variants": (
        Rendition(video_passthrough=True, framerate=DEFAULT_FRAMERATE, cpu_usage_level=0),
        Rendition(
            "low",
            video_bitrate_kbps=800,
            scaled_height=480,
            framerate=DEFAULT_FRAMERATE,
            cpu_usage_level=1,
        ),
    ),
    "s3_storage_config": S3Storage(
        enabled=True,
        endpoint="https://s3.example",
        access_key="access",
        secret="s3-secret",
        bucket="videos",
        region="eu",
        force_path_style=True,
    ),
    "chat_disabled": True,
    "chat_join_messages_enabled": False,
    "chat_established_users_only_mode": True,
    "blocked_usernames": ("root", "boss"),
    "suggested_usernames": ("oak", "elm"),
    "federation_enabled": True,
    "federation_private": True,
    "federation_show_engagement": False,
    "federation_username": "ana",
    "federation_go_live_message": "On air",
    "federation_blocked_domains": ("bad.example", "worse.example"),
    "public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nBBBB\n-----END RSA PRIVATE KEY-----",
    "discord_configuration": Discord(True, "https://discord.example/hook", "Live!"),
    "browser_push_configuration": BrowserPush(False, "We are on"),
    "browser_push_public_key": "vapid-public",
    "browser_push_private_key": "vapid-private",
    "server_init_date": "2023-05-06T07:08:09+00:00",
}


class MovingTestCase(SynchronousTestCase):
    """
    An old server's directory, and a new one.
    """

    def setUp(self) -> None:
        self.old = Path(self.mktemp()).absolute()
        self.old.mkdir()
        self.source = self.old / "owncast.db"
        self.new = Path(self.mktemp()).absolute()
        self.database = self.new / "owncast.db"

    def move(self, password: str | None = None) -> Report:
        """
        Move in.
        """
        return move_in(
            self.source, self.database, self.new / "backup", self.new, NOW, password, HASHER
        )

    def opened(self) -> sqlite3.Connection:
        """
        The new database.
        """
        connection = prepare(self.database, self.new / "backup")
        self.addCleanup(connection.close)
        return connection


class MoveTests(MovingTestCase):
    """
    Everything comes over.
    """

    def test_settings(self) -> None:
        """
        Every setting that Owncast has is what it was.
        """
        make_database(self.source).close()
        report = self.move()
        settings = Settings.read(self.opened())
        found = {setting.key: settings.get(setting) for setting in ALL if setting.key in MOVED}
        self.assertEqual(found, MOVED)
        self.assertEqual(report.counts["settings"], len(MOVED))

    def test_every_setting_is_tested(self) -> None:
        """
        The tables of these tests have every setting that can come over.
        """
        self.assertEqual(set(MOVED), set(SHAPES))
        self.assertEqual(set(MOVED) - set(DATASTORE), set())

    def test_secrets(self) -> None:
        """
        The password and keys of their own go on; the password is a hash now.
        """
        make_database(self.source).close()
        report = self.move()
        connection = self.opened()
        password_hash = stored_hash(connection)
        assert password_hash is not None
        self.assertTrue(matches(HASHER, password_hash, OLD_PASSWORD))
        self.assertEqual(stored_keys(connection), (StreamKey(OLD_KEY), StreamKey("second-key")))
        self.assertIsNone(report.admin_password)
        self.assertIsNone(report.stream_key)
        self.assertIn("stream key 2: it was the one that everybody knows", report.notes)
        for secret in [OLD_PASSWORD, OLD_KEY, "s3-secret", "vapid-private"]:
            self.assertNotIn(secret, report.text())

    def test_rows(self) -> None:
        """
        Users come before what is theirs; their old tokens open the new door.
        """
        make_database(self.source, rows=ROWS).close()
        report = self.move()
        connection = self.opened()
        self.assertEqual(
            connection.execute(
                "SELECT body FROM messages JOIN user_access_tokens USING (user_id)"
                " WHERE digest = ?",
                [digest_of("old-token")],
            ).fetchall(),
            [("<p>Hi</p>",)],
        )
        self.assertEqual(report.counts["messages"], 1)

    def test_history(self) -> None:
        """
        The most viewers ever, and when the stream ended.
        """
        make_database(self.source).close()
        self.move()
        (row,) = self.opened().execute(
            "SELECT overall_peak_viewers, session_peak_viewers, last_disconnect_time"
            " FROM stream_history"
        )
        self.assertEqual(row, (123, 0, ENDED.isoformat()))

    def test_well_known_secrets(self) -> None:
        """
        A server that never changed its password and key gets new ones, told once.
        """
        make_database(
            self.source,
            {
                "admin_password_key": (STRING, "abc123"),
                "stream_keys": (STREAM_KEYS, [{"Key": "abc123"}]),
            },
        ).close()
        report = self.move()
        assert report.admin_password is not None
        assert report.stream_key is not None
        connection = self.opened()
        self.assertEqual(stored_keys(connection), (StreamKey(report.stream_key),))
        password_hash = stored_hash(connection)
        assert password_hash is not None
        self.assertTrue(matches(HASHER, password_hash, report.admin_password))
        self.assertIn(report.admin_password, report.text())
        self.assertIn(report.stream_key, report.text())

    def test_values_of_older_releases(self) -> None:
        """
        What Owncast would change at its own start is changed as well.
        """
        make_database(
            self.source,
            {
                "stream_key": (STRING, "both-in-one"),
                "s3_storage_config": (
                    S3,
                    {
                        "Enabled": True,
                        "ServingEndpoint": "https://old.example",
                        "Endpoint": "https://s3.example",
                        "AccessKey": "a",
                        "Secret": "s",
                        "Bucket": "b",
                        "Region": "r",
                    },
                ),
            },
        ).close()
        self.move()
        connection = self.opened()
        self.assertEqual(stored_keys(connection), (StreamKey("both-in-one"),))
        password_hash = stored_hash(connection)
        assert password_hash is not None
        self.assertTrue(matches(HASHER, password_hash, "both-in-one"))
        stored = dict(connection.execute("SELECT key, value FROM settings").fetchall())
        self.assertEqual(stored["video_serving_endpoint"], '"https://old.example"')

    def test_unreadable_values(self) -> None:
        """
        A value that is no gob is noted by its key; the others come.
        """
        connection = make_database(self.source)
        with connection:
            connection.execute("UPDATE datastore SET value = x'00ff' WHERE key = 'chat_disabled'")
            connection.execute("UPDATE datastore SET value = NULL WHERE key = 'server_name'")
            connection.execute(
                "UPDATE datastore SET value = ? WHERE key = 'server_summary'", [encode(FLOAT, 1.0)]
            )
            connection.execute("UPDATE datastore SET key = 'a' || char(10) WHERE key = 'nsfw'")
        connection.close()
        report = self.move()
        self.assertEqual(report.counts["settings"], len(MOVED) - 4)
        noted = {note.split(":")[0] for note in report.notes if note.startswith("setting")}
        self.assertEqual(
            noted,
            {
                "setting",
                "setting chat_disabled",
                "setting server_name",
                "setting server_summary",
            },
        )

    def test_files(self) -> None:
        """
        The logo that is named comes along.
        """
        make_database(self.source).close()
        (self.old / "logo.svg").write_text("<svg/>")
        (self.old / "emoji").mkdir()
        (self.old / "emoji" / "wave.gif").write_text("wave")
        report = self.move()
        self.assertEqual((self.new / "logo.svg").read_text(), "<svg/>")
        self.assertEqual(report.counts["emoji files"], 1)

    def test_old_side_is_unchanged(self) -> None:
        """
        Nothing beside the old database is written, made or touched, its log included.
        """
        connection = make_database(self.source, rows=ROWS)
        self.addCleanup(connection.close)
        (self.old / "logo.svg").write_text("<svg/>")

        def state() -> dict[str, tuple[bytes, int]]:
            return {
                str(path): (path.read_bytes(), path.stat().st_mtime_ns)
                for path in sorted(self.old.rglob("*"))
            }

        before = state()
        self.assertEqual(len(before), 4)
        self.move()
        self.assertEqual(state(), before)
        self.assertEqual(
            sorted(path.name for path in self.new.iterdir()), ["logo.svg", "owncast.db"]
        )


class RefusalTests(MovingTestCase):
    """
    What is in the way of a move.
    """

    def test_used(self) -> None:
        """
        A server that was started, or has anything else, is not mixed with another.
        """
        make_database(self.source).close()
        connection = self.opened()
        with connection:
            store_keys(connection.cursor(), [StreamKey("in use")])
        error = self.assertRaises(ImportRefused, self.move)
        self.assertIn("in use already (stream_keys)", str(error))
        self.assertEqual(connection.execute("SELECT * FROM settings").fetchall(), [])

    def test_twice(self) -> None:
        """
        Moving in twice is not possible.
        """
        make_database(self.source).close()
        self.move()
        self.assertRaises(ImportRefused, self.move)

    def test_onto_itself(self) -> None:
        """
        The old database cannot be the new one, by whatever name; it stays as it is.
        """
        make_database(self.source).close()
        before = self.source.read_bytes(), self.source.stat()
        self.database = self.old / "link.db"
        self.database.symlink_to(self.source)
        error = self.assertRaises(ImportRefused, self.move)
        self.assertIn("another --datadir", str(error))
        self.assertEqual((self.source.read_bytes(), self.source.stat()), before)

    def test_all_or_nothing(self) -> None:
        """
        A move that fails at its very end leaves a new database that can be moved into again.
        """
        make_database(self.source, rows=ROWS).close()
        (self.old / "emoji").mkdir()
        (self.old / "emoji" / "wave.gif").write_text("wave")
        self.new.mkdir()
        (self.new / "emoji").write_text("in the way")
        self.assertRaises(ImportRefused, self.move)
        self.assertEqual(self.opened().execute("SELECT * FROM users").fetchall(), [])
        (self.new / "emoji").unlink()
        self.assertEqual(self.move().counts["users"], 1)

    def test_database_of_others(self) -> None:
        """
        What is in the place of the new database is not replaced.
        """
        make_database(self.source).close()
        self.new.mkdir()
        sqlite3.connect(self.database).execute("CREATE TABLE t (x)").connection.close()
        self.assertRaises(DatabaseError, self.move)

    def test_directory(self) -> None:
        """
        A directory that cannot be made is named.
        """
        make_database(self.source).close()
        self.new.write_text("in the way")
        error = self.assertRaises(ImportRefused, self.move)
        self.assertIn(str(self.new), str(error))


class CommandLineTests(MovingTestCase):
    """
    C{--importOwncast}.
    """

    def run_with(self, *arguments: str) -> tuple[object, str]:
        """
        Exit status and output of a command line.
        """
        options = Options()
        options.parseOptions(
            ["--datadir", str(self.new), "--importOwncast", str(self.source), *arguments]
        )
        output = StringIO()
        with redirect_stdout(output):
            error = self.assertRaises(SystemExit, makeService, options)
        return error.code, output.getvalue()

    def test_moves_and_exits(self) -> None:
        """
        It reports on the terminal and exits with status 0.
        """
        make_database(self.source, rows=ROWS).close()
        status, output = self.run_with("--adminpassword", "given")
        self.assertEqual(status, 0)
        self.assertIn(f"moved in from {self.source} (schema version 7)", output)
        self.assertRegex(output, r"users +1\n")
        self.assertNotIn("given", output)
        password_hash = stored_hash(self.opened())
        assert password_hash is not None
        self.assertTrue(matches(PasswordHasher(), password_hash, "given"))

    def test_refusal(self) -> None:
        """
        A refusal is one line, and nothing is made but the directory.
        """
        status, output = self.run_with()
        self.assertEqual((status, output), (f"owncastd: there is no file {self.source}", ""))
        self.assertEqual(os.listdir(self.new), [])
