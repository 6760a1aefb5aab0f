"""
What the administrator reads and does about replies, and the inbox on a whole site.
"""

from typing import Any

from owncastd.federation.reply_rows import Reply, add
from tests.web.support import ADMIN

from .house import ACCOUNT, BOB, DAY, AccountTestCase

BASE = "/api/admin/federation/replies"
POST = ACCOUNT.object("post-1")


class RepliesAPITests(AccountTestCase):
    """
    Reading, hiding and deleting.
    """

    def setUp(self) -> None:
        super().setUp()
        for number in (1, 2):
            reply = Reply(
                f"https://peer.example/notes/{number}",
                POST if number == 1 else ACCOUNT.object("post-2"),
                BOB,
                "Bob",
                "bob@peer.example",
                None,
                f"https://peer.example/@bob/{number}",
                "<p>Hello</p>",
                DAY.replace(day=number),
            )
            self.successResultOf(self.database.write(add, reply, 10, 10))

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        """
        The replies that are listed.
        """
        page = self.read(BASE + query)
        self.assertIsInstance(page["total"], int)
        found: list[dict[str, Any]] = page["results"]
        return found

    def test_listed(self) -> None:
        """
        All of them, a part, or those below one post.
        """
        first, second = reversed(self.listed())
        self.assertEqual(
            first,
            {
                "iri": "https://peer.example/notes/1",
                "post": POST,
                "actorIRI": BOB,
                "name": "Bob",
                "username": "bob@peer.example",
                "image": None,
                "link": "https://peer.example/@bob/1",
                "content": "<p>Hello</p>",
                "timestamp": "2026-03-01T05:06:07Z",
                "hiddenAt": None,
            },
        )
        self.assertEqual(self.listed("?limit=1"), [second])
        self.assertEqual(self.listed("?limit=1&offset=1"), [first])
        self.assertEqual(self.listed(f"?post={POST}"), [first])
        for bad in ("?limit=x", "?post=a&post=b", "?post=%ff"):
            self.assertEqual(self.ask(BASE + bad, headers=ADMIN).code, 400)

    def test_moderated(self) -> None:
        """
        Hiding, showing, deleting; what is not there cannot be.
        """
        iri = "https://peer.example/notes/1"
        for hidden in (True, False):
            answer = self.post(f"{BASE}/visibility", {"iri": iri, "hidden": hidden})
            self.assertEqual(answer.code, 200)
            self.assertEqual(self.listed(f"?post={POST}")[0]["hiddenAt"] is not None, hidden)
        self.assertEqual(self.post(f"{BASE}/delete", {"iri": iri}).code, 200)
        self.assertEqual(self.listed(f"?post={POST}"), [])
        self.assertEqual(self.post(f"{BASE}/delete", {"iri": iri}).code, 400)
        self.assertEqual(self.post(f"{BASE}/visibility", {"iri": iri, "hidden": True}).code, 400)
        self.assertEqual(self.post(f"{BASE}/visibility", {"iri": 5}).code, 400)

    def test_for_the_administrator(self) -> None:
        """
        Nobody else may.
        """
        self.assertEqual(self.get(BASE).code, 401)
        for path in ("visibility", "delete"):
            self.assertEqual(self.post(f"{BASE}/{path}", {"iri": "x"}, {}).code, 401)

    def test_inboxes(self) -> None:
        """
        Both inboxes are there, and want signatures.
        """
        headers = {"Content-Type": "application/activity+json"}
        follow = {"id": f"{BOB}#1", "type": "Follow", "actor": BOB, "object": ACCOUNT.actor}
        for path in ("/federation/user/streamer/inbox", "/federation/inbox"):
            self.assertEqual(self.post(path, follow, headers).code, 401)
            self.assertEqual(self.post(path, follow | {"type": "Flag"}, headers).code, 202)
