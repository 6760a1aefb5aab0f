"""
In real browsers: people who talk, one of whom moderates; what strangers write runs nowhere.
"""

import json
import re
from base64 import b64encode
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from playwright.sync_api import WebSocketRoute

from tests.chat.test_rendering import ATTACKS
from tests.integration.case import ServerTestCase
from tests.integration.harness import ADMIN_PASSWORD, ROOT, Server

from .chatters import CHAT, FIELD, PHONE, Chatter, chatting
from .chromium import find_browser

ARTIFACTS = ROOT / "artifacts"
LOG = ".chat-log"
#: Nobody is held up, so that a test can say much at once.
NO_LIMIT = {"chat_rate_messages": 0}
#: As many messages as a page keeps, how many come at once, and how many may be in the page.
MANY = 10_000
AT_ONCE = 500
MOST_NODES = 600
SCROLL = f"document.querySelector('{LOG}').scrollTop"
SCROLL_HEIGHT = f"document.querySelector('{LOG}').scrollHeight"
AT_END = (
    f"(() => {{ const log = document.querySelector('{LOG}');"
    " return log.scrollTop + log.clientHeight >= log.scrollHeight - 2; })()"
)
#: Which entry is the first in sight, and where.
FIRST_NODE = (
    f"[...document.querySelectorAll('.entry')].find((node) => node.getBoundingClientRect().bottom"
    f" > document.querySelector('{LOG}').getBoundingClientRect().top)"
)
FIRST_SEEN = f"({FIRST_NODE}?.dataset.id ?? null)"
OFFSET = f"{FIRST_NODE}.getBoundingClientRect().top"
#: Whether all that is in sight has been filled, once what scrolling brought has been drawn.
FILLED = f"""new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {{
  const log = document.querySelector('{LOG}').getBoundingClientRect();
  const chunks = [...document.querySelectorAll('.chat-chunk')].filter((chunk) => {{
    const {{ top, bottom }} = chunk.getBoundingClientRect();
    return top < log.bottom && bottom > log.top;
  }});
  done(chunks.length > 0 && chunks.every((chunk) => chunk.childElementCount > 0));
}})))"""
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw=="
OTHER_SITE = "http://other.example/"
#: Chromium keeps sites of the world from servers on the viewer's own machine, such as this one.
LOCAL_FRAMES = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"

#: What is in a part of the page that no message may bring there: an attribute or an element that
#: could run or load something.
FOREIGN = """(selector) => [...document.querySelector(selector).querySelectorAll("*")].flatMap(
  (element) => {
    const bad = [...element.attributes]
      .filter(({ name }) => name.startsWith("on") || ["style", "srcdoc"].includes(name))
      .map(({ name }) => `${element.tagName} ${name}`);
    const known = ["DIV", "P", "B", "ABBR", "TIME", "BUTTON", "BR", "STRONG", "EM", "CODE", "PRE",
      "A", "IMG", "MARK", "svg", "path"];
    if (!known.includes(element.tagName)) bad.push(element.tagName);
    if (element.tagName === "A") {
      if (!["http:", "https:", "mailto:"].includes(element.protocol)) bad.push(element.href);
      if (element.target !== "_blank" || !/noopener/.test(element.rel)) bad.push("A rel");
    }
    if (element.tagName === "IMG") {
      const url = new URL(element.src);
      if (url.origin !== location.origin || !url.pathname.startsWith("/img/emoji/")) {
        bad.push(element.src);
      }
    }
    return bad;
  })"""
#: Our own filter alone, as if the server had let everything through.
SHOW_RAW = """async ([module, texts]) => {
  const { safeHtml } = await import(module);
  const place = document.createElement("div");
  place.id = "raw";
  document.body.append(place);
  for (const text of texts) place.append(safeHtml(text));
}"""


class ChatCase(ServerTestCase):
    """
    A server, and a browser for people.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()

    def administer(self, server: Server, path: str, body: object) -> None:
        """
        Change something as the administrator.
        """
        request = Request(f"{server.url}api/admin/{path}", json.dumps(body).encode())
        credentials = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
        with urlopen(request) as answer:
            self.assertEqual(answer.status, 200)

    def backlog(self, server: Server, chatter: Chatter) -> list[dict[str, Any]]:
        """
        What somebody would be shown who comes now.
        """
        answer = server.web.get(f"/api/chat?accessToken={quote(chatter.token)}")
        self.assertEqual(answer.status, 200)
        events: list[dict[str, Any]] = answer.json()
        return events

    def make_moderator(self, server: Server, chatter: Chatter) -> None:
        """
        Let somebody who has said something moderate.
        """
        user_id = next(
            event["user"]["id"]
            for event in self.backlog(server, chatter)
            if event["user"]["displayName"] == chatter.name
        )
        self.administer(server, "chat/users/setmoderator", {"userId": user_id, "isModerator": True})
        chatter.page.wait_for_selector(f"{CHAT}[data-moderator]")

    def moderate(self, chatter: Chatter, text: str) -> None:
        """
        Open the moderator's dialog about a message.
        """
        message = chatter.see(text)
        message.hover()
        message.locator("[data-action=moderate]").click()
        chatter.page.wait_for_selector(".dialog[open] .dialog-actions button")

    def press(self, chatter: Chatter, button: str) -> None:
        """
        Press a button of the open dialog.
        """
        chatter.page.locator(".dialog button").filter(has_text=button).first.click()


class TalkingTests(ChatCase):
    """
    Two people.
    """

    def test_talking(self) -> None:
        """
        What one says the other sees, with lines, marks, links and emoji; a new name is everywhere,
        a colour with the next message; whoever comes back is the same and sees what was said.
        """
        server = self.start_server(settings=NO_LIMIT)
        self.administer(server, "emoji/upload", {"name": "party.gif", "data": GIF})
        with chatting(self.browser) as chatters:
            ana, ben = chatters.new(), chatters.new(viewport=PHONE, color_scheme="dark")
            ana.open(server.url)
            ben.open(server.url)
            ana.page.fill(FIELD, "Hello **you** :party:")
            ana.page.press(FIELD, "Shift+Enter")
            ana.page.type(FIELD, "see https://example.com/a?b=c")
            ana.page.press(FIELD, "Enter")
            self.assertEqual(ana.page.input_value(FIELD), "")
            for each in (ana, ben):
                said = each.see("Hello").locator(".said")
                self.assertEqual(said.locator("strong").inner_text(), "you")
                self.assertEqual(said.locator("br").count(), 1)
                self.assertEqual(said.locator("img").get_attribute("alt"), ":party:")
                link = said.locator("a")
                self.assertEqual(link.get_attribute("href"), "https://example.com/a?b=c")
                self.assertEqual(link.get_attribute("target"), "_blank")
                self.assertEqual(link.get_attribute("rel"), "nofollow noopener noreferrer")
            ben.say("Hi!")
            ana.see("Hi!")

            ana.page.click(".chat-me")
            ana.page.fill(".dialog input[name=name]", "Ana Lovelace")
            ana.page.check(".dialog input[value='6']")
            self.press(ana, "Save")
            for each in (ana, ben):
                each.see_words(".entry.renamed", "is now called Ana Lovelace")
                each.see_words(".entry.message .who", "Ana Lovelace")
            ana.see_words(".chat-me", "Ana Lovelace")
            ana.say("in colour")
            ben.see("in colour")
            ben.wait_until("[...document.querySelectorAll('.who')].at(-1).dataset.color === '6'")
            ben.page.screenshot(path=ARTIFACTS / "chat-phone.png")
            ana.page.screenshot(path=ARTIFACTS / "chat.png")

            ben_was, token = ben.name, ben.token
            ben.page.reload()
            ben.wait_for_state("connected")
            ben.see("Hello")
            self.assertEqual((ben.name, ben.token), (ben_was, token))
            self.assertEqual(ana.complaints + ben.complaints, [])

    def test_by_keyboard(self) -> None:
        """
        Without a pointer: an emoji is found and put in, messages are walked through, and dialogs
        give the focus back.
        """
        server = self.start_server(settings=NO_LIMIT)
        with chatting(self.browser) as chatters:
            ana = chatters.new()
            ana.open(server.url)
            page = ana.page
            page.focus(".emoji-button")
            page.keyboard.press("Enter")
            page.wait_for_selector(".picker-row button")
            page.keyboard.type("rocket")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            self.assertEqual(page.input_value(FIELD), "\N{ROCKET}")
            page.keyboard.type(" one")
            page.keyboard.press("Enter")
            ana.see("one")
            ana.say("two")
            ana.see("two")
            self.make_moderator(server, ana)

            page.focus(LOG)
            page.keyboard.press("ArrowUp")
            page.keyboard.press("ArrowUp")
            focused = "document.activeElement.closest('.entry')?.textContent ?? ''"
            self.assertIn("one", ana.evaluate(focused))
            page.keyboard.press("Enter")
            page.wait_for_selector(".dialog[open]")
            page.keyboard.press("Escape")
            page.wait_for_selector(".dialog", state="detached")
            self.assertIn("one", ana.evaluate(focused))
            # Nothing was pressed on the way.
            self.assertEqual(page.locator(".entry.message").count(), 2)
            log = page.locator(LOG)
            self.assertEqual(log.get_attribute("role"), "log")
            # Read out is what is new, not what comes into the page with scrolling.
            self.assertEqual(log.get_attribute("aria-live"), "off")
            spoken = page.locator(".chat-spoken")
            self.assertEqual(spoken.get_attribute("aria-live"), "polite")
            self.assertIn(f"{ana.name}: two", spoken.inner_text())
            self.assertEqual(ana.complaints, [])

    def test_long(self) -> None:
        """
        Ten thousand messages are kept, and few of them are in the page. Whoever reads further up is
        not moved, but told of what is new, and finds where it begins.
        """
        server = self.start_server(settings=NO_LIMIT)
        lines = [self.said(number) for number in range(MANY)]
        with chatting(self.browser) as chatters:
            ana = chatters.new()
            sockets: list[WebSocketRoute] = []

            def answer(route: WebSocketRoute) -> None:
                sockets.append(route)
                route.send(json.dumps({"type": "CONNECTED_USER_INFO", "user": {"id": "me"}}))

            ana.page.route_web_socket(re.compile("/ws"), answer)
            ana.open(server.url)
            for start in range(0, MANY, AT_ONCE):
                sockets[0].send("\n".join(lines[start : start + AT_ONCE]))
            ana.see(f"line {MANY - 1} ")
            ana.wait_until(AT_END)
            entries = ana.page.locator(".entry")
            self.assertLess(entries.count(), MOST_NODES)

            # All the way up, by keyboard, and down again a little.
            ana.page.focus(LOG)
            ana.page.keyboard.press("Home")
            ana.see("line 0 ")
            self.assertLess(entries.count(), MOST_NODES)
            self.assertIn("line 0 ", ana.evaluate("document.activeElement.textContent"))
            for _ in range(3):
                ana.page.keyboard.press("ArrowDown")
            self.assertIn("line 3 ", ana.evaluate("document.activeElement.textContent"))
            # In the middle, where nobody has been yet.
            ana.evaluate(f"document.activeElement.blur(), {SCROLL} = {SCROLL_HEIGHT} / 2")
            ana.wait_until(FILLED)
            before = ana.evaluate(f"[{FIRST_SEEN}, {OFFSET}]")
            sockets[0].send(self.said(MANY))
            ana.see_words(".chat-newer", "1 new message")
            after = ana.evaluate(f"[{FIRST_SEEN}, {OFFSET}]")
            self.assertEqual(before[0], after[0])
            self.assertLess(abs(before[1] - after[1]), 2)
            self.assertFalse(ana.evaluate(AT_END))
            ana.page.click(".chat-newer")
            ana.wait_until(AT_END)
            unread = ana.see(f"line {MANY} ")
            self.assertEqual(unread.get_attribute("data-unread"), "New")
            self.assertTrue(ana.page.locator(".chat-newer").is_hidden())
            self.assertLess(entries.count(), MOST_NODES)
            self.assertEqual(ana.complaints, [])

    def said(self, number: int) -> str:
        """
        A message as the server tells of it; every fourth is long.
        """
        words = "and more words " * (9 if number % 4 == 0 else 0)
        return json.dumps(
            {
                "type": "CHAT",
                "id": f"id-{number}",
                "timestamp": f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:00Z",
                "body": f"<p>line {number} {words}</p>",
                "user": {
                    "id": f"user-{number % 7}",
                    "displayName": "Ben",
                    "displayColor": number % 8,
                },
                "visible": True,
            }
        )

    def test_mentions(self) -> None:
        """
        Names are offered after an @; whoever is meant sees it.
        """
        server = self.start_server(settings=NO_LIMIT)
        with chatting(self.browser) as chatters:
            ana, ben = chatters.new(), chatters.new(viewport=PHONE)
            ana.open(server.url)
            ben.open(server.url)
            ben.say("hello")
            ana.see("hello")
            # By typing, and by pressing a name.
            ana.page.type(FIELD, f"well @{ben.name[:3].upper()}")
            ana.page.wait_for_selector(".chat-names [role=option]")
            ana.page.keyboard.press("Enter")
            self.assertEqual(ana.page.input_value(FIELD), f"well @{ben.name} ")
            ana.page.type(FIELD, "met")
            ana.page.keyboard.press("Enter")
            self.assertEqual(ben.see("met").locator("mark").inner_text(), f"@{ben.name}")
            self.assertEqual(ana.see("met").locator("mark").count(), 0)
            ana.message("hello").locator(".who").click()
            self.assertEqual(ana.page.input_value(FIELD), f"@{ben.name} ")
            self.assertEqual(ana.complaints + ben.complaints, [])

    def test_lost_and_found(self) -> None:
        """
        A lost connection comes back by itself, with what was said meanwhile. A chat that is
        switched off says so, and is there again when it is on.
        """
        server = self.start_server(settings=NO_LIMIT)
        with chatting(self.browser) as chatters:
            ana, ben = chatters.new(), chatters.new()
            routes: list[WebSocketRoute] = []

            lost = False

            def through(route: WebSocketRoute) -> None:
                if lost:
                    route.close(code=1011)
                    return
                route.connect_to_server()
                routes.append(route)

            ben.page.route_web_socket(re.compile("/ws"), through)
            ana.open(server.url)
            ben.open(server.url)
            lost = True
            routes[0].close(code=1011)
            ben.wait_for_state("lost")
            ana.say("where are you?")
            ana.see("where are you?")
            lost = False
            ben.wait_for_state("connected")
            ben.see("where are you?")

            self.administer(server, "config/chat/disable", {"value": True})
            ana.wait_for_state("disabled")
            ana.see_words(".chat-state", "switched off")
            self.assertTrue(ana.page.locator(FIELD).is_disabled())
            self.administer(server, "config/chat/disable", {"value": False})
            ana.page.click("text=Try again")
            ana.wait_for_state("connected")
            ana.say("back")
            ana.see("back")
            self.assertEqual(ana.complaints, [])


class ModerationTests(ChatCase):
    """
    One of two moderates.
    """

    def test_moderation(self) -> None:
        """
        Hidden messages vanish for everybody; a timeout is told and counted down, and can be lifted;
        whoever is banned is told.
        """
        server = self.start_server()
        with chatting(self.browser) as chatters:
            mod, ben = chatters.new(), chatters.new()
            mod.open(server.url)
            ben.open(server.url)
            mod.say("I keep order")
            ben.say("something rude")
            ben.see("something rude")
            mod.see("I keep order")
            self.make_moderator(server, mod)

            self.moderate(mod, "something rude")
            mod.page.screenshot(path=ARTIFACTS / "chat-moderation.png")
            self.press(mod, "Hide this message")
            mod.see_gone("something rude")
            ben.see_gone("something rude")
            mod.page.click(".dialog [aria-label=Close]")

            ben.say("something else")
            self.moderate(mod, "something else")
            mod.page.fill(".dialog input[aria-label=Reason]", "Please be kind")
            self.press(mod, "Time out")
            mod.see_words(".dialog-actions", "May not write for")
            ben.see_words(".chat-limit", "Please be kind")
            shown = [ben.page.inner_text(".chat-send")]
            ben.wait_until(
                f"document.querySelector('.chat-send').textContent !== {json.dumps(shown[0])}"
            )
            shown.append(ben.page.inner_text(".chat-send"))
            for text in shown:
                self.assertRegex(text, r"^[45]:\d\d$")
            ben.page.screenshot(path=ARTIFACTS / "chat-timeout.png")
            self.press(mod, "Lift")
            ben.see_words(".chat-send", "Send")
            ben.say("thank you")
            mod.see("thank you")
            # Without a dialog.
            ben.say("one more")
            mod.page.keyboard.press("Escape")
            quick = mod.see("one more")
            quick.hover()
            quick.locator("[data-action=hide]").click()
            ben.see_gone("one more")
            self.moderate(mod, "thank you")

            self.press(mod, "Ban")
            self.press(mod, "Really ban")
            ben.see_words(".chat-state", "You were removed from this chat.")
            self.assertTrue(ben.page.locator(FIELD).is_disabled())
            mod.see_gone("thank you")
            mod.see_words(".dialog-actions", "again")
            self.assertEqual(mod.complaints + ben.complaints, [])

    def test_first_message(self) -> None:
        """
        The first message of somebody new is seen by the moderator alone, who lets it through.
        """
        server = self.start_server()
        with chatting(self.browser) as chatters:
            mod, ben = chatters.new(), chatters.new()
            mod.open(server.url)
            mod.say("I keep order")
            mod.see("I keep order")
            self.make_moderator(server, mod)
            self.administer(server, "config/chat/holdfirstmessages", {"value": True})
            ben.open(server.url)
            ben.say("am I there?")
            ben.see_words(".entry.action", "waits for a moderator")
            mod.see("am I there?").locator(".entry-approve").click()
            ben.see("am I there?")
            mod.wait_until("!document.querySelector('.held')")
            self.assertEqual(mod.complaints + ben.complaints, [])

    def test_slow_mode(self) -> None:
        """
        After a message everybody waits, and sees for how long; moderators do not.
        """
        server = self.start_server(settings={"chat_slow_mode_seconds": 30.0})
        with chatting(self.browser) as chatters:
            ana = chatters.new()
            ana.open(server.url)
            ana.say("one")
            ana.see("one")
            ana.see_words(".chat-limit", "Slow mode")
            self.assertRegex(ana.page.inner_text(".chat-send"), r"^\d\d s$")
            self.administer(server, "config/chat/slowmodeseconds", {"value": 0})
            ana.see_words(".chat-send", "Send")
            ana.say("two")
            ana.see("two")
            self.assertEqual(ana.complaints, [])


class EmbeddedTests(ChatCase):
    """
    The chat on other pages.
    """

    def test_embedded(self) -> None:
        """
        In frames of another site: one can be written in, the other only read.
        """
        server = self.start_server()
        frames = "".join(
            f'<iframe src="{server.url}embed/chat/{name}" width="400" height="400"></iframe>'
            for name in ("readwrite", "readonly")
        )
        with chatting(self.browser, LOCAL_FRAMES) as chatters:
            ana = chatters.new()
            ana.page.route(
                f"{OTHER_SITE}**",
                lambda route: route.fulfill(
                    body=f"<!doctype html><title>Other</title>{frames}", content_type="text/html"
                ),
            )
            ana.page.goto(OTHER_SITE)
            writable, readable = ana.page.main_frame.child_frames
            for frame in (writable, readable):
                frame.wait_for_selector(f'{CHAT}[data-state="connected"]')
            self.assertEqual(readable.locator(FIELD).count(), 0)
            writable.fill(FIELD, "from afar")
            writable.press(FIELD, "Enter")
            for frame in (writable, readable):
                frame.locator(".entry.message").filter(has_text="from afar").wait_for()
            foreign = f"request: {OTHER_SITE}"
            self.assertEqual([each for each in ana.complaints if each != foreign], [])

    def test_switched_off(self) -> None:
        """
        Where the chat is switched off the page has none, and a frame says so.
        """
        server = self.start_server(settings={"chat_disabled": True})
        with chatting(self.browser) as chatters:
            ana = chatters.new()
            ana.page.goto(server.url)
            self.assertEqual(ana.page.locator(CHAT).count(), 0)
            self.assertEqual(ana.complaints, [])
            ana.page.goto(f"{server.url}embed/chat/readwrite/")
            ana.wait_for_state("disabled")
            ana.see_words(".chat-state", "switched off")


class AttackTests(ChatCase):
    """
    What strangers write. The page's policy, which would stop scripts as well, is switched off.
    """

    def assert_inert(self, chatter: Chatter, selector: str) -> None:
        """
        Nothing ran, nothing was loaded, and nothing is there that could.
        """
        self.assertEqual(chatter.evaluate(FOREIGN, selector), [])
        # What loads does so by and by.
        chatter.page.wait_for_timeout(300)
        self.assertEqual(chatter.complaints, [])

    def test_alarm(self) -> None:
        """
        These tests can fail: what a page without care would show is noticed, and runs.
        """
        server = self.start_server()
        careless = """(texts) => {
          const place = document.createElement("div");
          place.id = "raw";
          document.body.append(place);
          place.innerHTML = texts.join("");
        }"""
        with chatting(self.browser) as chatters:
            ben = chatters.new(bypass_csp=True)
            ben.open(server.url)
            ben.page.route("http://e.example/**", lambda route: route.abort())
            ben.evaluate(careless, ["<img src=http://e.example/x onerror=alert(1)>", "<iframe>"])
            found = ben.evaluate(FOREIGN, "#raw")
            self.assertEqual(found, ["IMG onerror", "http://e.example/x", "IFRAME"])
            for _ in range(100):
                if "dialog: 1" in ben.complaints:
                    break
                ben.page.wait_for_timeout(50)
            self.assertIn("dialog: 1", ben.complaints)
            self.assertIn("request: http://e.example/x", ben.complaints)

    def test_through_the_server(self) -> None:
        """
        Messages and names, as the real server passes them on.
        """
        server = self.start_server(settings=NO_LIMIT)
        with chatting(self.browser) as chatters:
            mallory, ben = chatters.new(), chatters.new(bypass_csp=True)
            mallory.open(server.url)
            ben.open(server.url)
            mallory.send_raw([attack for attack in ATTACKS if len(attack) < 1_900])
            mallory.send_raw([attack[:30] for attack in ATTACKS], "NAME_CHANGE")
            mallory.send_raw(["the end"])
            ben.see("the end")
            self.assertGreater(ben.page.locator(".entry.message").count(), len(ATTACKS) // 2)
            # Names are stored before they are told, and messages are not.
            ben.wait_until("document.querySelectorAll('.entry.renamed').length > 3")
            self.assert_inert(ben, LOG)
            # Whoever comes later gets the same from the backlog.
            ben.page.reload()
            ben.see("the end")
            self.assert_inert(ben, LOG)

    def test_by_ourselves(self) -> None:
        """
        The page's own filter, as if the server had none: no text of a stranger, in any field of any
        event, brings anything that runs.
        """
        server = self.start_server()
        user = {"displayColor": 1, "previousNames": [], "isBot": True, "authenticated": True}
        kinds = [
            *("CHAT", "SYSTEM", "CHAT_ACTION", "USER_JOINED", "USER_PARTED", "NAME_CHANGE"),
            *("FEDIVERSE_ENGAGEMENT_FOLLOW", "FEDIVERSE_ENGAGEMENT_LIKE"),
        ]
        events: list[dict[str, Any]] = [
            {"type": "CONNECTED_USER_INFO", "user": {**user, "id": "me"}}
        ]
        links = ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x"]
        for number, attack in enumerate([*ATTACKS, *links]):
            kind = kinds[number % len(kinds)]
            events.append(
                {
                    "type": kind,
                    "id": f"{number}{attack}",
                    "timestamp": "2026-01-01T00:00:00Z",
                    "body": attack,
                    "user": {**user, "id": attack, "displayName": attack, "displayColor": attack},
                    "oldName": attack,
                    "title": attack,
                    "image": attack,
                    "link": attack,
                    "visible": True,
                }
            )
        with chatting(self.browser) as chatters:
            ben = chatters.new(bypass_csp=True)

            def answer(route: WebSocketRoute) -> None:
                route.send("\n".join(json.dumps(event) for event in events))

            ben.page.route_web_socket(re.compile("/ws"), answer)
            ben.open(server.url)
            ben.wait_until(f"document.querySelectorAll('{LOG} .entry').length > 30")
            self.assert_inert(ben, LOG)
            module = ben.evaluate("document.querySelector('script[src*=panel]').src")
            ben.evaluate(SHOW_RAW, [module.replace("panel.js", "safe_html.js"), ATTACKS])
            self.assert_inert(ben, "#raw")
