"""
Changing the admin password, the stream keys, and the path of ffmpeg.
"""

import json

from argon2 import PasswordHasher

from tests.web.support import ADMIN

from .support import SURVEY, ConfigTestCase, StoredConfigTestCase


class PasswordTests(ConfigTestCase):
    """
    C{adminpass}.
    """

    def test_change(self) -> None:
        """
        Only a hash of the new password is kept, and nothing shows it.
        """
        self.assertEqual(self.change("adminpass", "correct horse"), "changed")
        kept = self.hashes[-1]
        self.assertTrue(PasswordHasher().verify(kept, "correct horse"))
        shown = self.ask("/api/admin/serverconfig", headers=ADMIN).body.decode()
        self.assertNotIn("correct horse", shown)
        self.assertNotIn(kept, shown)
        self.assertEqual(json.loads(shown)["adminPassword"], "")

    def test_refused(self) -> None:
        """
        A password that nobody could tell later is refused, without being repeated.
        """
        for value in ("", "x" * 1001, 1, None, ["hush"], {"hush": 1}, True):
            reason = self.refused(self.post("adminpass", {"value": value}))
            self.assertNotIn("hush", reason)
        bodies: tuple[object, ...] = (b"", b"[]", {})
        for body in bodies:
            self.refused(self.post("adminpass", body))
        self.assertEqual(len(self.hashes), 1)


class StreamKeyTests(StoredConfigTestCase):
    """
    C{streamkeys}.
    """

    def test_replace(self) -> None:
        """
        The whole list is replaced, shown, counts at once and survives a restart.
        """
        keys = [{"key": "s3cret", "comment": "OBS at home"}, {"key": "other", "comment": ""}]
        self.assertEqual(self.change("streamkeys", keys), "changed")
        self.assertEqual(self.serverconfig()["streamKeys"], keys)
        self.assertIsNotNone(self.keyring.identify("s3cret"))
        self.restart()
        self.assertEqual(self.serverconfig()["streamKeys"], keys)
        self.assertIs(self.serverconfig()["streamKeyOverridden"], False)

    def test_other_shapes(self) -> None:
        """
        A bare list is taken as well, and C{id} for the key, as the API was once documented.
        """
        answer = self.post("streamkeys", [{"id": "one"}, {"key": "two", "id": "three"}])
        self.assertEqual(answer.code, 200)
        shown = self.serverconfig()["streamKeys"]
        self.assertEqual([each["key"] for each in shown], ["one", "two"])

    def test_refused(self) -> None:
        """
        There must be a key, all must be text, none empty or twice; the old ones stay, and no
        reason repeats a key.
        """
        self.change("streamkeys", [{"key": "old"}])
        values: tuple[object, ...] = (
            [],
            None,
            "hush",
            {},
            [{}],
            ["hush"],
            [{"key": ""}],
            [{"key": 1}],
            [{"key": "hush", "comment": 1}],
            [{"key": "hush"}, {"key": "hush"}],
            [{"key": "hush" * 126}],
            [{"key": "\ud800hush"}],
            [{"key": f"hush{n}"} for n in range(101)],
        )
        for value in values:
            reason = self.refused(self.post("streamkeys", {"value": value}))
            self.assertNotIn("hush", reason)
        bodies: tuple[object, ...] = (b"", {}, {"key": "hush"}, [], 1)
        for body in bodies:
            self.refused(self.post("streamkeys", body))
        self.assertEqual(self.serverconfig()["streamKeys"], [{"key": "old", "comment": ""}])


class FFmpegTests(ConfigTestCase):
    """
    C{ffmpegpath}.
    """

    def test_tried_first(self) -> None:
        """
        A path is set when an ffmpeg answers there, and refused in words when none does; the
        administrator reads what is really used.
        """
        self.assertEqual(self.change("ffmpegpath", "/opt/ffmpeg"), "changed")
        self.ffmpeg_problem = "it is a folder"
        reason = self.refused(self.post("ffmpegpath", {"value": "/opt"}))
        self.assertEqual(reason, "This ffmpeg cannot be used: it is a folder.")
        self.assertEqual(self.change("ffmpegpath", ""), "changed")
        self.assertEqual(self.serverconfig()["ffmpegPath"], SURVEY[0])
        self.assertEqual(self.serverconfig()["supportedCodecs"], [*SURVEY[1]])
        self.assertEqual(
            self.serverconfig()["encoders"][1:],
            [
                {
                    "name": "h264_qsv",
                    "displayName": "Quick Sync",
                    "listed": True,
                    "works": False,
                    "reason": "no device",
                },
                {
                    "name": "h264_omx",
                    "displayName": "OpenMAX",
                    "listed": False,
                    "works": None,
                    "reason": "",
                },
            ],
        )

    def test_refused(self) -> None:
        """
        What is no text is not even tried.
        """
        values: tuple[object, ...] = (None, 1, [], {}, "x" * 1001, "\ud800")
        for value in values:
            self.assertIn("value", self.refused(self.post("ffmpegpath", {"value": value})))
