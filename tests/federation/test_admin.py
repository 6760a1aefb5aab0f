"""
What the administrator sees and does, and what everybody may see of the followers.
"""

import json
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred

from owncastd.federation.engagement import FOLLOW, LIKE, REPOST, Engagements, Somebody
from owncastd.federation.queries import MAX_LIMIT
from owncastd.settings import catalogue

from .house import ACCOUNT, BOB, DAY, URL, AccountTestCase
from .peers import answers

ANA = "https://peer.example/users/ana"
REQUEST = {"id": f"{BOB}#follow", "type": "Follow", "actor": BOB, "object": ACCOUNT.actor}


class FollowersTests(AccountTestCase):
    """
    Lists of followers, and decisions about them.
    """

    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        """
        What was sent.
        """
        self.clock.pump([0.1] * 5)
        sent, self.peers.sent = self.peers.sent, []
        return sent

    def decide(self, iri: str, approved: bool) -> None:
        """
        Decide about somebody.
        """
        answer = self.post("/api/admin/followers/approve", {"actorIRI": iri, "approved": approved})
        self.assertEqual(answer.code, 200, answer.body)
        self.assertEqual(json.loads(answer.body)["message"], "follower updated")

    def test_lists(self) -> None:
        """
        Everybody sees who follows, the newest first; the administrator who waits as well.
        """
        self.add_follower(BOB)
        self.add_follower(ANA, created_at=DAY + timedelta(days=1))
        self.add_follower("https://peer.example/users/eve", approved_at=None)
        for read in (self.document, self.read):
            path = "/api/followers" if read == self.document else "/api/admin/followers"
            found = read(path)
            self.assertEqual([each["link"] for each in found["results"]], [ANA, BOB])
            self.assertEqual(found["total"], 2)
            self.assertEqual(
                found["results"][1],
                {
                    "link": BOB,
                    "name": "Bob",
                    "username": "bob@peer.example",
                    "image": "",
                    "timestamp": "2026-03-04T05:06:07Z",
                    "disabledAt": None,
                },
            )
            part = read(f"{path}?limit=1&offset=1")
            self.assertEqual([each["link"] for each in part["results"]], [BOB])
        (waiting,) = self.read("/api/admin/followers/pending")
        self.assertEqual(waiting["link"], "https://peer.example/users/eve")
        self.assertEqual(self.read("/api/admin/followers/blocked"), [])

    def test_queries(self) -> None:
        """
        What is no number is refused; too much is cut.
        """
        for query in ("limit=x", "offset=-1", "limit=1&limit=2", "offset=1.5", "limit=" + "9" * 30):
            self.assertEqual(self.get(f"/api/followers?{query}").code, 400, query)
        self.assertEqual(self.get(f"/api/followers?limit={MAX_LIMIT * 10}").code, 200)
        self.assertEqual(self.document("/api/followers?limit=0")["results"], [])

    def test_with_federation_off(self) -> None:
        """
        Followers are listed all the same.
        """
        self.add_follower()
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.assertEqual(self.document("/api/followers")["total"], 1)

    def test_approve(self) -> None:
        """
        Who is approved is told so, with the whole request inside; the chat is told once.
        """
        self.add_follower(approved_at=None)
        self.execute("UPDATE federation_followers SET request = ?", json.dumps(REQUEST))
        self.decide(BOB, True)
        ((inbox, accept),) = self.sent()
        self.assertEqual(inbox, f"{BOB}/inbox")
        self.assertEqual(
            (accept["type"], accept["actor"], accept["object"]), ("Accept", ACCOUNT.actor, REQUEST)
        )
        self.assertEqual(self.document(accept["id"].removeprefix(URL))["type"], "Accept")
        ((kind, somebody, did),) = self.told
        self.assertEqual((kind, did), (FOLLOW, " followed this stream."))
        self.assertEqual(
            (somebody.name, somebody.account, somebody.link), ("Bob", "bob@peer.example", BOB)
        )
        self.assertEqual(self.document("/api/followers")["total"], 1)
        # Once more, should the answer have been lost.
        self.decide(BOB, True)
        self.assertEqual([each["type"] for _, each in self.sent()], ["Accept"])
        self.assertEqual(len(self.told), 1)

    def test_reject(self) -> None:
        """
        Who is turned away is told so, even a follower; they are listed as blocked, and nothing is
        delivered to them any more.
        """
        self.add_follower()
        self.decide(BOB, False)
        ((_, reject),) = self.sent()
        self.assertEqual(
            (reject["type"], reject["object"]["id"], reject["object"]["type"]),
            ("Reject", f"{BOB}#follow", "Follow"),
        )
        (blocked,) = self.read("/api/admin/followers/blocked")
        self.assertEqual(blocked["link"], BOB)
        self.assertIsNotNone(blocked["disabledAt"])
        self.assertEqual(self.told, [])
        self.decide(BOB, False)
        self.successResultOf(Deferred.fromCoroutine(self.federation.outbox.send("x")))
        self.assertEqual(self.sent(), [])
        self.decide(BOB, True)
        self.assertEqual([each["type"] for _, each in self.sent()], ["Accept"])
        # They were here before: that is no news for the chat.
        self.assertEqual(self.told, [])

    def test_nobody(self) -> None:
        """
        Who is unknown cannot be decided about, nor can half a decision be made.
        """
        bodies: tuple[object, ...] = (
            {"actorIRI": BOB, "approved": True},
            {"actorIRI": BOB, "approved": False},
            {"actorIRI": BOB},
            {"approved": True},
            {"actorIRI": 1, "approved": True},
            {"actorIRI": BOB, "approved": "yes"},
            [],
        )
        for body in bodies:
            self.assertEqual(self.post("/api/admin/followers/approve", body).code, 400, body)

    def test_off(self) -> None:
        """
        While federation is off decisions count, and nobody is told.
        """
        self.add_follower(approved_at=None)
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.decide(BOB, True)
        self.assertEqual(self.document("/api/followers")["total"], 1)
        self.assertEqual((self.sent(), self.told), ([], []))


class PostsTests(AccountTestCase):
    """
    Posts and their deliveries.
    """

    def test_send(self) -> None:
        """
        A text is posted, listed, and can be taken back.
        """
        self.assertEqual(
            json.loads(self.post("/api/admin/federation/send", {"value": "Hello"}).body),
            {"success": True, "message": "sent"},
        )
        found = self.read("/api/admin/federation/posts")
        (post,) = found["results"]
        self.assertEqual(
            (found["total"], post["content"], post["isLiveNotification"], post["isPublic"]),
            (1, "<p>Hello</p>", False, True),
        )
        answer = self.post("/api/admin/federation/posts/delete", {"iri": post["iri"]})
        self.assertEqual(answer.code, 200)
        self.assertEqual(self.read("/api/admin/federation/posts"), {"results": [], "total": 0})
        self.assertEqual(self.get(post["iri"].removeprefix(URL)).code, 410)
        answer = self.post("/api/admin/federation/posts/delete", {"iri": post["iri"]})
        self.assertEqual(answer.code, 400)

    def test_refusals(self) -> None:
        """
        What cannot be posted is refused with a reason.
        """
        bodies: tuple[object, ...] = ({"value": ""}, {"value": 1}, {"value": "x" * 20_000}, {})
        for body in bodies:
            self.assertEqual(self.post("/api/admin/federation/send", body).code, 400)
        self.set(catalogue.FEDERATION_ENABLED, False)
        answer = self.post("/api/admin/federation/send", {"value": "Hello"})
        self.assertEqual(answer.code, 400)
        self.assertIn("off", json.loads(answer.body)["message"])

    def test_actions(self) -> None:
        """
        What others did, the newest first; the offset counts items.
        """
        for number, kind in enumerate((FOLLOW, LIKE, REPOST)):
            self.execute(
                "INSERT INTO federation_activities (object_iri, actor_iri, type, received_at)"
                " VALUES (?, ?, ?, ?)",
                ACCOUNT.actor,
                BOB,
                kind,
                (DAY + timedelta(minutes=number)).isoformat(),
            )
        found = self.read("/api/admin/federation/actions")
        self.assertEqual([each["type"] for each in found["results"]], [REPOST, LIKE, FOLLOW])
        self.assertEqual(
            found["results"][2],
            {
                "timestamp": "2026-03-04T05:06:07Z",
                "iri": ACCOUNT.actor,
                "actorIRI": BOB,
                "type": FOLLOW,
            },
        )
        part = self.read("/api/admin/federation/actions?limit=1&offset=1")
        self.assertEqual([each["type"] for each in part["results"]], [LIKE])
        self.assertEqual(part["total"], 3)

    def test_deliveries(self) -> None:
        """
        Servers that take nothing are listed with the reason.
        """
        self.add_follower()
        self.add_follower("https://good.example/users/eve")
        self.peers.behaviour["peer.example"] = answers(503)
        self.post("/api/admin/federation/send", {"value": "Hello"})
        self.clock.pump([0.1] * 5)
        found = self.read("/api/admin/federation/deliveries")
        (host,) = found.pop("failingHosts")
        self.assertEqual(
            found,
            {"waiting": 1, "underWay": 0, "delivered": 1, "refused": 0, "failedAttempts": 1},
        )
        self.assertEqual(
            (host["host"], host["failures"], host["waiting"], host["parkedAt"]),
            ("peer.example", 1, 1, None),
        )
        self.assertIn("503", host["problem"])
        self.assertLess(host["failingSince"], host["retryAt"])


class EngagementTests(AccountTestCase):
    """
    What the chat is told.
    """

    def test_words(self) -> None:
        """
        A post that told of the stream is not called one, others are the server's.
        """
        self.set(catalogue.SERVER_NAME, "Mine")
        engagements = Engagements(self.settings, self.tell_chat)
        bob = Somebody("Bob", "bob@peer.example", None, BOB)
        for live in (True, False):
            engagements.liked(bob, live)
            engagements.reposted(bob, live)
        self.assertEqual(
            [(kind, did) for kind, _, did in self.told],
            [
                (LIKE, " liked that this stream went live."),
                (REPOST, " shared this stream with their followers."),
                (LIKE, " liked a post from Mine."),
                (REPOST, " shared a post from Mine with their followers."),
            ],
        )

    def test_not_told(self) -> None:
        """
        Neither against the administrator's wish, nor without a chat.
        """
        engagements = Engagements(self.settings, self.tell_chat)
        bob = Somebody("Bob", "bob@peer.example", None, BOB)
        self.set(catalogue.FEDERATION_SHOW_ENGAGEMENT, False)
        engagements.followed(bob)
        self.set(catalogue.FEDERATION_SHOW_ENGAGEMENT, True)
        self.set(catalogue.CHAT_DISABLED, True)
        engagements.followed(bob)
        self.assertEqual(self.told, [])
