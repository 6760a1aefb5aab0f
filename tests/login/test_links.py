"""
Links in heads and pages, and what is found by them.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.login.discovery import MAX_REDIRECTS, Authorization, Discovery, NotSupported
from owncastd.login.link_header import MAX_LINKS, Link, parse_links
from owncastd.login.page_links import MAX_PAGE, page_links
from owncastd.net.errors import BadURL, OutgoingError
from owncastd.threads import immediately

from .web_of_pages import Pages

ME = "https://me.example/"
AUTH = "https://auth.example/"
ENDPOINT = f"{AUTH}authorize"
RELATIONS = frozenset({"authorization_endpoint"})


def link(target: str, *relations: str) -> Link:
    """
    A link.
    """
    return Link(target, frozenset(relations))


class LinkHeaderTests(SynchronousTestCase):
    """
    RFC 8288.
    """

    def test_links(self) -> None:
        """
        Every spelling that the grammar allows, and some that it does not.
        """
        for value, expected in (
            ("<https://a/>; rel=x", [link("https://a/", "x")]),
            ('<a>;REL="X  y"', [link("a", "x", "y")]),
            ('<a> ; rel = "x" ; rel="y"', [link("a", "x")]),
            ("<a>; rel=x, <b>; rel=y", [link("a", "x"), link("b", "y")]),
            ('<a>; title="b, <c>; rel=z"; rel=x', [link("a", "x")]),
            ('<a>; title="q\\"; rel=y"; rel=x', [link("a", "x")]),
            ("<a,b;c>; rel=x", [link("a,b;c", "x")]),
            ("<a>", [link("a")]),
            ("< a >;rel=x", [link("a", "x")]),
            ("<a>; rel", [link("a")]),
            ("<a>; junk junk, <b>; rel=y", [link("a"), link("b", "y")]),
            ('<a>; rel="x', [link("a", "x")]),
            ("<a; rel=x", []),
            ("", []),
            ("rel=x", []),
        ):
            self.assertEqual(list(parse_links([value])), expected, value)
        self.assertEqual(
            list(parse_links(["<a>; rel=x", "<b>; rel=y"])), [link("a", "x"), link("b", "y")]
        )

    def test_bounded(self) -> None:
        """
        Of very many links the first are taken.
        """
        self.assertEqual(len(parse_links(["<a>;rel=x," * 5_000])), MAX_LINKS)

    @given(st.lists(st.text(st.sampled_from('<>;,="\\ arel\t') | st.characters()), max_size=5))
    def test_whatever(self, values: list[str]) -> None:
        """
        Anything is read, or passed over.
        """
        for each in parse_links(values):
            self.assertNotIn(">", each.target)


class PageLinksTests(SynchronousTestCase):
    """
    HTML, as it is.
    """

    def test_links(self) -> None:
        """
        Those that are in a comment, in a script or in a text are none.
        """
        page = """<!doctype html><html><head>
        <!-- <link rel="authorization_endpoint" href="comment"> -->
        <script>"<link rel='authorization_endpoint' href='script'>"</script>
        <title><link rel=authorization_endpoint href=title></title>
        <LINK HREF=/a?x=1&amp;y=2 REL="Authorization_Endpoint other"/>
        <link rel="authorization_endpoint" href="b" href="c">
        <link rel="authorization_endpoint"><link href="d">
        </head><body><a rel=me href="https://other.example">me</a></body>"""
        base, links = page_links(page)
        self.assertIsNone(base)
        found = [each for each in links if "title" not in each.target]
        self.assertEqual(
            found,
            [
                link("/a?x=1&y=2", "authorization_endpoint", "other"),
                link("b", "authorization_endpoint"),
                link("https://other.example", "me"),
            ],
        )

    def test_base(self) -> None:
        """
        The first base counts.
        """
        base, _ = page_links('<base href="https://a.example/x/"><base href="y">')
        self.assertEqual(base, "https://a.example/x/")

    def test_long(self) -> None:
        """
        What comes after very much else is not looked for; what makes no sense ends the search.
        """
        late = "<link rel=x href=y>"
        self.assertEqual(page_links(" " * MAX_PAGE + late)[1], ())
        self.assertEqual(page_links(f"{late}<![{late}")[1], (link("y", "x"),))

    @fuzz(max_examples=200)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "<",
                    ">",
                    "<!--",
                    "-->",
                    "<![",
                    "<!",
                    "</",
                    "<link ",
                    "rel=x ",
                    "href='",
                    '"',
                    "&#",
                ]
            )
            | st.text(max_size=5),
            max_size=20,
        )
    )
    def test_whatever(self, pieces: list[str]) -> None:
        """
        Anything is read, or passed over.
        """
        _, links = page_links("".join(pieces))
        for each in links:
            self.assertTrue(each.relations)


class DiscoveryTests(SynchronousTestCase):
    """
    From a page to who knows whose it is.
    """

    def setUp(self) -> None:
        """
        Nothing is anywhere.
        """
        self.pages = Pages()
        self.discovery = Discovery(self.pages, immediately, plain_http=False)

    def find(self, url: str = ME) -> Deferred[Authorization]:
        """
        Find out who knows.
        """
        return Deferred.fromCoroutine(self.discovery.authorization(url))

    def found(self, url: str = ME) -> Authorization:
        """
        Who knows.
        """
        return self.successResultOf(self.find(url))

    def refused(self, kind: Any = NotSupported, url: str = ME) -> str:
        """
        Why nobody knows.
        """
        return str(self.failureResultOf(self.find(url), kind).value)

    def test_in_the_page(self) -> None:
        """
        The first link counts, relative to where the page is, or to its base.
        """
        for page, endpoint in (
            (
                "<a rel=authorization_endpoint href=/a>x</a>"
                "<link rel=authorization_endpoint href=/b>",
                "/a",
            ),
            ("<base href=/x/><link rel=authorization_endpoint href=a>", "/x/a"),
            ("<base href='javascript:x'><link rel=authorization_endpoint href=a>", "/a"),
            ("<a rel=authorization_endpoint href='?a'>x</a>", "/?a"),
        ):
            self.pages.put(ME, page)
            self.assertEqual(self.found(), Authorization(f"https://me.example{endpoint}"), page)

    def test_in_the_head(self) -> None:
        """
        The head of the answer counts more than the page.
        """
        self.pages.put(
            ME,
            "<link rel=authorization_endpoint href=/page>",
            link=f'<{ENDPOINT}>; rel="authorization_endpoint"',
        )
        self.assertEqual(self.found(), Authorization(ENDPOINT))

    def test_redirects(self) -> None:
        """
        Redirects are followed, and what is found is relative to where they lead; not without end,
        and not to where there is no TLS.
        """
        self.pages.put(ME, status=301, location="https://www.me.example/home")
        self.pages.put("https://www.me.example/home", "<link rel=authorization_endpoint href=auth>")
        self.assertEqual(self.found(), Authorization("https://www.me.example/auth"))
        self.pages.put(ME, status=302, location="http://www.me.example/")
        self.refused(BadURL)
        self.pages.put(ME, status=302, location=ME)
        self.pages.asked.clear()
        self.refused(OutgoingError)
        self.assertEqual(len(self.pages.asked), MAX_REDIRECTS + 1)

    def test_nothing(self) -> None:
        """
        A page that names nobody, or is not there.
        """
        self.pages.put(ME, "<p>Hello")
        self.refused()
        self.pages.put(ME, "<link rel=authorization_endpoint href=/a>", status=404)
        self.assertIn("404", self.refused(OutgoingError))
        self.refused(OutgoingError, "https://nobody.example/")
        for url in ("http://me.example/", "ftp://me.example/", "https://me:pw@me.example/", ""):
            self.refused(BadURL, url)

    def test_useless_endpoints(self) -> None:
        """
        Where nobody can be sent.
        """
        for endpoint in ("http://auth.example/", "javascript:alert(1)", "https://u:p@a.example/"):
            self.pages.put(ME, f"<link rel=authorization_endpoint href='{endpoint}'>")
            self.refused()

    def metadata(self, document: object, url: str = f"{AUTH}meta", **how: Any) -> None:
        """
        Let the page name metadata.
        """
        old = "<link rel=authorization_endpoint href=/old>"
        self.pages.put(ME, f"{old}<link rel=indieauth-metadata href='{url}'>")
        self.pages.put(url, json.dumps(document), **how)

    def test_metadata(self) -> None:
        """
        Metadata count more, and say who will have answered.
        """
        document: dict[str, object] = {"issuer": AUTH, "authorization_endpoint": ENDPOINT}
        self.metadata(document)
        self.assertEqual(self.found(), Authorization(ENDPOINT, AUTH, False))
        document["authorization_response_iss_parameter_supported"] = True
        document["code_challenge_methods_supported"] = ["S256"]
        self.metadata(document)
        self.assertEqual(self.found(), Authorization(ENDPOINT, AUTH, True))

    def test_bad_metadata(self) -> None:
        """
        Metadata of another one, or of a server that is not safe, are refused.
        """
        good: dict[str, object] = {"issuer": AUTH, "authorization_endpoint": ENDPOINT}
        for change in (
            {"issuer": None},
            {"issuer": 1},
            {"issuer": "https://evil.example/"},
            {"issuer": f"{AUTH}other"},
            {"issuer": f"{AUTH}?"},
            {"authorization_endpoint": None},
            {"authorization_endpoint": "http://auth.example/"},
            {"code_challenge_methods_supported": ["plain"]},
            {"code_challenge_methods_supported": "S256"},
        ):
            self.metadata({**good, **change})
            self.refused()
        for document in ('""', "[]", "{}", "{"):
            self.pages.put(f"{AUTH}meta", document)
            self.refused()
        self.metadata(good, status=500)
        self.refused()

    def test_without_tls(self) -> None:
        """
        In closed networks, pages may be without TLS.
        """
        self.discovery = Discovery(self.pages, immediately, plain_http=True)
        self.pages.put("http://127.0.0.1:8080/", "<link rel=authorization_endpoint href=/a>")
        self.assertEqual(
            self.found("http://127.0.0.1:8080"), Authorization("http://127.0.0.1:8080/a")
        )
