"""
The chat beside the player, and alone in a frame.
"""

import json
import re
from collections.abc import Sequence

from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.web.documents import PublicDocuments
from owncastd.web.routes import READ, Guard, route

from .support import SiteTestCase
from .test_page import HOSTILE, Elements

READABLE, WRITABLE = "/embed/chat/readonly/", "/embed/chat/readwrite/"


class PictureAPI:
    """
    Has routes where pictures of ours are.
    """

    @route(READ, "/img/emoji/<path:name>", Guard.NOBODY)
    def emoji(self, request: IRequest, name: str) -> dict[str, str]:
        """
        What it was asked for.
        """
        return {"name": name}


class ChatCase(SiteTestCase):
    """
    A site with a chat.
    """

    def setUp(self) -> None:
        """
        Build it.
        """
        super().setUp()
        documents = PublicDocuments(self.clock, self.status, self.settings, has_chat=True)
        self.root = self.make_root(documents)

    def rooms(self) -> Sequence[object]:
        """
        With routes below the name of our own pictures.
        """
        return [PictureAPI()]

    def page(self, path: str) -> Elements:
        """
        A parsed page.
        """
        answer = self.ask(path)
        self.assertEqual(answer.code, 200)
        return Elements(answer.body.decode())


class EmbeddedChatTests(ChatCase):
    """
    The chat alone.
    """

    def test_addresses(self) -> None:
        """
        The short address leads to the one that is only read; each has a slash at its end.
        """
        for short in ("/embed/chat", "/embed/chat/"):
            moved = self.ask(short)
            self.assertEqual(moved.code, 307)
            self.assertEqual(moved.header("Location"), "/embed/chat/readonly")
        for path in (READABLE, WRITABLE):
            moved = self.ask(f"{path[:-1]}?a=b")
            self.assertEqual((moved.code, moved.header("Location")), (301, f"{path}?a=b"))
            self.assertEqual(self.ask(f"{path}index.html").code, 200)
            self.assertEqual(self.ask(f"{path}x").code, 404)
            self.assertEqual(self.ask(path, "POST").code, 405)

    def test_headers(self) -> None:
        """
        Any site may frame it; scripts only with the nonce.
        """
        for path in (READABLE, WRITABLE):
            answer = self.ask(path)
            self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=0")
            self.assertIsNone(answer.header("X-Frame-Options"))
            policy = answer.header("Content-Security-Policy") or ""
            self.assertTrue(policy.endswith("frame-ancestors *"), policy)
            nonce = policy.split("'")[1].removeprefix("nonce-")
            for script in Elements(answer.body.decode()).attributes("script"):
                self.assertEqual(script["nonce"], nonce)

    def test_writable(self) -> None:
        """
        Only one of the two can be written in.
        """
        self.assertEqual(self.page(READABLE).attributes("owncast-chat"), [{"data-readonly": None}])
        self.assertEqual(self.page(WRITABLE).attributes("owncast-chat"), [{}])

    def test_delivered(self) -> None:
        """
        It brings the configuration, the administrator's styles, and no script of theirs.
        """
        self.set(catalogue.SERVER_NAME, HOSTILE)
        self.set(catalogue.CUSTOM_STYLES, "b { color: red }")
        self.set(catalogue.CUSTOM_JAVASCRIPT, "alert(1)")
        page = self.page(WRITABLE)
        literal = re.search(r"window\.configHydration = (\".*\");", page.raw["script"][0])
        assert literal is not None
        config = json.loads(json.loads(literal[1]))
        self.assertEqual(config, json.loads(self.ask("/api/config").body))
        self.assertIn("b { color: red }", page.raw["style"][0])
        self.assertNotIn(
            "/customjavascript", [each.get("src") for each in page.attributes("script")]
        )

    def test_all_it_names_is_there(self) -> None:
        """
        Every file that it loads exists.
        """
        page = self.page(WRITABLE)
        named = [link["href"] for link in page.attributes("link")]
        named += [script["src"] for script in page.attributes("script") if "src" in script]
        self.assertGreater(len(named), 10)
        for path in named:
            assert path is not None
            if not path.startswith("/manifest"):
                self.assertEqual(self.ask(path).code, 200, path)


class PageTests(ChatCase):
    """
    The chat on the page.
    """

    def test_beside_the_player(self) -> None:
        """
        It is there, with its style sheet and its script before the page's own.
        """
        page = self.page("/")
        self.assertEqual(page.attributes("owncast-chat"), [{"id": "chat"}])
        scripts = [script.get("src") or "" for script in page.attributes("script")]
        panel, own = (
            next(place for place, source in enumerate(scripts) if source.endswith(name))
            for name in ("/chat/panel.js", "/page.js")
        )
        self.assertLess(panel, own)

    def test_switched_off(self) -> None:
        """
        Without a chat nothing of it is loaded.
        """
        self.set(catalogue.CHAT_DISABLED, True)
        html = self.ask("/").body.decode()
        self.assertNotIn("owncast-chat", html)
        self.assertNotIn("/chat/", html)

    def test_pictures(self) -> None:
        """
        Our own pictures are served although routes have addresses beside theirs.
        """
        ours = self.ask("/img/platformlogos/github.svg")
        self.assertEqual(ours.header("Content-Type"), "image/svg+xml")
        self.assertEqual(json.loads(self.ask("/img/emoji/a/b.png").body), {"name": "a/b.png"})
        self.assertEqual(self.ask("/img/nothing.svg").code, 404)
