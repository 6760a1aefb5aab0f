"""
Being found: webfinger, nodeinfo, the actor, its collections and what it published.
"""

import json
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation import outbox_rows
from owncastd.federation.account import account_of
from owncastd.federation.collections import PAGE_SIZE, NoSuchPage, page_number
from owncastd.federation.hashtags import hashtag, hashtags_in, link
from owncastd.federation.negotiation import wants_document, weight_of
from owncastd.federation.outbox_rows import Published
from owncastd.federation.posts import create, note, tombstone
from owncastd.federation.vocabulary import PUBLIC, Document, is_public
from owncastd.federation.webfinger import (
    InvalidResource,
    NoSuchResource,
    check_resource,
)
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.values import SocialHandle
from tests.web.support import LIVE

from .house import ACCOUNT, BOB, DAY, PEM, URL, AccountTestCase, make_settings

EVERYTHING = (
    "/.well-known/webfinger?resource=acct:streamer@live.example",
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/.well-known/x-nodeinfo2",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
    "/api/v1/instance",
    "/federation/user/streamer",
    "/federation/user/streamer/outbox",
    "/federation/user/streamer/followers",
    "/federation/user/streamer/following",
    "/federation/user/streamer/featured",
)
USER = "/federation/user/streamer"


class NegotiationTests(SynchronousTestCase):
    """
    Who wants a document, and who a page.
    """

    CASES = (
        (None, True),
        ("", True),
        ("*/*", True),
        ("application/activity+json", True),
        ("application/activity+json; charset=utf-8", True),
        ("APPLICATION/Activity+JSON;q=0.9, text/html;q=0.1", True),
        ("application/ld+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ('application/ld+json;profile="a,b;q=0", application/activity+json', True),
        ("application/json", True),
        ("application/*;q=0.5", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("text/html, application/activity+json;q=0.5", False),
        ("text/html", False),
        ("image/png", False),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=nonsense", False),
        ("application/activity+json;q=0, */*", True),
    )

    def test_cases(self) -> None:
        """
        Media ranges are read as RFC 9110 has them.
        """
        for accept, wanted in self.CASES:
            self.assertIs(wants_document(accept), wanted, accept)

    def test_weight(self) -> None:
        """
        The most exact range decides.
        """
        self.assertEqual(weight_of("*/*;q=0.1, text/*;q=0.2, text/html;q=0.3", ["text/html"]), 0.3)
        self.assertEqual(weight_of("*/*;q=0.1, text/*;q=0.2", ["text/html"]), 0.2)
        self.assertEqual(weight_of("*/*;q=0.1", ["text/html"]), 0.1)

    @fuzz(deadline=None)
    @given(st.text(alphabet='ap/*,;="\\q01. ', max_size=5_000))
    def test_anything(self, accept: str) -> None:
        """
        Whatever is sent, there is an answer.
        """
        self.assertIn(wants_document(accept), (True, False))


class HashtagTests(SynchronousTestCase):
    """
    What is a hashtag, and how it is linked.
    """

    def test_in_text(self) -> None:
        """
        Words of any script after a sign, but neither numbers, fragments of addresses nor parts of
        words; each once whatever the letter case.
        """
        text = "#Röck and #rÖCK, a#b #12 #4k https://a.example/#x &#39; #日本 (#end)"
        self.assertEqual(hashtags_in(text), ["Röck", "4k", "日本", "end"])

    def test_of_tags(self) -> None:
        """
        What cannot be in a hashtag is left out.
        """
        self.assertEqual(hashtag("just chatting!"), "justchatting")
        self.assertEqual(hashtag("2026"), "")
        self.assertEqual(hashtag("--"), "")

    def test_link(self) -> None:
        """
        A link that other servers know.
        """
        self.assertEqual(
            link(ACCOUNT, "live"),
            '<a href="https://live.example/#live" class="mention hashtag" rel="tag">'
            "#<span>live</span></a>",
        )


class WebfingerTests(SynchronousTestCase):
    """
    Who is asked for.
    """

    def test_ours(self) -> None:
        """
        The handle in any letter case, the server, the actor.
        """
        for resource in (
            "acct:streamer@live.example",
            "ACCT:Streamer@LIVE.example",
            "acct:streamer@live.example:443",
            f"{URL}/federation/user/streamer",
            URL,
            f"{URL}/",
        ):
            check_resource(resource, ACCOUNT)

    def test_others(self) -> None:
        """
        Everybody else is not here.
        """
        for resource in (
            "acct:other@live.example",
            "acct:streamer@other.example",
            "acct:streamer@live.example:8443",
            "https://other.example/",
            f"{URL}/federation/user/other",
        ):
            self.assertRaises(NoSuchResource, check_resource, resource, ACCOUNT)

    def test_nonsense(self) -> None:
        """
        What is no resource.
        """
        for resource in ("", "streamer", "acct:", "acct:@", "acct:a@b@c", "mailto:a@b", "x" * 2000):
            self.assertRaises(InvalidResource, check_resource, resource, ACCOUNT)

    @fuzz(deadline=None)
    @given(st.text(max_size=100))
    def test_anything(self, resource: str) -> None:
        """
        Whatever is asked for, it is told apart.
        """
        try:
            check_resource(resource, ACCOUNT)
        except (InvalidResource, NoSuchResource):
            return
        self.assertIn("live.example", resource.lower())


class AccountTests(SynchronousTestCase):
    """
    Whether there is an account.
    """

    def test_needs(self) -> None:
        """
        It must be switched on, and have a URL of https; any port will do.
        """
        settings = make_settings()
        account = account_of(settings)
        assert account is not None
        self.assertEqual(account.handle, "streamer@live.example")
        for url, handle in (
            ("https://live.example:8443", "streamer@live.example:8443"),
            ("https://Live.example:443", "streamer@live.example"),
            ("http://live.example", None),
            ("", None),
        ):
            settings.set(catalogue.SERVER_URL, url)
            found = account_of(settings)
            self.assertEqual(None if found is None else found.handle, handle, url)
        settings.set(catalogue.SERVER_URL, URL)
        settings.set(catalogue.FEDERATION_ENABLED, False)
        self.assertIsNone(account_of(settings))


class DiscoveryTests(AccountTestCase):
    """
    The documents about the server.
    """

    def test_off(self) -> None:
        """
        Without an account nothing is there: while it is off, or without a fitting URL.
        """
        cases: tuple[tuple[Setting[Any], object, str], ...] = (
            (catalogue.FEDERATION_ENABLED, False, "off"),
            (catalogue.SERVER_URL, "http://live.example", "https://"),
        )
        for setting, value, word in cases:
            before = self.settings.get(setting)
            self.set(setting, value)
            for path in EVERYTHING:
                answer = self.get(path)
                self.assertEqual(answer.code, 404, path)
                self.assertIn(word, json.loads(answer.body)["message"])
            self.set(setting, before)

    def test_on(self) -> None:
        """
        With one, everything is; who has it already is told so; nothing is for one origin alone.
        """
        for path in EVERYTHING:
            answer = self.get(path)
            self.assertEqual(answer.code, 200, path)
            self.assertIn("max-age=", answer.header("Cache-Control") or "", path)
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*", path)
            tag = answer.header("ETag")
            assert tag is not None
            again = self.ask(path, headers={"If-None-Match": tag})
            self.assertEqual((again.code, again.body), (304, b""), path)
            self.assertEqual(self.ask(path, "HEAD").code, 200, path)

    def test_webfinger(self) -> None:
        """
        The account, where it is and how it looks.
        """
        answer = self.get("/.well-known/webfinger?resource=acct%3Astreamer%40live.example")
        self.assertEqual(answer.header("Content-Type"), "application/jrd+json")
        document = json.loads(answer.body)
        self.assertEqual(document["subject"], "acct:streamer@live.example")
        self.assertIn(f"{URL}{USER}", document["aliases"])
        links = {link["rel"]: link for link in document["links"]}
        self.assertEqual(
            links["self"],
            {"rel": "self", "type": "application/activity+json", "href": f"{URL}{USER}"},
        )
        self.assertEqual(
            links["alternate"],
            {
                "rel": "alternate",
                "type": "application/x-mpegURL",
                "href": f"{URL}/hls/stream.m3u8",
            },
        )
        self.assertEqual(links["http://webfinger.net/rel/avatar"]["type"], "image/png")

    def test_webfinger_refusals(self) -> None:
        """
        What cannot be asked for is told apart from what is not here.
        """
        base = "/.well-known/webfinger"
        for query, code in (
            ("", 400),
            ("?resource=", 400),
            ("?resource=%ff", 400),
            ("?resource=acct:a", 400),
            ("?resource=acct:a@live.example&resource=acct:b@live.example", 400),
            ("?resource=acct:nobody@live.example", 404),
            ("?resource=acct:streamer@elsewhere.example", 404),
        ):
            self.assertEqual(self.get(base + query).code, code, query)

    def test_host_meta(self) -> None:
        """
        XML that leads to webfinger.
        """
        answer = self.get("/.well-known/host-meta")
        self.assertEqual(answer.header("Content-Type"), "application/xrd+xml")
        self.assertIn(
            f'template="{URL}/.well-known/webfinger?resource={{uri}}"', answer.body.decode()
        )

    def test_nodeinfo(self) -> None:
        """
        Each version that is linked is there, under the type that it should have.
        """
        links = self.document("/.well-known/nodeinfo")["links"]
        self.assertEqual(len(links), 2)
        for each in links:
            answer = self.get(each["href"].removeprefix(URL))
            version = each["rel"].rpartition("/")[2]
            self.assertEqual(
                answer.header("Content-Type"),
                'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/'
                f'{version}#"',
            )
            document = json.loads(answer.body)
            self.assertEqual(document["version"], version)
            # The schemas allow nothing else on top.
            self.assertEqual(
                sorted(document),
                [
                    *("metadata", "openRegistrations", "protocols", "services", "software"),
                    *("usage", "version"),
                ],
            )
            self.assertEqual(document["software"]["name"], "owncastd")
            self.assertIs(document["metadata"]["chat_enabled"], True)
        self.assertEqual(self.get("/nodeinfo/1.0").code, 404)

    def test_posts_are_counted(self) -> None:
        """
        Posts count, other activities do not.
        """
        add(self, "a")
        self.successResultOf(
            self.database.write(
                outbox_rows.insert, Published(f"{URL}/federation/b", "Accept", {}, DAY)
            )
        )
        self.assertEqual(self.document("/nodeinfo/2.0")["usage"]["localPosts"], 1)
        self.assertEqual(self.document("/.well-known/x-nodeinfo2")["usage"]["localPosts"], 1)
        self.assertEqual(self.document("/api/v1/instance")["stats"]["status_count"], 1)


class ActorTests(AccountTestCase):
    """
    The actor.
    """

    def test_actor(self) -> None:
        """
        It has all that others need, its lists as lists, and terms that need no look-up.
        """
        self.set(catalogue.SERVER_NAME, "A & B")
        self.set(catalogue.SERVER_SUMMARY, "<b>1 < 2</b>")
        self.set(catalogue.SERVER_TAGS, ("live", "just chatting", "!!"))
        self.set(
            catalogue.SOCIAL_HANDLES,
            (SocialHandle("github", "https://code.example/?a&b"), SocialHandle("xmpp", "xmpp:a@b")),
        )
        self.set(catalogue.SERVER_STARTED_AT, "2026-01-02T03:04:05Z")
        answer = self.get(USER)
        self.assertEqual(answer.header("Content-Type"), "application/activity+json")
        document = json.loads(answer.body)
        context = document["@context"]
        self.assertEqual(
            context[:2], ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
        )
        self.assertEqual(context[2]["discoverable"], "toot:discoverable")
        actor = f"{URL}{USER}"
        for name, value in {
            "id": actor,
            "type": "Service",
            "preferredUsername": "streamer",
            "name": "A & B",
            "summary": "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>",
            "inbox": f"{actor}/inbox",
            "outbox": f"{actor}/outbox",
            "followers": f"{actor}/followers",
            "following": f"{actor}/following",
            "featured": f"{actor}/featured",
            "endpoints": {"sharedInbox": f"{URL}/federation/inbox"},
            "manuallyApprovesFollowers": False,
            "published": "2026-01-02T03:04:05Z",
            "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": PEM},
        }.items():
            self.assertEqual(document[name], value, name)
        self.assertEqual(
            [(each["name"], each["type"]) for each in document["attachment"]],
            [("Stream", "PropertyValue"), ("GitHub", "PropertyValue")],
        )
        self.assertIn('href="https://code.example/?a&amp;b"', document["attachment"][1]["value"])
        self.assertEqual([tag["name"] for tag in document["tag"]], ["#live", "#justchatting"])
        self.assertEqual(document["icon"]["mediaType"], "image/png")

    def test_private(self) -> None:
        """
        A private account says that it looks at who wants to follow.
        """
        self.set(catalogue.FEDERATION_PRIVATE, True)
        self.assertIs(self.document(USER)["manuallyApprovesFollowers"], True)

    def test_pages(self) -> None:
        """
        A browser is led to the stream; caches are told on what it depends.
        """
        answer = self.get(USER, "text/html,*/*;q=0.8")
        self.assertEqual((answer.code, answer.header("Location")), (307, "/"))
        self.assertIn("Accept", answer.header("Vary") or "")
        self.assertEqual(self.get(USER, "application/ld+json").code, 200)

    def test_others(self) -> None:
        """
        Nobody else is here; what is below the actor must be known.
        """
        for path in (
            "/federation/user/other",
            "/federation/user/other/outbox",
            f"{USER}/nothing",
            f"{USER}/outbox/1",
            "/federation/user",
            "/federation/user/",
        ):
            self.assertEqual(self.get(path).code, 404, path)
        self.assertEqual(self.ask(USER, "PUT").code, 405)


def add(case: AccountTestCase, name: str, *, live: bool = False, private: bool = False) -> Document:
    """
    Publish a post.
    """
    count = len(case.execute("SELECT iri FROM federation_outbox"))
    created = DAY + timedelta(minutes=count)
    iri = f"{URL}/federation/{name}"
    document = note(ACCOUNT, iri, f"<p>{name}</p>", ["a"], created, private)
    published = Published(iri, "Note", document, created, live)
    case.successResultOf(case.database.write(outbox_rows.insert, published))
    return document


class CollectionTests(AccountTestCase):
    """
    The outbox and the followers.
    """

    def test_empty(self) -> None:
        """
        An empty collection has one empty page.
        """
        for name in ("outbox", "followers"):
            iri = f"{URL}{USER}/{name}"
            document = self.document(f"{USER}/{name}")
            document.pop("@context")
            self.assertEqual(
                document,
                {
                    "id": iri,
                    "type": "OrderedCollection",
                    "totalItems": 0,
                    "first": f"{iri}?page=1",
                    "last": f"{iri}?page=1",
                },
            )
            self.assertEqual(self.document(f"{USER}/{name}?page=1")["orderedItems"], [])
        self.assertEqual(self.document(f"{USER}/following")["orderedItems"], [])

    def test_outbox(self) -> None:
        """
        The activities that brought the posts, the newest first, page by page.
        """
        for number in range(PAGE_SIZE + 1):
            add(self, f"n{number}")
        iri = f"{URL}{USER}/outbox"
        first = self.document(f"{USER}/outbox?page=1")
        self.assertEqual((first["next"], first["partOf"]), (f"{iri}?page=2", iri))
        self.assertNotIn("prev", first)
        self.assertEqual(len(first["orderedItems"]), PAGE_SIZE)
        newest = first["orderedItems"][0]
        self.assertEqual((newest["type"], newest["to"]), ("Create", [PUBLIC]))
        self.assertEqual(newest["object"]["content"], f"<p>n{PAGE_SIZE}</p>")
        second = self.document(f"{USER}/outbox?page=2")
        self.assertEqual(second["prev"], f"{iri}?page=1")
        self.assertNotIn("next", second)
        self.assertEqual(
            [each["object"]["id"] for each in second["orderedItems"]], [f"{URL}/federation/n0"]
        )
        self.assertEqual(self.document(f"{USER}/outbox")["totalItems"], PAGE_SIZE + 1)

    def test_followers(self) -> None:
        """
        Those who were approved.
        """
        self.add_follower()
        self.add_follower("https://peer.example/users/eve", approved_at=None)
        self.assertEqual(self.document(f"{USER}/followers")["totalItems"], 1)
        self.assertEqual(self.document(f"{USER}/followers?page=1")["orderedItems"], [BOB])

    def test_private(self) -> None:
        """
        A private account shows how many, and no page.
        """
        add(self, "a", private=True)
        self.add_follower()
        self.set(catalogue.FEDERATION_PRIVATE, True)
        for name in ("outbox", "followers"):
            document = self.document(f"{USER}/{name}")
            self.assertEqual(document["totalItems"], 1)
            self.assertNotIn("first", document)
            self.assertEqual(self.get(f"{USER}/{name}?page=1").code, 404)

    def test_private_no_more(self) -> None:
        """
        What was for followers alone stays so.
        """
        add(self, "a", private=True)
        add(self, "b")
        items = self.document(f"{USER}/outbox?page=1")["orderedItems"]
        self.assertEqual([each["object"]["id"] for each in items], [f"{URL}/federation/b"])
        self.assertEqual(self.get("/federation/a").code, 404)

    def test_no_such_page(self) -> None:
        """
        What is no number of a page is not there.
        """
        for number in ("0", "-1", "x", "2", "1.5", "9" * 50, "%00", ""):
            self.assertEqual(self.get(f"{USER}/outbox?page={number}").code, 404, number)
        self.assertRaises(NoSuchPage, page_number, "\u0661")

    def test_featured(self) -> None:
        """
        The post that told of the stream, while it is on.
        """
        add(self, "a", live=True)
        add(self, "b")
        self.assertEqual(self.document(f"{USER}/featured")["orderedItems"], [])
        self.status.status = LIVE
        (pinned,) = self.document(f"{USER}/featured")["orderedItems"]
        self.assertEqual(pinned["id"], f"{URL}/federation/a")


class ObjectTests(AccountTestCase):
    """
    What was published, by its address.
    """

    def test_note(self) -> None:
        """
        A post, and the activity that brought it, each under its own address.
        """
        post = add(self, "a")
        document = self.document("/federation/a")
        self.assertEqual({**document, "@context": None}, {**post, "@context": None})
        self.assertTrue(is_public(document))
        brought = self.document("/federation/a/activity")
        self.assertEqual(brought["id"], f"{URL}/federation/a/activity")
        self.assertEqual(brought["object"], post)
        self.assertEqual(brought["actor"], post["attributedTo"])

    def test_absent(self) -> None:
        """
        What is not there, or no post.
        """
        accepted = {"id": f"{URL}/federation/c", "type": "Accept"}
        self.successResultOf(
            self.database.write(
                outbox_rows.insert, Published(accepted["id"], "Accept", accepted, DAY)
            )
        )
        self.assertEqual(self.document("/federation/c")["type"], "Accept")
        for path in ("/federation/b", "/federation/c/activity", "/federation/" + "x" * 200):
            self.assertEqual(self.get(path).code, 404, path)

    def test_deleted(self) -> None:
        """
        Of a deleted post there is a tombstone, and it is gone from the outbox.
        """
        left = tombstone(add(self, "a"), DAY)
        self.successResultOf(
            self.database.write(outbox_rows.insert, Published(left["id"], "Tombstone", left, DAY))
        )
        answer = self.get("/federation/a")
        self.assertEqual((answer.code, json.loads(answer.body)["type"]), (410, "Tombstone"))
        self.assertEqual(self.get("/federation/a/activity").code, 404)
        self.assertEqual(self.document(f"{USER}/outbox")["totalItems"], 0)

    def test_of_another_server(self) -> None:
        """
        Posts that moved in are served as they are, single values and all.
        """
        old = {
            "id": f"{URL}/federation/old",
            "type": "Note",
            "attributedTo": f"{URL}{USER}",
            "to": PUBLIC,
            "content": "x",
        }
        published = Published(old["id"], "Note", dict(old), DAY, True)
        self.successResultOf(self.database.write(outbox_rows.insert, published))
        self.assertEqual(self.document("/federation/old")["content"], "x")
        (item,) = self.document(f"{USER}/outbox?page=1")["orderedItems"]
        self.assertEqual(item["to"], [PUBLIC])
        self.assertEqual(create(dict(old))["object"]["content"], "x")
