"""
The list of browsers.
"""

import json
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.notify import subscriptions
from owncastd.notify.subscriptions import (
    MAX_DESTINATION,
    MAX_ENDPOINT,
    MAX_FAILURES,
    MAX_PER_USER,
    InvalidSubscription,
    Subscription,
    Subscriptions,
    TooManySubscriptions,
    parse_subscription,
)
from tests.chat.house import ChatCase

from .support import MemoryBrowser


class ParsingTests(SynchronousTestCase):
    """
    What browsers send, and what others do.
    """

    def test_browser(self) -> None:
        """
        What a browser makes of its subscription is understood, and hides itself.
        """
        browser = MemoryBrowser("https://push.example:8443/send/1?x=y")
        parsed = parse_subscription(json.dumps(browser.document))
        self.assertEqual(parsed, browser.subscription)
        self.assertNotIn("push.example", repr(parsed))

    def test_refused(self) -> None:
        """
        Everything else is refused, and the reason tells no part of it.
        """
        good = MemoryBrowser("https://push.example/1").document
        keys: Any = good["keys"]
        endpoints: list[object] = [
            None,
            1,
            "",
            "http://push.example/1",
            "https://",
            "https://me@push.example/",
            "https://push.example/ 1",
            "https://push.example/\n",
            "https://bücher.example/",
            "https://push.example:99999/",
            "https://[::1",
            "https://push.example/" + "x" * MAX_ENDPOINT,
        ]
        wrong_keys: list[object] = [
            None,
            [],
            {},
            {"p256dh": keys["p256dh"]},
            {**keys, "auth": "short"},
            {**keys, "auth": 1},
            {**keys, "p256dh": "A" * 87},
            {**keys, "p256dh": "é"},
            {**keys, "p256dh": ["x"]},
        ]
        texts = [json.dumps({**good, "endpoint": each}) for each in endpoints]
        texts += [json.dumps({**good, "keys": each}) for each in wrong_keys]
        texts += ["", "{", "[]", "1", "[" * 4_000, json.dumps(good) + " " * MAX_DESTINATION]
        for text in texts:
            error = self.assertRaises(InvalidSubscription, parse_subscription, text)
            self.assertNotIn("push.example", str(error))

    @fuzz(max_examples=100)
    @given(st.text() | st.builds(json.dumps, st.dictionaries(st.text(max_size=8), st.text())))
    def test_whatever(self, text: str) -> None:
        """
        Anything is refused in one way.
        """
        self.assertRaises(InvalidSubscription, parse_subscription, text)


class SubscriptionsTests(ChatCase):
    """
    The list in a database.
    """

    def setUp(self) -> None:
        """
        An empty list, and two users.
        """
        super().setUp()
        self.list = Subscriptions(self.clock, self.database)
        self.ana, self.bob = self.person("ana"), self.person("bob")

    def add(self, number: int, user_id: str | None = None) -> Subscription:
        """
        Put one on the list.
        """
        self.clock.advance(1)
        subscription = MemoryBrowser(f"https://push.example/{number}").subscription
        self.successResultOf(self.list.add(subscription, user_id or self.ana.id))
        return subscription

    def take(self, occasion: str, limit: int = 100) -> list[str]:
        """
        The endpoints of those who are to be told.
        """
        taken = Deferred.fromCoroutine(self.list.take(occasion, limit))
        return sorted(each.endpoint for each in self.successResultOf(taken))

    def count(self) -> int:
        """
        How many there are.
        """
        return self.successResultOf(self.list.count())

    def test_added_twice(self) -> None:
        """
        A browser is on the list once, with its newest keys.
        """
        self.add(1)
        again = self.add(1, self.bob.id)
        self.assertEqual(self.count(), 1)
        (taken,) = self.successResultOf(Deferred.fromCoroutine(self.list.take("a", 5)))
        self.assertEqual(taken, again)

    def test_per_user(self) -> None:
        """
        The oldest of one user's make room; those of others stay.
        """
        self.add(0, self.bob.id)
        for number in range(1, MAX_PER_USER + 3):
            self.add(number)
        self.assertEqual(self.count(), MAX_PER_USER + 1)
        self.assertEqual(
            self.take("a"),
            sorted(f"https://push.example/{n}" for n in (0, *range(3, MAX_PER_USER + 3))),
        )

    def test_full(self) -> None:
        """
        A full list takes nobody else, but still those who are on it.
        """
        with patch.object(subscriptions, "MAX_SUBSCRIPTIONS", 2):
            self.add(1)
            self.add(2)
            third = MemoryBrowser("https://push.example/3").subscription
            self.failureResultOf(self.list.add(third, self.ana.id), TooManySubscriptions)
            self.add(2)
        self.assertEqual(self.count(), 2)

    def test_told_once(self) -> None:
        """
        Each is taken once for each occasion, in pages.
        """
        for number in range(5):
            self.add(number)
        first, second, third = (self.take("a", 3) for _ in range(3))
        self.assertEqual((len(first), len(second), third), (3, 2, []))
        self.assertEqual(len({*first, *second}), 5)
        self.assertEqual(len(self.take("b")), 5)
        self.add(9)
        self.assertEqual(self.take("b"), ["https://push.example/9"])

    def test_unusable(self) -> None:
        """
        What cannot be used, of whatever origin, is removed instead of being taken.
        """
        self.add(1)
        with self.database.connection as connection:
            for endpoint in ("http://push.example/", "https://push.example/x"):
                connection.execute(
                    "INSERT INTO push_subscriptions (endpoint, p256dh, auth, created_at)"
                    " VALUES (?, 'x', 'y', '2026')",
                    [endpoint],
                )
        self.assertEqual(self.take("a", 1) + self.take("a", 1), ["https://push.example/1"])
        self.assertEqual(self.take("a", 1), [])
        self.assertEqual(self.count(), 1)

    def test_failures(self) -> None:
        """
        Who fails often in a row is removed; who does not is forgiven.
        """
        endpoint = self.add(1).endpoint
        for _ in range(MAX_FAILURES - 1):
            self.successResultOf(self.list.note(endpoint, taken=False))
        self.successResultOf(self.list.note(endpoint, taken=True))
        for _ in range(MAX_FAILURES - 1):
            self.successResultOf(self.list.note(endpoint, taken=False))
        self.assertEqual(self.count(), 1)
        self.successResultOf(self.list.note(endpoint, taken=False))
        self.assertEqual(self.count(), 0)

    def test_removed(self) -> None:
        """
        One, and one who is not there.
        """
        for number in range(3):
            self.add(number)
        self.successResultOf(self.list.remove("https://push.example/1", "https://push.example/7"))
        self.assertEqual(self.count(), 2)
