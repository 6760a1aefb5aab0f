"""
In a real browser: codecs that it plays, and one that it does not.
"""

from tests.integration.case import ServerTestCase
from tests.integration.enhanced import EnhancedSource, embedded_ffmpeg
from tests.integration.harness import Server
from tests.integration.sources import Publisher

from .chromium import find_browser
from .viewer import PLAYER, Viewer, viewing

#: The codec of the level that plays.
PLAYING = f"({PLAYER}.hls.levels[{PLAYER}.hls.currentLevel] || {{}}).videoCodec || ''"
SHOWN = f"{PLAYER}.video.getVideoPlaybackQuality().totalVideoFrames"


class CodecTests(ServerTestCase):
    """
    What a viewer sees of Enhanced RTMP.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()

    def send(self, server: Server, video: str, audio: str) -> Publisher:
        """
        An encoder that sends in a loop.
        """
        publisher = Publisher.start(
            server.ingest_url(),
            EnhancedSource(video, audio).make(),
            self.folder,
            ffmpeg=embedded_ffmpeg(),
            loop=True,
        )
        self.addCleanup(publisher.kill)
        return publisher

    def assert_plays(self, viewer: Viewer, codec: str) -> None:
        """
        Pictures of a codec are shown, more and more of them.
        """
        viewer.wait_until(f"({PLAYING}).startsWith('{codec}')")
        viewer.wait_for_playback()
        shown = viewer.evaluate(SHOWN)
        viewer.wait_until(f"{SHOWN} > {shown + 60}")
        self.assertEqual(viewer.evaluate(f"{PLAYER}.video.videoHeight"), 180)

    def test_codecs(self) -> None:
        """
        AV1 with Opus plays as it is; of HEVC, which this browser does not know, the H.264 beside
        it.
        """
        server = self.start_server()
        with viewing(self.browser) as viewer:
            viewer.open(server.url)
            publisher = self.send(server, "av1", "opus")
            viewer.wait_for_phase("live")
            viewer.wait_for_playback()
            number = viewer.evaluate(
                f"{PLAYER}.hls.levels.findIndex((level) => level.videoCodec.startsWith('av01'))"
            )
            self.assertGreaterEqual(number, 0)
            viewer.page.mouse.move(640, 300)
            viewer.page.select_option("select.quality", str(number))
            self.assert_plays(viewer, "av01")
            publisher.stop()
            viewer.wait_for_phase("offline")
            publisher = self.send(server, "hevc", "opus")
            viewer.wait_for_phase("live")
            self.assert_plays(viewer, "avc1")
            codecs = viewer.evaluate(f"{PLAYER}.hls.levels.map((level) => level.videoCodec)")
            self.assertEqual(len(codecs), 1, codecs)
            self.assertEqual(viewer.complaints, [])
            publisher.stop()
        server.stop()
