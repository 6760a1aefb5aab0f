"""
Settings of the old server, key by key, and what is not allowed here.
"""

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.importing.credentials import bring_stream_keys
from owncastd.importing.datastore import Values
from owncastd.importing.gob import Opaque
from owncastd.importing.history import bring_history
from owncastd.importing.report import MAX_NOTES, MAX_REASONS, Report
from owncastd.importing.settings import NOT_SETTINGS, SHAPES, bring_settings
from owncastd.media.renditions import Rendition
from owncastd.settings import catalogue
from owncastd.settings.catalogue import ALL
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from owncastd.settings.values import ExternalAction, S3Storage, SocialHandle
from tests.importing.owncast import DATASTORE, ENDED


class CatalogueTests(SynchronousTestCase):
    """
    Nothing is forgotten on either side.
    """

    def test_every_old_key(self) -> None:
        """
        Each key that Owncast stores is a setting, or known not to be.
        """
        self.assertEqual(set(DATASTORE) - set(SHAPES) - NOT_SETTINGS, set())

    def test_every_setting(self) -> None:
        """
        Each setting that has a key of Owncast's comes from there, and no other.
        """
        known = {setting.key for setting in ALL}
        self.assertEqual(set(SHAPES) - known, set())
        self.assertEqual(set(SHAPES), known & set(DATASTORE))


class SettingsTestCase(SynchronousTestCase):
    """
    Brings values into a new database.
    """

    def setUp(self) -> None:
        directory = Path(self.mktemp())
        self.connection = prepare(directory / "owncast.db", directory / "backup")
        self.addCleanup(self.connection.close)
        self.report = Report("old.db")

    def bring(self, values: Values) -> Settings:
        """
        The settings of the new database, with the values in it.
        """
        with self.connection:
            bring_settings(self.connection.cursor(), values, self.report)
        return Settings.read(self.connection)


class ValueTests(SettingsTestCase):
    """
    Values as a gob has them become values of ours.
    """

    def test_shapes(self) -> None:
        """
        Where the shapes differ, the meaning is the same.
        """
        examples: list[tuple[Setting[Any], object, object]] = [
            (catalogue.HTTP_PORT, 8090.0, 8090),
            # 0 means the default, and so do other empty values
            (catalogue.HTTP_PORT, 0.0, 8080),
            (catalogue.RTMP_PORT, 0.0, 1935),
            (catalogue.HTTP_ADDRESS, "", "0.0.0.0"),
            (catalogue.LOGO_PATH, "", "logo.svg"),
            (catalogue.VIDEO_CODEC, "", "libx264"),
            # what is above the highest level means the highest
            (catalogue.VIDEO_LATENCY_LEVEL, 9.0, 4),
            (catalogue.SERVER_TAGS, "a,,b", ("a", "b")),
            (catalogue.FEDERATION_BLOCKED_DOMAINS, "", ()),
            # older releases had names in one text
            (catalogue.SUGGESTED_USERNAMES, "a,b", ("a", "b")),
            (catalogue.SUGGESTED_USERNAMES, ["a", "b"], ("a", "b")),
            (catalogue.SERVER_STARTED_AT, {"Valid": True}, ""),
            (catalogue.SERVER_STARTED_AT, {}, ""),
            (
                catalogue.SOCIAL_HANDLES,
                [{"Platform": "x", "URL": "https://x.example/", "Icon": "ignored"}],
                (SocialHandle("x", "https://x.example/"),),
            ),
            (
                catalogue.EXTERNAL_ACTIONS,
                [{"URL": "https://x.example/", "Title": "X"}],
                (ExternalAction(url="https://x.example/", title="X"),),
            ),
            # no frame rate means 24 to Owncast, and no bit rate of audio means passthrough
            (
                catalogue.VIDEO_RENDITIONS,
                [{"Name": "low", "VideoBitrate": 800}],
                (Rendition("low", video_bitrate_kbps=800, framerate=24, cpu_usage_level=0),),
            ),
            (
                catalogue.S3_STORAGE,
                {"Endpoint": "https://s3.example", "ACL": "private", "ServingEndpoint": "x"},
                S3Storage(endpoint="https://s3.example", acl="private"),
            ),
            (catalogue.APPEARANCE_VARIABLES, {}, {}),
        ]
        for setting, value, expected in examples:
            with self.subTest(setting=setting.key, value=value):
                self.connection.execute("DELETE FROM settings")
                self.assertEqual(self.bring({setting.key: value}).get(setting), expected)
                self.assertEqual(self.report.notes, ())

    def test_not_allowed(self) -> None:
        """
        What cannot be is noted by key, without the value, and the default stays.
        """
        for key, value in [
            ("server_name", 5.0),
            ("nsfw", "yes"),
            ("http_port_number", 70_000.0),
            ("http_port_number", "8080"),
            ("http_port_number", True),
            ("http_listen_address", "hunter2.example"),
            ("server_url", "ftp://hunter2.example"),
            ("logo_path", "../hunter2.png"),
            ("social_handles", [{"Platform": "x", "URL": "javascript:hunter2()"}]),
            ("social_handles", ["hunter2"]),
            ("external_actions", {"hunter2": 1}),
            ("video_stream_output_variants", [{"VideoBitrate": "hunter2"}]),
            ("s3_storage_config", ["hunter2"]),
            ("s3_storage_config", {"Enabled": True, "Secret": "hunter2"}),
            ("blocked_usernames", [b"hunter2"]),
            ("blocked_usernames", {"hunter2": "x"}),
            ("custom_color_variable_values", ["hunter2"]),
            ("custom_color_variable_values", {5: "hunter2"}),
            ("server_init_date", {"Valid": True, "Time": "hunter2"}),
            ("server_init_date", "hunter2"),
            ("favicon_path", "hunter2.ico"),
        ]:
            with self.subTest(key=key, value=value):
                self.report = Report("old.db")
                self.bring({key: value})
                rows = self.connection.execute("SELECT * FROM settings").fetchall()
                self.assertEqual(rows, [])
                self.assertEqual(self.report.counts, {"settings": 0})
                (note,) = self.report.notes
                self.assertTrue(note.startswith(f"setting {key}: "), note)
                self.assertNotIn("hunter2", note)

    def test_half_a_key_pair(self) -> None:
        """
        One half of a key pair does not come alone: another would be made for it.
        """
        found = self.bring({"public_key": "PUBLIC", "private_key": 7, "server_name": "x"})
        self.assertEqual(found.get(catalogue.FEDERATION_PUBLIC_KEY), "")
        self.assertEqual(found.get(catalogue.SERVER_NAME), "x")
        self.assertEqual(
            self.report.notes,
            (
                "setting private_key: it is not a text",
                "setting public_key: the other half of the pair is missing",
            ),
        )

    @settings(max_examples=150, deadline=None)
    @given(
        st.sampled_from(sorted([*SHAPES, "stream_keys", *NOT_SETTINGS])),
        st.recursive(
            st.one_of(
                st.booleans(),
                st.integers(),
                st.floats(),
                st.complex_numbers(),
                st.text(max_size=5),
                st.binary(max_size=5),
                st.none(),
                st.builds(Opaque, st.just("Time"), st.binary(max_size=16)),
            ),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(["Time", "Valid", "URL", "Key", "Enabled", "Name", 1, b"x"]),
                    inner,
                    max_size=3,
                ),
            ),
            max_leaves=6,
        ),
    )
    def test_any_value(self, key: str, value: object) -> None:
        """
        Whatever a gob had, a key comes over or is noted.
        """
        connection = sqlite3.connect(":memory:")
        connection.executescript(
            "CREATE TABLE settings (key, value); CREATE TABLE stream_keys (position, key, comment);"
            " CREATE TABLE stream_history"
            " (id, last_disconnect_time, overall_peak_viewers, saved_at);"
        )
        cursor, report = connection.cursor(), Report("old.db")
        bring_settings(cursor, {key: value}, report)
        bring_stream_keys(cursor, {key: value}, report)
        bring_history(cursor, {key: value}, report, ENDED)
        connection.close()


class ReportTests(SynchronousTestCase):
    """
    What the operator reads.
    """

    def test_bounded(self) -> None:
        """
        It does not get longer than anybody reads.
        """
        report = Report("old.db")
        for number in range(MAX_NOTES * 2):
            report.note(f"note {number}")
        self.assertEqual(len(report.notes), MAX_NOTES)
        self.assertIn(f"and {MAX_NOTES} more", report.text())

    def test_reasons_are_summed_up(self) -> None:
        """
        The most frequent reasons are told, and of the others how many.
        """
        report = Report("old.db")
        report.stayed("rows", Counter({f"reason {number}": number for number in range(1, 9)}))
        self.assertEqual(report.notes[0], "8 of rows: reason 8")
        self.assertEqual(report.notes[-1], "6 of rows: other reasons")
        self.assertEqual(len(report.notes), MAX_REASONS + 1)

    def test_secrets_stay_out_of_repr(self) -> None:
        """
        New secrets are in the text alone.
        """
        report = Report("old.db")
        report.stream_key, report.admin_password = "KEY", "pass-word"
        self.assertNotIn("KEY", repr(report))
        self.assertNotIn("pass-word", repr(report))
        self.assertIn("KEY", report.text())
        self.assertIn("pass-word", report.text())
