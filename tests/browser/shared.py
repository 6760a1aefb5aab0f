"""
One server and one browser for all tests of a class: both take longer to start than a test runs.
"""

import atexit
import json
import os
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any, ClassVar
from unittest import TestLoader
from urllib.request import Request, urlopen

from attrs import define
from playwright.sync_api import Browser as RunningBrowser
from playwright.sync_api import Playwright, sync_playwright
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.harness import ADMIN_PASSWORD, ROOT, Server

from .chatters import Chatters
from .chromium import ARGUMENTS, close_before_others, find_browser

ARTIFACTS = ROOT / "artifacts"


@define(eq=False)
class Stage:
    """
    A server, and a browser for its visitors.
    """

    server: Server
    chatters: Chatters
    _folder: Path
    _playwright: Playwright
    _browser: RunningBrowser

    @classmethod
    def build(cls, settings: Mapping[str, object]) -> "Stage":
        """
        Start both.
        """
        found = find_browser()
        folder = Path(tempfile.mkdtemp(prefix="owncastd-browser-"))
        server = Server.start(folder / "data", settings=settings)
        playwright = sync_playwright().start()
        try:
            browser = playwright.chromium.launch(
                executable_path=found.path,
                headless=True,
                args=[*ARGUMENTS],
                env={**os.environ, **found.environment},
            )
        except BaseException:
            playwright.stop()
            server.kill()
            raise
        return cls(server, Chatters(browser), folder, playwright, browser)

    def close(self) -> None:
        """
        Stop both, and leave nothing.
        """
        self._browser.close()
        self._playwright.stop()
        self.server.kill()
        rmtree(self._folder, ignore_errors=True)


class SharedCase(SynchronousTestCase):
    """
    Gives the tests of a class one stage; each test takes a fresh profile of the browser.

    @cvar SETTINGS: of the server, as they are in its database.
    """

    SETTINGS: ClassVar[Mapping[str, object]] = {}
    _stage: ClassVar[Stage | None] = None
    _begun: ClassVar[frozenset[str]] = frozenset()

    def setUp(self) -> None:
        """
        Build the stage with the first test, and take it down with the last one; without a browser
        the tests fail with the reason.
        """
        cls = type(self)
        cls._begun |= {self._testMethodName}
        if cls._begun.issuperset(TestLoader().getTestCaseNames(cls)):
            self.addCleanup(cls._strike)
        if cls._stage is None:
            cls._stage = Stage.build(cls.SETTINGS)
            # Where only some of the tests are run.
            close_before_others(cls._strike)
            atexit.register(cls._strike)
        self.server = cls._stage.server
        self.chatters = cls._stage.chatters

    @classmethod
    def _strike(cls) -> None:
        stage, cls._stage = cls._stage, None
        if stage is not None:
            stage.close()

    def administer(self, path: str, value: object) -> None:
        """
        Change a setting as the administrator.
        """
        body = json.dumps({"value": value}).encode()
        request = Request(f"{self.server.url}api/admin/config/{path}", body)
        credentials = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
        with urlopen(request) as answer:
            self.assertEqual(answer.status, 200)

    def fulfill_json(self, page: Any, pattern: str, document: object, status: int = 200) -> None:
        """
        Answer a request of a page in the place of the server.
        """
        page.route(
            pattern,
            lambda route: route.fulfill(
                status=status, body=json.dumps(document), content_type="application/json"
            ),
        )
