"""
People who chat: real browsers on the server's pages, each with storage of its own.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field
from playwright.sync_api import Browser as RunningBrowser
from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page, Request, sync_playwright

from .chromium import ARGUMENTS, Browser

WAIT_MS = 30_000
DESKTOP: Mapping[str, int] = {"width": 1280, "height": 800}
PHONE: Mapping[str, int] = {"width": 390, "height": 844}
CHAT = "owncast-chat"
FIELD = ".chat-composer textarea"
#: Beside the panel, as somebody who writes without it.
RAW_SOCKET = """([bodies, type]) => new Promise((resolve, reject) => {
  const url = new URL("/ws", location.href);
  url.protocol = "ws:";
  url.searchParams.set("accessToken", localStorage.getItem("accessToken"));
  const socket = new WebSocket(url);
  socket.onerror = () => reject(new Error("no socket"));
  socket.onopen = () => {
    for (const body of bodies) {
      socket.send(JSON.stringify(type === "CHAT" ? { type, body } : { type, newName: body }));
    }
    // The answer to a close comes after all that was sent before.
    socket.close(1000);
  };
  socket.onclose = () => resolve();
})"""


@define(eq=False)
class Chatter:
    """
    One tab with a chat in it.

    @ivar complaints: what must not happen: errors, dialogs that a script opened, requests to
        other servers.
    """

    page: Page = field(repr=False)
    complaints: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", lambda message: self._console(message))
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.page.on("request", lambda request: self._request(request))

    def _console(self, message: ConsoleMessage) -> None:
        # That a picture is not there does no harm.
        missing = "/img/emoji/" in message.location.get("url", "")
        if message.type in ("error", "warning") and not missing:
            self.complaints.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname != "127.0.0.1":
            self.complaints.append(f"request: {request.url}")

    def open(self, url: str) -> None:
        """
        Load a page, and wait until its chat is connected.
        """
        self.page.goto(url)
        self.wait_for_state("connected")

    def wait_for_state(self, state: str) -> None:
        """
        Wait until the chat says where it stands.
        """
        self.page.wait_for_selector(f'{CHAT}[data-state="{state}"]')

    @property
    def name(self) -> str:
        """
        What this one is called.
        """
        return self.page.inner_text(".chat-me")

    @property
    def token(self) -> str:
        """
        By which the server knows this one.
        """
        token: str = self.page.evaluate("localStorage.getItem('accessToken')")
        return token

    def say(self, text: str) -> None:
        """
        Type something and press Enter.
        """
        self.page.fill(FIELD, text)
        self.page.press(FIELD, "Enter")

    def send_raw(self, texts: list[str], kind: str = "CHAT") -> None:
        """
        Send events by another socket of the same user.
        """
        self.page.evaluate(RAW_SOCKET, [texts, kind])

    def message(self, text: str) -> Locator:
        """
        The message that says a text; names, which are made up, may have it in them as well.
        """
        said = self.page.locator(".said").filter(has_text=text)
        return self.page.locator(".entry.message").filter(has=said)

    def see(self, text: str) -> Locator:
        """
        Wait until a message is there.
        """
        found = self.message(text)
        found.wait_for()
        return found

    def see_gone(self, text: str) -> None:
        """
        Wait until a message is there no more.
        """
        self.message(text).wait_for(state="detached")

    def see_words(self, selector: str, words: str | re.Pattern[str]) -> None:
        """
        Wait until a part of the page says something.
        """
        self.page.locator(selector).filter(has_text=words).first.wait_for()

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """
        The value of an expression in the page.
        """
        return self.page.evaluate(expression, argument)

    def wait_until(self, expression: str) -> None:
        """
        Wait until an expression in the page is true.
        """
        for _ in range(WAIT_MS // 50):
            # Not by wait_for_function: the page's policy forbids evaluating text.
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"in vain: {expression}")


@define(eq=False)
class Chatters:
    """
    A running browser, in which everybody has a profile of their own.
    """

    _running: RunningBrowser = field(repr=False)

    def new(self, **options: Any) -> Chatter:
        """
        Somebody new.

        @param options: of the profile, such as C{viewport}.
        """
        return Chatter(self._running.new_context(**{"viewport": DESKTOP, **options}).new_page())


@contextlib.contextmanager
def chatting(browser: Browser, *arguments: str) -> Iterator[Chatters]:
    """
    A browser for people who chat, closed at the end.

    @param arguments: more of the browser's options.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browser.path,
            headless=True,
            args=[*ARGUMENTS, *arguments],
            env={**os.environ, **browser.environment},
        )
        try:
            yield Chatters(running)
        finally:
            running.close()
