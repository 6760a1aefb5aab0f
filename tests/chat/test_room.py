"""
The room: coming, going, being welcomed, and what there is no room for.
"""

import json
from datetime import UTC, datetime
from typing import Any

from owncastd.broadcast.events import BroadcastEvent, Ended, Interrupted, Retitled, Started
from owncastd.chat.clients import CloseCode, Refusal
from owncastd.chat.events import Action, Joined, Parted, PublicEvent
from owncastd.chat.occupants import Capacity
from owncastd.chat.room import (
    EXPEL_SECONDS,
    PART_SECONDS,
    WELCOME_AGAIN_SECONDS,
    WELCOME_SECONDS,
)
from owncastd.interfaces import BroadcastPlan
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.settings import catalogue

from .house import ChatCase

PLAN = BroadcastPlan("abc", datetime(2026, 1, 1, tzinfo=UTC), LATENCY_LEVELS[2], ())
AT = datetime(2026, 1, 1, tzinfo=UTC)


class ComingAndGoingTests(ChatCase):
    """
    Joins and parts.
    """

    def test_first_events(self) -> None:
        """
        A client is told who it is, and then that its user joined.
        """
        client = self.client(self.person())
        self.assertIsNone(self.room.join(client))
        first, second = client.take()
        self.assertEqual(first["type"], "CONNECTED_USER_INFO")
        self.assertEqual(first["user"]["displayName"], "ana")
        self.assertEqual(second["type"], "USER_JOINED")
        self.assertEqual(self.room.client_count, 1)

    def test_others_are_told(self) -> None:
        """
        Everybody is told that somebody came, and after a while that they left.
        """
        other = self.enter(self.person("bob"))
        client = self.client(self.person())
        self.room.join(client)
        self.assertEqual(other.types(), ["USER_JOINED"])
        self.room.leave(client)
        self.clock.advance(PART_SECONDS - 0.1)
        self.assertEqual(other.types(), [])
        self.clock.advance(0.2)
        self.assertEqual(other.types(), ["USER_PARTED"])
        self.assertIsNone(self.room.user(client.user.id))

    def test_who_comes_back_did_not_leave(self) -> None:
        """
        Within the delay nobody notices; leaving twice is leaving once.
        """
        other = self.enter(self.person("bob"))
        user = self.person()
        client = self.enter(user)
        self.room.leave(client)
        self.room.leave(client)
        self.clock.advance(PART_SECONDS - 1)
        self.room.join(self.client(user))
        self.clock.advance(PART_SECONDS)
        self.assertEqual(other.types(), [])

    def test_more_sockets_are_no_more_people(self) -> None:
        """
        A second socket of a user is not announced, nor is one of them closing.
        """
        user = self.person()
        first = self.enter(user)
        second = self.client(user)
        self.room.join(second)
        self.assertEqual(first.types(), [])
        self.room.leave(first)
        self.clock.advance(PART_SECONDS + 1)
        self.assertEqual(second.types(), ["CONNECTED_USER_INFO"])

    def test_offline(self) -> None:
        """
        While there is no stream nobody is told, but listeners are.
        """
        self.stream.online = False
        other = self.enter(self.person("bob"))
        client = self.client(self.person())
        self.room.join(client)
        self.room.leave(client)
        self.clock.advance(PART_SECONDS)
        self.assertEqual(other.types(), [])
        self.assertEqual([type(event) for event in self.told], [Joined, Parted])

    def test_who_was_announced_parts_aloud(self) -> None:
        """
        Whoever was seen coming is seen leaving, though the stream has ended.
        """
        other = self.enter(self.person("bob"))
        client = self.enter(self.person())
        self.stream.online = False
        self.room.leave(client)
        self.clock.advance(PART_SECONDS)
        self.assertEqual(other.types(), ["USER_PARTED"])

    def test_announcements_can_be_switched_off(self) -> None:
        """
        With the setting off only listeners are told.
        """
        self.set(catalogue.CHAT_JOIN_MESSAGES_ENABLED, False)
        other = self.enter(self.person("bob"))
        client = self.client(self.person())
        self.room.join(client)
        self.room.leave(client)
        self.clock.advance(PART_SECONDS)
        self.assertEqual(other.types(), [])
        self.assertEqual(len(self.told), 2)

    def test_listeners_do_not_hurt_each_other(self) -> None:
        """
        One that raises is logged; the others are told.
        """

        def broken(event: PublicEvent) -> None:
            raise ZeroDivisionError

        heard: list[PublicEvent] = []
        self.room.subscribe(broken, heard.append)
        self.room.announce(Joined(self.chat.room._stamps.new(), self.person()))
        self.assertEqual(len(heard), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_frames_never_raise(self) -> None:
        """
        A mistake of ours with one frame is logged; a frame of nobody is nothing.
        """
        client = self.enter(self.person())

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        self.room.hear = broken
        self.room.receive(client, b"{}")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.room.receive(self.client(self.person("bob")), b"{}")


class WelcomeTests(ChatCase):
    """
    The welcome message.
    """

    def setUp(self) -> None:
        super().setUp()
        self.set(catalogue.WELCOME_MESSAGE, "Hello <b>*there*</b><script>x</script>")
        self.set(catalogue.SERVER_NAME, "Röck")

    def test_later(self) -> None:
        """
        It comes a while after the client, to it alone, and is harmless.
        """
        other = self.enter(self.person("bob"))
        self.clock.advance(WELCOME_SECONDS)
        other.take()
        client = self.enter(self.person())
        self.clock.advance(WELCOME_SECONDS - 0.1)
        self.assertEqual(client.types(), [])
        self.clock.advance(0.2)
        (event,) = client.take()
        self.assertEqual(event["type"], "SYSTEM")
        self.assertEqual(event["user"], {"displayName": "Röck"})
        self.assertEqual(event["body"], "<p>Hello <b><em>there</em></b></p>")
        self.assertEqual(other.types(), [])

    def test_not_again(self) -> None:
        """
        Whoever reconnects is not welcomed again soon.
        """
        user = self.person()
        client = self.enter(user)
        self.clock.advance(WELCOME_SECONDS)
        self.room.leave(client)
        again = self.enter(user)
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(again.types(), [])
        self.room.leave(again)
        self.clock.advance(WELCOME_AGAIN_SECONDS)
        late = self.enter(user)
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(late.types(), ["SYSTEM"])

    def test_not_offline(self) -> None:
        """
        Without a stream nobody is welcomed; when it starts, those who are there are.
        """
        self.stream.online = False
        client = self.enter(self.person())
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(client.types(), [])
        self.chat.happened(Started(PLAN, AT))
        self.stream.online = True
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(client.types(), ["CHAT_ACTION", "SYSTEM"])

    def test_gone_before(self) -> None:
        """
        Whoever leaves before it leaves no timer.
        """
        client = self.enter(self.person())
        self.room.leave(client)
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(client.types(), [])

    def test_ended_before(self) -> None:
        """
        A stream that ended meanwhile welcomes nobody.
        """
        client = self.enter(self.person())
        self.stream.online = False
        self.clock.advance(WELCOME_SECONDS)
        self.assertEqual(client.types(), [])


class CapacityTests(ChatCase):
    """
    What there is no room for.
    """

    capacity = Capacity(total=4, per_user=2, per_address=3)

    def test_limits(self) -> None:
        """
        Too many sockets of a user, of an address, or altogether.
        """
        ana = self.person()
        self.enter(ana)
        self.enter(ana)
        self.assertIs(self.room.join(self.client(ana)), Refusal.TOO_MANY_OF_USER)
        bob = self.person("bob")
        third = self.enter(bob)
        self.assertIs(self.room.admits(third.address), Refusal.TOO_MANY_OF_ADDRESS)
        self.assertIs(self.room.join(self.client(bob)), Refusal.TOO_MANY_OF_ADDRESS)
        self.enter(bob, "198.51.100.1")
        self.assertIs(self.room.admits("198.51.100.2"), Refusal.FULL)
        self.room.leave(third)
        self.assertIsNone(self.room.admits("198.51.100.2"))
        self.assertIsNone(self.room.join(self.client(bob)))

    def test_shared_addresses(self) -> None:
        """
        Sockets from behind a proxy that hides addresses are not counted.
        """
        self.shared.add("10.0.0.1")
        for name in "abcd":
            self.enter(self.person(name), "10.0.0.1")

    def test_disabled_user(self) -> None:
        """
        Whoever was removed does not come back, nor while they are being closed.
        """
        gone = self.person(disabled_at=AT)
        self.assertIs(self.room.join(self.client(gone)), Refusal.USER_DISABLED)

    def test_chat_disabled(self) -> None:
        """
        Switching the chat off closes what is open and lets nobody in.
        """
        client = self.enter(self.person())
        self.set(catalogue.CHAT_DISABLED, True)
        assert client.closed is not None
        self.assertIs(client.closed[0], CloseCode.CHAT_DISABLED)
        self.assertIs(self.room.admits("203.0.113.1"), Refusal.CHAT_DISABLED)
        self.set(catalogue.CHAT_DISABLED, False)
        self.assertIsNone(self.room.admits("203.0.113.1"))

    def test_shutdown(self) -> None:
        """
        All are told that the server goes, and nobody comes in; no timer is left.
        """
        self.set(catalogue.WELCOME_MESSAGE, "hi")
        client = self.enter(self.person())
        gone = self.enter(self.person("bob"))
        self.room.leave(gone)
        expelled = self.person("eve")
        self.enter(expelled)
        self.room.expel(expelled)
        self.room.shutdown()
        self.room.shutdown()
        assert client.closed is not None
        self.assertIs(client.closed[0], CloseCode.GOING_AWAY)
        self.assertIs(self.room.join(self.client(self.person("dan"))), Refusal.CLOSING)
        self.say(client, "too late")
        self.assertEqual(self.told, [])

    def test_expelled(self) -> None:
        """
        Whoever is removed is told, closed a moment later, and cannot come back meanwhile.
        """
        user = self.person()
        client = self.enter(user)
        self.room.expel(self.person("ana", id=user.id, disabled_at=AT))
        self.assertEqual(client.types(), ["ERROR_USER_DISABLED"])
        self.assertIsNone(client.closed)
        self.assertIs(self.room.join(self.client(user)), Refusal.USER_DISABLED)
        self.say(client, "ha")
        self.assertEqual(client.types(), [])
        self.clock.advance(EXPEL_SECONDS)
        assert client.closed is not None
        self.assertIs(client.closed[0], CloseCode.USER_DISABLED)


class StreamTests(ChatCase):
    """
    What happens to the stream is told.
    """

    #: event, part of what is told
    CASES: tuple[tuple[BroadcastEvent, str | None], ...] = (
        (Started(PLAN, AT), "starting"),
        (Ended(PLAN, AT, "bye"), "ending"),
        (Retitled(PLAN, AT, "<b>Rock & *Roll*</b>"), "&lt;b&gt;Rock &amp; *Roll*&lt;/b&gt;"),
        (Interrupted(PLAN, AT, "lost", 30), None),
    )

    def test_actions(self) -> None:
        """
        Beginning, end and title are actions, which are not kept.
        """
        client = self.enter(self.person())
        for event, part in self.CASES:
            self.chat.happened(event)
            told: list[dict[str, Any]] = client.take()
            self.assertEqual([each["type"] for each in told], ["CHAT_ACTION"] if part else [])
            if part:
                self.assertIn(part, told[0]["body"])
        self.assertEqual(self.backlog(), [])
        self.assertTrue(all(isinstance(event, Action) for event in self.told))


class LookTests(ChatCase):
    """
    Who is there.
    """

    def test_seats(self) -> None:
        """
        Sockets are told apart and come in order, with users as they are now.
        """
        ana, bob = self.person(), self.person("bob")
        first = self.enter(ana)
        self.clock.advance(1)
        self.enter(bob)
        self.clock.advance(1)
        self.enter(ana)
        self.say(first, "hi")
        self.assertEqual(
            [(user.display_name, seat.message_count) for user, seat in self.room.seats()],
            [("ana", 1), ("bob", 0), ("ana", 0)],
        )
        self.assertEqual(len(self.room.seats(ana.id)), 2)

    def test_direct(self) -> None:
        """
        One socket or one user can be told something.
        """
        client = self.enter(self.person())
        action = Action(self.room._stamps.new(), "x")
        self.assertTrue(self.room.send_to_client(client.client_id, action))
        self.assertFalse(self.room.send_to_client(999, action))
        self.assertTrue(self.room.send_to_user(client.user.id, action))
        self.assertFalse(self.room.send_to_user("nobody", action))
        self.assertEqual(client.types(), ["CHAT_ACTION"] * 2)
        self.assertEqual(json.loads(json.dumps(self.told)), [])
