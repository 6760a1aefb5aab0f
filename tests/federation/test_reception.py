"""
What is done about activities: each once, whatever their form.
"""

from typing import Any

from attrs import evolve

from owncastd.federation.follower_rows import FollowerState
from owncastd.federation.inbox_rows import MAX_ACTIVITIES, prune
from owncastd.federation.reception import TELLING_HOURS, TELLING_SECONDS, TELLINGS
from owncastd.federation.remote_actors import RemoteActor
from owncastd.federation.replies import MAX_CONTENT, MAX_OF_ACTOR, clean_html
from owncastd.settings import catalogue

from .abroad import plain
from .arrivals import BOBS_KEY, EVES_KEY, POST_IRI, InboxCase
from .house import ACCOUNT
from .strangers import BOB, person

NEW = person("robert", "new.example")


class FollowTests(InboxCase):
    """
    Coming and going.
    """

    def follow(self, number: int = 1) -> dict[str, Any]:
        """
        Bob's wish to follow.
        """
        return self.activity("Follow", ACCOUNT.actor, number=number)

    def test_followed(self) -> None:
        """
        Who follows an open account is accepted at once; the chat is told.
        """
        self.take(self.follow())
        self.assertEqual(self.listed(), [BOB.iri])
        ((answer, inboxes),) = self.answered
        self.assertEqual((answer["type"], inboxes), ("Accept", [BOB.inbox]))
        self.assertEqual(answer["object"], self.follow())
        ((kind, somebody, did),) = self.told
        self.assertEqual((kind, did), ("FOLLOW", " followed this stream."))
        self.assertEqual((somebody.name, somebody.account), ("Bob", "bob@social.example"))
        self.assertEqual((somebody.image, somebody.link), (BOB.image, BOB.link))
        self.assertEqual(self.actions(), [("FOLLOW", BOB.iri)])
        self.assertEqual(self.heard, ["social.example"])

    def test_again(self) -> None:
        """
        The same activity counts once; another one is answered again, and is no news.
        """
        self.take(self.follow())
        self.take(self.follow())
        self.assertEqual(len(self.answered), 1)
        self.take(self.follow(2))
        self.assertEqual((len(self.answered), len(self.told)), (2, 1))

    def test_private(self) -> None:
        """
        A private account answers when the administrator has decided.
        """
        self.make_private()
        self.take(self.follow())
        self.assertEqual((self.answered, self.told), ([], []))
        self.assertEqual(self.listed(FollowerState.PENDING), [BOB.iri])

    def test_forms(self) -> None:
        """
        The account may be named by a string, an object, or in a list; types may be in a list.
        """
        forms: list[Any] = [{"id": ACCOUNT.actor}, [ACCOUNT.actor], [{"id": ACCOUNT.actor}]]
        for number, form in enumerate(forms):
            self.take(self.activity("Follow", form, number=number))
            self.take(self.activity("Undo", self.follow(number), number=number))
        self.take(self.follow(9) | {"type": ["Follow"], "actor": {"id": BOB.iri}})
        self.assertEqual(len(self.answered), 4)

    def test_others(self) -> None:
        """
        Who wants to follow somebody else does not follow us.
        """
        self.take(self.activity("Follow", "https://live.example/federation/user/other"))
        self.take(self.activity("Follow", "https://other.example/"))
        self.assertEqual((self.listed(), self.servers.asked), ([], []))

    def test_undone(self) -> None:
        """
        A follow is taken back with all of it, with its name, or with little more than its type.
        """
        forms: list[Any] = [
            lambda follow: follow,
            lambda follow: follow["id"],
            lambda follow: [follow],
            lambda follow: {"type": "Follow", "object": ACCOUNT.actor},
            lambda follow: {"type": "Follow", "id": "https://social.example/forgotten"},
        ]
        for number, form in enumerate(forms):
            follow = self.follow(number)
            self.take(follow)
            self.assertEqual(self.listed(), [BOB.iri])
            self.take(self.activity("Undo", form(follow), number=number))
            self.assertEqual(self.listed(), [])
        self.assertEqual(len(self.told), 1)

    def test_undone_by_another_name(self) -> None:
        """
        What is taken back is something else: nothing happens.
        """
        self.take(self.follow())
        self.take(self.activity("Undo", f"{BOB.iri}#something"))
        self.take(self.activity("Undo", {"type": "Block", "object": ACCOUNT.actor}, number=2))
        self.assertEqual(self.listed(), [BOB.iri])

    def test_blocked_by_them(self) -> None:
        """
        Who blocks the account does not follow it.
        """
        self.take(self.follow())
        self.take(self.activity("Block", ACCOUNT.actor))
        self.assertEqual(self.listed(), [])

    def test_gone(self) -> None:
        """
        With an account all that is theirs goes, also when its key is gone already.
        """
        for document in (
            self.activity("Delete", BOB.iri),
            self.activity("Delete", {"id": BOB.iri, "type": "Person"}, number=2),
        ):
            self.show(BOB, BOBS_KEY)
            self.post()
            self.keys.forget(f"{BOB.iri}#main-key")
            self.take(self.follow(document["id"][-1]))
            self.take(self.activity("Like", POST_IRI, number=document["id"][-1]))
            self.keys.forget(f"{BOB.iri}#main-key")
            self.servers.answers[BOB.iri] = plain(410)
            self.take(document)
            self.assertEqual((self.listed(), self.actions()), ([], []))
            self.clock.advance(60)

    def test_gone_by_another_key(self) -> None:
        """
        A key that is not there does not prove that the account is gone.
        """
        self.take(self.follow())
        request = self.signed(
            self.activity("Delete", BOB.iri), key_id="https://social.example/nothing"
        )
        self.servers.answers["https://social.example/nothing"] = plain(404)
        self.failureResultOf(self.bring(request))
        self.assertEqual(self.listed(), [BOB.iri])

    def test_unknown_goes(self) -> None:
        """
        Others' coming and going costs nothing: not even their key.
        """
        for kind in ("Delete", "Update", "Undo", "Move"):
            self.take(self.activity(kind, BOB.iri))
        self.assertEqual(self.servers.asked, [])

    def test_looks_different(self) -> None:
        """
        Who looks different is known by the new looks, sent along or fetched.
        """
        self.take(self.follow())
        robert = evolve(BOB, name="Robert", image="https://social.example/r.png")
        sent = {"id": BOB.iri, "type": "Person", "preferredUsername": "bob", "inbox": BOB.inbox}
        self.take(self.activity("Update", sent | {"name": "Robert"}))
        found = self.successResultOf(self.followers.find(BOB.iri))
        assert found is not None
        self.assertEqual((found.name, found.image), ("Robert", None))
        self.show(robert, BOBS_KEY)
        self.take(self.activity("Update", BOB.iri, number=2))
        found = self.successResultOf(self.followers.find(BOB.iri))
        assert found is not None
        self.assertEqual(found.image, robert.image)

    def test_bad_update(self) -> None:
        """
        Looks that cannot be read change nothing.
        """
        self.take(self.follow())
        self.take(self.activity("Update", {"id": BOB.iri, "type": "Person", "inbox": 5}))
        found = self.successResultOf(self.followers.find(BOB.iri))
        assert found is not None
        self.assertEqual((found.name, found.inbox), ("Bob", BOB.inbox))

    def moved(self, new: RemoteActor, number: int = 1) -> None:
        """
        Bob says that he is elsewhere.
        """
        self.take(self.activity("Move", BOB.iri, number=number, target=new.iri))

    def test_moved(self) -> None:
        """
        Who moves follows from there, if that account says so as well.
        """
        self.take(self.follow())
        self.show(NEW, EVES_KEY)
        self.moved(NEW)
        self.assertEqual(self.listed(), [BOB.iri])
        self.show(NEW, EVES_KEY, alsoKnownAs=[BOB.iri])
        self.moved(NEW, 2)
        self.assertEqual(self.listed(), [NEW.iri])
        found = self.successResultOf(self.followers.find(NEW.iri))
        assert found is not None
        self.assertEqual((found.inbox, self.followers.count), (NEW.inbox, 1))

    def test_moved_to_a_follower(self) -> None:
        """
        Who follows from there already is not two.
        """
        self.take(self.follow())
        self.show(NEW, EVES_KEY, alsoKnownAs=BOB.iri)
        new = self.activity("Follow", ACCOUNT.actor, NEW)
        self.take(new, key=EVES_KEY, key_id=f"{NEW.iri}#main-key")
        self.assertEqual(self.followers.count, 2)
        self.moved(NEW)
        self.assertEqual((self.listed(), self.followers.count), ([NEW.iri], 1))

    def test_many(self) -> None:
        """
        What came long ago is forgotten, and no more is kept than is reasonable.
        """
        self.take(self.follow())
        self.clock.advance(60)
        self.successResultOf(self.database.write(prune, self.now()))
        self.take(self.follow())
        self.assertEqual(len(self.answered), 1, "it is still remembered in memory")
        rows = [("o", f"a{n}", "t", "2026") for n in range(MAX_ACTIVITIES + 5)]
        self.database.connection.executemany(
            "INSERT INTO federation_activities (object_iri, actor_iri, type, received_at)"
            " VALUES (?, ?, ?, ?)",
            rows,
        )
        self.successResultOf(self.database.write(prune, self.now()))
        (count,) = self.database.connection.execute(
            "SELECT count(*) FROM federation_activities"
        ).fetchone()
        self.assertEqual(count, MAX_ACTIVITIES)


class EngagementTests(InboxCase):
    """
    Likes and reposts.
    """

    def test_of_the_post_that_told(self) -> None:
        """
        Each is written down, and the chat told, once.
        """
        self.post()
        for number in (1, 2):
            self.take(self.activity("Like", POST_IRI, number=number))
            self.take(self.activity("Announce", {"id": POST_IRI}, number=number))
        self.assertEqual(self.actions(), [("REPOST", BOB.iri), ("LIKE", BOB.iri)])
        self.assertEqual(
            [(kind, did) for kind, _, did in self.told],
            [
                ("LIKE", " liked that this stream went live."),
                ("REPOST", " shared this stream with their followers."),
            ],
        )

    def test_of_another_post(self) -> None:
        """
        Another post is told of in other words; an old one is not told of.
        """
        self.post(live=False)
        self.take(self.activity("Like", POST_IRI))
        self.assertIn("a post from", self.told[0][2])
        self.clock.advance(TELLING_HOURS * 3600 + 1)
        self.take(self.activity("Announce", POST_IRI))
        self.assertEqual((len(self.told), len(self.actions())), (1, 2))

    def test_not_told(self) -> None:
        """
        The administrator may not want the chat to be told.
        """
        self.settings.set(catalogue.FEDERATION_SHOW_ENGAGEMENT, False)
        self.post()
        self.take(self.activity("Like", POST_IRI))
        self.assertEqual((self.told, len(self.actions())), ([], 1))

    def test_very_many(self) -> None:
        """
        Of very many the chat is told of some: people want to talk there. All are written down.
        """
        posts = [self.post(ACCOUNT.object(f"p{number}")) for number in range(TELLINGS + 5)]
        for number, post in enumerate(posts):
            self.take(self.activity("Like", post, number=number))
        self.assertEqual((len(self.told), len(self.actions())), (TELLINGS, TELLINGS + 5))
        self.clock.advance(TELLING_SECONDS)
        self.take(self.activity("Announce", posts[0]))
        self.assertEqual(len(self.told), TELLINGS + 1)

    def test_of_nothing(self) -> None:
        """
        What is not there cannot be liked, nor what is of others.
        """
        self.take(self.activity("Like", POST_IRI))
        self.take(self.activity("Like", "https://other.example/1", number=2))
        self.take(self.activity("Announce", None, number=3))
        self.assertEqual((self.told, self.actions()), ([], []))

    def test_undone(self) -> None:
        """
        A like is taken back by its name, or by what was liked; doing it again is no news.
        """
        self.post()
        forms: list[Any] = [
            lambda like: like,
            lambda like: like["id"],
            lambda like: {"type": "Like", "object": POST_IRI},
            lambda like: {"type": "Like", "id": like["id"]},
        ]
        for number, form in enumerate(forms):
            like = self.activity("Like", POST_IRI, number=number)
            self.take(like)
            self.assertEqual(self.actions(), [("LIKE", BOB.iri)])
            self.take(self.activity("Undo", form(like), number=number))
            self.assertEqual(self.actions(), [])
        self.assertEqual(len(self.told), 1)


class ReplyTests(InboxCase):
    """
    What people write below posts.
    """

    def setUp(self) -> None:
        super().setUp()
        self.post()

    def note(self, **changes: Any) -> dict[str, Any]:
        """
        What Bob writes.
        """
        note = {
            "id": "https://social.example/notes/1",
            "type": "Note",
            "attributedTo": BOB.iri,
            "inReplyTo": POST_IRI,
            "content": "<p>Hello <b>you</b></p>",
            "url": "https://social.example/@bob/1",
        }
        return note | changes

    def test_kept(self) -> None:
        """
        A reply is kept, with who wrote it, once.
        """
        for number in (1, 2):
            self.take(self.activity("Create", self.note(), number=number))
        (reply,) = self.written()
        self.assertEqual((reply.iri, reply.post_iri), ("https://social.example/notes/1", POST_IRI))
        self.assertEqual((reply.name, reply.username), ("Bob", "bob@social.example"))
        self.assertEqual((reply.link, reply.image), ("https://social.example/@bob/1", BOB.image))
        self.assertEqual(reply.content, "<p>Hello <b>you</b></p>")
        self.assertEqual((reply.actor_iri, reply.hidden_at), (BOB.iri, None))

    def test_not_kept(self) -> None:
        """
        What is below nothing of ours, by somebody else, empty or far too long is not.
        """
        cases: list[dict[str, Any]] = [
            *({"inReplyTo": None}, {"inReplyTo": "https://other.example/1"}),
            *({"inReplyTo": ACCOUNT.object("none")}, {"type": "Video"}, {"id": None}),
            *({"attributedTo": "https://social.example/users/ana"}, {"attributedTo": None}),
            *({"id": "https://other.example/1"}, {"content": ""}),
            *({"content": "<script>x</script>"}, {"content": "x" * (MAX_CONTENT + 1)}),
        ]
        for number, changes in enumerate(cases):
            self.take(self.activity("Create", self.note(**changes), number=number))
        self.take(self.activity("Create", "https://social.example/notes/1", number=99))
        self.assertEqual(self.written(), [])

    def test_clean(self) -> None:
        """
        Nothing but simple markup is left of the HTML.
        """
        cases = {
            '<a href="javascript:alert(1)" onclick="x">a</a>': "a</a>",
            '<img src="https://x.example/y.png">hi': "hi",
            "<script>alert(1)</script>hi<style>*{}</style>": "hi",
            '<p class="x" style="y">hi</p>': "<p>hi</p>",
            "<svg><a xlink:href='javascript:x'>a</a></svg>hi": "hi",
        }
        for text, expected in cases.items():
            cleaned = clean_html(text)
            self.assertIn(expected, cleaned)
            for bad in ("javascript", "onclick", "<img", "<script", "style", "svg"):
                self.assertNotIn(bad, cleaned)
        link = clean_html('<a href="https://x.example/">x</a>')
        self.assertIn('rel="nofollow noopener noreferrer"', link)
        self.assertIn('target="_blank"', link)

    def test_changed(self) -> None:
        """
        The author may change and delete it; nobody else may.
        """
        eve = person("eve")
        self.show(eve, EVES_KEY)
        as_eve = {"key": EVES_KEY, "key_id": f"{eve.iri}#main-key"}
        self.take(self.activity("Create", self.note()))
        self.take(self.activity("Like", POST_IRI, eve), **as_eve)
        self.take(self.activity("Update", self.note(content="evil"), eve), **as_eve)
        self.take(self.activity("Delete", self.note()["id"], eve), **as_eve)
        self.take(self.activity("Update", self.note(content="<p>Bye</p>")))
        self.assertEqual([reply.content for reply in self.written()], ["<p>Bye</p>"])
        self.take(self.activity("Update", self.note(content=""), number=2))
        self.assertEqual([reply.content for reply in self.written()], ["<p>Bye</p>"])
        self.take(self.activity("Delete", {"id": self.note()["id"], "type": "Tombstone"}, number=2))
        self.assertEqual(self.written(), [])

    def test_author(self) -> None:
        """
        An author who looks different does so there as well, and takes all along when going.
        """
        self.take(self.activity("Create", self.note()))
        self.show(evolve(BOB, name="Robert"), BOBS_KEY)
        self.take(self.activity("Update", BOB.iri))
        self.assertEqual(self.written()[0].name, "Robert")
        self.take(self.activity("Delete", BOB.iri))
        self.assertEqual(self.written(), [])

    def test_moderated(self) -> None:
        """
        The administrator hides, shows and deletes; a hidden one that is changed stays hidden.
        """
        self.take(self.activity("Create", self.note()))
        iri = self.note()["id"]
        self.assertTrue(self.successResultOf(self.replies.set_hidden(iri, True)))
        self.take(self.activity("Update", self.note(content="x")))
        self.assertEqual(self.written()[0].hidden_at, self.now())
        self.assertTrue(self.successResultOf(self.replies.set_hidden(iri, False)))
        self.assertIsNone(self.written()[0].hidden_at)
        self.assertTrue(self.successResultOf(self.replies.delete(iri)))
        self.assertFalse(self.successResultOf(self.replies.delete(iri)))
        self.assertFalse(self.successResultOf(self.replies.set_hidden(iri, True)))

    def test_many(self) -> None:
        """
        Nobody can write any number of them; they come in pages, by post or all.
        """
        for number in range(MAX_OF_ACTOR + 2):
            note = self.note(id=f"https://social.example/notes/{number}")
            self.take(self.activity("Create", note, number=number))
            self.clock.advance(1)
        found, total = self.successResultOf(self.replies.page(2, 1, POST_IRI))
        self.assertEqual(total, MAX_OF_ACTOR)
        self.assertEqual([reply.iri[-3:] for reply in found], ["/48", "/47"])
        self.assertEqual(self.successResultOf(self.replies.page(2, 0, "x")), ([], 0))
