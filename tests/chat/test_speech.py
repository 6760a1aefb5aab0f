"""
What clients say, and what becomes of it.
"""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from owncastd.chat.audit import Actor
from owncastd.chat.clients import CloseCode
from owncastd.chat.events import Message, NameChanged
from owncastd.chat.inbound import MAX_PAYLOAD_BYTES
from owncastd.chat.limits import MAX_IGNORED
from owncastd.chat.speech import AFTERTALK_SECONDS, ESTABLISHED_SECONDS
from owncastd.settings import catalogue

from .house import ChatCase


class SayTests(ChatCase):
    """
    Messages.
    """

    def test_everybody_gets_it(self) -> None:
        """
        A message reaches everybody, its sender included, rendered; it is kept; listeners get what
        was written as well.
        """
        ana = self.enter(self.person())
        bob = self.enter(self.person("bob"))
        self.say(ana, " hello **there** <b>you</b> ")
        (event,) = ana.take()
        self.assertEqual(bob.take(), [event])
        self.assertEqual(event["type"], "CHAT")
        self.assertEqual(event["body"], "<p>hello <strong>there</strong> you</p>")
        self.assertTrue(event["visible"])
        self.assertEqual(event["user"]["id"], ana.user.id)
        self.assertNotIn("clientId", event)
        self.assertNotIn("rawBody", event)
        (message,) = self.told
        assert isinstance(message, Message)
        self.assertEqual(message.raw_body, " hello **there** <b>you</b> ")
        self.assertEqual(message.client_id, ana.client_id)
        self.assertEqual([each["id"] for each in self.backlog()], [event["id"]])
        self.assertEqual(self.chat.speech.message_count, 1)

    def test_nothing_to_see(self) -> None:
        """
        What has nothing in it to see is not said.
        """
        ana = self.enter(self.person())
        for body in ("", "  ", "<!-- x -->", "<script>x</script>", "\u200b", "![x](http://e.x/)"):
            self.say(ana, body)
            self.clock.advance(10)
        self.assertEqual(ana.types(), [])

    def test_extra_keys_do_not_count(self) -> None:
        """
        Nobody can say when or as whom they speak, nor hide their own messages.
        """
        ana = self.enter(self.person())
        self.send(ana, type="CHAT", body="x", hiddenAt="2020-01-01T00:00:00Z", id="1", user=None)
        (event,) = ana.take()
        self.assertTrue(event["visible"])
        self.assertNotEqual(event["id"], "1")

    def test_nonsense_is_ignored(self) -> None:
        """
        Frames that say nothing get no answer.
        """
        ana = self.enter(self.person())
        for payload in (b"", b"nonsense", b"\xff", b"[1]", b'{"type":"PONG"}'):
            self.room.receive(ana, payload)
            self.clock.advance(10)
        self.assertEqual(ana.types(), [])
        self.assertEqual(self.told, [])

    def test_too_long(self) -> None:
        """
        Whoever sends too long a frame is told, alone.
        """
        ana = self.enter(self.person())
        bob = self.enter(self.person("bob"))
        self.say(ana, "x" * MAX_PAYLOAD_BYTES)
        self.assertEqual(ana.types(), ["CHAT_ACTION"])
        self.assertEqual(bob.types(), [])

    def test_after_the_stream(self) -> None:
        """
        Some minutes after the stream the chat is closed; before the first one it is open.
        """
        ana = self.enter(self.person())
        self.stream.online = False
        self.say(ana, "early")
        self.assertEqual(ana.types(), ["CHAT"])
        self.stream.end(datetime.fromtimestamp(self.clock.seconds(), UTC))
        self.clock.advance(AFTERTALK_SECONDS - 1)
        self.say(ana, "late")
        self.assertEqual(ana.types(), ["CHAT"])
        self.clock.advance(2)
        self.say(ana, "too late")
        self.assertEqual(ana.types(), ["CHAT_ACTION"])
        self.assertEqual(len(self.backlog()), 2)

    @fuzz(max_examples=40, deadline=None)
    @given(st.lists(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), max_size=5))
    def test_anything(self, frames: list[bytes]) -> None:
        """
        Whatever is sent, nothing is logged as a mistake of ours.
        """
        user = self.person()
        client = self.enter(user)
        for frame in frames:
            self.room.receive(client, frame)
        self.room.leave(client)
        self.assertEqual(self.flushLoggedErrors(), [])


class LimitTests(ChatCase):
    """
    Who may not speak, and how they are told.
    """

    def limit(self, event: dict[str, Any]) -> dict[str, Any]:
        """
        The limit that an action tells of.
        """
        self.assertEqual(event["type"], "CHAT_ACTION")
        limit: dict[str, Any] = event["limit"]
        return limit

    def test_flood(self) -> None:
        """
        The one too many mutes all sockets of the user, who are told for how long; other users are
        heard.
        """
        ana = self.person()
        first, second = self.enter(ana), self.enter(ana)
        bob = self.enter(self.person("bob"))
        for client in (first, second, first):
            self.say(client, "x")
        self.assertEqual(bob.types(), ["CHAT"] * 3)
        first.take(), second.take()
        self.say(second, "one too many")
        (event,) = first.take()
        self.assertEqual(second.take(), [event])
        self.assertEqual(self.limit(event)["kind"], "flood")
        self.assertEqual(self.limit(event)["seconds"], 10)
        self.say(first, "nothing")
        self.assertEqual(first.types(), [])
        self.say(bob, "hi")
        self.assertEqual(bob.types(), ["CHAT"])
        self.clock.advance(10)
        bob.take(), first.take()
        self.say(first, "again")
        self.assertEqual(bob.types(), ["CHAT"])

    def test_muted_users_know_after_reconnecting(self) -> None:
        """
        Reconnecting does not help, and tells how long it takes.
        """
        ana = self.person()
        client = self.enter(ana)
        for _ in range(4):
            self.say(client, "x")
        self.room.leave(client)
        again = self.client(ana)
        self.room.join(again)
        self.assertEqual(again.take()[0]["limit"]["kind"], "flood")
        self.say(again, "x")
        self.assertEqual(again.types(), [])

    def test_who_does_not_stop_is_closed(self) -> None:
        """
        A socket that goes on and on while it is not heard is closed.
        """
        client = self.enter(self.person())
        for _ in range(4 + MAX_IGNORED):
            self.say(client, "x")
        self.assertIsNone(client.closed)
        self.say(client, "x")
        assert client.closed is not None
        self.assertIs(client.closed[0], CloseCode.POLICY)

    def test_address(self) -> None:
        """
        Many users at one address are slowed down together.
        """
        clients = [self.enter(self.person(f"a{number}")) for number in range(15)]
        for client in clients:
            self.say(client, "x")
            self.say(client, "y")
        said = len(self.told)
        self.assertEqual(said, 30)
        clients[0].take()
        self.clock.advance(0)
        self.say(clients[0], "z")
        self.assertEqual(self.limit(clients[0].take()[-1])["kind"], "address")
        self.assertEqual(len(self.told), said)

    def test_moderators_are_exempt(self) -> None:
        """
        Moderators may say as much as they like.
        """
        client = self.enter(self.moderator())
        self.set(catalogue.CHAT_SLOW_MODE_SECONDS, 30.0)
        self.set(catalogue.CHAT_BLOCKED_WORDS, ("spam",))
        client.take()
        for _ in range(20):
            self.say(client, "spam")
        self.assertEqual(client.types(), ["CHAT"] * 20)

    def test_slow_mode(self) -> None:
        """
        Everybody is told of it; a message too early is not said, and costs nothing more.
        """
        client = self.enter(self.person())
        self.set(catalogue.CHAT_SLOW_MODE_SECONDS, 30.0)
        info, action = client.take()
        self.assertEqual(info["slowModeSeconds"], 30.0)
        self.assertIn("30", action["body"])
        self.say(client, "one")
        self.assertEqual(client.types(), ["CHAT"])
        self.clock.advance(10)
        self.say(client, "two")
        limit = self.limit(client.take()[0])
        self.assertEqual((limit["kind"], limit["seconds"]), ("slowMode", 20.0))
        self.clock.advance(20)
        self.say(client, "two")
        self.assertEqual(client.types(), ["CHAT"])

    def test_established_only(self) -> None:
        """
        Where only established users may speak, others are told so and may change nothing.
        """
        self.set(catalogue.CHAT_ESTABLISHED_USERS_ONLY, True)
        user, _ = self.successResultOf(self.users.create_person("new"))
        client = self.enter(user)
        self.say(client, "hi")
        self.send(client, type="NAME_CHANGE", newName="other")
        self.assertEqual(client.types(), ["CHAT_ACTION"] * 2)
        self.clock.advance(ESTABLISHED_SECONDS)
        self.say(client, "hi")
        self.assertEqual(client.types(), ["CHAT"])

    def test_blocked(self) -> None:
        """
        Blocked words and links are refused, however they are put into the message.
        """
        self.set(catalogue.CHAT_BLOCKED_WORDS, ("spam", "/buy +now/"))
        self.set(catalogue.CHAT_BLOCKED_LINKS, ("evil.example", "*.zip"))
        client = self.enter(self.person())
        for body in (
            "so much SPAM here",
            "s**p**am",
            "s&#112;am",
            "\u0455pam",
            "buy   now!",
            "see http://www.evil.example/x",
            "[x](https://evil.example)",
            "<a href='//evil.example/'>x</a>",
            "www.evil.example",
            "https://files.zip",
        ):
            self.say(client, body)
            self.assertEqual(client.types(), ["CHAT_ACTION"], body)
            self.clock.advance(10)
        for body in ("spammer", "see http://good.example", "evil.example"):
            self.say(client, body)
            self.assertEqual(client.types(), ["CHAT"], body)
            self.clock.advance(10)


class RenameTests(ChatCase):
    """
    Names and colours.
    """

    def rename(self, client: Any, name: str) -> list[dict[str, Any]]:
        """
        Ask for another name; what the client is told.
        """
        self.clock.advance(10)
        client.take()
        self.send(client, type="NAME_CHANGE", newName=name)
        told: list[dict[str, Any]] = client.take()
        return told

    def test_renamed(self) -> None:
        """
        Everybody is told of a new name; all sockets of the user are told who they are; old messages
        carry it.
        """
        ana = self.person()
        first, second = self.enter(ana), self.enter(ana)
        bob = self.enter(self.person("bob"))
        self.say(first, "hi")
        self.backlog()
        second.take(), bob.take()
        change, info = self.rename(first, " <i>Anna</i> ")
        self.assertEqual(change["type"], "NAME_CHANGE")
        self.assertEqual(change["oldName"], "ana")
        self.assertEqual(change["user"]["displayName"], "Anna")
        self.assertEqual(change["user"]["previousNames"], ["ana", "Anna"])
        self.assertEqual(info["type"], "CONNECTED_USER_INFO")
        self.assertEqual(second.types(), ["NAME_CHANGE", "CONNECTED_USER_INFO"])
        self.assertEqual(bob.types(), ["NAME_CHANGE"])
        self.assertEqual(self.backlog()[0]["user"]["displayName"], "Anna")
        self.say(second, "hi")
        self.assertEqual(bob.take()[0]["user"]["displayName"], "Anna")
        event = self.told[-2]
        assert isinstance(event, NameChanged)
        self.assertEqual(event.client_id, first.client_id)

    def test_refused(self) -> None:
        """
        Names that are forbidden, somebody else's, or look like it: the client is told, and who it
        is still.
        """
        self.moderator("Guardian")
        self.program("helper-bot")
        self.set(catalogue.SERVER_NAME, "Rock TV")
        client = self.enter(self.person())
        for name in ("Admin", "the 0WNCAST team", "guardian", "gu\u0430rdian", "HELPER bot"):
            told = self.rename(client, name)
            types = [event["type"] for event in told]
            self.assertEqual(types, ["CHAT_ACTION", "CONNECTED_USER_INFO"], name)
        for name in ("", "\u200b", "<b></b>", "rock-tv"):
            told = self.rename(client, name)
            self.assertEqual(told[0]["type"], "CHAT_ACTION", name)
        self.assertEqual(told[1]["user"]["displayName"], "ana")

    def test_the_owner_keeps_it(self) -> None:
        """
        Whoever owns a name may change its spelling; the same name is no change.
        """
        client = self.enter(self.moderator("Guardian"))
        self.assertEqual(
            [e["type"] for e in self.rename(client, "Guardian")], ["CONNECTED_USER_INFO"]
        )
        self.assertEqual(self.rename(client, "guardian")[0]["type"], "NAME_CHANGE")

    def test_color(self) -> None:
        """
        All sockets of the user learn of a new colour; one that does not exist changes nothing.
        """
        ana = self.person()
        first, second = self.enter(ana), self.enter(ana)
        other = (ana.display_color + 1) % 8
        self.send(first, type="COLOR_CHANGE", newColor=other)
        self.assertEqual(first.take()[0]["user"]["displayColor"], other)
        self.assertEqual(second.take()[0]["user"]["displayColor"], other)
        for color in (-1, 8, 10**30):
            self.clock.advance(10)
            self.send(first, type="COLOR_CHANGE", newColor=color)
            self.assertEqual(first.types(), [])

    def test_failures_are_logged(self) -> None:
        """
        When the database does not take it, nothing changes.
        """
        client = self.enter(self.person())
        self.database.failing = OSError("full")
        self.send(client, type="NAME_CHANGE", newName="anna")
        self.send(client, type="COLOR_CHANGE", newColor=1)
        self.database.failing = None
        self.assertEqual(client.types(), [])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 2)


class HoldTests(ChatCase):
    """
    First messages wait for a moderator.
    """

    def setUp(self) -> None:
        super().setUp()
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, True)
        self.mod = self.enter(self.moderator())
        self.bob = self.enter(self.person("bob"))
        self.ana = self.enter(self.person())

    def held(self) -> str:
        """
        The id of a message that is held.
        """
        self.say(self.ana, "hello")
        (event,) = self.mod.take()
        self.assertEqual(event["type"], "CHAT")
        self.assertTrue(event["held"])
        self.assertFalse(event["visible"])
        message_id: str = event["id"]
        return message_id

    def test_held(self) -> None:
        """
        Only moderators see it; its author is told that it waits.
        """
        self.held()
        self.assertEqual(self.ana.types(), ["CHAT_ACTION"])
        self.assertEqual(self.bob.types(), [])
        self.assertEqual(self.backlog(), [])
        self.assertEqual(self.told, [])
        self.assertEqual(len(self.chat.speech.holding.waiting()), 1)

    def test_approved(self) -> None:
        """
        Shown by a moderator, everybody gets it, and its author is free from then on.
        """
        message_id = self.held()
        self.ana.take()
        acting = self.chat.moderation.set_visibility(Actor.user(self.mod.user), [message_id], True)
        self.successResultOf(Deferred.fromCoroutine(acting))
        chat, visibility = self.bob.take()
        self.assertEqual((chat["type"], chat["id"]), ("CHAT", message_id))
        self.assertNotIn("held", chat)
        self.assertEqual(visibility["type"], "VISIBILITY-UPDATE")
        self.assertEqual(self.ana.types(), ["CHAT", "VISIBILITY-UPDATE"])
        self.assertEqual(self.mod.types(), ["VISIBILITY-UPDATE"])
        self.assertEqual([each["id"] for each in self.backlog()], [message_id])
        self.say(self.ana, "free")
        self.assertEqual(self.bob.types(), ["CHAT"])

    def test_who_has_spoken_is_free(self) -> None:
        """
        Whoever spoke before the rule was made, or before a restart, is not held.
        """
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, False)
        self.say(self.ana, "before")
        self.bob.take()
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, True)
        self.say(self.ana, "after")
        self.assertEqual(self.bob.types(), ["CHAT"])

    def test_order_while_looking(self) -> None:
        """
        Messages that come while it is looked up stay in order.
        """
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, False)
        self.say(self.ana, "0")
        self.clock.advance(10)
        self.bob.take()
        self.set(catalogue.CHAT_HOLD_FIRST_MESSAGES, True)
        self.database.held = []
        self.say(self.ana, "1")
        self.say(self.ana, "2")
        self.assertEqual(self.bob.types(), [])
        self.database.release()
        self.assertEqual([e["body"] for e in self.bob.take()], ["<p>1</p>", "<p>2</p>"])

    def test_timed_out_until_the_database_answers(self) -> None:
        """
        When it cannot be looked up, the message is held.
        """
        self.database.failing = OSError("gone")
        self.say(self.ana, "hello")
        self.database.failing = None
        self.assertEqual(self.bob.types(), [])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.assertEqual(self.mod.types(), ["CHAT"])
