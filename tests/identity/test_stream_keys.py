"""
Stream keys: who is let in, what is refused, what is kept.
"""

import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity import stream_keys
from owncastd.identity.stream_keys import InvalidStreamKeys, Keyring, StreamKey


class KeyringTests(SynchronousTestCase):
    """
    L{Keyring} in memory.
    """

    def test_identify(self) -> None:
        """
        Only the exact key is let in: case, slashes, white space and length matter.
        """
        keyring = Keyring.in_memory("abc", "one/two/three", "schlüssel")
        for candidate in ("abc", "one/two/three", "schlüssel"):
            self.assertEqual(keyring.identify(candidate), StreamKey(candidate))
        for candidate in (
            "",
            "ab",
            "abcd",
            "ABC",
            " abc",
            "abc\n",
            "three",
            "\ud800",
            "x" * 10_000,
        ):
            self.assertIsNone(keyring.identify(candidate), candidate[:20])

    def test_every_key_is_compared(self) -> None:
        """
        The comparison does not stop at the first hit, and compares texts of one length.
        """
        compared: list[tuple[bytes, bytes]] = []

        class Recorder:
            @staticmethod
            def compare_digest(one: bytes, other: bytes) -> bool:
                compared.append((one, other))
                return one == other

        self.patch(stream_keys, "hmac", Recorder)
        keyring = Keyring.in_memory("first", "a much longer second key", "3")
        self.assertEqual(keyring.identify("first"), StreamKey("first"))
        self.assertEqual(len(compared), 3)
        self.assertEqual({len(text) for pair in compared for text in pair}, {32})

    def test_override(self) -> None:
        """
        A key from the command line replaces all stored ones, which stay what they are.
        """
        keyring = Keyring((StreamKey("stored"),), lambda keys: Deferred(), StreamKey("temporary"))
        self.assertTrue(keyring.overridden)
        self.assertIsNone(keyring.identify("stored"))
        self.assertEqual(keyring.identify("temporary"), StreamKey("temporary"))
        self.assertEqual(keyring.keys, (StreamKey("stored"),))

    def test_no_keys(self) -> None:
        """
        Without keys nobody is let in, an empty candidate least of all.
        """
        self.assertIsNone(Keyring.in_memory().identify(""))

    def test_replaced_when_durable(self) -> None:
        """
        New keys count when they are durable, not before.
        """
        saving: Deferred[None] = Deferred()
        keyring = Keyring((StreamKey("old"),), lambda keys: saving)
        done = keyring.replace([StreamKey("new", "camera")])
        self.assertIsNone(keyring.identify("new"))
        saving.callback(None)
        self.successResultOf(done)
        self.assertIsNone(keyring.identify("old"))
        found = keyring.identify("new")
        assert found is not None
        self.assertEqual(found.comment, "camera")

    def test_refused(self) -> None:
        """
        Keys that cannot be kept are refused, and the message does not have them.
        """
        for keys, message in (
            ([], "At least one"),
            ([StreamKey("good"), StreamKey("")], "[1].key: must not be empty"),
            ([StreamKey("sesame"), StreamKey("sesame")], "[1].key: is there twice"),
            ([StreamKey("sesame" * 200)], "[0]: must not be longer"),
            ([StreamKey("sesame\ud800")], "[0]: must be valid Unicode"),
            ([StreamKey(f"sesame{n}") for n in range(101)], "more than 100"),
        ):
            keyring = Keyring.in_memory("old")
            failure = self.failureResultOf(keyring.replace(keys), InvalidStreamKeys)
            self.assertIn(message, str(failure.value))
            self.assertNotIn("sesame", str(failure.value))
            self.assertEqual(keyring.keys, (StreamKey("old"),))

    def test_hidden(self) -> None:
        """
        Neither a key nor a keyring prints its secrets.
        """
        for thing in (StreamKey("sesame"), Keyring.in_memory("sesame")):
            self.assertNotIn("sesame", f"{thing!r} {thing}")

    @fuzz(max_examples=150, deadline=None)
    @given(st.text(st.characters()), st.lists(st.text(), max_size=4))
    def test_any_candidate(self, candidate: str, keys: list[str]) -> None:
        """
        Whatever a stranger sends is let in only if it is one of the keys.
        """
        found = Keyring.in_memory(*keys).identify(candidate)
        self.assertEqual(found is not None, candidate in keys)


class StoredKeysTests(TestCase):
    """
    L{Keyring} over a database.
    """

    async def test_survive(self) -> None:
        """
        Keys, comments and their order survive a restart; an override does not.
        """
        path = Path(self.mktemp()) / "owncast.db"
        connection = prepare(path, path.parent)
        self.addCleanup(connection.close)
        database = Database(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(database.close)
        keyring = Keyring.load(connection, database, "temporary")
        await keyring.replace([StreamKey("b", "first"), StreamKey("a", "second")])
        await keyring.replace([StreamKey("b", "first"), StreamKey("a", "other")])
        again = Keyring.load(connection, database)
        self.assertFalse(again.overridden)
        self.assertEqual(
            [(each.key, each.comment) for each in again.keys], [("b", "first"), ("a", "other")]
        )

    async def test_failed_write(self) -> None:
        """
        When the database fails the old keys stay.
        """
        path = Path(self.mktemp()) / "owncast.db"
        connection = prepare(path, path.parent)
        self.addCleanup(connection.close)
        database = Database(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(database.close)
        keyring = Keyring.load(connection, database)
        connection.execute("DROP TABLE stream_keys")
        connection.commit()
        await self.assertFailure(keyring.replace([StreamKey("a")]), sqlite3.OperationalError)
        self.assertEqual(keyring.keys, ())
