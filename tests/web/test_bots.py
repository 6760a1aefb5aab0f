"""
The page for programs.
"""

from owncastd.settings import catalogue
from owncastd.settings.values import SocialHandle
from owncastd.web import bots
from owncastd.web.bots import BotPages, is_bot
from owncastd.web.languages import languages
from owncastd.web.metadata import Metadata
from owncastd.web.rendering import Rendering

from .support import LIVE, SiteTestCase
from .test_page import HOSTILE, Elements

BOT = {"User-Agent": "http.rb/5.1.1 (Mastodon/4.2.1; +https://social.example/)"}
BOTS = (
    *("Mastodon/4.2", "Pleroma 2.5", "Applebot/0.1", "WhatsApp/2.23", "Synapse (bot; +https://x)"),
    *("Element/1.11", "Rocket.Chat", "DuckDuckBot/1.1", "Googlebot/2.1", "Discordbot/2.0"),
    *("Slackbot-LinkExpanding 1.0", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1"),
    *("Some Crawler", "Akkoma 3.10", "Misskey/2023.11", "Matrix/1.0 preview"),
)
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0",
    "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/119.0 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0",
    "curl/8.4.0",
    "",
)


def about(base: str, name: str = "x") -> Metadata:
    """
    Metadata of which little matters.
    """
    return Metadata(base, name, "", ())


class BotPageTests(SiteTestCase):
    """
    What programs get at C{/}.
    """

    def page(self, **headers: str) -> Elements:
        """
        The parsed page.
        """
        answer = self.ask("/", headers={**BOT, **headers})
        self.assertEqual(answer.code, 200)
        return Elements(answer.body.decode())

    def facts(self, **headers: str) -> dict[str | None, str | None]:
        """
        The content of each C{meta} element, by its name.
        """
        return {
            element.get("property") or element.get("name"): element.get("content")
            for element in self.page(**headers).attributes("meta")
        }

    def test_who_is_a_bot(self) -> None:
        """
        Programs that look at links are known; browsers, even odd ones, are none.
        """
        for agent in BOTS:
            self.assertTrue(is_bot(agent.lower()), agent)
        for agent in BROWSERS:
            self.assertFalse(is_bot(agent.lower()), agent)
            self.assertIn(b"<owncast-player", self.ask("/", headers={"User-Agent": agent}).body)

    def test_headers(self) -> None:
        """
        Nothing runs and nothing frames it; caches tell the pages apart.
        """
        answer = self.ask("/", headers=BOT)
        self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=0")
        self.assertEqual(answer.header("Vary"), "User-Agent")
        policy = answer.header("Content-Security-Policy") or ""
        self.assertIn("default-src 'none'", policy)
        self.assertEqual(self.page().attributes("script"), [])

    def test_addresses(self) -> None:
        """
        All addresses are absolute, and those that clients of Owncast check are as they expect.
        """
        for base in ("http://stream.example", "https://tv.example"):
            facts = self.facts()
            self.assertEqual(facts["og:url"], f"{base}/")
            self.assertEqual(facts["og:video"], f"{base}/embed/video")
            self.assertEqual(facts["og:video:secure_url"], f"{base}/embed/video")
            self.assertEqual(facts["og:image"], f"{base}/logo/external")
            self.assertEqual(facts["twitter:url"], f"{base}/")
            self.assertEqual(facts["twitter:image"], f"{base}/logo/external")
            self.assertEqual(facts["twitter:player"], f"{base}/embed/video")
            self.set(catalogue.SERVER_URL, "https://tv.example")

    def test_texts(self) -> None:
        """
        Name, summary, tags, and links that say whose they are.
        """
        self.set(catalogue.SERVER_NAME, "Name")
        self.set(catalogue.SERVER_SUMMARY, "Summary")
        self.set(catalogue.SERVER_TAGS, ("one", "two"))
        handles = (
            SocialHandle("mastodon", "https://social.example/@me"),
            SocialHandle("x", "ftp://files.example"),
        )
        self.set(catalogue.SOCIAL_HANDLES, handles)
        page = self.page()
        self.assertEqual(page.raw["h1"], ["Name"])
        self.assertEqual(len(page.attributes("h3")), 1)
        facts = self.facts()
        self.assertEqual((facts["og:title"], facts["description"]), ("Name", "Summary"))
        self.assertEqual(facts["twitter:card"], "player")
        tags = [
            each["content"]
            for each in page.attributes("meta")
            if each.get("property") == "video:tag"
        ]
        self.assertEqual(tags, ["one", "two"])
        mine = [each["href"] for each in page.attributes("a") if each.get("rel") == "me"]
        self.assertEqual(mine, ["https://social.example/@me"])

    def test_hostile_texts(self) -> None:
        """
        No text becomes an element.
        """
        harmless = [name for name, _ in self.page().tags]
        for setting in (catalogue.SERVER_NAME, catalogue.SERVER_SUMMARY):
            self.set(setting, HOSTILE)
        self.assertEqual([name for name, _ in self.page().tags], harmless)

    def test_one_page_per_address(self) -> None:
        """
        Who asks for another host gets no other's page, and changes no other's.
        """
        for host in ("stream.example", "evil.example", "stream.example"):
            self.assertEqual(self.facts(Host=host)["og:url"], f"http://{host}/")

    def test_changes_at_once(self) -> None:
        """
        The page that is kept is never an old one.
        """
        self.assertNotEqual(self.facts()["og:title"], "Other")
        self.set(catalogue.SERVER_NAME, "Other")
        self.assertEqual(self.facts()["og:title"], "Other")

    def test_players_first(self) -> None:
        """
        A player is sent to the stream, whatever else it calls itself.
        """
        self.status.status = LIVE
        self.assertEqual(self.ask("/", headers={"User-Agent": "vlc bot"}).code, 307)


class KeptPagesTests(SiteTestCase):
    """
    What is remembered.
    """

    def setUp(self) -> None:
        """
        Pages whose rendering can be counted.
        """
        super().setUp()
        template = Rendering(self.documents, self.settings, "/assets/x", languages()).template(
            "bots.html"
        )
        self.pages = BotPages(template)

    def test_rendered_once(self) -> None:
        """
        The same content for the same address is the very same page.
        """
        first = self.pages.html(about("https://a"), [])
        self.assertIs(self.pages.html(about("https://a"), []), first)
        self.assertNotEqual(self.pages.html(about("https://a", "y"), []), first)
        self.assertNotEqual(self.pages.html(about("https://b"), []), first)

    def test_bounded(self) -> None:
        """
        Strangers who ask for ever other hosts fill no memory.
        """
        for number in range(bots.MAX_BASES * 3):
            self.pages.html(about(f"https://{number}"), [])
        self.assertLessEqual(len(self.pages._kept), bots.MAX_BASES)
