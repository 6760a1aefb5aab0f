"""
Passwords and stream keys: theirs if they are secrets, new ones if not.
"""

import sqlite3
from pathlib import Path

from argon2 import PasswordHasher
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.identity.admin import InvalidPassword, matches, stored_hash
from owncastd.identity.stream_keys import MAX_KEYS, StreamKey, stored_keys
from owncastd.importing.credentials import NEW_KEY_COMMENT, bring_password, bring_stream_keys
from owncastd.importing.datastore import Values
from owncastd.importing.report import Report

#: As cheap as it can be made: what is tested here is which password is hashed.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BCRYPT = "$2a$10$" + "A" * 53


class CredentialsTestCase(SynchronousTestCase):
    """
    A new database.
    """

    def setUp(self) -> None:
        directory = Path(self.mktemp())
        self.connection: sqlite3.Connection = prepare(
            directory / "owncast.db", directory / "backup"
        )
        self.addCleanup(self.connection.close)
        self.report = Report("old.db")

    def assert_password(self, password: str) -> None:
        """
        This is the password.
        """
        stored = stored_hash(self.connection)
        assert stored is not None
        self.assertNotIn(password, stored)
        self.assertTrue(matches(HASHER, stored, password))


class PasswordTests(CredentialsTestCase):
    """
    The admin password.
    """

    def bring(self, values: Values, given: str | None = None) -> None:
        """
        Bring it over.
        """
        bring_password(self.connection.cursor(), values, self.report, given, HASHER)

    def test_kept(self) -> None:
        """
        A password of their own goes on.
        """
        self.bring({"admin_password_key": "their own"})
        self.assert_password("their own")
        self.assertEqual((self.report.admin_password, self.report.notes), (None, ()))

    def test_given(self) -> None:
        """
        That of the command line comes first.
        """
        self.bring({"admin_password_key": "their own"}, "given")
        self.assert_password("given")
        self.assertIsNone(self.report.admin_password)
        self.assertRaises(InvalidPassword, self.bring, {}, "x" * 5_000)

    def test_made_up(self) -> None:
        """
        What everybody knows, what is a hash and what is no password gives way to a new one.
        """
        for value in ["abc123", "", None, 7.0, BCRYPT, "x" * 5_000]:
            with self.subTest(value=value):
                self.report = Report("old.db")
                self.bring({} if value is None else {"admin_password_key": value})
                made = self.report.admin_password
                assert made is not None
                self.assert_password(made)
                (note,) = self.report.notes
                self.assertIn("there is a new one", note)


class StreamKeyTests(CredentialsTestCase):
    """
    Stream keys.
    """

    def bring(self, keys: object) -> tuple[StreamKey, ...]:
        """
        The keys after bringing some over.
        """
        bring_stream_keys(self.connection.cursor(), {"stream_keys": keys}, self.report)
        return stored_keys(self.connection)

    def test_kept(self) -> None:
        """
        Keys come over in order, with what they are called.
        """
        kept = self.bring([{"Key": "one", "Comment": "first"}, {"Key": "two"}])
        self.assertEqual([(key.key, key.comment) for key in kept], [("one", "first"), ("two", "")])
        self.assertEqual((self.report.stream_key, self.report.notes), (None, ()))

    def test_dropped(self) -> None:
        """
        Keys that everybody knows or that cannot be are noted by their place.
        """
        kept = self.bring(
            [
                {"Key": "abc123"},
                {"Comment": "empty"},
                {"Key": "one"},
                {"Key": "one"},
                {"Key": 5},
                "text",
                {"Key": "x" * 1_000},
            ]
        )
        self.assertEqual([key.key for key in kept], ["one"])
        places = [note.split(":")[0].removeprefix("stream key ") for note in self.report.notes]
        self.assertEqual(places, ["1", "2", "4", "5", "6", "7"])

    def test_one_at_least(self) -> None:
        """
        If none is left there is a new one.
        """
        for keys in [[], [{"Key": "abc123"}], "text"]:
            with self.subTest(keys=keys):
                self.report = Report("old.db")
                (kept,) = self.bring(keys)
                self.assertEqual(kept.key, self.report.stream_key)
                self.assertEqual(kept.comment, NEW_KEY_COMMENT)

    def test_too_many(self) -> None:
        """
        No more come over than there can be.
        """
        kept = self.bring([{"Key": f"key {number}"} for number in range(MAX_KEYS + 2)])
        self.assertEqual(len(kept), MAX_KEYS)
        self.assertEqual(len(self.report.notes), 2)
