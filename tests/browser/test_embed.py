"""
In a real browser: the player in a frame of another site, and scripts of the administrator.
"""

from playwright.sync_api import Frame, Page

from tests.integration.case import ServerTestCase
from tests.integration.harness import Server

from .chromium import find_browser
from .viewer import Viewer, viewing

#: Answered by the test: nothing leaves the machine.
OTHER_SITE = "http://other.example/"
OTHER_SCRIPT = "http://scripts.example/x.js"
#: Chromium keeps sites of the world from servers on the viewer's own machine, such as this one.
LOCAL_FRAMES = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
SECONDS = 20


class EmbedTests(ServerTestCase):
    """
    What other sites may do, and what scripts may.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()

    def open_frames(self, viewer: Viewer, server: Server, *paths: str) -> list[Frame]:
        """
        Open another site's page with frames of ours.
        """
        frames = "".join(
            f'<iframe src="{server.url}{path}" width="560" height="315" allow="autoplay"></iframe>'
            for path in paths
        )
        body = f"<!doctype html><title>Other</title>{frames}"
        viewer.page.route(
            f"{OTHER_SITE}**", lambda route: route.fulfill(body=body, content_type="text/html")
        )
        viewer.page.goto(OTHER_SITE)
        return viewer.page.main_frame.child_frames

    def assert_true(self, page: Page, frame: Frame, expression: str) -> None:
        """
        Wait until an expression in a frame is true.
        """
        for _ in range(SECONDS * 10):
            if frame.evaluate(f"Boolean({expression})"):
                return
            page.wait_for_timeout(100)
        self.fail(f"in vain: {expression}")

    def test_framed(self) -> None:
        """
        The player plays in a frame, muted as it was asked to; the page itself is not shown in one.
        """
        server = self.start_server()
        self.go_live(server)
        with viewing(self.browser, [LOCAL_FRAMES]) as viewer:
            embedded, page = self.open_frames(viewer, server, "embed/video?initiallyMuted=true", "")
            player = "document.getElementById('player')"
            self.assert_true(viewer.page, embedded, f"{player}?.dataset.playback === 'playing'")
            self.assert_true(viewer.page, embedded, f"{player}.video.muted")
            self.assertTrue(page.url.startswith("chrome-error:"), page.url)
            self.assertEqual(viewer.complaints, [])

    def test_script_of_the_administrator(self) -> None:
        """
        The administrator's script runs, and so does what it loads from elsewhere; the page plays.
        """
        script = (
            "window.ran = true; const other = document.createElement('script');"
            f"other.src = '{OTHER_SCRIPT}'; document.head.append(other);"
        )
        server = self.start_server(settings={"custom_javascript": script})
        self.go_live(server)
        with viewing(self.browser) as viewer:
            viewer.page.route(
                OTHER_SCRIPT,
                lambda route: route.fulfill(
                    body="window.ranToo = true", content_type="text/javascript"
                ),
            )
            viewer.open(server.url)
            viewer.wait_until("window.ran === true && window.ranToo === true", SECONDS)
            viewer.wait_for_playback()
            self.assertEqual(viewer.complaints, [])
