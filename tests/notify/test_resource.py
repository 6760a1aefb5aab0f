"""
The routes of notifications.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import http_ece
from twisted.internet.defer import Deferred

from owncastd.identity.users import User
from owncastd.notify import subscriptions
from owncastd.notify.announcement import Announcement
from owncastd.notify.fetching import NotTold
from owncastd.notify.push import PushSender
from owncastd.notify.resource import (
    BROWSER_CHANNEL,
    MAX_TRIALS,
    NotificationsAPI,
    NotificationTrialsAPI,
)
from owncastd.notify.subscriptions import Subscriptions
from owncastd.notify.vapid import PushKey, Voucher
from owncastd.settings import catalogue
from owncastd.settings.values import BrowserPush, Discord
from tests.chat.house import LONG_AGO, InlineDatabase
from tests.web.support import ADMIN, Answer, SiteTestCase

from .support import MemoryBrowser, MemoryFetch

BASE = "/api/admin/config/notifications/"
DISCORD = {"webhook": "https://discord.example/hush", "goLiveMessage": "on"}


class NotificationsCase(SiteTestCase):
    """
    A site with the routes, and the rest of the room behind them.
    """

    def setUp(self) -> None:
        """
        One user, who has a token.
        """
        folder = Path(self.mktemp()).absolute()
        self.database = InlineDatabase(folder / "owncast.db")
        self.addCleanup(self.database.connection.close)
        with self.database.connection as connection:
            connection.execute(
                "INSERT INTO users (id, type, display_name, display_color, created_at)"
                " VALUES ('u', 'STANDARD', 'ana', 1, '2026')"
            )
        self.fetch = MemoryFetch()
        self.told: list[tuple[str, Any, Announcement]] = []
        self.result: Deferred[None] | Exception | None = None
        super().setUp()
        self.users["token"] = User("u", "ana", 1, LONG_AGO)

    def rooms(self) -> Sequence[object]:
        """
        The routes.
        """
        self.list = Subscriptions(self.clock, self.database)
        voucher = Voucher(self.clock, PushKey.make())
        sender = PushSender(voucher, self.fetch, lambda: "")

        def channel(name: str) -> Any:
            async def tell(value: object, announcement: Announcement) -> None:
                self.told.append((name, value, announcement))
                if isinstance(self.result, Exception):
                    raise self.result
                if self.result is not None:
                    await self.result

            return tell

        return (
            NotificationsAPI(self.settings, self.list),
            NotificationTrialsAPI(
                self.clock,
                self.settings,
                sender,
                channel("discord"),
                channel("email"),
                channel("json"),
            ),
        )

    def post(self, path: str, body: object, headers: Any = None) -> Answer:
        """
        Send JSON.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(path, "POST", headers, raw)

    def refused(self, answer: Answer, status: int = 400) -> str:
        """
        The reason of a refusal.
        """
        self.assertEqual(answer.code, status, answer.body)
        document = json.loads(answer.body)
        self.assertIs(document["success"], False)
        return str(document["message"])

    def count(self) -> int:
        """
        How many browsers are on the list.
        """
        return self.successResultOf(self.list.count())


class RegisterTests(NotificationsCase):
    """
    Browsers that want to be told, or no more.
    """

    def register(self, browser: MemoryBrowser, verb: str = "register", **changes: object) -> Answer:
        """
        Ask for it as the page does.
        """
        body = {
            "channel": BROWSER_CHANNEL,
            "destination": json.dumps(browser.document),
            **changes,
        }
        return self.post(f"/api/notifications/{verb}?accessToken=token", body)

    def test_registered(self) -> None:
        """
        The answer is empty, as clients know it; twice is once; then no more.
        """
        browser = MemoryBrowser("https://push.example/1")
        for _ in range(2):
            answer = self.register(browser)
            self.assertEqual((answer.code, answer.body), (200, b""))
        self.assertEqual(self.count(), 1)
        answer = self.register(browser, "unregister")
        self.assertEqual(answer.code, 200)
        self.assertEqual(self.count(), 0)
        self.assertEqual(self.register(browser, "unregister").code, 200)

    def test_refused(self) -> None:
        """
        Other channels, and what is no subscription.
        """
        browser = MemoryBrowser("https://push.example/1")
        for verb in ("register", "unregister"):
            for changes in (
                {"channel": "EMAIL"},
                {"channel": None},
                {"destination": 1},
                {"destination": "{}"},
                {"destination": json.dumps({**browser.document, "endpoint": "http://x.example"})},
            ):
                self.assertTrue(self.refused(self.register(browser, verb, **changes)))
            path = f"/api/notifications/{verb}?accessToken=token"
            self.refused(self.post(path, b"{"))
            self.refused(self.post(path, b" " * 20_000), 413)
        self.assertEqual(self.count(), 0)

    def test_switched_off(self) -> None:
        """
        A server that does not tell browsers takes none, but lets them go.
        """
        browser = MemoryBrowser("https://push.example/1")
        self.register(browser)
        self.set(catalogue.BROWSER_PUSH, BrowserPush(enabled=False))
        self.assertIn("no notifications", self.refused(self.register(browser)))
        self.register(browser, "unregister")
        self.assertEqual(self.count(), 0)

    def test_full(self) -> None:
        """
        When there are very many, no more are taken.
        """
        with patch.object(subscriptions, "MAX_SUBSCRIPTIONS", 0):
            answer = self.register(MemoryBrowser("https://push.example/1"))
        self.refused(answer, 503)
        self.assertTrue(answer.header("Retry-After"))


class TrialTests(NotificationsCase):
    """
    Trying channels out.
    """

    def test_sent_along(self) -> None:
        """
        What is sent along is tried, switched on or not, and not kept.
        """
        answer = self.post(BASE + "discord/test", {"value": DISCORD}, ADMIN)
        self.assertEqual(json.loads(answer.body), {"success": True, "message": "sent"})
        ((name, value, announcement),) = self.told
        self.assertEqual(
            (name, value), ("discord", Discord(True, "https://discord.example/hush", "on"))
        )
        self.assertEqual(announcement.server_name, self.settings.get(catalogue.SERVER_NAME))
        self.assertEqual(self.settings.get(catalogue.DISCORD), Discord())

    def test_what_is_set(self) -> None:
        """
        Without a value, what is set is tried; each channel by itself.
        """
        self.set(catalogue.DISCORD, Discord(webhook="https://discord.example/set"))
        self.post(BASE + "discord/test", {}, ADMIN)
        email = {"host": "localhost", "sender": "a@b.example", "recipients": ["c@d.example"]}
        self.post(BASE + "email/test", {"value": email}, ADMIN)
        self.post(BASE + "json/test", {"value": {"url": "https://x.example"}}, ADMIN)
        self.assertEqual([name for name, _, _ in self.told], ["discord", "email", "json"])
        self.assertEqual(self.told[0][1].webhook, "https://discord.example/set")
        self.assertEqual(self.told[1][1].host, "localhost")
        self.assertEqual(self.told[2][1].url, "https://x.example")

    def test_incomplete(self) -> None:
        """
        What cannot be tried is refused with the place of the mistake.
        """
        for channel, mistake in (
            ("discord", "webhook"),
            ("email", "host"),
            ("json", "url"),
        ):
            reason = self.refused(self.post(BASE + channel + "/test", {}, ADMIN))
            self.assertIn(mistake, reason)
        bad = self.post(BASE + "discord/test", {"value": {"webhook": 1}}, ADMIN)
        self.assertEqual(self.refused(bad), "value.webhook: must be text")
        self.assertEqual(self.told, [])

    def test_not_told(self) -> None:
        """
        Why it did not work is told in words.
        """
        self.result = NotTold("Discord answers 404")
        answer = self.post(BASE + "discord/test", {"value": DISCORD}, ADMIN)
        self.assertEqual(self.refused(answer), "Discord answers 404")

    def test_bounded(self) -> None:
        """
        Few trials go on at the same time; each that ends makes room.
        """
        self.result = waiting = Deferred[None]()
        body = json.dumps({"value": DISCORD}).encode()
        trials = [
            self.send(BASE + "discord/test", "POST", ADMIN, body)[1] for _ in range(MAX_TRIALS)
        ]
        for trial in trials:
            self.assertNoResult(trial)
        self.refused(self.post(BASE + "discord/test", {"value": DISCORD}, ADMIN), 503)
        waiting.callback(None)
        self.result = None
        self.assertEqual(self.post(BASE + "discord/test", {"value": DISCORD}, ADMIN).code, 200)

    def test_browser(self) -> None:
        """
        The one browser whose subscription is sent along is told, and goes on no list.
        """
        browser = MemoryBrowser("https://push.example/1")
        body = {"destination": json.dumps(browser.document)}
        self.assertEqual(self.post(BASE + "browser/test", body, ADMIN).code, 200)
        (asked,) = self.fetch.asked
        text = http_ece.decrypt(
            asked.data, private_key=browser.key, auth_secret=browser.secret, version="aes128gcm"
        )
        self.assertIn("title", json.loads(text))
        self.assertEqual(self.count(), 0)
        self.fetch.status = 410
        self.assertIn("410", self.refused(self.post(BASE + "browser/test", body, ADMIN)))
        self.refused(self.post(BASE + "browser/test", {}, ADMIN))


class WorkerTests(NotificationsCase):
    """
    The script that shows notifications.
    """

    def test_served(self) -> None:
        """
        At the root, for all of the site, as a script of which browsers look for a newer one.
        """
        answer = self.ask("/serviceWorker.js")
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "text/javascript; charset=utf-8")
        self.assertEqual(answer.header("Cache-Control"), "no-cache")
        again = self.ask(
            "/serviceWorker.js", headers={"If-None-Match": answer.header("ETag") or ""}
        )
        self.assertEqual(again.code, 304)
