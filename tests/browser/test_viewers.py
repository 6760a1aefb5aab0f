"""
In a real browser: the viewers' page while there is no stream, at the size of a desk and of a phone.
"""

import json
import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Request, Route, ViewportSize, expect

from tests.integration.harness import STREAM_KEY
from tests.integration.sources import PLAIN, Publisher
from tests.integration.waiting import wait_for

from .axe import barriers
from .captions import WORD, captioned
from .chatters import CHAT, DESKTOP, FIELD, Chatter
from .shared import ARTIFACTS, SharedCase
from .viewer import PLAYER

PHONE: ViewportSize = {"width": 360, "height": 740}
TURNED: ViewportSize = {"width": 1024, "height": 700}
#: What a keyboard leaves of it.
WITH_KEYBOARD: ViewportSize = {"width": 360, "height": 430}
#: Lines of text of the chat that are wholly in sight.
LINES_IN_SIGHT = """(() => {
  const log = document.querySelector(".chat-log").getBoundingClientRect();
  return [...document.querySelectorAll(".entry")].flatMap((entry) => {
    const range = document.createRange();
    range.selectNodeContents(entry.querySelector(".said") ?? entry);
    return [...range.getClientRects()].map(({ top, bottom }) => [top, bottom]);
  }).filter(([top, bottom]) => top >= log.top - 1 && bottom <= log.bottom + 1).length;
})()"""
#: Texts of the page that come from no catalogue, where all of them have accents: those of people,
#: and those within what the administrator wrote, are left out.
FOREIGN_TEXTS = r"""(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  const own = [
    ".chat-log, .chat-spoken, .chat-me, .head-name, h1, .prose, .offline-message, .tags, .links",
    ".summary, .colors label, script, .outside, noscript, #language, .latency, time, link",
    ".input.code",
  ].join();
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    const place = walker.currentNode.parentElement;
    if (/\p{L}{2}/u.test(text) && !text.startsWith("[") && !place.closest(own)) found.push(text);
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) {
      const text = element.getAttribute(name) ?? "";
      const ours = !text.startsWith("[") && !/@|:\/\//.test(text);
      if (/\p{L}{2}/u.test(text) && ours && !element.closest(own)) {
        found.push(`${name}: ${text}`);
      }
    }
  }
  return found;
})()"""
CAPTION_SHOWN = f"""[...document.querySelector("video").textTracks].some(
  ({{ mode, activeCues }}) => mode === "showing" && activeCues?.[0]?.text === "{WORD}")"""
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"
ACTIONS = [
    {
        "url": "https://pay.example/gift?a=b",
        "html": "",
        "title": "Donate",
        "description": "Give something",
        "icon": "",
        "color": "#5a2ca0",
        "openExternally": False,
    },
    {
        "url": "",
        "html": "<p>Schedule: <b>Monday</b></p><img src=x onerror='window.ran = true'>",
        "title": "Schedule",
        "description": "",
        "icon": "",
        "color": "",
        "openExternally": False,
    },
]
HOSTILE = '<img src=x onerror="window.ran = true">'
FOLLOWERS = [
    {
        "link": f"https://social.example/users/{number}",
        "name": HOSTILE if number == 1 else f"Follower {number}",
        "username": f"user{number}@social.example",
        "image": "https://social.example/picture.png",
        "timestamp": "2026-01-02T03:04:05Z",
        "disabledAt": None,
    }
    for number in range(30)
]


class ViewersCase(SharedCase):
    """
    A server with everything switched on.
    """

    SETTINGS = {
        "chat_rate_messages": 0,
        "server_url": "https://live.example",
        "federation_enabled": True,
        "external_actions": ACTIONS,
        "social_handles": [{"platform": "mastodon", "url": "https://social.example/@me"}],
    }

    def visit(self, path: str = "", **options: Any) -> Chatter:
        """
        Somebody new on a page, whose chat is connected.
        """
        viewer = self.chatters.new(**options)
        self.addCleanup(viewer.page.context.close)
        viewer.open(f"{self.server.url}{path}")
        return viewer

    def open_dialog(self, viewer: Chatter, name: str) -> None:
        """
        Press a button that opens a dialog.
        """
        viewer.page.locator(f".info [data-opens={name}]").click()
        viewer.page.wait_for_selector("dialog[open]")


class PageTests(ViewersCase):
    """
    What is there to be seen and pressed.
    """

    def test_on_a_phone(self) -> None:
        """
        The picture and at least five lines of the chat are in sight, with and without a keyboard;
        tabs bring the rest, also afterwards, and nothing is wider than the screen.
        """
        viewer = self.visit(viewport=PHONE, has_touch=True, is_mobile=True)
        page = viewer.page
        for number in range(12):
            viewer.say(f"line {number}")
        viewer.see("line 11")
        picture = page.locator("owncast-player")
        for size in (PHONE, WITH_KEYBOARD, PHONE):
            page.set_viewport_size(size)
            page.focus(FIELD)
            viewer.wait_until(f"innerHeight === {size['height']} && {LINES_IN_SIGHT} >= 5")
            box = picture.bounding_box()
            field = page.locator(FIELD).bounding_box()
            assert box is not None and field is not None
            self.assertGreaterEqual(box["y"], 0)
            self.assertGreater(box["height"], 150)
            self.assertLessEqual(field["y"] + field["height"], size["height"])
            self.assertTrue(viewer.evaluate(NO_SIDEWAYS))
            page.screenshot(path=ARTIFACTS / f"phone-{size['height']}.png")
        for tab in ("about", "followers", "chat"):
            page.locator(f"#tab-{tab}").click()
            expect(page.locator(f"#{tab}")).to_be_visible()
            self.assertTrue(viewer.evaluate(NO_SIDEWAYS))
            self.assertEqual(page.locator("[role=tabpanel]:visible").count(), 1)
        self.assertEqual(viewer.complaints, [])

    def test_on_its_side(self) -> None:
        """
        A phone on its side has the chat beside the picture.
        """
        viewer = self.visit(viewport={"width": 740, "height": 360}, has_touch=True, is_mobile=True)
        picture = viewer.page.locator("owncast-player").bounding_box()
        chat = viewer.page.locator(CHAT).bounding_box()
        assert picture is not None and chat is not None
        self.assertGreaterEqual(chat["x"], picture["x"] + picture["width"] - 1)
        self.assertEqual(chat["height"], 360)
        self.assertTrue(viewer.evaluate(NO_SIDEWAYS))

    def test_by_keyboard(self) -> None:
        """
        Tabs are walked with arrows; theatre and full screen, with the chat and without it.
        """
        viewer = self.visit()
        page = viewer.page
        page.focus("#tab-about")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#tab-followers")).to_be_focused()
        expect(page.locator("#followers")).to_be_visible()
        expect(page.locator("#about")).to_be_hidden()
        # The chat is no tab here.
        page.keyboard.press("ArrowRight")
        expect(page.locator("#tab-about")).to_be_focused()
        page.focus("owncast-player")
        page.keyboard.press("t")
        expect(page.locator(".info")).to_be_hidden()
        expect(page.locator(CHAT)).to_be_visible()
        page.keyboard.press("f")
        viewer.wait_until("document.fullscreenElement !== null")
        expect(page.locator(CHAT)).to_be_hidden()
        page.locator(".chat-toggle").evaluate("(button) => button.click()")
        expect(page.locator(CHAT)).to_be_visible()
        viewer.say("in full screen")
        viewer.see("in full screen")
        page.focus("owncast-player")
        page.keyboard.press("f")
        viewer.wait_until("document.fullscreenElement === null")
        page.keyboard.press("t")
        expect(page.locator(".info")).to_be_visible()
        self.assertEqual(viewer.complaints, [])

    def test_share(self) -> None:
        """
        The address, and frames that lead to the pages that are made for them; Escape leads back.
        """
        viewer = self.visit()
        self.open_dialog(viewer, "share")
        page = viewer.page
        texts = page.locator("dialog .copy .input").evaluate_all("(all) => all.map((e) => e.value)")
        self.assertEqual(texts[0], self.server.url)
        frames = [re.search(r'src="([^"]+)"', text) for text in texts[1:]]
        paths = [urlsplit(frame[1]).path for frame in frames if frame]
        self.assertEqual(
            paths, ["/embed/video/", "/embed/chat/readwrite/", "/embed/chat/readonly/"]
        )
        page.screenshot(path=ARTIFACTS / "share.png")
        page.locator("dialog .copy button").first.click()
        expect(page.locator("dialog .copy button").first).to_have_text("Copied")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        expect(page.locator(".info [data-opens=share]")).to_be_focused()
        self.assertEqual(viewer.complaints, [])

    def test_follow(self) -> None:
        """
        Who asks to follow is led to their own server, or told why not.
        """
        viewer = self.visit()
        page = viewer.page
        self.open_dialog(viewer, "follow")
        # The server asks nobody on its own machine.
        page.fill("dialog [name=account]", "me@localhost")
        page.keyboard.press("Enter")
        viewer.see_words("dialog .status.bad", "That account could not be found")
        page.fill("dialog [name=account]", "me@social.example")
        asked: list[Any] = []

        def answer(route: Route) -> None:
            asked.append(route.request.post_data_json)
            route.fulfill(json={"redirectUrl": "https://social.example/follow?uri=x"})

        page.route("**/api/remotefollow", answer)
        page.locator("dialog button[type=submit]").click()
        go = page.locator("dialog a.button")
        expect(go).to_have_text("Go on at social.example")
        expect(go).to_be_focused()
        self.assertEqual(go.get_attribute("href"), "https://social.example/follow?uri=x")
        self.assertEqual(asked, [{"account": "me@social.example"}])
        page.screenshot(path=ARTIFACTS / "follow.png")
        refused = "Failed to load resource"
        self.assertEqual([each for each in viewer.complaints if refused not in each], [])

    def test_followers(self) -> None:
        """
        They are shown some at a time, and nothing of theirs is fetched or run.
        """
        viewer = self.visit()
        page = viewer.page
        page.locator("#tab-followers").click()
        viewer.see_words("#followers .status", "Nobody follows yet")
        viewer.open(self.server.url)

        def answer(route: Route) -> None:
            query = parse_qs(urlsplit(route.request.url).query)
            start, count = int(query["offset"][0]), int(query["limit"][0])
            results = FOLLOWERS[start : start + count]
            route.fulfill(json={"results": results, "total": len(FOLLOWERS)})

        page.route("**/api/followers?*", answer)
        page.locator("#tab-followers").click()
        cards = page.locator(".follower")
        expect(cards).to_have_count(24)
        page.screenshot(path=ARTIFACTS / "followers.png", full_page=True)
        page.locator("#followers > button").click()
        expect(cards).to_have_count(len(FOLLOWERS))
        expect(page.locator("#followers > button")).to_be_hidden()
        expect(cards.nth(1)).to_contain_text(HOSTILE)
        self.assertEqual(cards.first.get_attribute("href"), "https://social.example/users/0")
        self.assertFalse(viewer.evaluate("window.ran === true"))
        # Who turns a phone finds what was there.
        for size in (PHONE, TURNED):
            page.set_viewport_size(size)
            expect(page.locator("#tab-chat")).to_be_visible(visible=size is PHONE)
            expect(cards.first).to_be_visible()
        self.assertEqual(viewer.complaints, [])

    def test_actions(self) -> None:
        """
        What the administrator offers opens in a frame that is told who asks and from where, or is
        shown as it was written, without running.
        """
        viewer = self.visit()
        page = viewer.page
        page.route("https://pay.example/**", lambda route: route.fulfill(body="thanks"))
        viewer.see_words("#outside", "Donate")
        page.locator("#outside button", has_text="Donate").click()
        frame = page.locator("dialog iframe")
        query = parse_qs(urlsplit(frame.get_attribute("src") or "").query)
        self.assertEqual(
            query, {"a": ["b"], "instance": [self.server.url], "username": [viewer.name]}
        )
        self.assertIn("allow-scripts", frame.get_attribute("sandbox") or "")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        page.locator("#outside button", has_text="Schedule").click()
        expect(page.locator("dialog b")).to_have_text("Monday")
        self.assertFalse(viewer.evaluate("window.ran === true"))

    def test_sign_in(self) -> None:
        """
        A code is sent to an account, and makes whoever types it somebody known; a site asks itself.
        """
        viewer = self.visit()
        page = viewer.page
        sent: list[Any] = []

        def note(route: Route) -> None:
            sent.append(route.request.post_data_json)
            wrong = route.request.post_data_json == {"code": "111111"}
            if wrong:
                route.fulfill(status=403, body="")
            else:
                route.fulfill(json={"success": True, "message": ""})

        page.route("**/api/auth/fediverse*", note)
        page.route("**/api/auth/fediverse/verify*", note)
        page.click(".chat-sign-in")
        page.wait_for_selector("dialog[open] [role=tablist]")
        page.screenshot(path=ARTIFACTS / "sign-in.png")
        page.fill("dialog [inputmode=email]", "@me@social.example")
        page.keyboard.press("Enter")
        page.fill("dialog [inputmode=numeric]", "111111")
        page.keyboard.press("Enter")
        viewer.see_words("dialog .status", "That is not the code")
        page.fill("dialog [inputmode=numeric]", "123456")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        viewer.wait_for_state("connected")
        codes = [{"code": "111111"}, {"code": "123456"}]
        self.assertEqual(sent, [{"account": "me@social.example"}, *codes])
        refusal = {"success": False, "message": "the provided url does not support indieauth"}
        self.fulfill_json(page, "**/api/auth/indieauth*", refusal, 400)
        page.click(".chat-sign-in")
        page.click("#tab-site")
        page.fill("dialog [type=url]", "https://me.example")
        page.keyboard.press("Enter")
        viewer.see_words("dialog .status", "does not know IndieAuth")

    def test_captions_and_other_screens(self) -> None:
        """
        Where there are captions, or another screen, there is a button for them.
        """
        viewer = self.chatters.new()
        self.addCleanup(viewer.page.context.close)
        page = viewer.page
        # A browser that knows of a screen.
        page.add_init_script(
            """window.prompted = 0;
            const remote = Object.assign(new EventTarget(), {
              state: "disconnected",
              watchAvailability: async (found) => { setTimeout(() => found(true)); return 1; },
              cancelWatchAvailability: async () => {},
              prompt: async () => {
                window.prompted += 1;
                remote.state = "connected";
                remote.dispatchEvent(new Event("connect"));
              },
            });
            Object.defineProperty(HTMLMediaElement.prototype, "remote", { get: () => remote });"""
        )
        # The bar is put away while there is nothing to play: the server is kept from saying so.
        page.route("**/api/status", lambda _: None)
        viewer.open(self.server.url)
        viewer.evaluate("document.querySelector('owncast-player').dataset.phase = 'live'")
        cast, captions = page.locator(".cast-button"), page.locator(".captions-button")
        expect(cast).to_be_visible()
        expect(captions).to_be_hidden()
        cast.click()
        viewer.wait_until("window.prompted === 1")
        expect(page.locator("[data-away] > .away")).to_have_text("Playing on another screen")
        viewer.evaluate("document.querySelector('video').addTextTrack('captions', 'English', 'en')")
        expect(captions).to_be_visible()
        showing = "[...document.querySelector('video').textTracks].map((track) => track.mode)"
        page.focus("owncast-player")
        page.keyboard.press("c")
        self.assertEqual(viewer.evaluate(showing), ["showing"])
        expect(captions).to_have_attribute("aria-pressed", "true")
        captions.click()
        self.assertEqual(viewer.evaluate(showing), ["hidden"])
        self.assertEqual(viewer.complaints, [])


def browser_keys() -> dict[str, str]:
    """
    The keys of a browser's subscription (RFC 8291), made by nobody.
    """
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoded = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": encoded, "auth": bytes(16)}
    return {name: urlsafe_b64encode(key).decode().rstrip("=") for name, key in keys.items()}


class NotifyTests(ViewersCase):
    """
    Being told when the stream goes live.
    """

    #: A push service is of the browser's maker, and none of this machine.
    PUSH = """window.keys = %s;
      window.subscribed = null;
      PushManager.prototype.getSubscription = async () => window.subscribed;
      PushManager.prototype.subscribe = async (options) => {
        window.asked = options;
        window.subscribed = {
          unsubscribe: async () => { window.subscribed = null; return true; },
          toJSON: () => ({ endpoint: "https://push.example/x", keys: window.keys }),
        };
        return window.subscribed;
      };
      Notification.requestPermission = async () => window.answer ?? "granted";
    """

    def test_notify(self) -> None:
        """
        The browser's subscription is given to the server with the viewer's token, once the viewer
        has allowed it; and it can be ended.
        """
        config = self.server.web.get("/api/config").json()["notifications"]["browser"]
        self.assertTrue(config["enabled"])
        viewer = self.chatters.new()
        self.addCleanup(viewer.page.context.close)
        page = viewer.page
        page.add_init_script(self.PUSH % json.dumps(browser_keys()))
        viewer.open(self.server.url)
        sent: list[tuple[str, Any]] = []

        def note(asked: Request) -> None:
            if "/api/notifications/register" in asked.url:
                sent.append((asked.url, asked.post_data_json))

        page.on("request", note)
        self.open_dialog(viewer, "notify")
        viewer.evaluate("window.answer = 'denied'")
        page.locator("dialog .button.primary").click()
        viewer.see_words("dialog .status", "does not allow notifications")
        viewer.evaluate("window.answer = 'granted'")
        page.locator("dialog .button.primary").click()
        viewer.see_words("dialog .status", "You will be told")
        page.screenshot(path=ARTIFACTS / "notify.png")
        [(url, body)] = sent
        self.assertEqual(parse_qs(urlsplit(url).query)["accessToken"], [viewer.token])
        self.assertEqual(body["channel"], "BROWSER_PUSH_NOTIFICATION")
        self.assertEqual(json.loads(body["destination"])["endpoint"], "https://push.example/x")
        self.assertEqual(viewer.evaluate("window.asked.applicationServerKey"), config["publicKey"])
        page.locator("dialog .dialog-buttons .button").click()
        viewer.see_words("dialog .status", "not be told any more")
        self.assertEqual(viewer.complaints, [])


class LanguageTests(ViewersCase):
    """
    The page in languages.
    """

    def test_follows_the_browser_and_a_choice(self) -> None:
        """
        The browser's language is spoken until the viewer chooses another one, which is kept.
        """
        viewer = self.visit(locale="es-MX")
        page = viewer.page
        viewer.see_words("#badge", "Sin emisión")
        self.assertEqual(page.get_attribute(FIELD, "placeholder"), "Di algo")
        page.select_option("#language", "de")
        page.wait_for_selector("html[lang=de]")
        viewer.wait_for_state("connected")
        self.assertEqual(page.get_attribute(FIELD, "placeholder"), "Schreib etwas")
        page.reload()
        page.wait_for_selector("html[lang=de]")
        viewer.wait_for_state("connected")
        page.screenshot(path=ARTIFACTS / "german.png")
        self.assertEqual(viewer.complaints, [])

    def test_all_texts_are_translated(self) -> None:
        """
        In the language that is made for it, whatever the page says has come from a catalogue.
        """
        viewer = self.visit("?lang=en-XA")
        self.assertEqual(viewer.evaluate(FOREIGN_TEXTS), [])
        viewer.page.screenshot(path=ARTIFACTS / "accented.png")
        for name in ("share", "follow"):
            self.open_dialog(viewer, name)
            self.assertEqual(viewer.evaluate(FOREIGN_TEXTS), [], name)
            viewer.page.keyboard.press("Escape")
            viewer.page.wait_for_selector("dialog", state="detached")
        for opener in (".chat-me", ".chat-sign-in", ".emoji-button"):
            viewer.page.click(opener)
            viewer.page.wait_for_selector("dialog[open], .chat-picker:not([hidden])")
            # Words to find emoji by are English everywhere.
            viewer.evaluate(
                "document.querySelectorAll('.picker-row').forEach((each) => each.remove())"
            )
            self.assertEqual(viewer.evaluate(FOREIGN_TEXTS), [], opener)
            viewer.page.keyboard.press("Escape")
            viewer.page.wait_for_selector("dialog", state="detached")

    def test_from_right_to_left(self) -> None:
        """
        Where text runs the other way, so does the page, on a desk and on a phone.
        """
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            viewer = self.visit("?lang=ar-XB", viewport=size)
            viewer.say(f"hello from a {name}")
            viewer.see(f"from a {name}")
            self.assertTrue(viewer.evaluate(NO_SIDEWAYS))
            send = viewer.page.locator(".chat-send").bounding_box()
            field = viewer.page.locator(FIELD).bounding_box()
            assert send is not None and field is not None
            self.assertLess(send["x"], field["x"])
            viewer.page.screenshot(path=ARTIFACTS / f"right-to-left-{name}.png")
            self.assertEqual(viewer.complaints, [])


class BarrierTests(ViewersCase):
    """
    What axe-core finds, in both themes and at both sizes.
    """

    def test_page(self) -> None:
        """
        Nothing grave on the page, in its tabs, nor in its dialogs.
        """
        for scheme in ("light", "dark"):
            for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
                viewer = self.visit(viewport=size, color_scheme=scheme, reduced_motion="reduce")
                where = f"{scheme} {name}"
                viewer.say(f"Hello [link](https://example.com) {where}")
                viewer.see(where)
                viewer.page.screenshot(path=ARTIFACTS / f"offline-{scheme}-{name}.png")
                self.assertEqual(barriers(viewer.page), [], where)
                for opener in (
                    ".info [data-opens=share]",
                    ".info [data-opens=follow]",
                    ".chat-me",
                    ".chat-sign-in",
                ):
                    viewer.page.click(opener)
                    viewer.page.wait_for_selector("dialog[open]")
                    self.assertEqual(barriers(viewer.page), [], f"{where} {opener}")
                    viewer.page.keyboard.press("Escape")
                    viewer.page.wait_for_selector("dialog", state="detached")
                viewer.page.click(".emoji-button")
                viewer.page.wait_for_selector(".picker-row button")
                self.assertEqual(barriers(viewer.page), [], f"{where} emoji")
                viewer.page.keyboard.press("Escape")
                if name == "phone":
                    viewer.page.click("#tab-about")
                    self.assertEqual(barriers(viewer.page), [], f"{where} about")
                self.assertEqual(viewer.complaints, [])

    def test_embedded(self) -> None:
        """
        Nor on the pages that are made for frames.
        """
        for scheme in ("light", "dark"):
            for path in ("embed/chat/readwrite/", "embed/chat/readonly/"):
                viewer = self.visit(
                    path, color_scheme=scheme, viewport={"width": 400, "height": 600}
                )
                self.assertEqual(barriers(viewer.page), [], path)
                name = path.strip("/").replace("/", "-")
                viewer.page.screenshot(path=ARTIFACTS / f"{name}-{scheme}.png")
            player = self.chatters.new(color_scheme=scheme, viewport={"width": 560, "height": 315})
            self.addCleanup(player.page.context.close)
            player.page.goto(f"{self.server.url}embed/video/")
            self.assertEqual(barriers(player.page), [], "player")
            player.page.screenshot(path=ARTIFACTS / f"embed-video-{scheme}.png")


class LiveTests(SharedCase):
    """
    The page while there is a stream, and while it is interrupted.
    """

    SETTINGS = {"chat_rate_messages": 0, "stream_title": "A day in the garden"}

    def publish(self) -> Publisher:
        """
        Send a stream in a loop, and wait until it can be played.
        """
        folder = Path(self.mktemp())
        folder.mkdir(parents=True)
        url = self.server.ingest_url(STREAM_KEY)
        publisher = Publisher.start(url, captioned(PLAIN, folder), folder, loop=True)
        self.addCleanup(publisher.kill)
        self.server.wait_for_playlist()
        wait_for("the stream to be online", lambda: self.server.status()["online"])
        return publisher

    def test_live_and_interrupted(self) -> None:
        """
        Title, viewers, captions, and for how long it has been on; the same after an interruption.
        Nothing bars anybody's way in either theme, at either size.
        """
        publisher = self.publish()
        viewers = []
        for scheme in ("light", "dark"):
            for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
                viewer = self.chatters.new(color_scheme=scheme, viewport=size)
                self.addCleanup(viewer.page.context.close)
                viewer.open(self.server.url)
                viewer.say(f"hello from the {scheme} {name}")
                viewer.wait_until(f"{PLAYER}.dataset.playback === 'playing'")
                viewer.see_words("#badge", "Live")
                viewer.see_words("h1", "A day in the garden")
                viewer.see_words("#viewers", "viewer")
                viewer.see_words("#uptime", re.compile(r"on for \d+:\d\d"))
                self.assertEqual(barriers(viewer.page), [], f"{scheme} {name}")
                viewer.page.screenshot(path=ARTIFACTS / f"live-{scheme}-{name}.png")
                viewers.append(viewer)
                if len(viewers) < 4:
                    # Two cores are too few for many who watch.
                    viewer.page.context.close()
        viewer.page.focus("owncast-player")
        viewer.page.keyboard.press("c")
        viewer.wait_until(CAPTION_SHOWN)
        began = viewer.page.get_attribute("#uptime", "datetime")
        viewer.wait_until(f"document.querySelector('#uptime').dateTime !== '{began}'")
        publisher.kill()
        viewer.see_words("#badge", "Interrupted")
        viewer.see_words("#notice-text", "coming back")
        self.assertEqual(barriers(viewer.page), [], "interrupted")
        viewer.page.screenshot(path=ARTIFACTS / "interrupted-phone.png")
        again = self.publish()
        viewer.see_words("#badge", "Live")
        viewer.wait_until(f"{PLAYER}.dataset.playback === 'playing'")
        again.stop()
        viewer.see_words("#badge", "Offline")
        viewer.see_words("#last-live", "Last live")
        expect(viewer.page.locator("#uptime")).to_be_hidden()
        self.assertEqual([each for one in viewers for each in one.complaints], [])
