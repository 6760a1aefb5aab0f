"""
The player in a frame, and who may frame what.
"""

import json
import re

from attrs import evolve

from owncastd.interfaces import StreamState
from owncastd.settings import catalogue

from .support import LIVE, SiteTestCase
from .test_page import HOSTILE, Elements

EMBEDDED = "/embed/video/"


class EmbeddedVideoTests(SiteTestCase):
    """
    The player alone.
    """

    def page(self, query: str = "") -> Elements:
        """
        The parsed page.
        """
        answer = self.ask(EMBEDDED + query)
        self.assertEqual(answer.code, 200)
        return Elements(answer.body.decode())

    def test_addresses(self) -> None:
        """
        Without its slash it is moved, query included; below it there is nothing.
        """
        moved = self.ask("/embed/video?initiallyMuted=true")
        self.assertEqual(moved.code, 301)
        self.assertEqual(moved.header("Location"), "/embed/video/?initiallyMuted=true")
        self.assertEqual(self.ask("/embed/video/index.html").code, 200)
        for path in ("/embed/", "/embed/video/x", "/embed/other/"):
            self.assertEqual(self.ask(path).code, 404, path)
        self.assertEqual(self.ask(EMBEDDED, "POST").code, 405)

    def test_headers(self) -> None:
        """
        Any site may frame it; scripts only with the nonce.
        """
        answer = self.ask(EMBEDDED)
        self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=0")
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        policy = answer.header("Content-Security-Policy") or ""
        self.assertTrue(policy.endswith("frame-ancestors *"), policy)
        self.assertIsNone(answer.header("X-Frame-Options"))
        nonce = policy.split("'")[1].removeprefix("nonce-")
        for script in Elements(answer.body.decode()).attributes("script"):
            self.assertEqual(script["nonce"], nonce)

    def test_muted(self) -> None:
        """
        It begins muted if the other site wants it so.
        """
        for query, muted in (
            ("", False),
            ("?initiallyMuted=true", True),
            ("?supportsSocialFollow=false&initiallyMuted=true", True),
            ("?initiallyMuted=false", False),
            ("?initiallyMuted", False),
            ("?" + "&".join("a" * 100), False),
            ("?%ff=%ff", False),
        ):
            (player,) = self.page(query).attributes("owncast-player")
            self.assertEqual("data-muted" in player, muted, query)

    def test_follow(self) -> None:
        """
        It offers to follow the stream where it can be followed, unless the other site does not want
        that.
        """
        follow = {"href": "/#follow"}
        self.assertFalse([a for a in self.page().attributes("a") if follow.items() <= a.items()])
        self.set(catalogue.SERVER_URL, "https://live.example")
        self.set(catalogue.FEDERATION_ENABLED, True)
        for query, offered in (("", True), ("?supportsSocialFollow=false", False)):
            links = self.page(query).attributes("a")
            found = any(follow.items() <= link.items() for link in links)
            self.assertEqual(found, offered, query)

    def test_state(self) -> None:
        """
        It brings the status, and says what there is to say.
        """
        for status, phase in (
            (self.status.status, "offline"),
            (LIVE, "live"),
            (evolve(LIVE, state=StreamState.INTERRUPTED), "interrupted"),
        ):
            self.status.status = status
            page = self.page()
            (player,) = page.attributes("owncast-player")
            self.assertEqual(player["data-phase"], phase)
            literal = re.search(r"statusHydration = (\".*\");", page.raw["script"][0])
            assert literal is not None
            self.assertEqual(
                json.loads(json.loads(literal[1])), json.loads(self.ask("/api/status").body)
            )

    def test_texts(self) -> None:
        """
        No text of the settings becomes an element, and the administrator's script is not for
        other sites' pages.
        """
        harmless = [name for name, _ in self.page().tags]
        self.set(catalogue.SERVER_NAME, HOSTILE)
        self.set(catalogue.CUSTOM_JAVASCRIPT, "alert(1)")
        self.assertEqual([name for name, _ in self.page().tags], harmless)

    def test_all_it_names_is_there(self) -> None:
        """
        Every file of ours that it loads exists, except for what is fetched at build time.
        """
        page = self.page()
        named = [link["href"] or "" for link in page.attributes("link")]
        named += [script["src"] or "" for script in page.attributes("script") if "src" in script]
        named += [image["src"] or "" for image in page.attributes("img")]
        self.assertTrue(any(name.endswith("/embed.js") for name in named))
        for name in named:
            if "/vendor/" not in name:
                path = name.removeprefix("http://stream.example")
                self.assertEqual(self.ask(path).code, 200, path)


class FramingTests(SiteTestCase):
    """
    Everything else stays out of frames.
    """

    def test_not_framed(self) -> None:
        """
        Pages, files, answers of the API, refusals and redirects.
        """
        for path in ("/", "/page.js", "/logo", "/api/status", "/nothing", "/hls", "/manifest.json"):
            answer = self.ask(path)
            self.assertEqual(answer.header("X-Frame-Options"), "DENY", path)
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff", path)
            self.assertIn("camera=()", answer.header("Permissions-Policy") or "")
            self.assertIn("origin", answer.header("Referrer-Policy") or "")
        policy = self.ask("/").header("Content-Security-Policy") or ""
        self.assertTrue(policy.endswith("frame-ancestors 'none'"), policy)

    def test_script_of_the_administrator(self) -> None:
        """
        Only where there is one, it may load others.
        """
        for script, loads in (("", False), ("track()", True)):
            self.set(catalogue.CUSTOM_JAVASCRIPT, script)
            policy = self.ask("/").header("Content-Security-Policy") or ""
            self.assertEqual("'strict-dynamic'" in policy, loads)
