"""
What of the chat is told to those outside.
"""

import json
from typing import Any

from twisted.internet.defer import Deferred

from owncastd.chat.audit import ADMIN
from owncastd.chat.events import Document, EngagementKind, user_document
from owncastd.settings import catalogue
from tests.web.schema import mismatches

from .house import ChatCase

_TIME = {"type": "string", "format": "date-time"}


class OutsideTests(ChatCase):
    """
    A room with somebody in it, and somebody who wants to know all of it outside.
    """

    def setUp(self) -> None:
        super().setUp()
        self.outside: list[tuple[str, Document]] = []
        self.chat.tell_outside(lambda kind, describe: self.outside.append((kind, describe())))
        self.ana = self.enter(self.person())
        self.outside.clear()

    def one(self, kind: str) -> dict[str, Any]:
        """
        The one thing that was told.
        """
        ((told, document),) = self.outside
        self.outside.clear()
        self.assertEqual(told, kind)
        json.dumps(document)
        self.assertEqual(list(mismatches(document["timestamp"], _TIME)), [])
        self.assertTrue(document["id"])
        return document

    def test_message(self) -> None:
        """
        As it was written and as it is shown, from which socket.
        """
        self.say(self.ana, "hello *there*")
        told = self.one("CHAT")
        (event,) = self.ana.take()
        self.assertEqual(
            told,
            {
                "id": event["id"],
                "timestamp": event["timestamp"],
                "user": event["user"],
                "clientId": self.ana.client_id,
                "body": "<p>hello <em>there</em></p>",
                "rawBody": "hello *there*",
                "visible": True,
            },
        )

    def test_programs(self) -> None:
        """
        What programs say is not told, over a socket or without one: they would answer themselves.
        Nor is what the server says.
        """
        bot = self.program()
        self.chat.narrator.say(bot, "hello")
        client = self.enter(bot)
        self.outside.clear()
        self.say(client, "hello")
        self.chat.narrator.system("hello")
        self.chat.narrator.action("waves")
        self.assertEqual(self.outside, [])

    def test_held(self) -> None:
        """
        What waits for a moderator is told once it is shown.
        """
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, True)
        self.say(self.ana, "hello")
        self.assertEqual(self.outside, [])
        (message,) = self.chat.speech.holding.waiting()
        self.chat.speech.holding.release([message.stamp.id])
        self.assertEqual(self.one("CHAT")["rawBody"], "hello")

    def test_coming_and_going(self) -> None:
        """
        Whether the room is told or not.
        """
        self.set(catalogue.CHAT_JOIN_MESSAGES_ENABLED, False)
        bob = self.client(self.person("bob"))
        self.room.join(bob)
        joined = self.one("USER_JOINED")
        self.assertEqual(joined["user"], user_document(bob.user))
        self.assertEqual(joined["clientId"], bob.client_id)
        self.room.leave(bob)
        self.clock.advance(11)
        parted = self.one("USER_PARTED")
        self.assertEqual(parted.keys(), {"id", "timestamp", "user", "clientId"})
        self.assertEqual(parted["clientId"], bob.client_id)

    def test_name_change(self) -> None:
        """
        The new name in the user and beside, the old one as well.
        """
        self.send(self.ana, type="NAME_CHANGE", newName="Maria", id="forged", timestamp="never")
        told = self.one("NAME_CHANGE")
        self.assertEqual(
            (told["type"], told["newName"], told["oldName"], told["clientId"]),
            ("NAME_CHANGE", "Maria", "ana", self.ana.client_id),
        )
        self.assertEqual(told["user"]["displayName"], "Maria")
        self.assertEqual(told["user"]["previousNames"], ["ana", "Maria"])
        self.assertNotEqual(told["id"], "forged")

    def test_visibility(self) -> None:
        """
        Under the names of Owncast 0.1, and under those of later releases.
        """
        self.say(self.ana, "hello")
        self.outside.clear()
        (message,) = self.backlog()
        hiding = self.chat.moderation.set_visibility(ADMIN, [message["id"]], False)
        self.successResultOf(Deferred.fromCoroutine(hiding))
        told = self.one("VISIBILITY-UPDATE")
        del told["id"], told["timestamp"]
        ids = [message["id"]]
        self.assertEqual(
            told,
            {
                "user": None,
                "body": "",
                "MessageIDs": ids,
                "Visible": False,
                "ids": ids,
                "visible": False,
            },
        )

    def test_engagement(self) -> None:
        """
        Who followed, as later releases of Owncast tell it.
        """
        self.chat.narrator.engagement(
            EngagementKind.FOLLOW,
            "Bo & Co",
            " follows.",
            "bo@example.social",
            None,
            "https://example.social/@bo",
        )
        told = self.one("FEDIVERSE_ENGAGEMENT_FOLLOW")
        self.assertEqual((told["name"], told["username"]), ("Bo & Co", "bo@example.social"))
        self.assertEqual((told["image"], told["link"]), (None, "https://example.social/@bo"))
