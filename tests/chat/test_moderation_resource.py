"""
The chat's routes for moderators.
"""

from typing import Any
from urllib.parse import quote

from owncastd.settings import catalogue
from tests.web.support import Answer

from .house import MemoryClient
from .rest import RestCase

BASE = "/api/chat/"


class ModeratorTests(RestCase):
    """
    A room with somebody who moderates, and somebody who does not.
    """

    def setUp(self) -> None:
        """
        Let them in.
        """
        super().setUp()
        self.mod = self.enter(self.moderator(), "198.51.100.2")
        self.token = quote(self.token_of(self.mod.user))
        self.ana = self.enter(self.person())

    def act(self, path: str, body: object) -> Answer:
        """
        Do something as the moderator.
        """
        return self.post(f"{path}?accessToken={self.token}", body)

    def look(self, path: str) -> Any:
        """
        Look at something as the moderator.
        """
        return self.get(f"{path}?accessToken={self.token}")

    def said(self, client: MemoryClient, body: str) -> str:
        """
        Let somebody say something; the id of the message.
        """
        self.say(client, body)
        (event,) = [each for each in self.mod.take() if each["type"] == "CHAT"]
        message_id: str = event["id"]
        return message_id

    def test_for_moderators_only(self) -> None:
        """
        Others are refused, and change nothing.
        """
        message_id = self.said(self.ana, "hello")
        other = quote(self.token_of(self.ana.user))
        for query in ("", "?accessToken=wrong", f"?accessToken={other}"):
            for path, body in (
                ("messagevisibility", {"idArray": [message_id]}),
                ("users/setenabled", {"userId": self.mod.user.id}),
                ("users/timeout", {"userId": self.mod.user.id, "seconds": 60}),
            ):
                answer = self.post(f"{BASE}{path}{query}", body)
                self.assertEqual((answer.code, answer.body), (401, b"unauthorized"), path)
            for path in (f"user/{self.mod.user.id}", "held", "timeouts"):
                self.assertEqual(self.ask(f"/api/moderation/chat/{path}{query}").code, 401)
        self.assertEqual(len(self.backlog()), 1)

    def test_visibility(self) -> None:
        """
        Hidden messages are gone for everybody, and can come back; clients that hide say no more.
        """
        message_id = self.said(self.ana, "hello")
        answer = self.act(f"{BASE}messagevisibility", {"idArray": [message_id]})
        self.assert_done(answer, "changed")
        self.assertEqual(self.ana.take()[-1]["visible"], False)
        self.assertEqual(self.backlog(), [])
        answer = self.act(f"{BASE}messagevisibility", {"idArray": [message_id], "visible": True})
        self.assert_done(answer, "changed")
        self.assertEqual(len(self.backlog()), 1)

    def test_bad_visibility(self) -> None:
        """
        Without ids, or with too many, or with something else, nothing is done.
        """
        bodies: tuple[object, ...] = (
            {},
            {"idArray": []},
            {"idArray": "abc"},
            {"idArray": [7]},
            {"idArray": ["a" * 101]},
            {"idArray": [str(number) for number in range(1_001)]},
            {"idArray": ["a"], "visible": "no"},
            [],
            b"{",
        )
        for body in bodies:
            self.assert_refused(self.act(f"{BASE}messagevisibility", body))

    def test_remove_and_admit(self) -> None:
        """
        Whoever is removed is told, and what they said is hidden; they can be admitted again.
        """
        self.said(self.ana, "hello")
        user_id = self.ana.user.id
        answer = self.act(f"{BASE}users/setenabled", {"userId": user_id})
        self.assert_done(answer, f"{user_id} enabled: false")
        self.assertIn("ERROR_USER_DISABLED", self.ana.types())
        self.assertEqual(self.backlog(), [])
        self.assertIn("disabledAt", self.look(f"/api/moderation/chat/user/{user_id}")["user"])
        answer = self.act(f"{BASE}users/setenabled", {"userId": user_id, "enabled": True})
        self.assert_done(answer, f"{user_id} enabled: true")
        self.clock.advance(5)

    def test_remove_somebody_absent(self) -> None:
        """
        The answer is the same for somebody who is not in the room.
        """
        user_id = self.person("absent").id
        answer = self.act(f"{BASE}users/setenabled", {"userId": user_id, "enabled": False})
        self.assert_done(answer, f"{user_id} enabled: false")

    def test_bad_users(self) -> None:
        """
        Nobody, unknown people and other moderators are refused.
        """
        other = self.moderator("other").id
        for path in ("users/setenabled", "users/timeout"):
            for body in ({}, {"userId": ""}):
                answer = self.act(BASE + path, {**body, "seconds": 60})
                self.assertEqual(self.assert_refused(answer), "must provide userId")
            for user_id in ("nobody", other, self.mod.user.id):
                self.assert_refused(self.act(BASE + path, {"userId": user_id, "seconds": 60}))
            self.assert_refused(self.act(BASE + path, {"userId": 7}))

    def test_timeout(self) -> None:
        """
        Somebody is quiet for a while and is told why; it is listed, and can be lifted.
        """
        user_id = self.ana.user.id
        body = {"userId": user_id, "seconds": 60, "reason": " spam "}
        self.assert_done(self.act(f"{BASE}users/timeout", body), "changed")
        (told,) = self.ana.take()
        self.assertEqual(told["limit"]["seconds"], 60)
        self.assertEqual(told["limit"]["reason"], "spam")
        (listed,) = self.look("/api/moderation/chat/timeouts")
        self.assertEqual((listed["userId"], listed["reason"]), (user_id, "spam"))
        self.assertEqual(self.look(f"/api/moderation/chat/user/{user_id}")["timeout"], listed)
        self.say(self.ana, "still here")
        self.assertEqual(self.backlog(), [])
        lifted = self.act(f"{BASE}users/timeout", {"userId": user_id, "seconds": 0})
        self.assert_done(lifted, "changed")
        self.assertEqual(self.look("/api/moderation/chat/timeouts"), [])

    def test_bad_timeouts(self) -> None:
        """
        Neither for ever nor for no time.
        """
        for seconds in (-1, 0.5, 1e9, "60", None, True):
            body = {"userId": self.ana.user.id, "seconds": seconds}
            self.assert_refused(self.act(f"{BASE}users/timeout", body))

    def test_details(self) -> None:
        """
        What moderators may know of somebody: no address among it.
        """
        message_id = self.said(self.ana, "hello")
        answer = self.ask(f"/api/moderation/chat/user/{self.ana.user.id}?accessToken={self.token}")
        self.assertNotIn(self.ana.address.encode(), answer.body)
        details = self.look(f"/api/moderation/chat/user/{self.ana.user.id}")
        self.assertEqual(details["user"]["displayName"], "ana")
        (client,) = details["connectedClients"]
        self.assertEqual((client["id"], client["messageCount"]), (self.ana.client_id, 1))
        (message,) = details["messages"]
        self.assertEqual((message["id"], message["user"]), (message_id, None))
        self.assertNotIn("timeout", details)

    def test_details_of_nobody(self) -> None:
        """
        There is no such user.
        """
        answer = self.ask(f"/api/moderation/chat/user/nobody?accessToken={self.token}")
        self.assertEqual(answer.code, 404)

    def test_held(self) -> None:
        """
        What is held is listed for moderators until one of them decides.
        """
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, True)
        self.say(self.ana, "first")
        (held,) = self.look("/api/moderation/chat/held")
        self.assertEqual((held["held"], held["visible"]), (True, False))
        self.assertEqual(self.backlog(), [])
        body = {"idArray": [held["id"]], "visible": True}
        self.assert_done(self.act(f"{BASE}messagevisibility", body), "changed")
        self.assertEqual(self.look("/api/moderation/chat/held"), [])
        self.assertEqual([event["id"] for event in self.backlog()], [held["id"]])
