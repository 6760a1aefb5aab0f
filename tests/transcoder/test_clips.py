"""
Clips made by ffmpeg: the command, and when it runs.
"""

from fractions import Fraction

from attrs import evolve
from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.clips import ClipShape
from owncastd.transcoder.clip_command import clip_command, frame_count, frame_rate_of
from owncastd.transcoder.clips import CLIP_SECONDS, MAX_CLIPS, MAX_WAITING, RETRY_SECONDS, Clips
from owncastd.transcoder.errors import FFmpegUnavailable
from owncastd.transcoder.locate import FFmpeg
from tests.media.samples import frame, video_configuration

from .fakes import FakeReactor, flv

SHAPE = ClipShape(1280, 720, 30.0, 100, 31, 2.0)
GOLDEN = (
    *("/bin/ffmpeg", "-hide_banner", "-nostats", "-loglevel", "error"),
    *("-filter_threads", "1", "-filter_complex_threads", "1", "-threads", "1"),
    *("-framerate", "30", "-f", "image2pipe", "-i", "pipe:0", "-filter_complex"),
    "[0:v:0]scale=1280:720:force_original_aspect_ratio=decrease:flags=bicubic,"
    "pad=1280:720:-1:-1:color=0x08131b,setsar=1,format=yuv420p,"
    "loop=loop=-1:size=1:start=0,setpts=N[clip]",
    *("-map", "[clip]", "-frames:v", "60", "-r", "30"),
    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-threads", "1"),
    *("-profile:v", "high", "-x264-params", "cabac=1:8x8dct=1", "-level:v", "3.1"),
    *("-g", "60", "-bf", "0", "-sc_threshold", "0", "-pix_fmt", "yuv420p"),
    *("-f", "flv", "-flvflags", "no_duration_filesize", "pipe:3"),
)
MADE = flv(video_configuration(), frame(0, key=True), frame(33))


class CommandTests(SynchronousTestCase):
    """
    The command line.
    """

    def test_golden(self) -> None:
        """
        All of it, for a picture that stands still.
        """
        self.assertEqual(clip_command("/bin/ffmpeg", SHAPE, alive=False), GOLDEN)

    def test_alive(self) -> None:
        """
        What moves is where it began when the clip is over.
        """
        graph = clip_command("/bin/ffmpeg", SHAPE, alive=True)[18]
        self.assertIn("sin(2*PI*n/60)", graph)
        self.assertIn("eval=frame[clip]", graph)

    def test_shapes(self) -> None:
        """
        Sides are even, profile and level the stream's, and there are pictures enough for the time.
        """
        odd = evolve(SHAPE, width=427, height=241, frame_rate=30000 / 1001, profile=66, level=30)
        command = clip_command("/bin/ffmpeg", odd, alive=True)
        self.assertIn("scale=426:240:", command[18])
        self.assertEqual(command[command.index("-framerate") + 1], "30000/1001")
        self.assertEqual(command[command.index("-profile:v") + 1], "baseline")
        self.assertEqual(command[command.index("-level:v") + 1], "3")
        for rate, seconds, frames in [(30.0, 2.0, 60), (30000 / 1001, 2.0, 60), (24.0, 4.0, 96)]:
            shape = evolve(SHAPE, frame_rate=rate, seconds=seconds)
            self.assertEqual(frame_count(shape), frames)
            self.assertGreaterEqual(Fraction(frames) / frame_rate_of(shape), seconds)


class ClipsTests(SynchronousTestCase):
    """
    L{Clips}.
    """

    def setUp(self) -> None:
        """
        Make clips with an ffmpeg that is a script.
        """
        self.reactor = FakeReactor()
        self.calmed: list[int] = []
        self.found: Deferred[FFmpeg] | None = None
        self.clips = Clips(self.reactor, self.locate, b"picture", {}, self.calmed.append)

    def locate(self) -> Deferred[FFmpeg]:
        """
        Find it at once, unless the test says otherwise.
        """
        return self.found or succeed(FFmpeg("/bin/ffmpeg", "9.0", (9, 0)))

    def shape(self, width: int) -> ClipShape:
        """
        One of many.
        """
        return evolve(SHAPE, width=width)

    def make(self, data: bytes = MADE, status: int = 0) -> None:
        """
        The newest child writes something and ends.
        """
        child = self.reactor.processes[-1]
        child.say(3, data)
        child.exit(status)

    def test_made_once(self) -> None:
        """
        What is wanted is made of the picture, by a child that gives way to others, and kept.
        """
        self.clips.want(SHAPE)
        self.clips.want(SHAPE)
        [child] = self.reactor.processes
        self.assertEqual(bytes(child.stdin), b"picture")
        self.assertEqual(self.calmed, [child.pid])
        self.assertIsNone(self.clips.ready(SHAPE))
        self.make()
        clip = self.clips.ready(SHAPE)
        assert clip is not None
        self.assertEqual((len(clip.frames), round(clip.frame_ms, 3)), (2, 33.333))
        self.clips.want(SHAPE)
        self.assertEqual(len(self.reactor.processes), 1)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_at_a_time(self) -> None:
        """
        Others wait, no more than a few.
        """
        for width in range(2, 2 * MAX_WAITING + 20, 2):
            self.clips.want(self.shape(width))
            self.assertEqual(len(self.reactor.processes), 1)
        for count in range(1, MAX_WAITING + 1):
            self.assertEqual(len(self.reactor.processes), count)
            self.make()
        self.assertEqual(len(self.reactor.processes), MAX_WAITING)

    def test_bounded(self) -> None:
        """
        Only the latest are kept, counted from when they were last needed.
        """
        for width in range(2, 2 * MAX_CLIPS + 4, 2):
            self.clips.want(self.shape(width))
            self.make()
            self.assertIsNotNone(self.clips.ready(self.shape(2)))
        self.assertIsNone(self.clips.ready(self.shape(4)))
        self.assertLessEqual(len(self.clips._made), MAX_CLIPS)

    def test_too_much(self) -> None:
        """
        There are no clips of shapes that would take the machine.
        """
        self.clips.want(evolve(SHAPE, width=16_384, height=16_384))
        self.clips.want(evolve(SHAPE, frame_rate=300.0))
        self.assertEqual(self.reactor.processes, [])

    def test_failures(self) -> None:
        """
        What failed is left alone for a while; the next is made.
        """
        for data, status in ((b"not FLV", 0), (flv(frame(0, key=True)), 0), (b"", 1)):
            self.clips.want(SHAPE)
            self.clips.want(self.shape(640))
            self.make(data, status)
            self.make()
            self.assertIsNone(self.clips.ready(SHAPE))
            self.assertIsNotNone(self.clips.ready(self.shape(640)))
            before = len(self.reactor.processes)
            self.clips.want(SHAPE)
            self.assertEqual(len(self.reactor.processes), before)
            self.clips._made.clear()
            self.reactor.advance(RETRY_SECONDS)
        self.clips.want(SHAPE)
        self.make()
        self.assertIsNotNone(self.clips.ready(SHAPE))

    def test_another_ffmpeg(self) -> None:
        """
        With another ffmpeg everything is tried anew.
        """
        self.found = fail(FFmpegUnavailable("it is not there"))
        self.clips.want(SHAPE)
        self.found = None
        self.clips.want(SHAPE)
        self.assertEqual(self.reactor.processes, [])
        self.clips.renew()
        self.clips.want(SHAPE)
        self.make()
        self.assertIsNotNone(self.clips.ready(SHAPE))

    def test_too_slow(self) -> None:
        """
        A child that takes too long is killed.
        """
        self.clips.want(SHAPE)
        self.reactor.advance(CLIP_SECONDS)
        self.assertEqual(self.reactor.processes[0].signals, ["KILL"])
        self.assertIsNone(self.clips.ready(SHAPE))

    def test_stop(self) -> None:
        """
        No child is left, and none follows.
        """
        self.clips.want(SHAPE)
        self.clips.want(self.shape(640))
        self.clips.stop()
        self.clips.want(self.shape(320))
        [child] = self.reactor.processes
        self.assertEqual(child.signals, ["KILL"])
        child.exit(signal=9)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        Clips(self.reactor, self.locate, b"").stop()
