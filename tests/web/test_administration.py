"""
The administrator's pages: who gets them, how to sign out, and their texts.
"""

import json
import re
from collections.abc import Iterator, Sequence

from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.threads import immediately
from owncastd.web.administration import MAX_SIGN_OUTS, MODULES, PAGES, SIGN_OUT
from owncastd.web.languages import DEFAULT, languages, parts
from owncastd.web.modules import STATIC
from owncastd.web.site import administration_pages

from .support import ADMIN, SiteTestCase
from .test_page import Elements

FOLDER = STATIC / MODULES
CHALLENGE = 'Basic realm="Owncast Authenticated Request"'
#: The place of a page in the menu.
PAGE = re.compile(r'path: "([^"]*)", name: "(\w+)"')
#: Where Owncast has its pages.
OWNCASTS = (
    *("access-tokens", "actions", "chat/emojis", "chat/messages", "chat/users", "config/general"),
    *("config/server", "config-chat", "config-federation", "config-notify", "config-social-items"),
    *("config-video", "federation/actions", "federation/followers", "hardware-info", "help"),
    *("logs", "stream-health", "upgrade", "viewer-info", "webhooks"),
)
#: Keys that a module asks for whole, and those that it puts together.
WHOLE = re.compile(r"""["]([a-z]\w*\.[\w./ -]*\w)["]""")
COMPOSED = re.compile(r"(?=`([^`\s]*\$\{[^`\s]*)`)")
#: What of a composed key varies.
VARIES = re.compile(r"\\\$\\\{(?:[^{}]|\{[^{}]*\})*\\\}")
SHARED = ("common.", "language.", "phase.")


class AdministrationTestCase(SiteTestCase):
    """
    Has a site with the administrator's pages.
    """

    def rooms(self) -> Sequence[object]:
        """
        What serves them.
        """
        return [
            administration_pages(self.documents, self.settings, TrustedProxies.parse(), immediately)
        ]


class PagesTests(AdministrationTestCase):
    """
    Over HTTP.
    """

    def test_guarded(self) -> None:
        """
        Nobody sees anything without the password, not even whether a page exists; only the way to
        the front page is open.
        """
        for path in ("/admin/", "/admin/logs/", "/admin/nothing", "/admin/preview", SIGN_OUT):
            answer = self.ask(path)
            self.assertEqual((answer.code, answer.body), (401, b"Unauthorized"), path)
            self.assertEqual(answer.header("WWW-Authenticate"), CHALLENGE)
        answer = self.ask("/admin")
        self.assertEqual((answer.code, answer.header("Location")), (301, "/admin/"))

    def test_every_page(self) -> None:
        """
        Every page of the menu, and every page that Owncast has, is there; without its slash it is a
        redirect, and what is no page says so.
        """
        in_menu = {path for path, _ in PAGE.findall((FOLDER / "pages.js").read_text("utf-8"))}
        self.assertEqual(in_menu - {""}, PAGES)
        self.assertLessEqual(set(OWNCASTS), PAGES)
        for path in PAGES:
            answer = self.ask(f"/admin/{path}/", headers=ADMIN)
            self.assertEqual(answer.code, 200, path)
            answer = self.ask(f"/admin/{path}", headers=ADMIN)
            self.assertEqual((answer.code, answer.header("Location")), (301, f"/admin/{path}/"))
        for path in ("nothing", "nothing/", "logs/more/"):
            self.assertEqual(self.ask(f"/admin/{path}", headers=ADMIN).code, 404, path)

    def test_document(self) -> None:
        """
        It is never kept, in no frame, may run only this server's own scripts, and evaluates none.
        """
        answer = self.ask("/admin/", headers=ADMIN)
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
        self.assertIn("no-store", answer.header("Cache-Control") or "")
        self.assertEqual(answer.header("X-Frame-Options"), "DENY")
        self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
        policy = answer.header("Content-Security-Policy") or ""
        self.assertRegex(policy, r"\Adefault-src 'none'; script-src 'nonce-[\w-]{22,}' 'self'; ")
        self.assertNotIn("unsafe", policy)
        html = answer.body.decode()
        self.assertNotIn("://", html)
        nonce = policy.split("'")[3].removeprefix("nonce-")
        page = Elements(html)
        for script in page.attributes("script"):
            self.assertEqual(script["nonce"], nonce)
        imports = json.loads(page.raw["script"][0])["imports"]
        files = [*imports.values(), *(link["href"] for link in page.attributes("link"))]
        files += [script["src"] for script in page.attributes("script") if "src" in script]
        for file in files:
            self.assertEqual(self.ask(file).code, 200, file)

    def test_language(self) -> None:
        """
        The page is in the language that suits, right to left where that is read so.
        """
        html = self.ask("/admin/", headers={**ADMIN, "Accept-Language": "de"}).body.decode()
        self.assertIn('<html lang="de" dir="ltr">', html)
        self.assertIn("/languages/admin.de.js", html)
        html = self.ask("/admin/?lang=ar-XB", headers=ADMIN).body.decode()
        self.assertIn('<html lang="ar-XB" dir="rtl">', html)

    def test_preview(self) -> None:
        """
        The viewers' page is shown to this site's frames without a script and without the
        administrator's styles.
        """
        self.set(catalogue.CUSTOM_STYLES, "body { color: red }")
        self.set(catalogue.CUSTOM_JAVASCRIPT, "alert(1)")
        answer = self.ask("/admin/preview", headers=ADMIN)
        self.assertEqual(answer.code, 200)
        self.assertIsNone(answer.header("X-Frame-Options"))
        policy = answer.header("Content-Security-Policy") or ""
        self.assertTrue(policy.startswith("default-src 'none'; "), policy)
        self.assertIn("frame-ancestors 'self'", policy)
        page = Elements(answer.body.decode())
        self.assertEqual(page.attributes("script"), [])
        self.assertEqual(page.raw["style"], [])
        self.assertIn("owncast-player", [tag for tag, _ in page.tags])

    def test_markdown(self) -> None:
        """
        A text is rendered as the page would, and made harmless.
        """
        body = json.dumps({"value": "**bold**<script>alert(1)</script>"}).encode()
        answer = self.ask("/api/admin/markdown", "POST", ADMIN, body)
        self.assertEqual(json.loads(answer.body), {"html": "<p><strong>bold</strong></p>"})
        body = json.dumps({"value": "x" * 100_001}).encode()
        self.assertEqual(self.ask("/api/admin/markdown", "POST", ADMIN, body).code, 400)


class SigningOutTests(AdministrationTestCase):
    """
    The way out.
    """

    def test_refused_once(self) -> None:
        """
        Without a mark one is made up; with a new one the right password is refused, which makes
        browsers forget it; given again it leads to the front page.
        """
        first = self.ask(SIGN_OUT, headers=ADMIN)
        self.assertEqual(first.code, 303)
        place = first.header("Location")
        assert place is not None
        self.assertRegex(place, r"\A/admin/logout\?[\w-]{22,}\Z")
        refused = self.ask(place, headers=ADMIN)
        self.assertEqual(refused.code, 401)
        self.assertEqual(refused.header("WWW-Authenticate"), CHALLENGE)
        self.assertEqual(refused.header("Clear-Site-Data"), '"cookies"')
        self.assertIn(b"You are signed out", refused.body)
        again = self.ask(place, headers=ADMIN)
        self.assertEqual((again.code, again.header("Location")), (303, "/admin/"))
        # The password itself is as good as before, and nobody has to wait.
        self.assertEqual(self.ask("/admin/", headers=ADMIN).code, 200)
        self.assertNotEqual(self.ask(SIGN_OUT, headers=ADMIN).header("Location"), place)

    def test_bounded(self) -> None:
        """
        Only so many are remembered.
        """
        for number in range(MAX_SIGN_OUTS + 1):
            self.assertEqual(self.ask(f"{SIGN_OUT}?{number}", headers=ADMIN).code, 401)
        self.assertEqual(self.ask(f"{SIGN_OUT}?1", headers=ADMIN).code, 303)
        self.assertEqual(self.ask(f"{SIGN_OUT}?0", headers=ADMIN).code, 401)

    def test_foreign(self) -> None:
        """
        Another site cannot sign the administrator out.
        """
        headers = {**ADMIN, "Sec-Fetch-Site": "cross-site"}
        self.assertEqual(self.ask(f"{SIGN_OUT}?1", headers=headers).code, 403)
        headers = {**ADMIN, "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.ask(f"{SIGN_OUT}?1", headers=headers).code, 401)


def modules() -> Iterator[tuple[str, str]]:
    """
    Name and text of every module.
    """
    for path in sorted(FOLDER.glob("*.js")):
        yield path.name, path.read_text("utf-8")


class TextTests(SynchronousTestCase):
    """
    The catalogue and those who ask it.
    """

    def setUp(self) -> None:
        """
        Read the keys, as the modules know them.
        """
        catalogues = parts()["admin"]
        self.known = {key.removeprefix("admin.") for key in catalogues[DEFAULT]}

    def test_asked_for(self) -> None:
        """
        Every key that a module asks for whole is there.
        """
        asked = re.compile(r"""\bt\(\s*"([^"]+)\"""")
        everywhere = languages()[DEFAULT].texts
        for name, text in modules():
            for key in asked.findall(text):
                there = key in everywhere if key.startswith(SHARED) else key in self.known
                self.assertTrue(there, f"{name}: {key}")

    def test_used(self) -> None:
        """
        Every text is asked for, by its key or by one that is put together.
        """
        used: set[str] = set()
        patterns = []
        for _, text in modules():
            used |= set(WHOLE.findall(text)) & self.known
            for composed in COMPOSED.findall(text):
                pattern = VARIES.sub(".+", re.escape(composed))
                # One that could be every key says nothing.
                if re.search("[a-z]", pattern):
                    patterns.append(re.compile(pattern))
        for template in (STATIC.parent / "templates").glob("*.html"):
            used |= set(re.findall(r'"admin\.([^"]+)"', template.read_text("utf-8")))
        left = {
            key
            for key in self.known - used
            if not any(pattern.fullmatch(key) for pattern in patterns)
        }
        self.assertEqual(left, set())

    def test_settings_have_texts(self) -> None:
        """
        Every setting says what it is called, and what it does in a sentence; so does each of its
        parts.
        """
        named = re.findall(r'\bpath: "([\w/]+)"', (FOLDER / "settings.js").read_text("utf-8"))
        self.assertGreater(len(named), 50)
        for path in named:
            self.assertIn(f"setting.{path}.label", self.known)
            self.assertIn(f"setting.{path}.help", self.known)
        for key in self.known:
            if key.startswith("setting."):
                self.assertIn(key.split(".")[1], named)

    def test_every_act_of_moderation(self) -> None:
        """
        The log of moderation tells of every act in words.
        """
        from owncastd.chat.audit import Act

        for act in Act:
            self.assertIn(f"moderation.{act.value}", self.known)
