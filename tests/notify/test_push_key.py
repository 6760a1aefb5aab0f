"""
The key for push messages: made once, and those who cannot be reached by it are forgotten.
"""

from pathlib import Path

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.notify.push_key import prepare_push_key
from owncastd.notify.vapid import PushKey
from owncastd.settings import catalogue
from owncastd.settings.store import Settings, store


class PushKeyTests(SynchronousTestCase):
    """
    Before the reactor runs.
    """

    def setUp(self) -> None:
        """
        A new database, and a browser in it.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        self.connection = prepare(directory / "owncast.db", directory)
        self.addCleanup(self.connection.close)
        with self.connection as connection:
            connection.execute(
                "INSERT INTO users (id, type, display_name, display_color, created_at)"
                " VALUES ('u', 'STANDARD', 'ana', 1, '2026')"
            )

    def subscribe(self) -> None:
        """
        A browser, by the key that there is.
        """
        with self.connection as connection:
            connection.execute(
                "INSERT INTO push_subscriptions (endpoint, p256dh, auth, created_at, user_id)"
                " VALUES ('https://push.example/1', 'a', 'b', '2026', 'u')"
            )

    def count(self) -> int:
        """
        How many browsers are told.
        """
        (count,) = self.connection.execute("SELECT count(*) FROM push_subscriptions").fetchone()
        return int(count)

    def keys(self) -> tuple[str, str]:
        """
        The public and the private key, as stored.
        """
        settings = Settings.read(self.connection)
        return (
            settings.get(catalogue.BROWSER_PUSH_PUBLIC_KEY),
            settings.get(catalogue.BROWSER_PUSH_PRIVATE_KEY),
        )

    def test_made_once(self) -> None:
        """
        The two belong together, and stay; so do those who subscribed.
        """
        prepare_push_key(self.connection)
        made = public, private = self.keys()
        self.assertEqual(PushKey.from_text(private).public, public)
        self.subscribe()
        prepare_push_key(self.connection)
        self.assertEqual(self.keys(), made)
        self.assertEqual(self.count(), 1)

    def test_cut_short(self) -> None:
        """
        A private key whose public key was not stored is used.
        """
        key = PushKey.make()
        store(self.connection, catalogue.BROWSER_PUSH_PRIVATE_KEY, key.private)
        prepare_push_key(self.connection)
        self.assertEqual(self.keys(), (key.public, key.private))

    def test_damaged(self) -> None:
        """
        A key that is none is replaced, and said so, without the key; nobody can be reached by the
        new one.
        """
        prepare_push_key(self.connection)
        public, _ = self.keys()
        self.subscribe()
        store(self.connection, catalogue.BROWSER_PUSH_PRIVATE_KEY, "damaged")
        with capturedLogs() as events:
            prepare_push_key(self.connection)
        (text,) = [formatEvent(event) for event in events]
        self.assertIn("a new one is made", text)
        self.assertNotIn("damaged", text)
        new, private = self.keys()
        self.assertNotEqual(new, public)
        self.assertEqual(PushKey.from_text(private).public, new)
        self.assertEqual(self.count(), 0)
