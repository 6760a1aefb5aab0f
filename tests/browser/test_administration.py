"""
In a real browser: the administrator's pages, at the size of a phone and of a desk, light and dark,
by mouse and by keyboard alone.
"""

import json
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Route, expect

from owncastd.admin.config import BASE
from tests.admin.test_setters import CASES, at
from tests.integration.case import ServerTestCase
from tests.integration.harness import ADMIN_PASSWORD, STREAM_KEY, any_ffmpeg
from tests.integration.sources import PLAIN
from tests.web.openapi import documented

from .administrator import (
    DESKTOP,
    PHONE,
    Administrator,
    administering,
    page_paths,
    picture,
)
from .axe import barriers
from .chatters import Chatter
from .chromium import find_browser
from .forms import fill

#: What the forms are brought to where the table of settings has something that they do not offer.
VALUES: Final[dict[str, Any]] = {
    "appearance": {"theme-color-action": "#5127ad"},
    "adminpass": ADMIN_PASSWORD,
    "streamkeys": [{"key": STREAM_KEY, "comment": "at home"}, {"key": "k" * 20, "comment": ""}],
    "ffmpegpath": str(any_ffmpeg()),
    "logo": picture("logo.png"),
    "offlineimage": picture("favicon.png"),
}
#: Settings that the configuration shows only after a restart, by their keys in the database.
AFTER_RESTART: Final = {"webserverport": "http_port_number", "webserverip": "http_listen_address"}
#: How long it is watched that nothing is asked twice, in milliseconds.
WHILE_MS: Final = 300
#: Of these the configuration says only whether they are there.
SEALED: Final = ("notifications/email/password", "notifications/json/authorization")


class AdministrationTestCase(ServerTestCase):
    """
    Each test has a server and a browser.
    """

    def setUp(self) -> None:
        """
        Start both; without a browser the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()
        self.server = self.start_server(settings={"chat_rate_messages": 0})
        stack = ExitStack()
        self.addCleanup(stack.close)
        self.administrators = stack.enter_context(administering(self.browser, self.server.url))

    def administrator(self, **options: Any) -> Administrator:
        """
        A tab in a profile of its own, which must have nothing to complain about.
        """
        return self.administrators.new(**options)


class EveryPageTests(AdministrationTestCase):
    """
    All pages, as they look.
    """

    def look(self, administrator: Administrator, name: str, schemes: tuple[str, ...]) -> None:
        """
        See that the page shown is usable in the themes, and take pictures of it.
        """
        page = administrator.page
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0, f"{name} is wider than the screen")
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.assertEqual(barriers(page), [], f"{name} {scheme}")
            administrator.screenshot(f"{name}-{scheme}")

    def test_desktop(self) -> None:
        """
        Reached by the menu, every page is drawn without a complaint, and bars nobody's way.
        """
        administrator = self.administrator(viewport=DESKTOP, reduced_motion="reduce")
        administrator.open()
        for path in page_paths():
            administrator.go(path)
            name = (path or "overview").replace("/", "-")
            self.look(administrator, f"{name}-desktop", ("light", "dark"))
        self.assertEqual(administrator.complaints, [])

    def test_phone(self) -> None:
        """
        Every page fits a phone; the menu is behind a button.
        """
        administrator = self.administrator(
            viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="light"
        )
        page = administrator.page
        administrator.open()
        for path in page_paths():
            administrator.go(path)
            name = (path or "overview").replace("/", "-")
            self.look(administrator, f"{name}-phone", ("light",))
        page.locator(".menu-button").tap()
        menu = page.locator(".menu-dialog")
        expect(menu).to_be_visible()
        self.assertEqual(barriers(page), [])
        administrator.screenshot("menu-phone")
        menu.locator('a[href="/admin/logs/"]').tap()
        expect(menu).to_be_hidden()
        expect(page.locator("main h1")).to_have_text("Logs")
        self.assertEqual(administrator.complaints, [])


class SettingsTests(AdministrationTestCase):
    """
    All forms.
    """

    def test_every_setting(self) -> None:
        """
        Every operation that changes a setting has its place on a page, where it can be done; each
        form is saved once, and the configuration has then what was put into it.
        """
        administrator = self.administrator()
        page = administrator.page
        found: set[str] = set()
        for path in page_paths():
            if path == "start":
                # Has some of the fields that are elsewhere as well.
                continue
            administrator.open(path)
            fields = page.locator("[data-setter]")
            setters = [
                (field.get_attribute("data-setter") or "", field.get_attribute("data-key") or "")
                for field in fields.all()
            ]
            for setter, _ in setters:
                found.add(setter)
                # Buttons that try something out are no fields.
                if not setter.endswith("/test"):
                    field = page.locator(f'[data-setter="{setter}"]')
                    fill(field, field.get_attribute("data-kind") or "", self.value(setter))
            if page.locator(".save-bar.shown").count():
                administrator.save()
            for setter, key in setters:
                if key:
                    self.see(administrator, setter, key)
        operations = {path.removeprefix(BASE) for _, path in documented() if path.startswith(BASE)}
        self.assertEqual(found, operations)
        self.assertEqual(administrator.complaints, [])

    def value(self, setter: str) -> Any:
        """
        What a form is to be brought to.
        """
        if setter in VALUES:
            return VALUES[setter]
        case = CASES[setter]
        return case.sent if setter in AFTER_RESTART or setter in SEALED else case.shown

    def see(self, administrator: Administrator, setter: str, key: str) -> None:
        """
        Look for the value in the configuration.
        """
        if setter in AFTER_RESTART:
            shown: object = self.stored(AFTER_RESTART[setter])
            note = administrator.page.locator(f'[data-setter="{setter}"] .pending')
            if shown != at(administrator.get("api/admin/serverconfig"), key):
                expect(note).to_contain_text(str(self.value(setter)))
        elif isinstance(self.value(setter), Path):
            shown = at(administrator.get("api/admin/serverconfig"), key)
            self.assertRegex(str(shown), r"\A(logo|offline)-\w+\.png\Z")
            return
        else:
            shown = at(administrator.get("api/admin/serverconfig"), key)
        expected = setter in SEALED or self.value(setter)
        self.assertEqual(shown, expected, setter)

    def stored(self, key: str) -> object:
        """
        A setting as it is in the database.
        """
        database = self.server.datadir / "owncast.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (text,) = connection.execute(
                "SELECT value FROM settings WHERE key = ?", [key]
            ).fetchone()
        return json.loads(text)


class FormTests(AdministrationTestCase):
    """
    What a form does with what is wrong, and with what is not saved.
    """

    def test_checks(self) -> None:
        """
        A mistake is told while it is typed, beside its field, and is not sent; what the server
        refuses is beside the field in its own words; both bring the keyboard there.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open("config/general")
        url = page.locator('[data-setter="serverurl"] input')
        complaint = page.locator('[data-setter="serverurl"] .complaint')
        url.fill("live.example.com")
        expect(complaint).to_contain_text("https://")
        expect(url).to_have_attribute("aria-invalid", "true")
        page.locator(".save-bar .save").click()
        expect(url).to_be_focused()
        url.fill("https://live.example.com")
        expect(complaint).to_be_empty()

        page.locator(".save-bar .button").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        expect(url).to_have_value("")

        administrator.open("config-video")
        path = page.locator('[data-setter="ffmpegpath"] input')
        path.fill("/nothing/ffmpeg")
        page.locator(".save-bar .save").click()
        expect(page.locator('[data-setter="ffmpegpath"] .complaint')).to_contain_text("ffmpeg")
        expect(path).to_be_focused()
        self.assertEqual(
            [said for said in administrator.complaints if "400" not in said], [], "besides refusals"
        )

    def test_leaving(self) -> None:
        """
        A page with something unsaved asks before it is left.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open("config/general")
        name = page.locator('[data-setter="name"] input')
        name.fill("Somewhere")
        page.locator('.side a[href="/admin/logs/"]').click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Leave without saving?")
        self.assertEqual(barriers(page), [])
        administrator.screenshot("dialog-desktop")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(name).to_have_value("Somewhere")
        page.keyboard.press("Control+s")
        page.locator(".save-bar.shown").wait_for(state="detached")
        self.assertEqual(
            administrator.get("api/admin/serverconfig")["instanceDetails"]["name"], "Somewhere"
        )
        expect(page.locator(".top-name")).to_contain_text("Somewhere")
        self.assertEqual(administrator.complaints, [])

    def test_previews(self) -> None:
        """
        Colours, styles and texts are seen on the viewers' page before they are saved.
        """
        administrator = self.administrator()
        page = administrator.page
        frame = page.frame_locator(".viewers-page")
        administrator.open("config/appearance")
        fill(page.locator('[data-setter="appearance"]'), "appearance", VALUES["appearance"])
        page.locator('[data-setter="customstyles"] textarea').fill("h1 { color: rgb(1, 2, 3) }")
        expect(frame.locator("h1").first).to_have_css("color", "rgb(1, 2, 3)")
        accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
        found = page.locator(".viewers-page").element_handle()
        assert found is not None
        inside = found.content_frame()
        assert inside is not None
        self.assertEqual(inside.evaluate(accent), "#5127ad")

        page.locator(".save-bar .button").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        administrator.go("config/content")
        page.locator('[data-setter="pagecontent"] textarea').fill("Hello **there**")
        expect(frame.locator(".prose strong").first).to_have_text("there")
        administrator.screenshot("preview-desktop")
        self.assertEqual(administrator.complaints, [])

    def test_slow_answers(self) -> None:
        """
        What is typed while the server takes its time stays and is still to be saved; what is sent
        is not sent again by a second press.
        """
        administrator = self.administrator()
        page = administrator.page
        held: list[Route] = []

        def answered(count: int) -> None:
            """
            Let what is held go on to the server, which must be so many requests.
            """
            page.wait_for_timeout(WHILE_MS)
            self.assertEqual(len(held), count, [route.request.url for route in held])
            for route in held:
                route.continue_()
            held.clear()

        def hold(route: Route) -> None:
            """
            Keep what would change something.
            """
            if route.request.method == "POST":
                held.append(route)
            else:
                route.continue_()

        page.route("**/api/admin/**", hold)
        administrator.open("config/general")
        name = page.locator('[data-setter="name"] input')
        said = page.locator(".words p")
        name.fill("Sent")
        page.keyboard.press("Control+s")
        page.keyboard.press("Control+s")
        name.fill("Sent and more")
        answered(1)
        expect(said).to_have_text("Saved.")
        expect(page.locator(".top-name")).to_contain_text("Sent")
        expect(name).to_have_value("Sent and more")
        expect(page.locator(".save-bar.shown")).to_contain_text("Name")
        page.keyboard.press("Control+s")
        answered(1)
        expect(page.locator(".top-name")).to_contain_text("Sent and more")
        expect(page.locator(".save-bar.shown")).to_have_count(0)

        # The guide goes on only when there is nothing left.
        administrator.go("start")
        name.fill("Sent")
        page.keyboard.press("Control+s")
        name.fill("Sent again")
        answered(1)
        expect(page.locator(".top-name")).not_to_contain_text("more")
        expect(name).to_have_value("Sent again")
        page.keyboard.press("Control+s")
        answered(1)
        expect(page.locator(".guide h2")).to_have_text("Set up your encoder")

        administrator.go("")
        title = page.locator("#overview-title")
        title.fill("First")
        title.press("Enter")
        title.fill("First night")
        answered(1)
        expect(said).to_have_text("The title has been changed.")
        expect(page.locator(".title-form [aria-busy]")).to_have_count(0)
        expect(title).to_have_value("First night")
        expect(page.locator(".title-form button")).to_be_enabled()

        administrator.go("access-tokens")
        page.locator("#token-name").fill("robot")
        page.get_by_label("write in the chat").check()
        for _ in range(2):
            page.locator("#token-name").press("Enter")
        answered(1)
        expect(page.locator("tbody tr")).to_contain_text("robot")

        administrator.go("webhooks")
        page.locator("#webhook-url").fill(f"{self.server.url}nothing")
        page.get_by_role("button", name="All of them").click()
        for _ in range(2):
            page.locator("#webhook-url").press("Enter")
        answered(1)
        expect(page.locator("tbody tr")).to_contain_text("nothing")

        administrator.go("chat/users")
        page.get_by_role("tab", name="Banned addresses").click()
        address = page.locator("#ban-address")
        address.fill("203.0.113.9")
        address.press("Enter")
        page.get_by_role("dialog").get_by_role("button").last.click()
        address.fill("203.0.113.10")
        answered(1)
        expect(page.locator("tbody tr")).to_contain_text("203.0.113.9")
        expect(address).to_have_value("203.0.113.10")

        for setter, value in (("serverurl", "https://live.example"), ("federation/enable", True)):
            put = page.request.post(f"{self.server.url}{BASE[1:]}{setter}", data={"value": value})
            self.assertTrue(put.ok, put.text())
        administrator.open("federation/compose")
        text = page.locator("#compose-text")
        text.fill("Tonight")
        page.get_by_role("button", name="Post").click()
        page.get_by_role("dialog").get_by_role("button").last.click()
        text.fill("Tonight at eight")
        answered(1)
        expect(said).to_have_text("The post is on its way.")
        expect(page.locator("main [aria-busy]")).to_have_count(0)
        expect(text).to_have_value("Tonight at eight")
        self.assertEqual(administrator.complaints, [])


class KeyboardTests(AdministrationTestCase):
    """
    What an administrator does most, without a mouse.
    """

    def test_first_stream(self) -> None:
        """
        From the welcome through the guide to a stream that is seen, and its end.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open()
        administrator.press(page.get_by_role("link", name="Begin"))
        expect(page.locator(".guide h2")).to_have_text("Give it a name")
        name = page.locator('[data-setter="name"] input')
        administrator.tab_to(name)
        page.keyboard.press("Control+A")
        page.keyboard.type("Nightly")
        administrator.press(page.get_by_role("button", name="Save and go on"))
        expect(page.locator(".guide h2")).to_have_text("Set up your encoder")
        expect(page.locator(".guide h2")).to_be_focused()
        expect(page.locator(".guide")).to_contain_text(f":{self.server.rtmp_port}/live")
        expect(page.locator(".guide")).to_contain_text("the key that was given on the command line")
        administrator.press(page.get_by_role("button", name="Next"))
        expect(page.locator(".guide")).to_contain_text("Waiting for your stream")
        publisher = self.publish(self.server, loop=True)
        expect(page.locator(".guide")).to_contain_text("Your stream has arrived.")
        administrator.press(page.get_by_role("button", name="Next"))
        administrator.press(page.get_by_role("button", name="To the overview"))

        expect(page.locator(".phase")).to_have_text("Live")
        player = page.frame_locator("iframe.preview").locator("owncast-player")
        expect(player).to_have_attribute("data-playback", "playing")
        expect(page.locator("main")).to_contain_text(f"{PLAIN.width} \u00d7 {PLAIN.height}")
        self.assertEqual(barriers(page), [])
        administrator.screenshot("live-desktop")
        title = page.locator("#overview-title")
        administrator.tab_to(title)
        page.keyboard.type("First night")
        page.keyboard.press("Enter")
        expect(page.locator(".words p")).to_have_text("The title has been changed.")
        self.assertEqual(self.server.status()["streamTitle"], "First night")

        administrator.press(page.get_by_role("button", name="End the stream"))
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("End the stream?")
        administrator.press(dialog.get_by_role("button", name="End the stream"))
        self.server.wait_for_state("offline")
        publisher.kill()
        expect(page.locator(".phase")).to_have_text("Offline")
        self.assertEqual(administrator.complaints, [])

    def test_moderation(self) -> None:
        """
        A message is hidden, its author gets a time-out and is then removed; the log tells of it.
        """
        chatter = Chatter(self.administrators.guest())
        chatter.open(self.server.url)
        chatter.say("something nasty")
        administrator = self.administrator()
        page = administrator.page
        administrator.open("chat/messages")
        message = page.locator(".messages li").filter(has_text="something nasty")
        administrator.press(message.get_by_role("button", name="Hide"))
        chatter.see_gone("something nasty")
        expect(message).to_contain_text("hidden")
        administrator.screenshot("moderated-desktop")

        administrator.go("chat/users")
        who = page.locator("tbody tr").filter(has_text=chatter.name)
        administrator.press(who.get_by_role("button", name="Time-out"))
        dialog = page.get_by_role("dialog")
        administrator.tab_to(dialog.get_by_role("radio").first)
        page.keyboard.press("ArrowDown")
        administrator.tab_to(dialog.get_by_label("Reason"))
        page.keyboard.type("no need for that")
        self.assertEqual(barriers(page), [])
        page.keyboard.press("Enter")
        expect(page.locator(".words p")).to_contain_text("cannot write for a while")
        (timeout,) = administrator.get("api/admin/chat/users/timeouts")
        self.assertEqual(timeout["reason"], "no need for that")
        administrator.press(who.get_by_role("button", name="Remove"))
        administrator.press(dialog.get_by_role("button", name="Remove from chat"))
        expect(page.locator(".words p")).to_contain_text("has been removed")
        administrator.tab_to(page.get_by_role("tab", name="In the chat"))
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Removed")).to_be_focused()
        expect(page.locator("tbody tr")).to_contain_text(chatter.name)
        self.assertEqual(barriers(page), [])

        administrator.go("chat/moderation")
        log = page.locator("tbody")
        for act in ("hid messages", "gave a time-out", "removed somebody"):
            expect(log).to_contain_text(act)
        self.assertEqual(administrator.complaints, [])

    def test_programs(self) -> None:
        """
        A token and a webhook are made, shown once, and taken away again.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open("access-tokens")
        administrator.tab_to(page.locator("#token-name"))
        page.keyboard.type("robot")
        administrator.tab_to(page.get_by_label("write in the chat"))
        page.keyboard.press("Space")
        administrator.press(page.get_by_role("button", name="Create token"))
        token = page.locator(".notice-box code").inner_text()
        self.assertGreater(len(token), 30)
        expect(page.locator("tbody tr")).to_contain_text("robot")
        self.assertNotIn(token, page.locator("tbody").inner_text())
        administrator.press(page.get_by_role("button", name="Revoke"))
        dialog = page.get_by_role("dialog")
        administrator.press(dialog.get_by_role("button", name="Revoke"))
        expect(page.locator("main")).to_contain_text("There are no tokens.")

        administrator.go("webhooks")
        administrator.tab_to(page.locator("#webhook-url"))
        page.keyboard.type(f"{self.server.url}nothing")
        administrator.press(page.get_by_role("button", name="All of them"))
        administrator.press(page.get_by_role("button", name="Create webhook"))
        expect(page.locator("tbody tr")).to_contain_text("nothing")
        administrator.press(page.get_by_role("button", name="Remove http"))
        administrator.press(page.get_by_role("dialog").get_by_role("button", name="Remove"))
        expect(page.locator("main")).to_contain_text("There are no webhooks.")
        self.assertEqual(administrator.complaints, [])

    def test_emoji(self) -> None:
        """
        An emoji is added and removed.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open("chat/emojis")
        page.locator("#emoji-files").set_input_files(picture("favicon.png"))
        emoji = page.locator(".emoji-grid li").filter(has_text=":favicon:")
        expect(emoji).to_be_visible()
        administrator.press(emoji.get_by_role("button"))
        administrator.press(page.get_by_role("dialog").get_by_role("button", name="Remove"))
        expect(emoji).to_have_count(0)
        self.assertEqual(administrator.complaints, [])


class SigningOutTests(AdministrationTestCase):
    """
    The way out, in a browser that was given the password once and keeps it by itself.
    """

    def test_forgotten(self) -> None:
        """
        After signing out the browser does not know the password any more.
        """
        administrator = self.administrator(signed_in=False)
        page = administrator.page
        signing_in = self.server.url.replace("://", f"://admin:{ADMIN_PASSWORD}@")
        page.goto(f"{signing_in}admin/")
        page.goto(f"{self.server.url}admin/logs/")
        administrator.drawn()
        expect(page.locator("main h1")).to_have_text("Logs")
        self.assertEqual(administrator.complaints, [])
        page.get_by_role("link", name="Sign out").click()
        expect(page.locator("h1")).to_have_text("You are signed out")
        self.assertEqual(barriers(page), [])
        administrator.screenshot("signed-out-desktop")
        answer = page.goto(f"{self.server.url}admin/")
        assert answer is not None
        self.assertEqual(answer.status, 401)


class LanguageTests(AdministrationTestCase):
    """
    Other languages than English.
    """

    def test_pseudo(self) -> None:
        """
        Every text that the pages show of themselves comes from the catalogue, and fits however long
        it is.
        """
        administrator = self.administrator()
        page = administrator.page
        cookie = {"name": "owncast_language", "value": "en-XA", "url": self.server.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        administrator.open()
        for path in page_paths():
            administrator.go(path)
            self.assertEqual(page.evaluate(ENGLISH), [], path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, path)
        self.assertEqual(administrator.complaints, [])

    def test_right_to_left(self) -> None:
        """
        From right to left everything is mirrored and nothing is out of sight.
        """
        administrator = self.administrator()
        page = administrator.page
        for path in ("", "config-video", "chat/users", "config/appearance"):
            administrator.open(path, "?lang=ar-XB")
            left = page.locator(".side").bounding_box()
            assert left is not None
            self.assertGreater(left["x"], DESKTOP["width"] / 2)
            self.assertEqual(page.evaluate("document.documentElement.scrollLeft"), 0)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, path)
            administrator.screenshot(f"{(path or 'overview').replace('/', '-')}-rtl")
        self.assertEqual(administrator.complaints, [])

    def test_choice(self) -> None:
        """
        The language can be chosen, and stays.
        """
        administrator = self.administrator()
        page = administrator.page
        administrator.open()
        page.locator(".language select").select_option("de")
        expect(page.locator("main h1")).to_have_text("Übersicht")
        administrator.open("config/general")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        # Who asked for less motion gets none.
        switch = page.locator(".switch").first
        expect(switch).not_to_have_css("transition-duration", "0s")
        page.emulate_media(reduced_motion="reduce")
        expect(switch).to_have_css("transition-duration", "0s")
        self.assertEqual(administrator.complaints, [])


#: Texts of the page itself that are not from the pseudo-locale, where every text stands in
#: brackets: texts beside what is the server's, code, or the same in every language.
ENGLISH: Final = """() => {
  const OTHERS = ".top-name, code, option, iframe, textarea, .words-field li, td, .figure dd," +
    " .choice-card strong, .choice-card small, .item > legend, .summary, .group > .actions";
  const found = [];
  const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (/[a-z]{3}/i.test(text) && !element.closest(OTHERS) && !/^\\[.*\\]/s.test(text)) {
      found.push(text);
    }
  }
  return found;
}"""
