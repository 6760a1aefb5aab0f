"""
The page at C{/}.
"""

import json
import re
from html.parser import HTMLParser

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from owncastd.interfaces import StreamState
from owncastd.settings import catalogue
from owncastd.web.appearance import luminance, style_text
from owncastd.web.rendering import script_string

from .support import LIVE, SiteTestCase

HOSTILE = "</script></style><script>alert(1)</script><!-- \u2028 & \"'"


class Elements(HTMLParser):
    """
    Collects start tags, and the text of scripts and styles.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": [], "h1": []}
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        Note the tag.
        """
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """
        Note the end.
        """
        self._open = ""

    def handle_data(self, data: str) -> None:
        """
        Note the text.
        """
        if self._open in self.raw:
            self.raw[self._open][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """
        The attributes of all elements of a kind.
        """
        return [attrs for name, attrs in self.tags if name == tag]


class PageTests(SiteTestCase):
    """
    What a browser gets.
    """

    def page(self) -> Elements:
        """
        The parsed page.
        """
        return Elements(self.ask("/").body.decode())

    def hydration(self, name: str) -> object:
        """
        What a script would find in a hydration value.
        """
        script = self.page().raw["script"][0]
        literal = re.search(rf"window\.{name} = (\".*\");", script)
        assert literal is not None
        return json.loads(json.loads(literal[1]))

    def test_headers(self) -> None:
        """
        HTML, not kept, readable from anywhere, in no frame of others.
        """
        for path in ("/", "/index.html"):
            answer = self.ask(path)
            self.assertEqual(answer.code, 200)
            self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=0")
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertEqual(answer.header("X-Frame-Options"), "DENY")
            self.assertIsNone(answer.header("Server"))

    def test_policy(self) -> None:
        """
        The policy names a fresh long nonce, which every script of the page carries.
        """
        nonces = set()
        for _ in range(2):
            answer = self.ask("/")
            policy = answer.header("Content-Security-Policy")
            assert policy is not None
            self.assertRegex(
                policy, r"\Ascript-src 'nonce-[\w-]{22,}' 'self'; worker-src 'self' blob:;"
            )
            self.assertNotIn("unsafe", policy)
            nonce = policy.split("'")[1].removeprefix("nonce-")
            for script in Elements(answer.body.decode()).attributes("script"):
                self.assertEqual(script["nonce"], nonce)
            nonces.add(nonce)
        self.assertEqual(len(nonces), 2)

    def test_hydration(self) -> None:
        """
        The page brings the documents of the API, as JSON text in strings.
        """
        self.status.status = LIVE
        self.set(catalogue.STREAM_TITLE, HOSTILE)
        for name, path in (("configHydration", "/api/config"), ("statusHydration", "/api/status")):
            self.assertEqual(self.hydration(name), json.loads(self.ask(path).body), name)

    def test_hostile_texts(self) -> None:
        """
        Whatever the settings hold, the page has the same elements, and shows the text.
        """
        self.status.status = LIVE
        harmless = [name for name, _ in self.page().tags]
        for setting in (
            catalogue.STREAM_TITLE,
            catalogue.SERVER_NAME,
            catalogue.SERVER_SUMMARY,
        ):
            self.set(setting, HOSTILE)
            page = self.page()
            self.assertEqual([name for name, _ in page.tags], harmless, setting.key)
        self.assertEqual(page.raw["h1"][:1], [HOSTILE])

    def test_hostile_content(self) -> None:
        """
        The page content cannot bring scripts, nor anything else that runs.
        """
        scripts = len(self.page().attributes("script"))
        self.set(
            catalogue.EXTRA_PAGE_CONTENT,
            "<script>alert(1)</script>\n\n<img src=/x onerror=alert(1)>\n\n"
            "[a](javascript:alert(1))\n\n<iframe src=//evil.example></iframe>",
        )
        page = self.page()
        self.assertEqual(len(page.attributes("script")), scripts)
        self.assertEqual(page.attributes("iframe"), [])
        self.assertFalse(
            [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
        )
        for link in page.attributes("a"):
            self.assertFalse((link.get("href") or "").startswith("javascript:"))

    def test_styles(self) -> None:
        """
        Colours and style sheet of the administrator are in a style element, and stay there.
        """
        self.set(catalogue.APPEARANCE_VARIABLES, {"theme-color-action": "#123456"})
        self.set(catalogue.CUSTOM_STYLES, "a > b { color: red }</style><script>alert(1)</script>")
        page = self.page()
        [style] = page.raw["style"]
        self.assertIn("--theme-color-action: #123456;", style)
        self.assertIn("a > b { color: red }", style)
        self.assertIn("alert(1)", style)

    def test_links(self) -> None:
        """
        Profile links are marked as the owner's own; one that runs something is left out.
        """
        raw = [{"platform": "mastodon", "url": "https://social.example/@me"}]
        self.set(catalogue.SOCIAL_HANDLES, catalogue.SOCIAL_HANDLES.structure(raw))
        links = [link for link in self.page().attributes("a") if link.get("rel")]
        self.assertEqual(
            links,
            [
                {
                    "href": "https://social.example/@me",
                    "rel": "me noopener noreferrer",
                    "target": "_blank",
                }
            ],
        )

    def test_phases(self) -> None:
        """
        The page shows at once how the stream is.
        """
        cases = [
            (self.status.status, "offline", "The stream is offline"),
            (evolve(LIVE, online=False), "starting", "The stream is starting"),
            (LIVE, "live", ""),
            (
                evolve(LIVE, state=StreamState.INTERRUPTED),
                "interrupted",
                "The stream is coming back",
            ),
        ]
        for status, phase, notice in cases:
            self.status.status = status
            html = self.ask("/").body.decode()
            self.assertEqual(Elements(html).attributes("body")[0]["data-phase"], phase)
            self.assertIn(f'aria-live="polite">{notice}</p>', html)

    def test_title(self) -> None:
        """
        The heading is the title of the stream, and the server's name while there is none.
        """
        self.set(catalogue.SERVER_NAME, "Name")
        self.set(catalogue.STREAM_TITLE, "Title")
        self.assertEqual(self.page().raw["h1"][:1], ["Name"])
        self.status.status = LIVE
        self.assertEqual(self.page().raw["h1"][:1], ["Title"])
        self.set(catalogue.STREAM_TITLE, "")
        self.assertEqual(self.page().raw["h1"][:1], ["Name"])

    def test_all_it_names_is_there(self) -> None:
        """
        Every file of ours that the page loads exists, except for what is fetched at build time.
        """
        page = self.page()
        named = [
            (link["href"] or "").removeprefix("http://stream.example")
            for link in page.attributes("link")
            # Told to programs, and of another room.
            if link["rel"] not in ("indieauth-metadata", "authorization_endpoint")
        ]
        named += [script["src"] or "" for script in page.attributes("script") if "src" in script]
        named += [image["src"] or "" for image in page.attributes("img")]
        self.assertGreater(len(named), 5)
        for path in named:
            if "/vendor/" not in path:
                self.assertEqual(self.ask(path).code, 200, path)

    def test_players(self) -> None:
        """
        A player that was given the page's address is sent to the stream.
        """
        for agent in ("mpv 0.35", "VLC/3.0 LibVLC/3.0", "Some Player", "AppleCoreMedia/1.0"):
            answer = self.ask("/", headers={"User-Agent": agent})
            self.assertEqual(answer.code, 307, agent)
            self.assertEqual(answer.header("Location"), "/hls/stream.m3u8")
            self.assertEqual(answer.header("Vary"), "User-Agent")
        self.assertEqual(self.ask("/page.js", headers={"User-Agent": "mpv"}).code, 200)

    def test_head(self) -> None:
        """
        HEAD has the headers and no body.
        """
        answer = self.ask("/", "HEAD")
        self.assertEqual((answer.code, answer.body), (200, b""))
        self.assertGreater(int(answer.header("Content-Length") or 0), 1000)


class EscapingTests(SiteTestCase):
    """
    Texts within elements that have rules of their own.
    """

    @settings(max_examples=150, deadline=None)
    @given(st.text() | st.just(HOSTILE))
    def test_script_string(self, text: str) -> None:
        """
        Any text comes back from the literal, which has no sign that HTML knows.
        """
        literal = str(script_string({"title": text}))
        self.assertFalse(set(literal) & set("<>&\n\r\u2028\u2029"))
        self.assertEqual(json.loads(json.loads(literal)), {"title": text})

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="</style>script \\;{}!-", max_size=60))
    def test_style_text(self, text: str) -> None:
        """
        No text ends the element.
        """
        self.assertNotIn("</", style_text({"a": text, text: "b"}, text))

    def test_variables(self) -> None:
        """
        Only names and values that stay one declaration are taken.
        """
        self.assertEqual(
            style_text({"a-b": "1px", "c}": "x", "d": "red} body{", "e": "a;b", "f": " "}, ""),
            ":root {--a-b: 1px;}",
        )
        self.assertEqual(style_text({}, ""), "")
        self.assertEqual(style_text({}, "a {}"), "a {}")

    def test_schemes(self) -> None:
        """
        A page with a dark ground is dark for everybody, and so is a dark chat; what is written on
        a button can be read.
        """
        for color, scheme in (("#000", "dark"), ("#fafafa", "light"), ("#101316ff", "dark")):
            text = style_text({"theme-color-background-main": color}, "")
            self.assertIn(f":root {{color-scheme: {scheme};}}", text)
            text = style_text({"theme-color-components-chat-background": color}, "")
            self.assertIn(f"owncast-chat {{color-scheme: {scheme};}}", text)
        for color in ("red", "var(--x)", "#12", "#xyz"):
            self.assertIsNone(luminance(color), color)
            self.assertNotIn("scheme", style_text({"theme-color-background-main": color}, ""))
        bright = {"theme-color-action": "#ffff00"}
        self.assertIn("--on-accent: #000;", style_text(bright, ""))
        own = {**bright, "theme-color-components-primary-button-text": "#333"}
        self.assertNotIn("--on-accent", style_text(own, ""))
        self.assertIn("--on-accent: #fff;", style_text({"theme-color-action": "#123"}, ""))
        self.assertEqual((luminance("#000"), luminance("#fff")), (0, 1))
