"""
In a real browser: segments that come from a bucket of another origin, as long as it is there.
"""

from tests.integration.case import ServerTestCase
from tests.integration.sources import PLAIN
from tests.integration.test_storage import settings_for
from tests.integration.waiting import wait_for
from tests.storage.rclone import Rclone

from .chromium import find_browser
from .viewer import Viewer, misplaced, viewing

#: The level without parts: all media comes in whole segments.
CLASSIC = 4
SECONDS = 3
#: Longer than what a player has in its buffer at that level.
OUTAGE_SECONDS = 20


class BucketTests(ServerTestCase):
    """
    What a viewer sees.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()

    def assert_frames_advance(self, viewer: Viewer, seconds: float) -> None:
        """
        The pictures that are shown follow one another.
        """
        frames = viewer.frames(seconds)
        self.assertGreater(len(frames), seconds)
        self.assertEqual(misplaced(frames, PLAIN), [])

    def test_from_the_bucket_and_from_here(self) -> None:
        """
        Segments are fetched from the bucket by way of a redirect, and from here while its service
        is away, in one player session; who comes after it is back is sent to the bucket again.
        """
        service = Rclone.start(str(self.folder / "s3"), anybody=True)
        self.addCleanup(service.kill)
        server = self.start_server(
            settings={"s3_storage_config": settings_for(service), "video_latency_level": CLASSIC}
        )
        self.go_live(server)
        wait_for("objects", lambda: len(service.objects()) >= 4)
        with viewing(self.browser) as viewer:
            fetched = self.fetched_by(viewer)
            viewer.open(server.url)
            viewer.wait_for_playback()
            viewer.keep_session()
            self.assert_frames_advance(viewer, SECONDS)
            self.assertTrue(self.from_bucket(service, fetched), fetched)
            service.kill()
            self.assert_frames_advance(viewer, OUTAGE_SECONDS)
            self.assertTrue(viewer.same_session())
            self.assertEqual(viewer.complaints, [])

        stored = len(service.objects())
        service.run()
        wait_for("uploads to go on", lambda: len(service.objects()) > stored, 60)
        # Another viewer, who has nothing in a cache.
        with viewing(self.browser) as viewer:
            fetched = self.fetched_by(viewer)
            viewer.open(server.url)
            viewer.wait_for_playback()
            self.assert_frames_advance(viewer, SECONDS)
            self.assertTrue(self.from_bucket(service, fetched), fetched)
            self.assertEqual(viewer.complaints, [])

    def fetched_by(self, viewer: Viewer) -> list[str]:
        """
        What a viewer fetches from now on.
        """
        fetched: list[str] = []
        viewer.page.on(
            "response",
            lambda answer: fetched.append(answer.url) if answer.status == 200 else None,
        )
        return fetched

    def from_bucket(self, service: Rclone, fetched: list[str]) -> list[str]:
        """
        The segments that came from there.
        """
        return [url for url in fetched if url.startswith(service.endpoint) and "m4s" in url]
