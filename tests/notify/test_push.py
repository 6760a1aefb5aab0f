"""
Messages to browsers: what is sent to push services, and how a whole list is gone through.
"""

import json
from typing import Any
from unittest.mock import patch

import http_ece
from twisted.internet.defer import CancelledError, Deferred

from owncastd.net.errors import NoAnswer, PeerNotAllowed
from owncastd.notify import push_round
from owncastd.notify.fetching import Gone, NotTold
from owncastd.notify.push import MAX_BODY, MAX_TITLE, TOPIC, PushSender, payload
from owncastd.notify.push_round import CONCURRENCY, SECOND_TRY_SECONDS, PushRound
from owncastd.notify.subscriptions import Subscriptions
from owncastd.notify.vapid import PushKey, Voucher
from tests.chat.house import ChatCase

from .support import Asked, MemoryBrowser, MemoryFetch
from .test_vapid import claims_of


class PushCase(ChatCase):
    """
    A list of browsers, and push services in memory.
    """

    def setUp(self) -> None:
        """
        Nobody is on the list.
        """
        super().setUp()
        self.fetch = MemoryFetch()
        self.key = PushKey.make()
        voucher = Voucher(self.clock, self.key)
        self.sender = PushSender(voucher, self.fetch, lambda: "https://live.example")
        self.list = Subscriptions(self.clock, self.database)

    def browser(self, number: int) -> MemoryBrowser:
        """
        One more on the list, of a user of its own.
        """
        browser = MemoryBrowser(f"https://push.example/{number}")
        user = self.person(f"user {number}")
        self.successResultOf(self.list.add(browser.subscription, user.id))
        return browser


class SenderTests(PushCase):
    """
    One message.
    """

    def sending(self, browser: MemoryBrowser) -> Deferred[None]:
        """
        Send it.
        """
        return Deferred.fromCoroutine(self.sender.send(browser.subscription, b"hello"))

    def test_request(self) -> None:
        """
        The browser can read it; the push service is told for how long, how urgent, and by whom.
        """
        browser = MemoryBrowser("https://push.example/1")
        self.successResultOf(self.sending(browser))
        (asked,) = self.fetch.asked
        self.assertEqual((asked.method, asked.url), ("POST", browser.endpoint))
        headers = dict(asked.headers)
        claims = claims_of(headers.pop("Authorization"), self.key.public)
        self.assertEqual(claims["aud"], "https://push.example")
        self.assertEqual(
            headers,
            {
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": "3600",
                "Topic": TOPIC,
                "Urgency": "high",
            },
        )
        read = http_ece.decrypt(
            asked.data, private_key=browser.key, auth_secret=browser.secret, version="aes128gcm"
        )
        self.assertEqual(read, b"hello")

    def test_fresh(self) -> None:
        """
        Salt and key are others for each message.
        """
        browser = MemoryBrowser("https://push.example/1")
        for _ in range(2):
            self.successResultOf(self.sending(browser))
        first, second = (asked.data[:86] for asked in self.fetch.asked)
        self.assertNotEqual(first[:16], second[:16])
        self.assertNotEqual(first[21:], second[21:])

    def test_not_taken(self) -> None:
        """
        Some refusals are for ever, some may be gone a little later.
        """
        browser = MemoryBrowser("https://push.example/1")
        for status, kind, again in (
            (404, Gone, False),
            (410, Gone, False),
            (400, NotTold, False),
            (403, NotTold, False),
            (429, NotTold, True),
            (503, NotTold, True),
        ):
            self.fetch.status = status
            error: Any = self.failureResultOf(self.sending(browser), NotTold).value
            self.assertIs(type(error), kind)
            self.assertIs(error.again, again)
            self.assertIn(str(status), error.reason)

    def test_no_answer(self) -> None:
        """
        A push service at home is none; one that is silent may speak again.
        """
        browser = MemoryBrowser("https://push.example/1")
        for refusal, again in ((PeerNotAllowed("not public"), False), (NoAnswer("slow"), True)):
            self.fetch.errors = {browser.endpoint: refusal}
            error: Any = self.failureResultOf(self.sending(browser), NotTold).value
            self.assertIs(error.again, again)
            self.assertNotIn("push.example", error.reason)

    def test_payload(self) -> None:
        """
        The keys that service workers know; texts of any length and kind fit.
        """
        self.assertEqual(
            json.loads(payload("Röck", "on")),
            {"title": "Röck", "body": "on", "icon": "/logo/external", "tag": TOPIC},
        )
        for letter in ("\U0001f3b8", '"', "\\", "\ufffd"):
            long = json.loads(payload(letter * 5_000, letter * 5_000))
            self.assertEqual((len(long["title"]), len(long["body"])), (MAX_TITLE, MAX_BODY))
        self.assertEqual(json.loads(payload("a\0\ud800b", "c\nd\x7f"))["title"], "ab")


class RoundTests(PushCase):
    """
    A whole list.
    """

    def setUp(self) -> None:
        """
        The stream is on.
        """
        super().setUp()
        self.on = True

    def start(self, occasion: str = "a") -> tuple[PushRound, Deferred[None]]:
        """
        Begin to tell everybody.
        """
        made = PushRound(self.clock, self.sender, self.list, occasion, b"on", lambda: self.on)
        return made, Deferred.fromCoroutine(made.run())

    def test_everybody_once(self) -> None:
        """
        Everybody is told; a second round of the same occasion tells nobody.
        """
        with patch.object(push_round, "PAGE", 3):
            for number in range(10):
                self.browser(number)
            made, running = self.start()
            self.successResultOf(running)
            self.assertEqual((made.told, made.lost), (10, 0))
            self.assertEqual(len({*self.fetch.urls}), 10)
            made, running = self.start()
            self.successResultOf(running)
            self.assertEqual((made.told, len(self.fetch.asked)), (0, 10))
            self.successResultOf(self.start("b")[1])
            self.assertEqual(len(self.fetch.asked), 20)

    def test_bounded(self) -> None:
        """
        So many requests are on their way, and no more; each that ends makes room.
        """
        self.fetch.status = None
        for number in range(CONCURRENCY + 5):
            self.browser(number)
        _, running = self.start()
        self.assertEqual(len(self.fetch.asked), CONCURRENCY)
        self.fetch.asked[3].reply(201)
        self.assertEqual(len(self.fetch.asked), CONCURRENCY + 1)
        for asked in self.fetch.asked:
            if not asked.answer.called:
                asked.reply(201)
        self.assertEqual(len(self.fetch.asked), CONCURRENCY + 5)
        for asked in self.fetch.asked:
            if not asked.answer.called:
                asked.reply(201)
        self.successResultOf(running)

    def test_gone(self) -> None:
        """
        Browsers that are gone leave the list; others that fail stay on it.
        """
        for number in range(3):
            self.browser(number)
        self.fetch.statuses = {"https://push.example/0": 404, "https://push.example/1": 410}
        self.fetch.status = 400
        made, running = self.start()
        self.successResultOf(running)
        self.assertEqual((made.told, made.lost), (0, 3))
        self.assertEqual(self.successResultOf(self.list.count()), 1)

    def test_second_try(self) -> None:
        """
        A push service that was busy is asked once more a minute later.
        """
        for number in range(3):
            self.browser(number)
        busy, dead = "https://push.example/1", "https://push.example/2"
        self.fetch.statuses = {busy: 503, dead: 503}
        made, running = self.start()
        self.assertNoResult(running)
        self.fetch.statuses = {dead: 503}
        self.clock.advance(SECOND_TRY_SECONDS)
        self.successResultOf(running)
        self.assertEqual((made.told, made.lost), (2, 1))
        self.assertEqual(self.fetch.urls.count(busy), 2)
        self.assertEqual(self.fetch.urls.count(dead), 2)

    def test_over(self) -> None:
        """
        When the stream is over nobody else is told.
        """
        for number in range(CONCURRENCY * 2):
            self.browser(number)

        def end(asked: Asked) -> None:
            self.on = len(self.fetch.asked) < 5

        self.fetch.watch = end
        made, running = self.start()
        self.successResultOf(running)
        self.assertEqual(len(self.fetch.asked), 5)
        self.assertEqual(made.told, 5)

    def test_cancelled(self) -> None:
        """
        What is on its way is given up, and no timer is left.
        """
        timers = len(self.clock.getDelayedCalls())
        self.fetch.status = None
        for number in range(3):
            self.browser(number)
        _, running = self.start()
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.assertEqual(self.fetch.cancelled, 3)
        self.fetch.status = 503
        _, running = self.start("b")
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.assertEqual(len(self.clock.getDelayedCalls()), timers)

    def test_database_fails(self) -> None:
        """
        A list that cannot be read ends the round, with a word in the log.
        """
        self.browser(1)
        self.database.failing = OSError("disk")
        made, running = self.start()
        self.successResultOf(running)
        self.assertEqual(made.told, 0)
        self.assertTrue(self.flushLoggedErrors(OSError))
