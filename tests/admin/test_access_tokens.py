"""
The administrator's routes of access tokens.
"""

import json
from typing import Any
from urllib.parse import quote

from owncastd.admin.access_tokens import HANDLE_ONLY, SHOWN_ONCE
from owncastd.chat.clients import CloseCode
from owncastd.identity.tokens import digest_of
from owncastd.identity.user_rows import insert_token
from owncastd.identity.users import TOKEN_SCOPES
from tests.chat.rest import RestCase
from tests.web.support import Answer

BASE = "/api/admin/accesstokens"
ALL = sorted(TOKEN_SCOPES)


class AccessTokensTests(RestCase):
    """
    Tokens are made, listed and deleted.
    """

    def make(self, name: str = "bot", scopes: list[str] = ALL) -> dict[str, Any]:
        """
        A new token, as the administrator is told of it.
        """
        answer = self.admin_post(f"{BASE}/create", {"name": name, "scopes": scopes})
        self.assertEqual(answer.code, 200, answer.body)
        made: dict[str, Any] = json.loads(answer.body)
        return made

    def delete(self, token: object) -> Answer:
        """
        Delete a token.
        """
        return self.admin_post(f"{BASE}/delete", {"token": token})

    def speak(self, token: str) -> int:
        """
        Say something with a token; the status.
        """
        headers = {"Authorization": f"Bearer {token}"}
        return self.post("/api/integrations/chat/send", {"body": "hello"}, headers).code

    def test_none(self) -> None:
        """
        On a new server there is none.
        """
        self.assertEqual(self.admin_get(BASE), [])

    def test_create(self) -> None:
        """
        The token is in the answer, under the names of Owncast's server and of its document, and it
        works; the answer says that it is not shown again.
        """
        made = self.make(" my bot ")
        token = made["accessToken"]
        self.assertEqual(len(token), 44)
        self.assertEqual((made["displayName"], made["scopes"]), ("my bot", ALL))
        self.assertEqual((made["name"], made["token"], made["note"]), ("my bot", token, SHOWN_ONCE))
        self.assertEqual((made["isBot"], made["type"]), (True, "API"))
        self.assertEqual(made["createdAt"], "2027-01-15T08:00:00.000000Z")
        self.assertEqual(self.speak(token), 200)
        (message,) = self.backlog()
        self.assertEqual(message["user"]["id"], made["id"])
        self.assertTrue(message["user"]["isBot"])

    def test_shown_once(self) -> None:
        """
        The list has, in the token's place, what tells it apart but lets nobody act; and says so.
        """
        token = self.make()["accessToken"]
        self.clock.advance(1)
        self.make("other", [])
        first, second = self.admin_get(BASE)
        self.assertEqual(len(first["accessToken"]), 44)
        self.assertNotIn(token, json.dumps([first, second]))
        self.assertNotEqual(first["accessToken"], second["accessToken"])
        self.assertEqual((first["note"], second["note"]), (HANDLE_ONLY, HANDLE_ONLY))
        self.assertEqual((first["scopes"], second["scopes"]), (ALL, []))
        self.assertEqual(self.speak(first["accessToken"]), 401)

    def test_last_used(self) -> None:
        """
        When it was used last is told at once; until then it is when it was made.
        """
        made = self.make()
        (listed,) = self.admin_get(BASE)
        self.assertEqual(listed["lastUsedAt"], made["createdAt"])
        self.clock.advance(10)
        self.speak(made["accessToken"])
        (listed,) = self.admin_get(BASE)
        self.assertEqual(listed["lastUsedAt"], "2027-01-15T08:00:10.000000Z")
        self.assertEqual(listed["createdAt"], made["createdAt"])

    def test_never_used(self) -> None:
        """
        Of a program that came from another server, which did not write it down, it is when it was
        made as well.
        """
        made = self.make()
        self.execute("UPDATE users SET last_used_at = NULL")
        (listed,) = self.admin_get(BASE)
        self.assertEqual(listed["lastUsedAt"], made["createdAt"])

    def test_token_of_another_server(self) -> None:
        """
        A token that Owncast made goes on working, and can be deleted.
        """
        program = self.program()
        old = "Ow" * 20 + "ld=="
        with self.database.connection:
            cursor = self.database.connection.cursor()
            insert_token(cursor, digest_of(old), program.id, program.created_at)
        self.assertEqual(self.speak(old), 200)
        self.assertEqual(len(self.admin_get(BASE)), 2)
        self.assert_done(self.delete(old), "deleted token")
        self.assertEqual(self.speak(old), 401)

    def test_delete(self) -> None:
        """
        By itself or by what the list has, it is gone at once, and its program with it.
        """
        for by_handle in (False, True):
            token = self.make()["accessToken"]
            (listed,) = self.admin_get(BASE)
            self.assertEqual(self.speak(token), 200)
            name = listed["accessToken"] if by_handle else token
            self.assert_done(self.delete(name), "deleted token")
            self.assertEqual(self.speak(token), 401)
            self.assertEqual(self.admin_get(BASE), [])
            self.assertEqual(self.backlog(), [])
            reason = self.assert_refused(self.delete(name), 404, "error")
            self.assertNotIn(name, reason)

    def test_sockets_are_closed(self) -> None:
        """
        A program that chats is told that it may not any more, and thrown out; others stay.
        """
        made = self.make()
        user = self.successResultOf(self.users.get(made["id"]))
        assert user is not None
        bot, ana = self.enter(user), self.enter(self.person())
        self.delete(made["accessToken"])
        self.assertEqual(bot.types(), ["ERROR_USER_DISABLED"])
        self.clock.advance(5)
        assert bot.closed is not None
        self.assertIs(bot.closed[0], CloseCode.USER_DISABLED)
        self.assertIsNone(ana.closed)
        self.assertIsNotNone(self.room.join(self.client(user)))

    def test_names_are_their_own(self) -> None:
        """
        Nobody in the chat may take the name of a program, from the moment that there is one until
        it is gone.
        """
        made = self.make("Herald")
        self.assertNotEqual(self.register("Herald")["displayName"], "Herald")
        self.delete(made["accessToken"])
        self.assertEqual(self.register("Herald")["displayName"], "Herald")

    def test_people_keep_theirs(self) -> None:
        """
        Tokens of people cannot be deleted here.
        """
        token = self.token_of(self.person())
        self.assert_refused(self.delete(token), 404, "error")
        self.assertEqual(self.get(f"/api/chat?accessToken={quote(token)}"), [])

    def test_cannot_be(self) -> None:
        """
        What makes no sense is refused under both names that clients know.
        """
        creations: tuple[object, ...] = (
            b"",
            b"{",
            [],
            {},
            {"name": ""},
            {"name": " "},
            {"name": "x" * 101},
            {"name": 7},
            {"name": "bot", "scopes": "CAN_SEND_MESSAGES"},
            {"name": "bot", "scopes": ["MODERATOR"]},
            {"name": "bot", "scopes": ["CAN_SEND_MESSAGES", ""]},
            {"name": "bot", "scopes": [7]},
        )
        for body in creations:
            self.assert_refused(self.admin_post(f"{BASE}/create", body), 400, "error")
        self.assertEqual(self.admin_get(BASE), [])
        deletions: tuple[object, ...] = (b"{", {}, {"token": ""}, {"token": None}, {"token": 7})
        for body in deletions:
            self.assert_refused(self.admin_post(f"{BASE}/delete", body), 400, "error")
