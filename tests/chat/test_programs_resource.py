"""
The chat's routes for programs.
"""

from urllib.parse import quote

from owncastd.identity.users import TOKEN_SCOPES
from tests.web.support import Answer

from .rest import RestCase

BASE = "/api/integrations/"


class ProgramsTests(RestCase):
    """
    A program with every scope, and somebody who hears it.
    """

    def setUp(self) -> None:
        """
        Make both.
        """
        super().setUp()
        self.bot, token = self.successResultOf(self.users.create_program("bot", TOKEN_SCOPES))
        self.bearer = {"Authorization": f"bearer {token}"}
        self.ana = self.enter(self.person())

    def act(self, path: str, body: object) -> Answer:
        """
        Do something as the program.
        """
        return self.post(BASE + path, body, self.bearer)

    def test_send(self) -> None:
        """
        The program says something as itself, whatever else it claims.
        """
        body = {"body": "hello *world*", "user": {"id": "x"}, "id": "y", "type": "SYSTEM"}
        self.assert_done(self.act("chat/send", body), "sent")
        (event,) = self.ana.take()
        self.assertEqual((event["type"], event["body"]), ("CHAT", "<p>hello <em>world</em></p>"))
        self.assertEqual(event["user"]["id"], self.bot.id)
        self.assertIs(event["user"]["isBot"], True)
        self.assertEqual(len(self.backlog()), 1)

    def test_send_as_server(self) -> None:
        """
        System messages and actions reach everybody, and are kept.
        """
        self.assert_done(self.act("chat/system", {"body": "news"}), "sent")
        self.assert_done(self.act("chat/action", {"body": "rolled 6", "author": "Jo"}), "sent")
        system, action = self.ana.take()
        self.assertEqual((system["type"], action["type"]), ("SYSTEM", "CHAT_ACTION"))
        self.assertIn("Jo", action["body"])
        self.assertEqual(len(self.backlog()), 2)

    def test_whisper(self) -> None:
        """
        One socket alone is told, and it is not kept.
        """
        other = self.enter(self.person("other"))
        path = f"chat/system/client/{self.ana.client_id}"
        self.assert_done(self.act(path, {"body": "psst"}), "sent")
        self.assertEqual(self.ana.types(), ["SYSTEM"])
        self.assertEqual(other.take(), [])
        self.assertEqual(self.backlog(), [])

    def test_whisper_to_nobody(self) -> None:
        """
        A number that is none is a mistake; a socket that is gone is not there.
        """
        for number in ("x", "-1", "1.5", "4294967296", "99999999999999", "1/2", "%C2%B2", "1%20"):
            answer = self.act(f"chat/system/client/{number}", {"body": "psst"})
            self.assert_refused(answer, 400, "error")
        answer = self.act("chat/system/client/4294967295", {"body": "psst"})
        self.assert_refused(answer, 404, "error")

    def test_nothing_to_say(self) -> None:
        """
        Without a text nothing is sent, in the form that clients of these routes know.
        """
        paths = ("chat/send", "chat/system", "chat/action", "chat/system/client/1")
        empty: tuple[object, ...] = ({"body": ""}, {"body": "<!-- -->"}, {"body": 7})
        for path in paths:
            for body in (b"", b"{", {}, [], *empty):
                self.assert_refused(self.act(path, body), 400, "error")
        self.assertEqual(self.ana.take(), [])

    def test_retired(self) -> None:
        """
        What Owncast no longer has says where to go.
        """
        reason = self.assert_refused(self.act("chat/user", {"body": "x"}), 400, "error")
        self.assertEqual(reason, "no longer supported. see /api/integrations/chat/send")

    def test_scopes(self) -> None:
        """
        Each route needs its own scope, and none includes another; users of the chat have none.
        """
        paths = {
            "chat/send": "CAN_SEND_MESSAGES",
            "chat/user": "CAN_SEND_MESSAGES",
            "chat/system": "CAN_SEND_SYSTEM_MESSAGES",
            "chat/action": "CAN_SEND_SYSTEM_MESSAGES",
            "chat/system/client/1": "CAN_SEND_SYSTEM_MESSAGES",
            "chat/messagevisibility": "HAS_ADMIN_ACCESS",
        }
        tokens = {self.token_of(self.ana.user): ""}
        for scope in TOKEN_SCOPES:
            _, token = self.successResultOf(self.users.create_program(scope, [scope]))
            tokens[token] = scope
        for path, needed in paths.items():
            for token, scope in tokens.items():
                headers = {"Authorization": f"Bearer {token}"}
                code = self.post(BASE + path, {"body": "x"}, headers).code
                self.assertEqual(code == 401, scope != needed, (path, scope))

    def test_readings(self) -> None:
        """
        Who is here and what was said, for programs that may know: no addresses among it.
        """
        self.say(self.ana, "hello")
        self.chat.narrator.system("not of a user")
        (client,) = self.get(f"{BASE}clients", self.bearer)
        self.assertEqual(client["user"]["id"], self.ana.user.id)
        self.assertEqual((client["messageCount"], client["geo"]), (1, None))
        self.assertNotIn(self.ana.address, str(client))
        (message,) = self.get(f"{BASE}chat", self.bearer)
        self.assertEqual(message["body"], "<p>hello</p>")
        answer = self.ask(f"{BASE}chat", "POST", self.bearer, b"")
        self.assert_refused(answer, 501, "error")

    def test_visibility(self) -> None:
        """
        A program may hide messages; it is written down that it did.
        """
        self.say(self.ana, "hello")
        (message,) = self.backlog()
        answer = self.act("chat/messagevisibility", {"idArray": [message["id"]]})
        self.assert_done(answer, "changed")
        self.assertEqual(self.backlog(), [])
        (act,) = self.successResultOf(self.chat.moderation.audit.page())
        self.assertEqual(act["actor"]["type"], "integration")

    def test_bot_in_the_query(self) -> None:
        """
        Where users show their token, a program may show its own.
        """
        token = self.bearer["Authorization"].split(" ")[1]
        self.assertEqual(self.get(f"/api/chat?accessToken={quote(token)}"), [])
