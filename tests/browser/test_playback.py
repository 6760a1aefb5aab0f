"""
In a real browser: the stream plays, survives an interruption, and ends.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Response

from tests.integration.case import SMALL_VARIANT, SOURCE_VARIANT, ServerTestCase
from tests.integration.harness import ROOT
from tests.integration.sources import PLAIN
from tests.integration.waiting import wait_for

from .chromium import find_browser
from .viewer import PLAYER, Frame, Viewer, misplaced, viewing

ARTIFACTS: Path = ROOT / "artifacts"
#: How much media is looked at, each time.
SECONDS = 2
#: Seconds of media that no player has in hand at the default level.
MORE_THAN_BUFFERED_SECONDS = 5
#: As long as the test may take on a slow machine.
LONG_GRACE_SECONDS = 300
#: Where the player is, and how many pictures it has shown.
SHOWN = f"[{PLAYER}.video.currentTime, {PLAYER}.video.getVideoPlaybackQuality().totalVideoFrames]"
#: How often a series of forced switches may be disturbed by whatever else the machine does.
SWITCHING_ROUNDS = 4
COUNT_SEEKS = f"{PLAYER}.video.addEventListener('seeking', () => {{ window.glass.seeks += 1; }})"
#: The slate is dark where the stream has the number of a frame: it reads as zero.
STREAM_IS_SEEN = "window.glass.frames.at(-1)[1] > 0"
#: The first report comes after twenty seconds of playback.
REPORT_SECONDS = 60


class PlaybackTests(ServerTestCase):
    """
    What a viewer sees.
    """

    def setUp(self) -> None:
        """
        Find a browser; without one the tests fail with the reason.
        """
        super().setUp()
        self.browser = find_browser()

    def assert_frames_advance(self, viewer: Viewer) -> None:
        """
        The pictures that are shown follow one another, each in its place.
        """
        frames = viewer.frames(SECONDS)
        self.assertGreater(len(frames), SECONDS)
        self.assertEqual(misplaced(frames, PLAIN), [])

    def assert_goes_on(self, viewer: Viewer, seconds: float) -> None:
        """
        The player shows new pictures for so long.
        """
        time, frames = viewer.evaluate(SHOWN)
        viewer.wait_until(f"({SHOWN})[0] > {time + seconds}")
        # A browser without a screen may leave out some.
        self.assertGreater(viewer.evaluate(SHOWN)[1], frames + seconds * PLAIN.frame_rate / 3)

    def assert_reported(self, viewer: Viewer, answers: list[Response]) -> None:
        """
        The server takes what the player tells of its playback, sooner or later.
        """

        def reports() -> list[Response]:
            return [each for each in answers if each.url.endswith("/api/metrics/playback")]

        for _ in range(REPORT_SECONDS):
            if reports():
                break
            viewer.page.wait_for_timeout(1000)
        (first, *_) = reports()
        report: Any = first.request.post_data_json
        self.assertEqual(first.status, 200)
        self.assertGreater(report["bandwidth"], 0)
        self.assertTrue(0 < report["latency"] < 100, report)
        self.assertGreater(report["downloadDuration"], 0)

    def test_through_an_interruption(self) -> None:
        """
        In one page without a reload: offline, live, interrupted with a slate that plays on, live
        again in the same player session, offline. The player tells how it fares.
        """
        server = self.start_server(settings={"reconnect_grace_seconds": LONG_GRACE_SECONDS})
        with viewing(self.browser) as viewer:
            reports: list[Response] = []
            viewer.page.on("response", lambda answer: reports.append(answer))
            viewer.open(server.url)
            viewer.wait_for_phase("offline")
            viewer.screenshot(ARTIFACTS / "offline.png")

            publisher = self.publish(server, loop=True)
            viewer.wait_for_phase("live")
            viewer.wait_for_playback()
            self.assert_frames_advance(viewer)
            viewer.keep_session()
            viewer.screenshot(ARTIFACTS / "live.png")

            # It is made when there is time, after some seconds of the stream.
            wait_for("the slate", lambda: "A clip of" in server.log)
            publisher.kill()
            viewer.wait_for_phase("interrupted")
            self.assert_goes_on(viewer, MORE_THAN_BUFFERED_SECONDS)
            self.assertEqual(viewer.evaluate(f"{PLAYER}.dataset.phase"), "interrupted")
            self.assertTrue(viewer.same_session())
            viewer.screenshot(ARTIFACTS / "interrupted.png")

            publisher = self.publish(server, loop=True)
            viewer.wait_for_phase("live")
            # The slate is still to be seen for as long as the player is behind the edge.
            viewer.wait_until(STREAM_IS_SEEN)
            viewer.wait_for_playback()
            self.assert_frames_advance(viewer)
            self.assertTrue(viewer.same_session())
            viewer.screenshot(ARTIFACTS / "live-again.png")
            self.assert_reported(viewer, reports)

            publisher.stop()
            viewer.wait_for_phase("offline")
            self.assertTrue(viewer.evaluate("window.loadedOnce"))
            self.assertEqual(viewer.complaints, [])

    def test_switching_quality(self) -> None:
        """
        The viewer chooses a smaller rendition and then the source again, and playback goes on. When
        hls.js loads another one by itself, playback neither stalls nor jumps: key frames and clocks
        line up.
        """
        server = self.start_server(
            settings={
                "video_stream_output_variants": [SOURCE_VARIANT, SMALL_VARIANT],
                "video_latency_level": 3,
            }
        )
        self.go_live(server)
        server.wait_for_playlist(1)
        with viewing(self.browser) as viewer:
            viewer.open(server.url)
            viewer.wait_for_playback()
            viewer.keep_session()
            qualities = viewer.evaluate(f"{PLAYER}.session.qualities")
            self.assertEqual(len(qualities), 2)
            for height in (240, PLAIN.height, 240):
                number = viewer.evaluate(
                    f"{PLAYER}.hls.levels.findIndex((level) => level.height === {height})"
                )
                viewer.page.mouse.move(640, 300)
                viewer.page.select_option("select.quality", str(number))
                viewer.wait_until(f"{PLAYER}.video.videoHeight === {height}")
                viewer.wait_for_playback()
                self.assert_frames_advance(viewer)
            viewer.evaluate(COUNT_SEEKS)
            # A busy machine stalls now and then; switches that are not seamless stall every time.
            found = [self.forced_switches(viewer)]
            while found[-1] and len(found) < SWITCHING_ROUNDS:
                found.append(self.forced_switches(viewer))
            self.assertEqual(found[-1], [], found)
            self.assertTrue(viewer.same_session())
            self.assertEqual(viewer.complaints, [])

    def forced_switches(self, viewer: Viewer) -> list[str]:
        """
        Have hls.js load the other rendition, back and forth.

        @return: what a viewer would have noticed.
        """
        viewer.evaluate("Object.assign(window.glass, { frames: [], stalls: 0, seeks: 0 })")
        for height in (240, PLAIN.height, 240, PLAIN.height):
            find = f"{PLAYER}.hls.levels.findIndex((level) => level.height === {height})"
            viewer.evaluate(f"{PLAYER}.hls.loadLevel = {find}")
            viewer.wait_until(f"{PLAYER}.video.videoHeight === {height}")
            viewer.frames(SECONDS)
        glass = viewer.evaluate("window.glass")
        jumps = misplaced([Frame(number, time) for _, number, time in glass["frames"]], PLAIN)
        noticed = {"stalls": glass["stalls"], "seeks": glass["seeks"], "jumps": len(jumps)}
        return [f"{count} {name}" for name, count in noticed.items() if count]
