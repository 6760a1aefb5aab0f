"""
How much a visitor has to fetch before the page is whole.
"""

import gzip
import re

from owncastd.settings import catalogue
from owncastd.web.documents import PublicDocuments
from owncastd.web.modules import PLAYBACK, needed_by

from .support import LIVE, SiteTestCase
from .test_page import Elements

#: Bytes of the page while there is no stream, compressed, with all that it names.
BUDGET = 120_000
PAGES = ("/", "/embed/video/", "/embed/chat/readonly/", "/embed/chat/readwrite/")


class WeightTests(SiteTestCase):
    """
    Of the pages for viewers.
    """

    def setUp(self) -> None:
        """
        Build a site with a chat.
        """
        super().setUp()
        documents = PublicDocuments(self.clock, self.status, self.settings, has_chat=True)
        self.root = self.make_root(documents)

    def named(self, path: str) -> tuple[Elements, list[str]]:
        """
        A page, and the addresses of everything that it makes a browser fetch at once.
        """
        page = Elements(self.ask(path).body.decode())
        kinds = ("stylesheet", "modulepreload", "icon", "manifest")
        names = [link["href"] or "" for link in page.attributes("link") if link["rel"] in kinds]
        names += [script["src"] or "" for script in page.attributes("script") if "src" in script]
        names += [image["src"] or "" for image in page.attributes("img")]
        return page, list(dict.fromkeys(names))

    def test_budget(self) -> None:
        """
        Without a stream the whole page, its picture included, is small.
        """
        self.set(catalogue.SERVER_URL, "https://live.example")
        self.set(catalogue.FEDERATION_ENABLED, True)
        _, names = self.named("/")
        names += ["/", "/offline-image", "/api/chat"]
        sizes = {}
        for name in names:
            answer = self.ask(name, headers={"Accept-Encoding": "gzip"})
            coded = answer.header("Content-Encoding") == "gzip"
            text = (answer.header("Content-Type") or "").startswith("text/html")
            # A front server compresses the page itself.
            body = answer.body if coded or not text else gzip.compress(answer.body)
            sizes[name.rpartition("/")[2] or name] = len(body)
        self.assertNotIn("hls.min.mjs", sizes)
        self.assertLess(sum(sizes.values()), BUDGET, sizes)

    def test_needed(self) -> None:
        """
        Imports of imports are found, whatever they look like; those that come later are not.
        """
        modules = needed_by("page.js")
        self.assertEqual(modules[0], "page.js")
        self.assertIn("latency.js", modules)
        self.assertIn("icons.js", modules)
        self.assertNotIn("page/share.js", modules)
        self.assertNotIn(PLAYBACK, modules)
        # In several lines.
        self.assertIn("viewing.js", needed_by("embed.js"))

    def test_nothing_is_found_late(self) -> None:
        """
        A page names every module that it needs, so that a browser fetches all of them at once; and
        none that it does not need.
        """
        self.status.status = LIVE
        for path in PAGES:
            page, names = self.named(path)
            own = [re.sub(r"\A/assets/\w+/", "", name) for name in names]
            entries = [
                re.sub(r"\A/assets/\w+/", "", script["src"] or "")
                for script in page.attributes("script")
                if script.get("type") == "module"
            ]
            modules = {name for name in own if name.endswith((".js", ".mjs"))}
            modules -= {name for name in modules if name.startswith("languages/")}
            self.assertEqual(modules - {PLAYBACK}, set(needed_by(*entries)), path)
