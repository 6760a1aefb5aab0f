"""
Acts of moderation: what they do, to whom, and that each is written down.
"""

import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from owncastd.chat.audit import ADMIN, MAX_ACTS, Act, Actor, AuditLog
from owncastd.chat.clients import CloseCode, Refusal
from owncastd.chat.events import Action, VisibilityUpdate
from owncastd.chat.moderation import (
    MAX_IDS,
    MAX_TIMEOUT_SECONDS,
    ModerationRefused,
    UnknownUser,
    client_document,
)
from owncastd.chat.room import EXPEL_SECONDS
from owncastd.chat.stamps import Stamps

from .house import ChatCase, MemoryClient

T = TypeVar("T")


class ModerationCase(ChatCase):
    """
    A room with a moderator.
    """

    def setUp(self) -> None:
        super().setUp()
        self.moderation = self.chat.moderation
        self.mod = self.enter(self.moderator(), "198.51.100.2")
        self.actor = Actor.user(self.mod.user)
        self.ana = self.enter(self.person())
        self.bob = self.enter(self.person("bob"), "198.51.100.3")

    def do(self, acting: Coroutine[Deferred[Any], Any, T]) -> T:
        """
        Carry an act out.
        """
        return self.successResultOf(Deferred.fromCoroutine(acting))

    def refused(
        self, acting: Coroutine[Deferred[Any], Any, Any], kind: type[Exception] = ModerationRefused
    ) -> str:
        """
        Fail to carry an act out; why.
        """
        failure = self.failureResultOf(Deferred.fromCoroutine(acting), kind)
        return str(failure.value)

    def acts(self) -> list[tuple[str, str, str]]:
        """
        Who did what to whom, the oldest first.
        """
        page = self.successResultOf(self.moderation.audit.page())
        return [
            (each["actor"]["displayName"], each["action"], each["subject"])
            for each in reversed(page)
        ]

    def said(self, client: MemoryClient, *bodies: str) -> list[str]:
        """
        Let a client say things; the ids of the messages.
        """
        ids = []
        for body in bodies:
            self.say(client, body)
            ids.append(client.take()[-1]["id"])
        for other in (self.ana, self.bob, self.mod):
            other.take()
        self.told.clear()
        return ids


class VisibilityTests(ModerationCase):
    """
    Hiding and showing.
    """

    def test_hidden_at_once(self) -> None:
        """
        Everybody is told before the database has answered; then it is gone from the backlog.
        """
        first, second = self.said(self.ana, "a", "b")
        self.database.held = []
        acting = Deferred.fromCoroutine(
            self.moderation.set_visibility(self.actor, [first, first, "unknown"], False)
        )
        (event,) = self.bob.take()
        self.assertEqual(event["type"], "VISIBILITY-UPDATE")
        self.assertEqual(event["ids"], [first, "unknown"])
        self.assertFalse(event["visible"])
        self.assertIsInstance(self.told[-1], VisibilityUpdate)
        self.assertNoResult(acting)
        self.database.release()
        self.successResultOf(acting)
        self.assertEqual([each["id"] for each in self.backlog()], [second])
        self.do(self.moderation.set_visibility(ADMIN, [first], True))
        self.assertTrue(self.bob.take()[0]["visible"])
        self.assertEqual([each["id"] for each in self.backlog()], [first, second])
        self.assertEqual(
            self.acts(),
            [("mod", "hide messages", f"{first} unknown"), ("admin", "show messages", first)],
        )

    def test_bounds(self) -> None:
        """
        None at all and too many are refused, and nobody is told.
        """
        for ids in ([], ["x"] + [str(number) for number in range(MAX_IDS)], ["x" * 101]):
            self.refused(self.moderation.set_visibility(ADMIN, ids, False))
        self.assertEqual(self.bob.types(), [])
        self.assertEqual(self.acts(), [])


class RemovalTests(ModerationCase):
    """
    Disabling users.
    """

    def test_removed(self) -> None:
        """
        Messages vanish, sockets are told and closed, everybody learns of it, the address is banned.
        """
        ids = self.said(self.ana, "a", "b")
        self.do(self.moderation.set_enabled(self.actor, self.ana.user.id, False))
        self.assertEqual(
            self.ana.types(), ["ERROR_USER_DISABLED", "VISIBILITY-UPDATE", "CHAT_ACTION"]
        )
        hidden, action = self.bob.take()
        self.assertEqual(hidden["ids"], ids)
        self.assertIn("<strong>ana</strong>", action["body"])
        self.assertEqual(self.backlog(), [])
        self.clock.advance(EXPEL_SECONDS)
        assert self.ana.closed is not None
        self.assertIs(self.ana.closed[0], CloseCode.USER_DISABLED)
        self.assertIs(self.room.admits(self.ana.address), Refusal.ADDRESS_BANNED)
        self.assertEqual(self.chat.bans.all()[0].notes, "Banning of ana")
        self.assertEqual(self.acts(), [("mod", "disable user", self.ana.user.id)])

    def test_not_there(self) -> None:
        """
        A user without sockets loses their messages; nobody is told more than that.
        """
        self.said(self.ana, "a")
        self.room.leave(self.ana)
        self.do(self.moderation.set_enabled(ADMIN, self.ana.user.id, False))
        self.assertEqual(self.bob.types(), ["VISIBILITY-UPDATE"])
        self.assertEqual(self.chat.bans.all(), ())
        quiet = self.person("quiet")
        self.do(self.moderation.set_enabled(ADMIN, quiet.id, False))
        self.assertEqual(self.bob.types(), [])

    def test_shared_addresses_stay_free(self) -> None:
        """
        Neither this machine nor a proxy is banned with somebody behind it.
        """
        user = self.person("eve")
        self.shared.add("10.1.2.3")
        for address in ("127.0.0.1", "::1", "10.1.2.3"):
            self.enter(user, address)
        self.do(self.moderation.set_enabled(ADMIN, user.id, False))
        self.assertEqual(self.chat.bans.all(), ())

    def test_enabled_again(self) -> None:
        """
        Admitted again they may come back; messages stay hidden and the ban stays.
        """
        self.said(self.ana, "a")
        self.do(self.moderation.set_enabled(ADMIN, self.ana.user.id, False))
        self.do(self.moderation.set_enabled(ADMIN, self.ana.user.id, True))
        self.assertEqual(self.backlog(), [])
        self.assertEqual(len(self.chat.bans.all()), 1)
        user = self.successResultOf(self.users.get(self.ana.user.id))
        assert user is not None
        self.room.leave(self.ana)
        self.assertIsNone(self.room.join(self.client(user, "198.51.100.9")))

    def test_rank(self) -> None:
        """
        Moderators are the administrator's to remove, and are not each other's, nor programs'.
        """
        other = self.moderator("other")
        bot = Actor.user(self.program())
        for actor in (self.actor, bot):
            self.refused(self.moderation.set_enabled(actor, other.id, False))
            self.refused(self.moderation.time_out(actor, other.id, 10))
        self.refused(self.moderation.set_enabled(self.actor, self.mod.user.id, False))
        self.do(self.moderation.set_enabled(ADMIN, other.id, False))

    def test_unknown(self) -> None:
        """
        Users that do not exist are told apart.
        """
        for acting in (
            self.moderation.set_enabled(ADMIN, "x", False),
            self.moderation.set_moderator(ADMIN, "x", False),
            self.moderation.set_moderator(ADMIN, "x", True),
            self.moderation.time_out(ADMIN, "x", 5),
            self.moderation.details("x"),
        ):
            self.refused(acting, UnknownUser)
        self.assertEqual(self.acts(), [])


class ModeratorTests(ModerationCase):
    """
    Making moderators.
    """

    def test_granted_and_revoked(self) -> None:
        """
        Their sockets learn of it at once, and their name is their own from then on.
        """
        self.do(self.moderation.set_moderator(ADMIN, self.ana.user.id, True))
        self.assertEqual(self.ana.take()[0]["user"]["scopes"], ["MODERATOR"])
        self.send(self.bob, type="NAME_CHANGE", newName="ANA")
        self.assertEqual(self.bob.types(), ["CHAT_ACTION", "CONNECTED_USER_INFO"])
        self.do(self.moderation.set_moderator(ADMIN, self.ana.user.id, False))
        self.assertNotIn("scopes", self.ana.take()[0]["user"])
        self.send(self.bob, type="NAME_CHANGE", newName="ANA")
        self.assertEqual(self.bob.types(), ["NAME_CHANGE", "CONNECTED_USER_INFO"])
        self.assertEqual([act for _, act, _ in self.acts()], [Act.GRANT.value, Act.REVOKE.value])


class TimeoutTests(ModerationCase):
    """
    Being quiet for a while.
    """

    def test_timed_out(self) -> None:
        """
        The user is told how long and why, with each message again, and can speak afterwards.
        """
        second = self.enter(self.ana.user)
        self.do(self.moderation.time_out(self.actor, self.ana.user.id, 60, " <b>spam</b> "))
        for client in (self.ana, second):
            (event,) = client.take()
            self.assertEqual(event["limit"]["kind"], "timeout")
            self.assertEqual(event["limit"]["seconds"], 60)
            self.assertEqual(event["limit"]["reason"], "<b>spam</b>")
            self.assertIn("&lt;b&gt;spam", event["body"])
        self.assertEqual(self.bob.types(), [])
        self.clock.advance(20)
        self.say(self.ana, "but")
        self.assertEqual(self.ana.take()[0]["limit"]["seconds"], 40)
        self.send(self.ana, type="NAME_CHANGE", newName="eve")
        self.assertEqual(self.ana.types(), ["CHAT_ACTION"])
        again = self.client(self.ana.user)
        self.room.join(again)
        self.assertEqual(again.take()[0]["limit"]["kind"], "timeout")
        self.clock.advance(40)
        self.say(self.ana, "sorry")
        self.assertEqual(self.ana.types()[-1], "CHAT")
        self.assertEqual(self.chat.timeouts.all(), {})
        (act,) = self.successResultOf(self.moderation.audit.page())
        self.assertEqual(act["details"], {"name": "ana", "seconds": 60, "reason": "<b>spam</b>"})

    def test_lifted(self) -> None:
        """
        A lifted timeout is over for clients as well; lifting none is nothing.
        """
        self.assertFalse(self.do(self.moderation.lift_timeout(ADMIN, self.ana.user.id)))
        self.do(self.moderation.time_out(ADMIN, self.ana.user.id, 60))
        self.ana.take()
        self.assertTrue(self.do(self.moderation.lift_timeout(ADMIN, self.ana.user.id)))
        self.assertIsNone(self.ana.take()[0]["limit"]["until"])
        self.say(self.ana, "hi")
        self.assertEqual(self.ana.types(), ["CHAT"])

    def test_outlives_a_restart(self) -> None:
        """
        A timeout that lasts is known after a restart; one that is over is not.
        """
        self.do(self.moderation.time_out(ADMIN, self.ana.user.id, 60, "why"))
        self.do(self.moderation.time_out(ADMIN, self.bob.user.id, 5))
        self.clock.advance(10)
        again = self.load()
        self.assertEqual(set(again.timeouts.all()), {self.ana.user.id})
        self.successResultOf(again.stop())

    def test_bounds(self) -> None:
        """
        Neither nothing nor for ever.
        """
        for seconds in (0, -1, 0.5, MAX_TIMEOUT_SECONDS + 1, float("nan"), float("inf")):
            self.refused(self.moderation.time_out(ADMIN, self.ana.user.id, seconds))

    def test_not_kept(self) -> None:
        """
        When the database does not take it, it does not hold.
        """
        acting = self.chat.timeouts
        self.do(self.moderation.time_out(ADMIN, self.ana.user.id, 60, "first"))
        before = acting.of(self.ana.user.id)
        assert before is not None
        self.database.failing = OSError("full")
        self.failureResultOf(acting.put(evolve(before, reason="second")), OSError)
        self.database.failing = None
        self.assertEqual(acting.of(self.ana.user.id), before)


class AddressTests(ModerationCase):
    """
    Banning addresses.
    """

    def test_banned(self) -> None:
        """
        Sockets of the address are closed, and it comes in no more until the ban is lifted.
        """
        self.do(self.moderation.ban_address(ADMIN, " 203.0.113.7 "))
        assert self.ana.closed is not None
        self.assertIs(self.ana.closed[0], CloseCode.BANNED)
        self.assertIsNone(self.bob.closed)
        self.assertIs(self.room.admits("203.0.113.7"), Refusal.ADDRESS_BANNED)
        self.assertIs(self.room.admits("::ffff:203.0.113.7"), Refusal.ADDRESS_BANNED)
        self.refused(self.moderation.ban_address(ADMIN, "203.0.113.7"))
        self.do(self.moderation.unban_address(ADMIN, "203.0.113.7"))
        self.do(self.moderation.unban_address(ADMIN, "203.0.113.7"))
        self.assertIsNone(self.room.admits("203.0.113.7"))
        self.assertEqual(self.acts()[0], ("admin", "ban address", "203.0.113.7"))

    def test_networks(self) -> None:
        """
        A network bans all that is in it, of its family.
        """
        self.do(self.moderation.ban_address(ADMIN, "2001:DB8::5/32"))
        self.do(self.moderation.ban_address(ADMIN, "192.0.2.0/24"))
        for address in ("2001:db8:1::1", "192.0.2.77", "::ffff:192.0.2.1"):
            self.assertTrue(self.chat.bans.banned(address), address)
        for address in ("2001:db9::1", "192.0.3.1", "", "x", "unix:/x"):
            self.assertFalse(self.chat.bans.banned(address), address)
        self.do(self.moderation.unban_address(ADMIN, "2001:db8::/32"))
        self.assertFalse(self.chat.bans.banned("2001:db8:1::1"))

    def test_outlives_a_restart(self) -> None:
        """
        Bans are known after a restart, in order.
        """
        for address in ("203.0.113.1", "192.0.2.0/24"):
            self.do(self.moderation.ban_address(ADMIN, address))
            self.clock.advance(1)
        again = self.load()
        self.assertEqual(again.bans.all(), self.chat.bans.all())
        self.assertTrue(again.bans.banned("192.0.2.9"))
        self.successResultOf(again.stop())

    def test_nonsense(self) -> None:
        """
        What is no address is refused.
        """
        for address in ("", "x", "1.2.3", "1.2.3.4/99", "203.0.113.7:80", "\x00"):
            self.refused(self.moderation.ban_address(ADMIN, address))
            self.refused(self.moderation.unban_address(ADMIN, address))

    def test_not_kept(self) -> None:
        """
        When the database does not take it, it does not hold.
        """
        self.database.failing = OSError("full")
        self.refused(self.moderation.ban_address(ADMIN, "203.0.113.7"), OSError)
        self.database.failing = None
        self.assertFalse(self.chat.bans.banned("203.0.113.7"))


class DetailsTests(ModerationCase):
    """
    What is shown of users.
    """

    def test_details(self) -> None:
        """
        User, sockets and messages, hidden ones too; addresses never.
        """
        first, _ = self.said(self.ana, "a", "b")
        self.do(self.moderation.set_visibility(ADMIN, [first], False))
        self.do(self.moderation.time_out(ADMIN, self.ana.user.id, 60))
        document = self.do(self.moderation.details(self.ana.user.id))
        self.assertEqual(document["user"]["displayName"], "ana")
        (client,) = document["connectedClients"]
        self.assertEqual(set(client), {"connectedAt", "userAgent", "id", "messageCount"})
        self.assertEqual(client["messageCount"], 2)
        self.assertEqual([each["body"] for each in document["messages"]], ["<p>b</p>", "<p>a</p>"])
        self.assertEqual([each["visible"] for each in document["messages"]], [True, False])
        self.assertIsNone(document["messages"][0]["user"])
        self.assertEqual(document["timeout"]["userId"], self.ana.user.id)
        self.assertNotIn(self.ana.address, json.dumps(document))

    def test_clients(self) -> None:
        """
        Sockets as the administrator sees them.
        """
        ((user, seat),) = self.room.seats(self.ana.user.id)
        document = client_document(user, seat)
        self.assertEqual(set(document), {"connectedAt", "user", "geo", "userAgent", "messageCount"})
        self.assertIsNone(document["geo"])


class AuditTests(ModerationCase):
    """
    The log of moderation.
    """

    def test_pages(self) -> None:
        """
        The newest first, page by page.
        """
        for number in range(5):
            self.do(self.moderation.ban_address(ADMIN, f"203.0.113.{number}"))
        audit = self.moderation.audit
        first = self.successResultOf(audit.page(most=2))
        second = self.successResultOf(audit.page(first[-1]["id"], most=2))
        self.assertEqual([each["subject"][-1] for each in (*first, *second)], ["4", "3", "2", "1"])
        self.assertEqual(first[0]["actor"], {"type": "admin", "id": None, "displayName": "admin"})

    def test_failures_do_not_hurt(self) -> None:
        """
        An act holds though it cannot be written down; the log of the server tells of it.
        """
        audit = AuditLog(self.database, Stamps(Clock()))
        self.database.failing = OSError("full")
        self.successResultOf(audit.note(ADMIN, Act.BAN, "203.0.113.7"))
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_bounded(self) -> None:
        """
        The oldest acts are forgotten some day.
        """
        self.do(self.moderation.ban_address(ADMIN, "203.0.113.1"))
        self.execute("UPDATE moderation_log SET id = 1")
        self.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'moderation_log'", [MAX_ACTS])
        self.do(self.moderation.ban_address(ADMIN, "203.0.113.2"))
        self.assertEqual([subject for _, _, subject in self.acts()], ["203.0.113.2"])


class NarratorTests(ChatCase):
    """
    What programs and the server say.
    """

    def test_said(self) -> None:
        """
        Programs' messages, system messages and actions reach everybody and are kept.
        """
        client = self.enter(self.person())
        narrator = self.chat.narrator
        narrator.say(self.program(), "*hi* <script>x</script>`<img onerror=x>`")
        self.clock.advance(1)
        narrator.system("# sys")
        self.clock.advance(1)
        narrator.action("rolled a *15*", "J<b>")
        said, system, action = client.take()
        self.assertTrue(said["user"]["isBot"])
        self.assertEqual(said["body"], "<p><em>hi</em> <code>&lt;img onerror=x&gt;</code></p>")
        self.assertEqual(system["body"], "<h1>sys</h1>")
        self.assertIn("<strong>J&lt;b&gt;</strong>", action["body"])
        self.assertEqual(
            [each["type"] for each in self.backlog()], ["CHAT", "SYSTEM", "CHAT_ACTION"]
        )
        self.assertIsInstance(self.told[-1], Action)

    def test_nothing(self) -> None:
        """
        What is empty is refused.
        """
        narrator = self.chat.narrator
        for say in (
            lambda: narrator.say(self.person(), " "),
            lambda: narrator.system("<!-- -->"),
            lambda: narrator.action(""),
            lambda: narrator.whisper(1, ""),
        ):
            self.assertRaises(ValueError, say)

    def test_whispered(self) -> None:
        """
        One socket alone, which may not be there; nothing is kept.
        """
        client, other = self.enter(self.person()), self.enter(self.person("bob"))
        self.assertTrue(self.chat.narrator.whisper(client.client_id, "psst"))
        self.assertFalse(self.chat.narrator.whisper(999, "psst"))
        self.assertEqual((client.types(), other.types()), (["SYSTEM"], []))
        self.assertEqual(self.backlog(), [])

    def test_recognised(self) -> None:
        """
        Who proves to be somebody known is told of, and owns their name.
        """
        known, token = self.successResultOf(self.users.create_person("known"))
        client = self.enter(known)
        proof = ("fediverse", "me@a.example")
        proven = self.successResultOf(self.users.prove(token, *proof))
        assert proven is not None
        self.successResultOf(self.chat.proved(proven))
        (info,) = client.take()
        self.assertTrue(info["user"]["authenticated"])
        _, other = self.successResultOf(self.users.create_person("stranger"))
        proven = self.successResultOf(self.users.prove(other, *proof))
        assert proven is not None
        self.successResultOf(self.chat.proved(proven))
        action, _ = client.take()
        self.assertIn("<strong>stranger</strong> is now <strong>known</strong>", action["body"])
        bob = self.enter(self.person("bob"))
        self.send(bob, type="NAME_CHANGE", newName="KN0WN")
        self.assertEqual(bob.types(), ["CHAT_ACTION", "CONNECTED_USER_INFO"])
