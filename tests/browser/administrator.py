"""
The administrator: a real browser on the administrator's pages.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field
from playwright.sync_api import Browser as RunningBrowser
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, sync_playwright

from tests.integration.harness import ADMIN_PASSWORD, ROOT
from tests.web.test_endpoints import NOT_YET, operations

from .chromium import ARGUMENTS, Browser

WAIT_MS = 30_000
#: More than any page has places for the focus.
MANY_TABS = 200
DESKTOP: Mapping[str, int] = {"width": 1360, "height": 900}
PHONE: Mapping[str, int] = {"width": 390, "height": 844}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
CREDENTIALS = {"username": "admin", "password": ADMIN_PASSWORD}
ARTIFACTS = ROOT / "artifacts" / "administration"
#: What the server does not answer yet.
_TO_COME = {each.path for each in operations() if each.id in NOT_YET}
#: Every page, by its path below C{/admin/}; the front page is empty.
_PAGE_PATH = re.compile(r'path: "([^"]*)", name: "')


def page_paths() -> list[str]:
    """
    The paths of all pages, as the menu has them.
    """
    folder = ROOT / "src" / "owncastd" / "web" / "static" / "administration"
    return _PAGE_PATH.findall((folder / "pages.js").read_text("utf-8"))


@define(eq=False)
class Administrator:
    """
    One tab with the administrator's pages.

    @ivar complaints: what must not happen: errors of scripts, messages of the console, requests to
        other servers.
    """

    page: Page = field(repr=False)
    url: str
    complaints: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", lambda said: self._console(said))
        self.page.on("request", lambda request: self._request(request))

    def _console(self, said: ConsoleMessage) -> None:
        url = str(said.location.get("url", ""))
        if said.type in ("error", "warning") and urlsplit(url).path not in _TO_COME:
            self.complaints.append(f"console: {said.text} {url}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname != "127.0.0.1":
            self.complaints.append(f"request: {request.url}")

    def open(self, path: str = "", query: str = "") -> None:
        """
        Load a page anew, and wait until it has been drawn with what it asks for.
        """
        address = f"{self.url}admin/{path}/" if path else f"{self.url}admin/"
        self.page.goto(f"{address}{query}")
        self.drawn()

    def go(self, path: str) -> None:
        """
        Go to a page by its link in the menu, which a narrow screen does not show.
        """
        address = f"/admin/{path}/" if path else "/admin/"
        link = self.page.locator(f'.side a[href="{address}"]')
        if link.is_visible():
            link.click()
        else:
            link.evaluate("(element) => element.click()")
        self.page.wait_for_url(f"{self.url.rstrip('/')}{address}")
        self.drawn()

    def drawn(self) -> None:
        """
        Wait until the page shows what it has asked for.
        """
        self.page.locator("main#content h1").wait_for()
        self.page.locator(".loading").first.wait_for(state="detached")

    def save(self) -> None:
        """
        Press the button that saves, and wait for the words that all is saved.
        """
        self.page.locator(".save-bar .save").click()
        self.page.locator(".save-bar.shown").wait_for(state="detached")

    def tab_to(self, target: Locator) -> None:
        """
        Press Tab until something has the focus.

        @raise AssertionError: the keyboard does not come there.
        """
        target.wait_for()
        for _ in range(MANY_TABS):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def press(self, target: Locator) -> None:
        """
        Come there by keyboard, and press Enter.
        """
        self.tab_to(target)
        self.page.keyboard.press("Enter")

    def screenshot(self, name: str) -> None:
        """
        Take a picture of the whole page.
        """
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    def get(self, path: str) -> Any:
        """
        What the API answers, asked from outside of the page.
        """
        answer = self.page.request.get(f"{self.url}{path}")
        assert answer.ok, answer
        return answer.json()


@define(eq=False)
class Administrators:
    """
    A running browser, in which each has a profile of its own.
    """

    _running: RunningBrowser = field(repr=False)
    _url: str

    def new(self, *, signed_in: bool = True, **options: Any) -> Administrator:
        """
        A tab in a fresh profile.

        @param options: of the profile, such as C{viewport}.
        """
        options = {"viewport": DESKTOP, "locale": "en-GB", **options}
        if signed_in:
            options["http_credentials"] = CREDENTIALS
        return Administrator(self._running.new_context(**options).new_page(), self._url)

    def guest(self, **options: Any) -> Page:
        """
        A tab of somebody else.
        """
        return self._running.new_context(viewport=DESKTOP, **options).new_page()  # type: ignore[arg-type]


@contextlib.contextmanager
def administering(browser: Browser, url: str) -> Iterator[Administrators]:
    """
    A browser for the administrator of the server at an address, closed at the end.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browser.path,
            headless=True,
            args=[*ARGUMENTS],
            env={**os.environ, **browser.environment},
        )
        try:
            yield Administrators(running, url)
        finally:
            running.close()


def picture(name: str) -> Path:
    """
    A small picture to upload.
    """
    return ROOT / "src" / "owncastd" / "web" / "static" / name
