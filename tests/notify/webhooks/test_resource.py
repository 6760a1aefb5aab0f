"""
The administrator's routes of webhooks.
"""

import json
from collections.abc import Sequence
from typing import Any

from owncastd.notify.webhooks.posting import outcome_of
from owncastd.notify.webhooks.resource import MAX_TESTS, SHOWN_ONCE, WebhooksAPI
from tests.web.support import ADMIN, Answer, SiteTestCase

from .support import AWAY, TAKEN, URL, WebhooksCase

BASE = "/api/admin/webhooks"


class Site(SiteTestCase):
    """
    A site in front of webhooks.
    """

    def visit(self, api: WebhooksAPI) -> None:
        """
        Build it.
        """
        self.api = api
        self.setUp()

    def rooms(self) -> Sequence[object]:
        """
        The routes.
        """
        return (self.api,)


class WebhooksAPITests(WebhooksCase):
    """
    Webhooks over HTTP.
    """

    def setUp(self) -> None:
        super().setUp()
        self.site = Site("ask")
        self.site.visit(WebhooksAPI(self.webhooks))

    def post(self, path: str, body: object) -> Answer:
        """
        Send JSON, or what is no JSON.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.site.ask(f"{BASE}/{path}", "POST", ADMIN, raw)

    def done(self, path: str, body: object) -> Any:
        """
        Do something that succeeds.
        """
        answer = self.post(path, body)
        self.assertEqual(answer.code, 200, answer.body)
        return json.loads(answer.body)

    def refused(self, path: str, body: object, code: int = 400) -> str:
        """
        Do something that does not; the reason, which is there under both names.
        """
        answer = self.post(path, body)
        self.assertEqual(answer.code, code, answer.body)
        document = json.loads(answer.body)
        self.assertIs(document["success"], False)
        self.assertEqual(document["error"], document["message"])
        return str(document["error"])

    def listed(self) -> list[dict[str, Any]]:
        """
        The list.
        """
        answer = self.site.ask(BASE, headers=ADMIN)
        self.assertEqual(answer.code, 200, answer.body)
        listed: list[dict[str, Any]] = json.loads(answer.body)
        return listed

    def test_create(self) -> None:
        """
        A webhook as Owncast has it, with its secret, which is shown this once.
        """
        self.assertEqual(self.listed(), [])
        made = self.done("create", {"url": f" {URL} ", "events": ["CHAT", "CHAT", "USER_JOINED"]})
        self.assertEqual((made["secret"], made["note"]), ("07" * 32, SHOWN_ONCE))
        known = {name: made[name] for name in ("timestamp", "lastUsed", "url", "events", "id")}
        self.assertEqual(
            known,
            {
                "timestamp": "2027-01-15T08:00:00.000000Z",
                "lastUsed": None,
                "url": URL,
                "events": ["CHAT", "USER_JOINED"],
                "id": 1,
            },
        )
        (listed,) = self.listed()
        del made["secret"], made["note"]
        self.assertEqual(listed, made)

    def test_standing(self) -> None:
        """
        The list tells how it goes.
        """
        made = self.done("create", {"url": URL, "events": ["CHAT"], "secret": "x" * 16})
        self.receivers.outcomes[made["id"]] = AWAY
        self.tell(3)
        self.clock.advance(0)
        (listed,) = self.listed()
        self.assertEqual((listed["waiting"], listed["dropped"], listed["signed"]), (3, 0, True))
        self.assertEqual(listed["lastResult"], "No answer: nothing listens there")
        self.assertEqual(listed["failingSince"], listed["lastTried"])
        self.assertIsNone(listed["lastUsed"])
        self.receivers.outcomes.clear()
        self.pass_time(10)
        (listed,) = self.listed()
        self.assertEqual((listed["waiting"], listed["failingSince"]), (0, None))
        self.assertEqual(listed["lastUsed"], listed["lastTried"])

    def test_cannot_be(self) -> None:
        """
        What makes no sense is refused, and nothing is added.
        """
        good = {"url": URL, "events": ["CHAT"]}
        bodies: tuple[object, ...] = (
            b"{",
            [],
            {},
            {"events": ["CHAT"]},
            {**good, "url": ""},
            {**good, "url": 7},
            {**good, "url": "127.0.0.1:8100"},
            {**good, "url": "ftp://bot.example/"},
            {**good, "url": "javascript:alert(1)"},
            {**good, "url": "http:///hook"},
            {**good, "url": "http://bot.example:99999/"},
            {**good, "url": "http://bot.example/" + "x" * 2_048},
            {**good, "events": "CHAT"},
            {**good, "events": ["chat"]},
            {**good, "events": ["CHAT", "PING"]},
            {**good, "secret": "too short"},
            {**good, "secret": "x" * 201},
            {**good, "secret": "not printable \n\n\n"},
        )
        for body in bodies:
            self.refused("create", body)
        self.assertEqual(self.listed(), [])

    def test_delete(self) -> None:
        """
        By its number, or by the digits of it.
        """
        for convert in (int, str):
            made = self.done("create", {"url": URL, "events": []})
            document = self.done("delete", {"id": convert(made["id"])})
            self.assertEqual(document, {"success": True, "message": "deleted webhook"})
            self.assertEqual(self.listed(), [])
            self.assertEqual(
                self.refused("delete", {"id": made["id"]}, 404), f"{made['id']} not found"
            )

    def test_no_ids(self) -> None:
        """
        What is no number is none.
        """
        ids: tuple[object, ...] = (None, True, 1.5, "", "x", "-1", "²", "9" * 30, [1])
        for path, more in (("delete", {}), ("test", {}), ("setenabled", {"enabled": True})):
            for each in ids:
                self.refused(path, {"id": each, **more})
            self.refused(path, more)
            self.refused(path, {"id": 10**400, **more}, 404)
            self.refused(path, {"id": 7, **more}, 404)

    def test_enabled(self) -> None:
        """
        It can be left alone for a while.
        """
        made = self.done("create", {"url": URL, "events": ["CHAT"]})
        self.assertIs(made["enabled"], True)
        self.done("setenabled", {"id": made["id"], "enabled": False})
        (listed,) = self.listed()
        self.assertIs(listed["enabled"], False)
        self.assertEqual(listed["disabledAt"], "2027-01-15T08:00:00.000000Z")
        self.tell()
        self.done("setenabled", {"id": made["id"], "enabled": True})
        (listed,) = self.listed()
        self.assertEqual((listed["enabled"], listed["disabledAt"]), (True, None))
        for enabled in (None, 1, "true"):
            self.refused("setenabled", {"id": made["id"], "enabled": enabled})

    def test_test(self) -> None:
        """
        What comes of it is in the answer.
        """
        made = self.done("create", {"url": URL, "events": []})
        done = self.done("test", {"id": made["id"]})
        self.assertEqual(done, {"success": True, "message": "It answered 200 OK"})
        self.receivers.outcomes[made["id"]] = outcome_of(500)
        self.assertEqual(
            self.refused("test", {"id": made["id"]}), "It answered 500 Internal Server Error"
        )

    def test_not_too_many_tests(self) -> None:
        """
        Tests that hang do not pile up.
        """
        made = self.done("create", {"url": URL, "events": []})
        self.receivers.hanging = {made["id"]}
        body = json.dumps({"id": made["id"]}).encode()
        asked = [self.site.send(f"{BASE}/test", "POST", ADMIN, body) for _ in range(MAX_TESTS)]
        self.refused("test", {"id": made["id"]}, 503)
        for each in self.receivers.waiting:
            each.callback(TAKEN)
        self.receivers.hanging = set()
        for agent, sent in asked:
            agent.flush()
            self.assertEqual(self.successResultOf(sent).code, 200)
        self.done("test", {"id": made["id"]})
