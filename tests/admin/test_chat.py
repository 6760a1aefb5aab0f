"""
The administrator's routes of the chat.
"""

from owncastd.chat.clients import CloseCode
from tests.chat.rest import RestCase
from tests.web.support import ADMIN

BASE = "/api/admin/chat/"


class AdminChatTests(RestCase):
    """
    What the administrator sees and does.
    """

    def setUp(self) -> None:
        """
        Let somebody in.
        """
        super().setUp()
        self.ana = self.enter(self.person())

    def test_new(self) -> None:
        """
        Lists are lists, however little there is.
        """
        self.room.leave(self.ana)
        for path in (
            "clients",
            "messages",
            "messages/held",
            "moderationlog",
            "users/disabled",
            "users/moderators",
            "users/timeouts",
            "users/ipbans",
        ):
            self.assertEqual(self.admin_get(BASE + path), [], path)

    def test_clients(self) -> None:
        """
        Who is here, the oldest first, without addresses.
        """
        self.clock.advance(1)
        bob = self.enter(self.person("bob"))
        clients = self.admin_get(f"{BASE}clients")
        self.assertEqual([each["user"]["id"] for each in clients], [self.ana.user.id, bob.user.id])
        self.assertNotIn(self.ana.address, str(clients))

    def test_messages(self) -> None:
        """
        All that users said, the newest first, also what is hidden and of whom was removed.
        """
        self.say(self.ana, "one")
        self.clock.advance(1)
        self.say(self.ana, "two")
        self.chat.narrator.system("of no user")
        first = self.admin_get(f"{BASE}messages")[-1]["id"]
        answer = self.admin_post(f"{BASE}messagevisibility", {"idArray": [first]})
        self.assert_done(answer, "changed")
        two, one = self.admin_get(f"{BASE}messages")
        self.assertEqual((one["body"], two["body"]), ("<p>one</p>", "<p>two</p>"))
        self.assertIn("hiddenAt", one)
        self.assertNotIn("hiddenAt", two)
        answer = self.admin_post(f"{BASE}users/setenabled", {"userId": self.ana.user.id})
        self.assert_done(answer, f"{self.ana.user.id} enabled: false")
        for message in self.admin_get(f"{BASE}messages"):
            self.assertIn("hiddenAt", message)
            self.assertIn("disabledAt", message["user"])
        self.clock.advance(5)

    def test_disabled(self) -> None:
        """
        Who was removed is listed under both names of the route, until they are admitted.
        """
        user_id = self.ana.user.id
        self.admin_post(f"{BASE}users/setenabled", {"userId": user_id, "enabled": False})
        for path in (f"{BASE}users/disabled", "/api/admin/users/disabled"):
            (user,) = self.admin_get(path)
            self.assertEqual(user["id"], user_id)
        self.admin_post(f"{BASE}users/setenabled", {"userId": user_id, "enabled": True})
        self.assertEqual(self.admin_get(f"{BASE}users/disabled"), [])
        self.clock.advance(5)

    def test_moderators(self) -> None:
        """
        Somebody becomes a moderator, learns of it at once, and is one no more.
        """
        user_id = self.ana.user.id
        body = {"userId": user_id, "isModerator": True}
        answer = self.admin_post(f"{BASE}users/setmoderator", body)
        self.assert_done(answer, f"{user_id} is moderator: true")
        (event,) = self.ana.take()
        self.assertEqual(event["type"], "CONNECTED_USER_INFO")
        self.assertEqual(event["user"]["scopes"], ["MODERATOR"])
        (moderator,) = self.admin_get(f"{BASE}users/moderators")
        self.assertEqual(moderator["id"], user_id)
        answer = self.admin_post(f"{BASE}users/setmoderator", {**body, "isModerator": False})
        self.assert_done(answer, f"{user_id} is moderator: false")
        self.assertEqual(self.admin_get(f"{BASE}users/moderators"), [])

    def test_bad_appointments(self) -> None:
        """
        Of nobody nothing can be made.
        """
        for body in (
            {},
            {"userId": self.ana.user.id},
            {"isModerator": True},
            {"userId": "", "isModerator": True},
            {"userId": "nobody", "isModerator": True},
            {"userId": "nobody", "isModerator": False},
            {"userId": self.ana.user.id, "isModerator": "yes"},
        ):
            self.assert_refused(self.admin_post(f"{BASE}users/setmoderator", body))

    def test_addresses(self) -> None:
        """
        An address is banned in its usual form, its sockets are closed, and the ban can be lifted.
        """
        answer = self.admin_post(f"{BASE}users/ipbans/create", {"value": "::ffff:203.0.113.7"})
        self.assert_done(answer, "IP address banned")
        self.assertEqual((self.ana.closed or [None])[0], CloseCode.BANNED)
        (ban,) = self.admin_get(f"{BASE}users/ipbans")
        self.assertEqual((ban["ipAddress"], ban["notes"]), ("203.0.113.7", "manually added"))
        self.assert_refused(self.admin_post(f"{BASE}users/ipbans/create", {"value": "203.0.113.7"}))
        for _ in range(2):
            answer = self.admin_post(f"{BASE}users/ipbans/remove", {"value": "203.0.113.7"})
            self.assert_done(answer, "IP address unbanned")
        self.assertEqual(self.admin_get(f"{BASE}users/ipbans"), [])

    def test_bad_addresses(self) -> None:
        """
        What is no address is neither banned nor unbanned.
        """
        for path in ("create", "remove"):
            for value in ("", "example.org", "1.2.3.4.5", 7, None, ["203.0.113.7"]):
                answer = self.admin_post(f"{BASE}users/ipbans/{path}", {"value": value})
                self.assert_refused(answer)
            self.assert_refused(self.admin_post(f"{BASE}users/ipbans/{path}", {}))

    def test_timeouts(self) -> None:
        """
        The administrator may quiet anybody, moderators as well.
        """
        mod = self.enter(self.moderator())
        body = {"userId": mod.user.id, "seconds": 60, "reason": "calm down"}
        self.assert_done(self.admin_post(f"{BASE}users/timeout", body), "changed")
        (timeout,) = self.admin_get(f"{BASE}users/timeouts")
        self.assertEqual((timeout["userId"], timeout["reason"]), (mod.user.id, "calm down"))

    def test_log(self) -> None:
        """
        Every act is written down; pages of the log follow one another.
        """
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
            self.admin_post(f"{BASE}users/ipbans/create", {"value": address})
        log = self.admin_get(f"{BASE}moderationlog")
        self.assertEqual([act["subject"] for act in log], ["192.0.2.3", "192.0.2.2", "192.0.2.1"])
        self.assertEqual({act["actor"]["type"] for act in log}, {"admin"})
        (newest,) = self.admin_get(f"{BASE}moderationlog?limit=1")
        self.assertEqual(newest, log[0])
        older = self.admin_get(f"{BASE}moderationlog?before={newest['id']}")
        self.assertEqual(older, log[1:])
        for query in ("before=x", "limit=-1", "before=" + "9" * 30):
            answer = self.ask(f"{BASE}moderationlog?{query}", headers=ADMIN)
            self.assert_refused(answer)

    def test_guarded(self) -> None:
        """
        Moderators are not administrators.
        """
        token = self.token_of(self.moderator())
        answer = self.ask(f"{BASE}messages?accessToken={token}")
        self.assertEqual(answer.code, 401)
