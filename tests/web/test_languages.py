"""
Languages: complete catalogues, and the one that suits a visitor.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web.administration import MODULES
from owncastd.web.languages import ACCENTED, DEFAULT, MIRRORED, Text, languages, parts, scripts
from owncastd.web.modules import STATIC

from .support import SiteTestCase
from .test_page import Elements

TEMPLATES = STATIC.parent / "templates"
#: What a complete release has.
TRANSLATED = ("de", "en", "es")
#: A text that is asked for by its key, in scripts and in templates.
USE = re.compile(r"""\bt\(\s*["']([\w.]*\w)["']""")
#: Any text between quotes that could be a key: tables of keys are uses, too.
QUOTED = re.compile(r"""["'`]([a-z]\w*\.[\w.]+)["'`]""")
#: Prefixes of keys that a template puts together, with all that can follow.
COMPOSED = re.compile(r"""\bt\("([\w.]+\.)" ~ (\w+)""")
PAGES = ("/", "/embed/video/", "/embed/chat/readonly/", "/embed/chat/readwrite/")


def forms(text: Text) -> list[str]:
    """
    All forms of a text.
    """
    return [text] if isinstance(text, str) else list(text.values())


def places(text: Text) -> set[str]:
    """
    The places of a text; each of its forms may leave out the number.
    """
    found = [set(re.findall(r"\{(\w+)\}", form)) for form in forms(text)]
    return set.union(*found) - {"count"}


def sources() -> Iterator[tuple[Path, str]]:
    """
    Everything that may ask for a text by its whole key. The administrator's modules leave out where
    their keys begin; tests/web/test_administration.py looks at those.
    """
    for path in [*STATIC.rglob("*.js"), *TEMPLATES.glob("*.html")]:
        if not {"vendor", MODULES} & set(path.parts):
            yield path, path.read_text("utf-8")


class CatalogueTests(SynchronousTestCase):
    """
    The files.
    """

    def test_all_are_there(self) -> None:
        """
        Each part is in each language.
        """
        self.assertIn("", parts())
        for part, catalogues in parts().items():
            self.assertEqual(set(catalogues) - {ACCENTED, MIRRORED}, set(TRANSLATED), part)

    def test_same_keys_and_places(self) -> None:
        """
        All languages have the same keys in the same order, and each text has the same places.
        """
        for part, catalogues in parts().items():
            english = catalogues[DEFAULT]
            for tag, catalogue in catalogues.items():
                self.assertEqual(list(catalogue), list(english), f"{part} {tag}")
                for key, text in catalogue.items():
                    where = f"{part} {tag} {key}"
                    self.assertEqual(isinstance(text, str), isinstance(english[key], str), where)
                    self.assertEqual(places(text), places(english[key]), where)
                    self.assertTrue(all(form.strip() for form in forms(text)), where)
                    if not isinstance(text, str):
                        self.assertIn("other", text, where)

    def test_keys_are_unique(self) -> None:
        """
        No part has a key of another one: on the page they are one table.
        """
        keys = [key for catalogues in parts().values() for key in catalogues[DEFAULT]]
        self.assertEqual(sorted(set(keys)), sorted(keys))

    def test_uses(self) -> None:
        """
        Every key that is asked for exists, and every key is asked for somewhere.
        """
        known = {key for catalogues in parts().values() for key in catalogues[DEFAULT]}
        used = set()
        for path, text in sources():
            asked = set(USE.findall(text))
            self.assertEqual(asked - known, set(), path.name)
            used |= asked | (set(QUOTED.findall(text)) & known)
            for prefix, _ in COMPOSED.findall(text):
                composed = {key for key in known if key.startswith(prefix)}
                self.assertTrue(composed, f"{path.name} {prefix}")
                used |= composed
        ours = {key for key in known if not key.startswith("admin.")}
        # The languages call themselves something in Python.
        self.assertEqual(ours - used - {"language.name"}, set())

    def test_scripts(self) -> None:
        """
        Each catalogue is also a script of one line, with nothing else than its texts.
        """
        written = dict(scripts())
        self.assertIn("languages/de.js", written)
        for name, script in written.items():
            start, end = b"(globalThis.owncastTexts ??= []).push(", b");\n"
            self.assertTrue(script.startswith(start) and script.endswith(end), name)
            texts = json.loads(script[len(start) : -len(end)])
            part, _, tag = name.removeprefix("languages/").removesuffix(".js").rpartition(".")
            self.assertEqual(texts, parts()[part][tag])

    def test_pseudo(self) -> None:
        """
        The languages for tests change every text, except for its places.
        """
        for tag in (ACCENTED, MIRRORED):
            text = languages()[tag].text("page.viewers", count=2)
            self.assertIn("2", text)
            self.assertNotEqual(text, languages()["en"].text("page.viewers", count=2))
        self.assertEqual(languages()[MIRRORED].direction, "rtl")
        self.assertEqual(languages()[ACCENTED].direction, "ltr")


class ChoiceTests(SiteTestCase):
    """
    Which language a visitor gets.
    """

    def language(self, path: str = "/", **headers: str) -> str | None:
        """
        The language of a page.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.ask(path, headers=named)
        self.assertEqual(answer.code, 200)
        [attributes] = Elements(answer.body.decode()).attributes("html")
        return attributes["lang"]

    def test_browser(self) -> None:
        """
        The best of those that the browser likes; English where there is none of them.
        """
        for accepted, tag in (
            ("de", "de"),
            ("de-AT,en;q=0.5", "de"),
            ("fr, es;q=0.8, de;q=0.9", "de"),
            ("ES", "es"),
            ("fr", "en"),
            ("de;q=0, es;q=0.1", "es"),
            ("de;q=x, es", "es"),
            ("en-XA", "en"),
            ("", "en"),
            ("*", "en"),
        ):
            self.assertEqual(self.language(Accept_Language=accepted), tag, accepted)
        self.assertEqual(self.language(), "en")

    def test_choice(self) -> None:
        """
        What the visitor chose counts more, and what the address says most.
        """
        german = {"Accept_Language": "de"}
        self.assertEqual(self.language(Cookie="owncast_language=es", **german), "es")
        self.assertEqual(self.language(Cookie="a=b; owncast_language=en", **german), "en")
        self.assertEqual(self.language(Cookie="owncast_language=xx", **german), "de")
        self.assertEqual(self.language("/?lang=es", Cookie="owncast_language=en"), "es")
        self.assertEqual(self.language("/?lang=xx", **german), "de")
        self.assertEqual(self.language("/?" + "&".join("a" * 100), **german), "de")
        self.assertEqual(self.language(f"/?lang={MIRRORED}"), MIRRORED)

    def test_pages(self) -> None:
        """
        Every page for viewers is in the language, says so, and brings its texts before its modules.
        """
        for path in PAGES:
            answer = self.ask(f"{path}?lang=de")
            page = Elements(answer.body.decode())
            self.assertEqual(page.attributes("html"), [{"lang": "de", "dir": "ltr"}], path)
            self.assertIn("Accept-Language, Cookie", answer.header("Vary") or "", path)
            scripts = page.attributes("script")
            texts = [("/languages/de.js" in (each.get("src") or "")) for each in scripts]
            modules = [each.get("type") == "module" for each in scripts]
            self.assertLess(texts.index(True), modules.index(True), path)
            mirrored = Elements(self.ask(f"{path}?lang={MIRRORED}").body.decode())
            self.assertEqual(mirrored.attributes("html")[0]["dir"], "rtl", path)

    def test_rendered_texts(self) -> None:
        """
        What is rendered by the server is in the language as well.
        """
        self.assertIn("Der Stream ist offline", self.ask("/?lang=de").body.decode())
        self.assertIn("No hay emisión", self.ask("/?lang=es").body.decode())

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="den-;,q=.0159 *\tx", max_size=80) | st.text(max_size=80))
    def test_any_header(self, accepted: str) -> None:
        """
        Whatever a header says, there is a language.
        """
        self.assertIn(languages().preferred(accepted), list(languages()))
