"""
oEmbed.
"""

import json
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from owncastd.settings import catalogue
from owncastd.web.oembed import fitted

from .support import Answer, SiteTestCase
from .test_page import HOSTILE, Elements

OURS = "http://stream.example/"


class OEmbedTests(SiteTestCase):
    """
    How other sites show the player.
    """

    def describe(self, url: str = OURS, more: str = "") -> Answer:
        """
        Ask for the description of a link.
        """
        return self.ask(f"/oembed?url={quote(url, safe='')}{more}")

    def test_document(self) -> None:
        """
        A video of version 1.0, with the player in a frame.
        """
        self.set(catalogue.SERVER_NAME, HOSTILE)
        answer = self.describe()
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "application/json")
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
        document = json.loads(answer.body)
        self.assertEqual((document["type"], document["version"]), ("video", "1.0"))
        self.assertEqual(document["provider_url"], OURS)
        self.assertEqual((document["width"], document["height"]), (560, 315))
        elements = Elements(document["html"])
        self.assertEqual([name for name, _ in elements.tags], ["iframe"])
        (frame,) = elements.attributes("iframe")
        self.assertEqual(frame["src"], "http://stream.example/embed/video/")
        self.assertEqual(frame["title"], HOSTILE)
        self.assertEqual((frame["width"], frame["height"]), ("560", "315"))

    def test_discovery(self) -> None:
        """
        The page names the endpoint, and the endpoint knows the page.
        """
        for url in ("", "https://tv.example"):
            self.set(catalogue.SERVER_URL, url)
            links = Elements(self.ask("/").body.decode()).attributes("link")
            (found,) = [each for each in links if each.get("type") == "application/json+oembed"]
            address = (found["href"] or "").removeprefix(url or "http://stream.example")
            self.assertEqual(self.ask(address).code, 200, address)

    def test_links(self) -> None:
        """
        Links to the stream are known, with either scheme; all others are refused.
        """
        for url in (OURS, "https://stream.example", "http://STREAM.example/embed/video/?x=1"):
            self.assertEqual(self.describe(url).code, 200, url)
        for url in (
            *("", "/", "http://evil.example/", "http://stream.example.evil/", "javascript:x"),
            *("http://stream.example:81/", "http://stream.example/admin/", "http://[x"),
        ):
            self.assertEqual(self.describe(url).code, 404, url)
        self.assertEqual(self.ask("/oembed").code, 404)

    def test_format(self) -> None:
        """
        XML is not provided.
        """
        self.assertEqual(self.describe(more="&format=json").code, 200)
        self.assertEqual(self.describe(more="&format=xml").code, 501)

    def test_size(self) -> None:
        """
        No larger than asked for, in the same shape.
        """
        for bounds, size in (
            (("280", ""), (280, 157)),
            (("", "90"), (160, 90)),
            (("280", "90"), (160, 90)),
            (("9999", "9999"), (560, 315)),
            (("0", "0"), (1, 1)),
            (("-5", "x"), (560, 315)),
            (("\u0661", "9" * 9999), (560, 315)),
        ):
            self.assertEqual(fitted(*bounds), size, bounds)

    @settings(max_examples=100, deadline=None)
    @given(
        st.text(alphabet="url=http://stream.example&format=json%maxwidth0123\u00e9", max_size=80)
    )
    def test_any_query(self, query: str) -> None:
        """
        Any query has an answer.
        """
        self.assertIn(self.ask(f"/oembed?{quote(query, safe='%&=')}").code, (200, 404, 501))
