"""
In a real browser: whoever writes, reads or presses is not disturbed by what comes late.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from .chatters import CHAT, FIELD, WAIT_MS, Chatter
from .shared import SharedCase

#: As many lines as no panel shows at once.
MANY = 60
LOST = 1011
#: After so long a message that did not appear is given back.
UNHEARD_MS = 6000
ME = {"id": "me", "displayName": "Me", "displayColor": 1}
MODULES = """document.querySelector("script[src*='chat/panel.js']").src.replace("panel.js", "")"""
#: The moderator's dialog about somebody, with answers that a test gives when it wants to.
OPEN_MODERATION = """async (modules) => {
  const { ModerationDialog } = await import(`${modules}moderation.js`);
  const user = { id: "ben", displayName: "Ben", displayColor: 1 };
  const calls = (window.calls = []);
  window.answers = [];
  const api = {
    user: () => new Promise((resolve) => window.answers.push((details = {}) => resolve({
      connectedClients: [], messages: [], ...details, user: { ...user, ...details.user },
    }))),
    setVisible: async () => calls.push("hide"),
    setEnabled: async () => calls.push("ban"),
    setTimeout: async (token, id, seconds, reason) => calls.push(reason),
  };
  const dialog = new ModerationDialog(api, "", user, { id: "1", body: "<p>rude</p>" });
  dialog.open(document.querySelector("owncast-chat"));
}"""
#: A picker whose own emoji arrive when a test wants it.
OPEN_PICKER = """async (modules) => {
  const { EmojiPicker } = await import(`${modules}picker.js`);
  const opener = document.createElement("button");
  window.picked = [];
  const loaded = new Promise((resolve) => { window.arrive = (count) => resolve(
    Array.from({ length: count }, (_, number) => (
      { name: `own${number}`, url: `/img/emoji/own${number}.gif` })));
  });
  const picker = new EmojiPicker(opener, () => loaded, (text) => window.picked.push(text));
  picker.element.id = "late-picker";
  picker.connect(new AbortController().signal);
  document.querySelector(".chat-foot").append(opener, picker.element);
  opener.click();
  window.opener2 = opener;
}"""


class HasteTests(SharedCase):
    """
    Visitors of a page whose chat is the test's own.
    """

    SETTINGS = {"server_url": "https://live.example", "federation_enabled": True}

    def visit(self, prepare: Callable[[Page], object] = lambda page: None) -> Chatter:
        """
        Somebody on the page; C{self.sockets} are those of their chat, C{self.heard} what they said.

        @param prepare: what is to be done to their page before.
        """
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[Any] = []
        viewer = self.chatters.new()
        self.addCleanup(viewer.page.context.close)

        def answer(route: WebSocketRoute) -> None:
            self.sockets.append(route)
            route.on_message(lambda message: self.heard.append(json.loads(message)))
            route.send(json.dumps({"type": "CONNECTED_USER_INFO", "user": ME}))

        prepare(viewer.page)
        viewer.page.route_web_socket(re.compile("/ws"), answer)
        viewer.open(self.server.url)
        return viewer

    def said(self, number: int) -> dict[str, object]:
        """
        A message as the server tells of it.
        """
        return {
            "type": "CHAT",
            "id": f"id-{number}",
            "timestamp": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
            "body": f"<p>line {number}.</p>",
            "user": {"id": "ben", "displayName": "Ben", "displayColor": 2},
            "visible": True,
        }

    def wait_for(self, viewer: Chatter, things: Sequence[object]) -> None:
        """
        Wait until something has come from the page.
        """
        for _ in range(WAIT_MS // 20):
            if things:
                return
            viewer.page.wait_for_timeout(20)
        raise AssertionError("in vain")

    def top(self, locator: Locator) -> float:
        """
        Where something is.
        """
        top: float = locator.evaluate("(element) => element.getBoundingClientRect().top")
        return top

    def test_writing_while_away(self) -> None:
        """
        A lost connection takes neither the focus nor what is written: only sending waits for it,
        and it is said why.
        """
        ana = self.visit()
        page = ana.page
        page.focus(FIELD)
        page.keyboard.type("half")
        self.sockets[0].close(code=LOST)
        ana.wait_for_state("lost")
        expect(page.locator(FIELD)).to_be_focused()
        expect(page.locator(".chat-send")).to_be_disabled()
        ana.see_words(".chat-state", "The connection was lost")
        page.keyboard.type(" a line")
        page.keyboard.press("Enter")
        ana.wait_for_state("connected")
        self.assertEqual(page.input_value(FIELD), "half a line")
        expect(page.locator(".chat-send")).to_be_enabled()
        self.assertEqual(self.heard, [])
        page.keyboard.press("Enter")
        expect(page.locator(FIELD)).to_have_value("")
        self.wait_for(ana, self.heard)
        self.assertEqual([each["body"] for each in self.heard], ["half a line"])
        self.assertEqual(ana.complaints, [])

    def test_appears_late(self) -> None:
        """
        A message that was given back is taken out of the field again when it appears, unless
        somebody has changed it.
        """
        ana = self.visit(lambda page: page.clock.install())
        page = ana.page
        for number, (more, left) in enumerate((("", ""), (" and more", "line 0 and more"))):
            self.heard.clear()
            ana.say("line 0")
            self.wait_for(ana, self.heard)
            page.clock.fast_forward(UNHEARD_MS)
            ana.see_words(".chat-limit", "Your message did not get through.")
            page.type(FIELD, more)
            late = {**self.said(0), "id": f"late-{number}", "user": ME}
            self.sockets[0].send(json.dumps(late))
            ana.page.wait_for_selector(f"[data-id=late-{number}]", state="attached")
            expect(page.locator(FIELD)).to_have_value(left)
            expect(page.locator(".chat-foot")).not_to_contain_text("did not get through")
        self.assertEqual(ana.complaints, [])

    def test_told_before_the_backlog(self) -> None:
        """
        What is said while the backlog is awaited is read out and marked; the backlog is not.
        """
        held: list[Route] = []
        ana = self.visit(lambda page: page.route("**/api/chat?*", lambda route: held.append(route)))
        page = ana.page
        for number in range(1, MANY + 1):
            self.sockets[0].send(json.dumps(self.said(number)))
        ana.see(f"line {MANY}.")
        page.hover(".chat-log")
        page.focus(".chat-log")
        page.keyboard.press("Home")
        ana.see("line 1.")
        self.sockets[0].send(json.dumps(self.said(MANY + 1)))
        ana.see_words(".chat-newer", "1 new message")
        ana.see_words(".chat-spoken", f"Ben: line {MANY + 1}.")
        self.wait_for(ana, held)
        held[0].fulfill(json=[self.said(0)])
        page.keyboard.press("Home")
        ana.see("line 0.")
        expect(page.locator(".chat-newer")).to_have_text("1 new message")
        self.assertNotIn("line 0.", page.locator(".chat-spoken").inner_text())
        self.assertEqual(ana.complaints, [])

    def test_moderating(self) -> None:
        """
        What is typed stays while something else is done; an older answer does not count after a
        newer one; and a second press in haste bans nobody.
        """
        mod = self.visit()
        page = mod.page
        mod.evaluate(OPEN_MODERATION, mod.evaluate(MODULES))
        mod.evaluate("window.answers[0]()")
        page.fill(".dialog input", "Please be ")
        page.click("text=Hide this message")
        mod.wait_until("window.answers.length === 2")
        page.focus(".dialog input")
        page.keyboard.press("End")
        mod.evaluate("window.answers[1]({ user: { createdAt: '2026-01-01T00:00:00Z' } })")
        mod.see_words(".dialog-details", "First came")
        page.keyboard.type("kind")
        self.assertEqual(page.input_value(".dialog input"), "Please be kind")

        page.click("text=Hide this message")
        page.click("text=Time out")
        mod.wait_until("window.answers.length === 4")
        quiet = "{ timeout: { until: '2999-01-01T00:00:00Z', reason: 'x' } }"
        mod.evaluate(f"window.answers[3]({quiet})")
        mod.see_words(".dialog-actions", "May not write for")
        mod.evaluate("window.answers[2]()")
        mod.see_words(".dialog-actions", "May not write for")

        page.dblclick(".dialog .danger")
        mod.see_words(".dialog .danger", "Really ban Ben?")
        self.assertEqual(mod.evaluate("window.calls"), ["hide", "hide", "Please be kind"])
        page.click("text=Really ban Ben?")
        mod.wait_until("window.calls.at(-1) === 'ban'")
        self.assertEqual(mod.complaints, [])

    def test_choosing_an_emoji(self) -> None:
        """
        The server's own emoji have their place from the start, and come without moving the others;
        a place that stays empty is gone the next time.
        """
        ana = self.visit()
        page = ana.page
        face = page.locator("#late-picker section:nth-of-type(2) button").first
        groups = page.locator("#late-picker section:visible")
        modules = ana.evaluate(MODULES)
        ana.evaluate(OPEN_PICKER, modules)
        expect(groups.first).to_contain_text("Of this stream")
        before = self.top(face)
        ana.evaluate("window.arrive(40)")
        page.wait_for_selector("#late-picker .emoji", state="attached")
        self.assertLess(abs(self.top(face) - before), 2)
        page.locator("#late-picker .picker-row").first.locator("button").last.click()
        self.assertEqual(ana.evaluate("window.picked"), [":own39:"])

        ana.evaluate("document.getElementById('late-picker').remove()")
        ana.evaluate(OPEN_PICKER, modules)
        before = self.top(face)
        ana.evaluate("window.arrive(0)")
        page.wait_for_timeout(0)
        self.assertEqual(self.top(face), before)
        ana.evaluate("window.opener2.click(), window.opener2.click()")
        expect(groups.first).not_to_contain_text("Of this stream")

    def test_pressed_twice(self) -> None:
        """
        However often a button is pressed while its dialog is on its way, one opens.
        """
        viewer = self.visit()
        page = viewer.page
        held: list[Route] = []
        page.route("**/page/share.js", lambda route: held.append(route))
        share = page.locator(".info [data-opens=share]")
        share.click()
        share.click()
        self.wait_for(viewer, held)
        held[0].continue_()
        page.wait_for_selector("dialog[open]")
        self.assertEqual(page.locator("dialog").count(), 1)
        self.assertEqual(viewer.complaints, [])

    def test_not_fetched(self) -> None:
        """
        What cannot be fetched is told in words.
        """
        viewer = self.visit()
        page = viewer.page
        page.route(re.compile(r"/(follow|sign_in)\.js"), lambda route: route.abort())
        page.locator(".info [data-opens=follow]").click()
        viewer.see_words("dialog [role=alert]", "That could not be fetched")
        page.keyboard.press("Escape")
        page.click(".chat-sign-in")
        viewer.see_words(f"{CHAT} .chat-limit", "That could not be fetched")
        self.assertFalse([each for each in viewer.complaints if each.startswith("error")])
