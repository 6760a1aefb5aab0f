"""
Pictures of the stream, made by scripted children.
"""

from collections.abc import Mapping

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.transcoder import snapshot
from owncastd.transcoder.errors import FFmpegUnavailable
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.snapshot import SNAPSHOT_SECONDS, SnapshotFailed, take_snapshot
from owncastd.transcoder.snapshot_command import GIF, JPEG, WEBP, kinds, snapshot_command
from owncastd.transcoder.thumbnails import INTERVAL_SECONDS, LOOK_MS, Thumbnails

from .fakes import FakeProcess, FakeReactor

GOLDEN = (
    *("/bin/ffmpeg", "-hide_banner", "-nostats", "-loglevel", "error"),
    *("-filter_threads", "1", "-filter_complex_threads", "1"),
    *("-threads", "1", "-t", "1", "-f", "mp4", "-i", "pipe:0", "-filter_complex"),
    "[0:v:0]fps=8,scale=w=480:h=-2:flags=lanczos,split=3[choose][plain][webp];"
    "[choose]palettegen=stats_mode=full[colours];[plain][colours]paletteuse=new=1[gif]",
    *("-map", "0:v:0", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3"),
    *("-threads", "1", "-f", "image2pipe", "pipe:3"),
    *("-map", "[gif]", "-c:v", "gif", "-loop", "0", "-threads", "1", "-f", "gif", "pipe:4"),
    *("-map", "[webp]", "-c:v", "libwebp_anim", "-pix_fmt", "yuv420p", "-quality", "60"),
    *("-compression_level", "3", "-loop", "0", "-threads", "1", "-f", "webp", "pipe:5"),
)
HAS_WEBP = b"Encoder libwebp_anim [libwebp WebP image]:\n"
PICTURES = {JPEG: b"a jpeg", GIF: b"a gif", WEBP: b"a webp"}


class CommandTests(SynchronousTestCase):
    """
    The command line.
    """

    def test_golden(self) -> None:
        """
        Every argument, with all pictures.
        """
        self.assertEqual(snapshot_command("/bin/ffmpeg", webp=True), GOLDEN)

    def test_without_webp(self) -> None:
        """
        An ffmpeg that lacks the encoder is not asked for it.
        """
        command = snapshot_command("/bin/ffmpeg", webp=False)
        self.assertEqual(command[-1], "pipe:4")
        self.assertNotIn("webp", " ".join(command))
        self.assertIn("split=2[choose][plain];", " ".join(command))
        self.assertEqual(kinds(webp=False), (JPEG, GIF))


class SnapshotTests(SynchronousTestCase):
    """
    L{take_snapshot}.
    """

    def setUp(self) -> None:
        """
        Ask for two pictures.
        """
        self.reactor = FakeReactor()
        self.calmed: list[int] = []
        self.taken = self.take()
        (self.child,) = self.reactor.processes

    def take(self) -> Deferred[tuple[bytes, ...]]:
        """
        Begin.
        """
        return take_snapshot(
            self.reactor, ("/bin/ffmpeg", "-x"), {"A": "b"}, b"media", 2, self.calmed.append
        )

    def assert_failed(self, words: str) -> None:
        """
        It failed and nothing is left of it.
        """
        failure = self.failureResultOf(self.taken, SnapshotFailed)
        self.assertIn(words, str(failure.value))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_pictures(self) -> None:
        """
        The child gets the media and nothing else, and what it writes comes back, piece by piece.
        """
        self.assertEqual(self.child.argv, ("/bin/ffmpeg", "-x"))
        self.assertEqual(self.child.env, {"A": "b"})
        self.assertEqual(self.child.child_fds, {0: "w", 1: "r", 2: "r", 3: "r", 4: "r"})
        self.assertEqual((bytes(self.child.stdin), self.child.closed), (b"media", {0}))
        self.assertEqual(self.calmed, [self.child.pid])
        for descriptor, data in ((3, b"o"), (4, b"two"), (3, b"ne"), (1, b"?"), (2, b"hm\n")):
            self.child.say(descriptor, data)
        self.assertNoResult(self.taken)
        self.child.exit()
        self.assertEqual(self.successResultOf(self.taken), (b"one", b"two"))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_complaint(self) -> None:
        """
        Why it failed is told in its own words.
        """
        self.child.say(3, b"half")
        self.child.say(2, b"It is ")
        self.child.say(2, b"broken")
        self.child.exit(1)
        self.assert_failed("exited with status 1: its last words: It is broken")

    def test_incomplete(self) -> None:
        """
        Without one of the pictures it has failed, whatever it says.
        """
        self.child.say(3, b"one")
        self.child.exit(0)
        self.assert_failed("exited by itself")

    def test_too_slow(self) -> None:
        """
        A child that takes its time is killed; what still comes of it is ignored.
        """
        self.reactor.advance(SNAPSHOT_SECONDS)
        self.assertEqual(self.child.signals, ["KILL"])
        self.child.say(3, b"late")
        self.child.exit(signal=9)
        self.assert_failed("longer than 15 seconds")

    def test_too_large(self) -> None:
        """
        A child that writes without end is killed.
        """
        self.patch(snapshot, "MAX_PICTURE_BYTES", 10)
        self.child.say(4, b"0123456789")
        self.assertNoResult(self.taken)
        self.child.say(4, b"x")
        self.assertEqual(self.child.signals, ["KILL"])
        self.assert_failed("10 bytes")

    def test_cancelled(self) -> None:
        """
        Who no longer wants it ends the child.
        """
        self.taken.addErrback(lambda _: None)
        self.taken.cancel()
        self.assertEqual(self.child.signals, ["KILL"])
        self.assertEqual(self.child.closed, {0, 1, 2})
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.child.exit(signal=9)

    def test_cannot_be_run(self) -> None:
        """
        A program that is not there any more.
        """
        self.child.exit(1)
        self.failureResultOf(self.taken, SnapshotFailed)
        self.reactor.refusal = FileNotFoundError(2, "No such file")
        self.taken = self.take()
        self.assert_failed("No such file")


class ThumbnailsTests(SynchronousTestCase):
    """
    L{Thumbnails}.
    """

    def setUp(self) -> None:
        """
        A broadcast of which there is something to see.
        """
        self.reactor = FakeReactor()
        self.located = 0
        self.found: FFmpeg | None = FFmpeg("/bin/ffmpeg", "5.1", (5, 1))
        self.media: bytes | None = b"media"
        self.shown: list[Mapping[str, bytes]] = []
        self.thumbnails = Thumbnails(
            self.reactor, self.locate, self.look, self.shown.append, {}, lambda pid: None
        )

    def locate(self) -> Deferred[FFmpeg]:
        """
        Find ffmpeg, or not.
        """
        self.located += 1
        return fail(FFmpegUnavailable("None here.")) if self.found is None else succeed(self.found)

    def look(self, enough_ms: int) -> bytes | None:
        """
        What there is to see.
        """
        self.assertEqual(enough_ms, LOOK_MS)
        return self.media

    def begin(self, *, webp: bool = True) -> None:
        """
        Begin a broadcast that is playable at once, with an ffmpeg that says what it has.
        """
        self.thumbnails.begin()
        self.thumbnails.playable()
        self.assertEqual(self.running(), [])
        self.reactor.advance(0)
        (asked,) = self.running()
        self.assertEqual(asked.argv[-1], "encoder=libwebp_anim")
        asked.say(1, HAS_WEBP if webp else b"Codec 'libwebp_anim' is not recognized by FFmpeg.")
        asked.exit()

    def running(self) -> list[FakeProcess]:
        """
        The children of now.
        """
        return [process for process in self.reactor.processes if process.alive]

    def paint(self) -> None:
        """
        Let the one child make its pictures.
        """
        (child,) = self.running()
        for descriptor, data in enumerate(PICTURES.values(), start=3):
            child.say(descriptor, data)
        child.exit()

    def assert_over(self) -> None:
        """
        No timer is left, and no child that was not killed.
        """
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual([child.signals for child in self.running() if not child.signals], [])

    def test_again_and_again(self) -> None:
        """
        The first pictures are made as soon as there is something, further ones in intervals; ffmpeg
        is looked for once.
        """
        self.begin()
        self.paint()
        self.assertEqual(self.shown, [{}, PICTURES])
        self.reactor.advance(INTERVAL_SECONDS - 0.1)
        self.assertEqual(self.running(), [])
        self.reactor.advance(0.1)
        self.assertEqual(bytes(self.running()[0].stdin), b"media")
        self.paint()
        self.assertEqual(self.shown, [{}, PICTURES, PICTURES])
        self.assertEqual(self.located, 1)
        self.thumbnails.end()
        self.assertEqual(self.shown[-1], {})
        self.assert_over()

    def test_nothing_before_it_is_playable(self) -> None:
        """
        Nothing happens before there is something to see, nor when there is no broadcast.
        """
        self.thumbnails.playable()
        self.thumbnails.begin()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_webp(self) -> None:
        """
        With an ffmpeg that lacks WebP, there are the others.
        """
        self.begin(webp=False)
        self.paint()
        self.assertEqual(self.shown[-1], {JPEG: b"a jpeg", GIF: b"a gif"})
        self.thumbnails.end()

    def test_one_at_a_time(self) -> None:
        """
        While a child works no other is started, however often it becomes playable.
        """
        self.begin()
        (child,) = self.running()
        for _ in range(3):
            self.thumbnails.playable()
            self.reactor.advance(1)
            self.assertEqual(self.running(), [child])
        self.assertEqual(child.signals, [])
        self.thumbnails.end()
        self.assertEqual(child.signals, ["KILL"])
        self.assert_over()

    def test_turn_is_skipped(self) -> None:
        """
        A look that takes longer than the interval makes the next one fall out.
        """
        self.found = None
        waiting: Deferred[FFmpeg] = Deferred()
        thumbnails = Thumbnails(
            self.reactor, lambda: waiting, self.look, self.shown.append, {}, lambda pid: None
        )
        thumbnails.begin()
        thumbnails.playable()
        self.reactor.pump([0, INTERVAL_SECONDS, INTERVAL_SECONDS])
        self.assertEqual(self.running(), [])
        waiting.callback(FFmpeg("/bin/ffmpeg", "5.1", (5, 1)))
        self.assertEqual(len(self.running()), 1)
        thumbnails.end()
        self.assert_over()

    def test_nothing_to_see(self) -> None:
        """
        Sound alone starts no child for pictures.
        """
        self.media = None
        self.begin()
        self.reactor.advance(INTERVAL_SECONDS)
        self.assertEqual(self.running(), [])
        self.assertEqual(self.shown, [{}])
        self.thumbnails.end()

    def test_no_ffmpeg(self) -> None:
        """
        Without ffmpeg that is said once, and not looked for again before the next broadcast.
        """
        self.found = None
        with capturedLogs() as events:
            self.thumbnails.begin()
            self.thumbnails.playable()
            self.reactor.advance(0)
            self.thumbnails.rest()
            self.thumbnails.resume()
            self.thumbnails.playable()
            self.reactor.advance(INTERVAL_SECONDS)
        self.assertEqual([event.get("reason") for event in events], ["None here."])
        self.assertEqual((self.located, self.shown), (1, [{}]))
        self.assert_over()
        self.found = FFmpeg("/bin/ffmpeg", "5.1", (5, 1))
        self.begin()
        self.thumbnails.end()

    def test_failures(self) -> None:
        """
        A child that fails is said once; the last pictures stay, and the next turn tries again.
        """
        self.begin()
        self.paint()
        with capturedLogs() as events:
            for _ in range(2):
                self.reactor.advance(INTERVAL_SECONDS)
                self.running()[0].exit(1)
        self.assertEqual(len(events), 1)
        self.assertEqual(self.shown, [{}, PICTURES])
        self.reactor.advance(INTERVAL_SECONDS)
        self.paint()
        self.assertEqual(len(self.shown), 3)
        self.thumbnails.end()
        self.assert_over()

    def test_interruption(self) -> None:
        """
        While the encoder is away the last pictures stay; some time after it is back there are new
        ones.
        """
        self.begin()
        self.paint()
        self.thumbnails.rest()
        self.reactor.advance(5 * INTERVAL_SECONDS)
        self.assertEqual((self.running(), self.shown), ([], [{}, PICTURES]))
        self.thumbnails.resume()
        self.reactor.advance(INTERVAL_SECONDS)
        self.paint()
        self.assertEqual(self.shown, [{}, PICTURES, PICTURES])
        self.thumbnails.end()
        self.assert_over()

    def test_end(self) -> None:
        """
        With the broadcast end its child, its timer and its pictures; what comes late is ignored.
        """
        self.begin()
        (child,) = self.running()
        self.thumbnails.end()
        self.assertEqual(child.signals, ["KILL"])
        for descriptor in (3, 4, 5):
            child.say(descriptor, b"late")
        child.exit(signal=9)
        self.thumbnails.playable()
        self.assertEqual(self.shown, [{}, {}])
        self.assert_over()
