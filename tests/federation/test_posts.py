"""
What is posted: texts, the post that the stream is on, deletions, and how the account looks.
"""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.outbox import CannotPost
from owncastd.federation.rendering import MAX_POST, PostRenderer, go_live_content
from owncastd.federation.vocabulary import PUBLIC
from owncastd.settings import catalogue

from .house import ACCOUNT, URL, AccountTestCase, tag_link

A_TAG = tag_link("a")


class RenderingTests(SynchronousTestCase):
    """
    From Markdown to a post.
    """

    CASES: tuple[tuple[str, str, list[str]], ...] = (
        ("Hi *there*", "<p>Hi <em>there</em></p>", []),
        ("one\ntwo", "<p>one<br>\ntwo</p>", []),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>", []),
        (
            "see https://a.example/#a #a",
            f'<p>see <a href="https://a.example/#a">https://a.example/#a</a> {A_TAG}</p>',
            ["a"],
        ),
        ("`#a`", "<p><code>#a</code></p>", []),
        ("[#a](https://b.example)", '<p><a href="https://b.example">#a</a></p>', []),
        ("#a #A", f"<p>{A_TAG} {tag_link('A')}</p>", ["a"]),
        ("#ab #a", f"<p>{tag_link('ab')} {A_TAG}</p>", ["ab", "a"]),
        ("#1", "<p>#1</p>", []),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>", []),
        ("![x](https://a.example/x.png)", '<p>!<a href="https://a.example/x.png">x</a></p>', []),
    )

    def test_cases(self) -> None:
        """
        HTML is text, addresses are links, and hashtags are those that people see.
        """
        for text, html, tags in self.CASES:
            self.assertEqual(PostRenderer(ACCOUNT).render(text), (html, tags), text)

    @fuzz(deadline=None)
    @given(st.text(alphabet="#ab<>&\"'*_`[]()! \n", max_size=200))
    def test_harmless(self, text: str) -> None:
        """
        Whatever is written, no element comes of it that a post may not have.
        """
        html, _ = PostRenderer(ACCOUNT).render(text)
        for bad in ("<script", "<img", "<b>", "onerror"):
            self.assertNotIn(bad, html)

    def test_go_live(self) -> None:
        """
        Message, title, hashtags and address, in this order; each hashtag once.
        """
        html, tags = go_live_content(ACCOUNT, "On! #a", "1 < 2", ["A", "b", "b"])
        self.assertEqual(
            html,
            f"<p>On! {A_TAG}</p><p>1 &lt; 2</p><p>{tag_link('b')}</p>"
            f'<p><a href="{URL}">{URL}</a></p>',
        )
        self.assertEqual(tags, ["a", "b"])


class OutboxTests(AccountTestCase):
    """
    What is published.
    """

    def setUp(self) -> None:
        """
        An account with two followers on one server, and one elsewhere.
        """
        super().setUp()
        for iri, shared in (
            ("https://peer.example/users/bob", "https://peer.example/inbox"),
            ("https://peer.example/users/ana", "https://peer.example/inbox"),
            ("https://other.example/users/eve", None),
        ):
            self.add_follower(iri, shared)
        self.outbox = self.federation.outbox

    def do(self, working: Any) -> Any:
        """
        Have something done.
        """
        return self.successResultOf(Deferred.fromCoroutine(working))

    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        """
        What was sent, by inbox.
        """
        self.clock.pump([0.1] * 10)
        sent, self.peers.sent = self.peers.sent, []
        return sorted(sent, key=lambda each: each[0])

    def test_send(self) -> None:
        """
        A post goes to each server once, and can be asked for as soon as it does.
        """
        self.set(catalogue.NSFW, True)
        iri = self.do(self.outbox.send("Hello #world"))
        (first, create), (second, _) = self.sent()
        self.assertEqual(
            (first, second), ("https://other.example/users/eve/inbox", "https://peer.example/inbox")
        )
        self.assertEqual(
            (create["type"], create["id"], create["to"], create["cc"]),
            ("Create", f"{iri}/activity", [PUBLIC], [ACCOUNT.followers]),
        )
        note = create["object"]
        self.assertEqual(note["content"], f"<p>Hello {tag_link('world')}</p>")
        self.assertEqual([tag["name"] for tag in note["tag"]], ["#world"])
        self.assertIs(note["sensitive"], False)
        self.assertEqual(note["attachment"], [])
        stored = self.document(iri.removeprefix(URL))
        self.assertEqual({**stored, "@context": None}, {**note, "@context": None})
        self.assertEqual(self.document("/federation/user/streamer/outbox")["totalItems"], 1)

    def test_cannot_send(self) -> None:
        """
        Nothing, too much, and while federation is off.
        """
        for text in ("", " \n", "x" * (MAX_POST + 1)):
            self.failureResultOf(Deferred.fromCoroutine(self.outbox.send(text)), CannotPost)
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.failureResultOf(Deferred.fromCoroutine(self.outbox.send("x")), CannotPost)
        self.assertEqual(self.sent(), [])

    def test_private(self) -> None:
        """
        Posts of a private account are for its followers.
        """
        self.set(catalogue.FEDERATION_PRIVATE, True)
        self.clock.advance(60)
        self.sent()
        self.do(self.outbox.send("Hello"))
        _, create = self.sent()[0]
        self.assertEqual((create["to"], create["cc"]), ([ACCOUNT.followers], []))
        self.assertEqual(create["object"]["to"], [ACCOUNT.followers])

    def test_go_live(self) -> None:
        """
        That the stream is on is told with its title, a picture and what it is about.
        """
        self.set(catalogue.FEDERATION_GO_LIVE_MESSAGE, "On!")
        self.set(catalogue.STREAM_TITLE, "Cats & dogs")
        self.set(catalogue.SERVER_TAGS, ("just chatting",))
        self.set(catalogue.NSFW, True)
        self.pictures.add("image/jpeg")
        self.clock.advance(60)
        self.sent()
        self.assertIs(self.outbox.tells_of_streams(), True)
        iri = self.do(self.outbox.go_live(self.now()))
        _, create = self.sent()[0]
        note = create["object"]
        self.assertEqual(
            note["content"],
            f"<p>On!</p><p>Cats &amp; dogs</p><p>{tag_link('justchatting')}</p>"
            f'<p><a href="{URL}">{URL}</a></p>',
        )
        self.assertIs(note["sensitive"], True)
        (picture,) = note["attachment"]
        unique = iri.rpartition("/")[2]
        self.assertEqual(picture["url"], f"{URL}/thumbnail.jpg?us={unique}")
        self.assertEqual((picture["type"], picture["mediaType"]), ("Image", "image/jpeg"))
        self.assertIn("Cats & dogs", picture["name"])
        self.pictures.add("image/gif")
        iri = self.do(self.outbox.go_live(self.now()))
        (picture,) = self.document(iri.removeprefix(URL))["attachment"]
        self.assertEqual(picture["mediaType"], "image/gif")

    def test_once(self) -> None:
        """
        One broadcast is told of once, whoever asks again; the next one is told of as well.
        """
        began = self.now()
        self.clock.advance(120)
        self.assertIsNotNone(self.do(self.outbox.go_live(began)))
        self.clock.advance(120)
        self.assertIsNone(self.do(self.outbox.go_live(began)))
        iri = self.do(self.outbox.go_live(self.now()))
        self.do(self.outbox.delete(iri))
        self.assertIsNone(self.do(self.outbox.go_live(began)))

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def test_no_go_live(self) -> None:
        """
        Without a message, or an account, nothing is told.
        """
        self.set(catalogue.FEDERATION_GO_LIVE_MESSAGE, "")
        self.assertIs(self.outbox.tells_of_streams(), False)
        self.assertIsNone(self.do(self.outbox.go_live(self.now())))
        self.set(catalogue.FEDERATION_GO_LIVE_MESSAGE, "On!")
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.assertIs(self.outbox.tells_of_streams(), False)
        self.assertIsNone(self.do(self.outbox.go_live(self.now())))

    def test_delete(self) -> None:
        """
        Who got a post is told that it is no more.
        """
        iri = self.do(self.outbox.send("Hello"))
        self.sent()
        self.assertIs(self.do(self.outbox.delete(iri)), True)
        _, delete = self.sent()[0]
        self.assertEqual((delete["type"], delete["to"]), ("Delete", [PUBLIC]))
        self.assertEqual((delete["object"]["id"], delete["object"]["type"]), (iri, "Tombstone"))
        self.assertEqual(self.get(iri.removeprefix(URL)).code, 410)
        self.assertEqual(self.document(delete["id"].removeprefix(URL))["type"], "Delete")
        self.assertIs(self.do(self.outbox.delete(iri)), False)
        self.assertIs(self.do(self.outbox.delete(delete["id"])), False)
        self.assertEqual(self.sent(), [])

    def test_actor_update(self) -> None:
        """
        Followers are told of changes of the account, of several at once only once, with the whole
        account as it is then.
        """
        self.set(catalogue.SERVER_NAME, "One")
        self.set(catalogue.SERVER_SUMMARY, "Two")
        self.set(catalogue.SERVER_TAGS, ("three",))
        self.assertEqual(self.sent(), [])
        self.clock.advance(60)
        sent = self.sent()
        self.assertEqual(len(sent), 2)
        _, update = sent[0]
        self.assertEqual((update["type"], update["actor"]), ("Update", ACCOUNT.actor))
        actor = self.document("/federation/user/streamer")
        self.assertEqual({**actor, "@context": None}, {**update["object"], "@context": None})
        self.assertEqual(actor["name"], "One")
        self.assertEqual(self.document(update["id"].removeprefix(URL))["type"], "Update")

    def test_actor_update_at_the_end(self) -> None:
        """
        A change right before the server stops is told all the same, after the next start.
        """
        self.set(catalogue.SERVER_NAME, "One")
        self.stop()
        ((body,), *_) = self.execute("SELECT body FROM federation_outgoing")
        self.assertEqual(json.loads(body)["type"], "Update")

    def test_no_actor_update(self) -> None:
        """
        While federation is off nobody is told of anything.
        """
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.set(catalogue.SERVER_NAME, "One")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.sent(), [])

    def test_answer(self) -> None:
        """
        Answers to requests are delivered, and can be asked for by their ids.
        """
        accept = {
            "id": f"{URL}/federation/accept",
            "type": "Accept",
            "actor": ACCOUNT.actor,
            "object": {"id": "https://peer.example/f", "type": "Follow"},
        }
        self.do(self.outbox.answer(accept, ["https://peer.example/users/bob/inbox"]))
        ((inbox, sent),) = self.sent()
        self.assertEqual(inbox, "https://peer.example/users/bob/inbox")
        self.assertEqual(sent["object"]["type"], "Follow")
        self.assertEqual(self.document("/federation/accept")["type"], "Accept")
