"""
The first run, and the command line's say in later ones.
"""

import math
from pathlib import Path

from argon2 import PasswordHasher
from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity import secret_texts
from owncastd.identity.admin import (
    AdminPassword,
    InvalidPassword,
    matches,
    stored_hash,
)
from owncastd.identity.first_run import FIRST_KEY_COMMENT, FirstSecrets, prepare_identity
from owncastd.identity.secret_texts import generate_password, generate_stream_key
from owncastd.identity.stream_keys import Keyring, stored_keys

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class FirstRunTests(SynchronousTestCase):
    """
    L{prepare_identity}.
    """

    def setUp(self) -> None:
        path = Path(self.mktemp()) / "owncast.db"
        self.connection = prepare(path, path.parent)
        self.addCleanup(self.connection.close)
        self.database = Database(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(self.database.close)

    def run_once(self, admin_password: str | None = None) -> FirstSecrets:
        """
        Start the server once.
        """
        return prepare_identity(self.connection, admin_password, CHEAP)

    def fits(self, password: str | None) -> bool:
        """
        Whether this is the password now.
        """
        assert password is not None
        return matches(CHEAP, stored_hash(self.connection) or "", password)

    def test_first(self) -> None:
        """
        An empty database gets both secrets, which work, and of the password only a hash is kept.
        """
        made = self.run_once()
        self.assertTrue(self.fits(made.admin_password))
        (key,) = stored_keys(self.connection)
        self.assertEqual((key.key, key.comment), (made.stream_key, FIRST_KEY_COMMENT))
        dump = "\n".join(self.connection.iterdump())
        self.assertNotIn(made.admin_password, dump)
        self.assertIsNotNone(
            Keyring.load(self.connection, self.database).identify(made.stream_key or "")
        )
        AdminPassword.load(reactor, self.connection, self.database)  # type: ignore[arg-type]

    def test_second(self) -> None:
        """
        The second run changes nothing and has nothing to show.
        """
        first = self.run_once()
        before = "\n".join(self.connection.iterdump())
        self.assertEqual(self.run_once(), FirstSecrets())
        self.assertEqual("\n".join(self.connection.iterdump()), before)
        self.assertTrue(self.fits(first.admin_password))

    def test_password_given_at_once(self) -> None:
        """
        With a password from the command line only a key is made up.
        """
        made = self.run_once("chosen")
        self.assertIsNone(made.admin_password)
        self.assertIsNotNone(made.stream_key)
        self.assertTrue(self.fits("chosen"))

    def test_password_given_later(self) -> None:
        """
        A password from the command line replaces the old one for good; the same again is kept.
        """
        first = self.run_once()
        self.assertEqual(self.run_once("chosen"), FirstSecrets())
        self.assertTrue(self.fits("chosen"))
        self.assertFalse(self.fits(first.admin_password))
        kept = stored_hash(self.connection)
        self.run_once("chosen")
        self.assertEqual(stored_hash(self.connection), kept)

    def test_bad_password_changes_nothing(self) -> None:
        """
        An empty password is refused, and nothing was half done.
        """
        self.assertRaises(InvalidPassword, self.run_once, "")
        self.assertIsNone(stored_hash(self.connection))
        self.assertEqual(stored_keys(self.connection), ())

    def test_hidden(self) -> None:
        """
        The secrets are shown on purpose or not at all.
        """
        made = self.run_once()
        self.assertNotIn(made.admin_password, repr(made))
        self.assertNotIn(made.stream_key, repr(made))


class SecretTextsTests(SynchronousTestCase):
    """
    Made-up secrets.
    """

    def test_strong_enough(self) -> None:
        """
        A key has at least 128 bits, a password at least 100.
        """
        key_bits = secret_texts.KEY_LENGTH * math.log2(len(set(secret_texts.KEY_ALPHABET)))
        letters = secret_texts.PASSWORD_GROUPS * secret_texts.PASSWORD_GROUP_LENGTH
        password_bits = letters * math.log2(len(set(secret_texts.PASSWORD_ALPHABET)))
        self.assertGreaterEqual(key_bits, 128)
        self.assertGreaterEqual(password_bits, 100)

    def test_shape(self) -> None:
        """
        A key is letters and digits only; a password is in groups; each letter is chosen.
        """
        key = generate_stream_key()
        self.assertEqual(len(key), secret_texts.KEY_LENGTH)
        self.assertTrue(key.isascii() and key.isalnum())
        self.assertEqual([len(group) for group in generate_password().split("-")], [5] * 5)
        self.assertEqual(generate_stream_key(lambda letters: letters[0]), "2" * 24)

    def test_never_twice(self) -> None:
        """
        No two are equal.
        """
        self.assertEqual(len({generate_stream_key() for _ in range(50)}), 50)
        self.assertEqual(len({generate_password() for _ in range(50)}), 50)
