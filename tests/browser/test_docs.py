"""
In a real browser: the page that shows the API's document.
"""

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.integration.case import ServerTestCase
from tests.integration.harness import Server
from tests.web.openapi import document, documented

from .chromium import find_browser
from .viewer import viewing

#: A desktop and a phone, in CSS pixels.
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


class DocsTests(ServerTestCase):
    """
    All of the document, from this server alone, by keyboard alone.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()
        self.hosts: set[str] = set()
        self.complaints: list[str] = []

    def open(self, page: Page, server: Server, place: str = "") -> None:
        """
        Load the page, and remember whom it asks and what the browser complains about.
        """
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        page.goto(f"{server.url}api/docs{place}")
        expect(page.locator(".operation")).to_have_count(len(documented()))

    def test_shows_everything(self) -> None:
        """
        Every operation and every schema has its place, on every size of screen, without asking
        another host and without anything that the page's policy forbids.
        """
        server = self.start_server()
        with viewing(self.browser) as viewer:
            for name, (width, height) in SIZES.items():
                viewer.page.set_viewport_size({"width": width, "height": height})
                self.open(viewer.page, server)
                schemas = viewer.page.locator(".schema")
                expect(schemas).to_have_count(len(document()["components"]["schemas"]))
                viewer.evaluate(
                    "document.querySelectorAll('details').forEach((d) => d.open = true)"
                )
                overflow = viewer.evaluate("document.documentElement.scrollWidth") - width
                self.assertLessEqual(overflow, 0, name)
                # Every link within the page leads somewhere.
                broken = viewer.evaluate(
                    "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.hash.slice(1))"
                    ".filter((id) => !document.getElementById(id))"
                )
                self.assertEqual(broken, [], name)
            self.assertEqual(viewer.complaints, [])
        self.assertEqual(self.complaints, [])
        self.assertEqual(self.hosts, {f"127.0.0.1:{server.web_port}"})

    def test_keyboard(self) -> None:
        """
        What is looked for is found, opened and closed without a mouse.
        """
        server = self.start_server()
        with viewing(self.browser) as viewer:
            page = viewer.page
            self.open(page, server)
            page.keyboard.press("Tab")
            expect(page.locator(".skip")).to_be_focused()
            page.locator("#filter").focus()
            page.keyboard.type("config/s3 storage")
            operation = page.locator(".operation:visible")
            expect(page.locator("#setStorage")).to_be_visible()
            found = operation.count()
            expect(page.locator("#found")).to_have_text(f"{found} of {len(documented())}")
            self.assertLess(found, 5)
            page.keyboard.press("Control+A")
            page.keyboard.type("post/api nothing")
            expect(operation).to_have_count(0)
            page.keyboard.press("Control+A")
            page.keyboard.press("Delete")
            expect(operation).to_have_count(len(documented()))
            page.locator("#getStatus summary").focus()
            page.keyboard.press("Enter")
            expect(page.locator("#getStatus")).to_have_attribute("open", "")
            page.keyboard.press("Enter")
            expect(page.locator("#getStatus")).not_to_have_attribute("open", "")

    def test_links(self) -> None:
        """
        A link to an operation opens it and brings the keyboard there; one within it leads on to a
        schema.
        """
        server = self.start_server()
        with viewing(self.browser) as viewer:
            page = viewer.page
            self.open(page, server, "#getStatus")
            expect(page.locator("#getStatus > summary")).to_be_focused()
            expect(page.locator("#getStatus")).to_contain_text("curl 'http://127.0.0.1:")
            page.locator("#getStatus .answers a").first.click()
            expect(page.locator("#schema-Status")).to_have_attribute("open", "")
            expect(page.locator("#schema-Status")).to_contain_text("serverTime")
