"""
The whole server and real servers of the fediverse, over TLS as a streamer runs it.
"""

import http.client
import json
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.net.peers import certificate, pem

from .case import ServerTestCase
from .fediverse.front import Front
from .fediverse.peer import Fediverse, Peer, Refused
from .harness import ADMIN_PASSWORD, free_ports
from .waiting import wait_for

#: The settings take no address of a private network. To the peers all names lead to loopback.
OUR_HOST = "live.example"
#: Both kinds of signatures, as Fedify names them.
RFC_9421 = "rfc9421"
CAVAGE = "draft-cavage-http-signatures-12"


class FederationTests(ServerTestCase):
    """
    Following, posting, being liked; approving, turning away, and keys that change.
    """

    def setUp(self) -> None:
        super().setUp()
        authority = certificate()
        chain, key = certificate("localhost", OUR_HOST, issuer=authority)
        self.authority = self.write("authority.pem", pem(authority[0]))
        self.certificate = self.write("server.pem", pem(chain))
        self.key = self.write("server.key", pem(key))
        ours, newer, older, control = free_ports(4)
        front = Front.start(ours, self.certificate, self.key)
        self.addCleanup(front.stop)
        self.server = self.start_server(
            "--allowPrivatePeers",
            settings={
                "server_url": f"https://{OUR_HOST}:{ours}",
                "federation_enabled": True,
                "go_live_delay_seconds": 5.0,
            },
            environment={"SSL_CERT_FILE": str(self.authority)},
        )
        front.behind(self.server.web_port)
        self.actor = f"https://{OUR_HOST}:{ours}/federation/user/streamer"
        fediverse = Fediverse.start(
            self.folder,
            [
                {"name": "newer", "port": newer, "firstKnock": RFC_9421},
                {"name": "older", "port": older, "firstKnock": CAVAGE},
            ],
            control,
            self.authority,
            self.certificate,
            self.key,
        )
        self.addCleanup(fediverse.stop)
        self.newer, self.older = fediverse.peers

    def write(self, name: str, data: bytes) -> Path:
        """
        Write a file into the test's folder.
        """
        path = self.folder / name
        path.write_bytes(data)
        return path

    def ask(self, method: str, path: str, body: object = None, admin: bool = True) -> Any:
        """
        Ask the server for something that it does.
        """
        token = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {token}"} if admin else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.web_port, timeout=30)
        with closing(connection) as asking:
            data = None if body is None else json.dumps(body)
            asking.request(method, path, data, headers)
            answer = asking.getresponse()
            content = answer.read()
        self.assertEqual(answer.status, 200, (path, content))
        return json.loads(content)

    def listed(self, which: str) -> list[str]:
        """
        The IRIs of those who follow, or are C{pending} or C{blocked}.
        """
        if which == "followers":
            results = self.ask("GET", "/api/followers", admin=False)["results"]
        else:
            results = self.ask("GET", f"/api/admin/followers/{which}")
        return sorted(each["link"] for each in results)

    def wait_until_listed(self, which: str, *peers: Peer) -> None:
        """
        Wait until these, and no others, follow, or are C{pending} or C{blocked}.
        """
        expected = sorted(peer.actor for peer in peers)
        wait_for(f"{which} to be {expected}", lambda: self.listed(which) == expected)

    def actions(self) -> list[tuple[str, str]]:
        """
        What others did: what, and who.
        """
        results = self.ask("GET", "/api/admin/federation/actions")["results"]
        prefix = "FEDIVERSE_ENGAGEMENT_"
        return sorted((each["type"].removeprefix(prefix), each["actorIRI"]) for each in results)

    def said_in_chat(self) -> list[tuple[str, str]]:
        """
        What the chat was told of the fediverse: kind and account.
        """
        messages = self.ask("GET", f"/api/chat?accessToken={self.token}", admin=False)
        prefix = "FEDIVERSE_ENGAGEMENT_"
        return sorted(
            (message["type"].removeprefix(prefix), message["title"])
            for message in messages
            if message["type"].startswith(prefix)
        )

    def test_a_stream_that_is_told_of(self) -> None:
        """
        Two servers follow, one with each kind of signature first. Both are accepted and get the
        post that the stream is on; what they do about it is told in the chat; both can take it
        back and leave.
        """
        self.token = self.ask("POST", "/api/chat/register", {}, admin=False)["accessToken"]
        both = (self.newer, self.older)
        for peer in both:
            follow = peer.do("Follow", self.actor)
            accept = peer.wait_for("Accept")
            self.assertEqual((accept["actor"], accept["object"]["id"]), (self.actor, follow))
        self.wait_until_listed("followers", *both)

        self.go_live(self.server)
        posts = [peer.wait_for("Create", seconds=60.0)["object"] for peer in both]
        post = posts[0]["id"]
        self.assertEqual(posts[1]["id"], post)
        self.assertIn("come and watch", posts[0]["content"])

        for peer in both:
            for kind in ("Like", "Announce", "Reply"):
                peer.do(kind, self.actor, post)
        expected = sorted(
            (kind, f"bob@localhost:{peer.port}")
            for peer in both
            for kind in ("FOLLOW", "LIKE", "REPOST")
        )
        wait_for("the chat to be told", lambda: self.said_in_chat() == expected)
        self.assertEqual(
            self.actions(),
            sorted((kind, peer.actor) for peer in both for kind in ("FOLLOW", "LIKE", "REPOST")),
        )
        replies = wait_for("the replies", lambda: self.replies(2))
        self.assertEqual({each["content"] for each in replies}, {"<p>Nice stream</p>"})
        self.assertEqual({each["post"] for each in replies}, {post})

        for peer in both:
            peer.do("Undo", self.actor, "Like")
            peer.do("Undo", self.actor, "Announce")
            peer.do("Undo", self.actor, "Follow")
        self.wait_until_listed("followers")
        left = sorted(("FOLLOW", peer.actor) for peer in both)
        wait_for("likes and reposts to be gone", lambda: self.actions() == left)
        self.assertEqual(self.said_in_chat(), expected)

    def replies(self, count: int) -> list[dict[str, Any]] | None:
        """
        The replies, once there are so many.
        """
        results: list[dict[str, Any]]
        results = self.ask("GET", "/api/admin/federation/replies")["results"]
        return results if len(results) == count else None

    def test_who_may_follow(self) -> None:
        """
        A private account: approval and rejection reach those who asked. Whoever is turned away
        later is told, and not heard any more. A key that has changed is noticed; who blocks the
        account, or deletes theirs, is gone.
        """
        self.ask("POST", "/api/admin/config/federation/private", {"value": True})
        both = (self.newer, self.older)
        for peer in both:
            peer.do("Follow", self.actor)
        self.wait_until_listed("pending", *both)
        self.assertEqual((self.newer.taken("Accept"), self.listed("followers")), ([], []))

        self.decide(self.newer, approved=True)
        self.decide(self.older, approved=False)
        self.assertEqual(self.newer.wait_for("Accept")["actor"], self.actor)
        self.assertEqual(self.older.wait_for("Reject")["actor"], self.actor)
        self.wait_until_listed("followers", self.newer)
        self.wait_until_listed("blocked", self.older)
        with self.assertRaisesRegex(Refused, "403"):
            self.older.do("Follow", self.actor)

        self.ask("POST", "/api/admin/federation/send", {"value": "For you alone"})
        post = self.newer.wait_for("Create")["object"]
        self.assertIn("For you alone", post["content"])
        self.assertEqual(self.older.taken("Create"), [])

        self.newer.rotate()
        # A key is fetched anew when it is older than ten seconds and does not fit.
        wait_for("the new key to be known", lambda: self.liked(post["id"]), 40.0)
        liked = ("LIKE", self.newer.actor)
        # It is dealt with right after the answer.
        wait_for("the like to be taken", lambda: liked in self.actions())

        self.decide(self.newer, approved=False)
        self.assertEqual(self.newer.wait_for("Reject")["actor"], self.actor)
        self.wait_until_listed("followers")
        with self.assertRaisesRegex(Refused, "403"):
            self.newer.do("Announce", self.actor, post["id"])

        self.decide(self.older, approved=True)
        self.older.wait_for("Accept")
        self.wait_until_listed("followers", self.older)
        self.older.do("Block", self.actor)
        self.wait_until_listed("followers")
        self.older.do("Leave", self.actor)
        wait_for("all of theirs to be gone", lambda: self.actions_of(self.older) == [])

    def decide(self, peer: Peer, approved: bool) -> None:
        """
        Let somebody follow, or turn them away.
        """
        decision = {"actorIRI": peer.actor, "approved": approved}
        self.ask("POST", "/api/admin/followers/approve", decision)

    def liked(self, post: str) -> bool:
        """
        Whether a like was taken.
        """
        try:
            self.newer.do("Like", self.actor, post)
        except Refused:
            return False
        return True

    def actions_of(self, peer: Peer) -> list[str]:
        """
        What somebody did.
        """
        return [kind for kind, actor in self.actions() if actor == peer.actor]
