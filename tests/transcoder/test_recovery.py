"""
Children that die, stall or fall behind, and what is done about it.
"""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition
from owncastd.transcoder.clock import CLOCK_START_MS
from owncastd.transcoder.families import LIBX264, NVENC, EncoderFamily
from owncastd.transcoder.incidents import MAX_INCIDENTS
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.pace import BEHIND_MS, BEHIND_SECONDS, Pace, heaviest
from owncastd.transcoder.pressure import STALL_SECONDS
from owncastd.transcoder.recovery import (
    BACKOFF_FACTOR,
    BACKOFF_SECONDS,
    RESTARTS,
    STEADY_SECONDS,
    Recovery,
)
from owncastd.transcoder.supervisor import SILENCE_SECONDS, Transcoder
from tests.fakes import MemoryFlow, MemorySink

from .fakes import FakeProcess, FakeReactor, MemoryReport, audio, flv, video

LARGE = Rendition(name="Large", scaled_height=720)
SMALL = Rendition(name="Small", scaled_height=240)


def configuration(timestamp_ms: int = 0) -> MediaMessage:
    """
    An AVC sequence header without meaning.
    """
    return MediaMessage(MessageKind.VIDEO, timestamp_ms, b"\x17\0\0\0\0what is needed")


class RecoveryCase(SynchronousTestCase):
    """
    A broadcast of a frame each half second, with a key frame each second.
    """

    def setUp(self) -> None:
        """
        Nothing has happened.
        """
        self.reactor = FakeReactor()
        self.flow = MemoryFlow()
        self.report = MemoryReport()
        self.realigned: list[float] = []
        self.position_ms = 0
        #: When in the broadcast each child began, and which outputs have their header.
        self.starts: list[int] = []
        self.headed: set[tuple[int, int]] = set()

    def begin(
        self, family: EncoderFamily = LIBX264, renditions: Sequence[Rendition] = (LARGE, SMALL)
    ) -> None:
        """
        The broadcast has begun, and a child got its first picture.
        """
        self.sinks = [MemorySink() for _ in renditions]
        self.transcoder = Transcoder(
            self.reactor,
            lambda: succeed(FFmpeg("/opt/ffmpeg", "9.0", (9, 0))),
            list(enumerate(renditions)),
            self.sinks,
            self.flow,
            self.report,
            {},
            family=family,
            realign=lambda: self.realigned.append(self.reactor.seconds()),
        )
        self.addCleanup(self.finish)
        self.transcoder.write(configuration())
        self.frame()

    def finish(self) -> None:
        """
        No timer and no child outlives the transcoder.
        """
        stopped = self.transcoder.stop()
        for process in self.reactor.processes:
            if process.alive:
                self.assertEqual(set(process.signals), {"KILL"})
                process.exit(signal=9)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertFalse(self.flow.paused)

    @property
    def child(self) -> FakeProcess:
        """
        The newest.
        """
        return self.reactor.processes[-1]

    def frame(self) -> None:
        """
        The next frame, at its time.
        """
        self.transcoder.write(video(self.position_ms, key=self.position_ms % 1000 == 0))
        if len(self.starts) < len(self.reactor.processes):
            self.starts.append(self.position_ms)
        self.position_ms += 500
        self.reactor.advance(0.5)

    def run_for(self, seconds: float, *, lag_ms: int | None = None) -> None:
        """
        Frames for a while, which the children bring out again on all outputs.

        @param lag_ms: how late, in media; C{None} if they bring nothing.
        """
        for _ in range(int(seconds * 2)):
            at_ms = self.position_ms
            self.frame()
            if lag_ms is not None:
                self.bring(max(0, at_ms - lag_ms))

    def bring(self, at_ms: int) -> None:
        """
        Have the newest child bring a message on each output.

        @param at_ms: of the broadcast.
        """
        number = len(self.starts) - 1
        message = video(at_ms - self.starts[number] + CLOCK_START_MS)
        for descriptor in range(3, len(self.child.child_fds or ())):
            header = b"" if (number, descriptor) in self.headed else flv()
            self.headed.add((number, descriptor))
            self.child.say(descriptor, header + flv(message)[len(flv()) :])

    def incidents(self) -> list[str]:
        """
        What the operator was told.
        """
        return [incident.message for incident in self.transcoder.status.incidents]

    def encoder(self) -> str:
        """
        What the newest child encodes with.
        """
        return self.child.argv[self.child.argv.index("-c:v") + 1]


class RestartTests(RecoveryCase):
    """
    A child that is of no use is replaced.
    """

    def test_died_in_mid_stream(self) -> None:
        """
        The next key frame after a pause begins another child, told what it must know, with a
        discontinuity in all renditions of the broadcast.
        """
        self.begin()
        self.run_for(4.5, lag_ms=0)
        received = [list(sink.received) for sink in self.sinks]
        self.assertEqual(self.position_ms, 5000)
        self.child.exit(signal=11)
        self.assertEqual(self.incidents(), ["ffmpeg was ended by signal 11. It is started again."])
        self.frame()
        self.assertEqual((len(self.reactor.processes), self.realigned), (1, []))
        self.frame()
        self.assertEqual(len(self.reactor.processes), 1)
        self.frame()
        self.assertEqual(len(self.reactor.processes), 2)
        self.assertEqual(self.realigned, [6.0])
        self.assertEqual([sink.received for sink in self.sinks], [[*r, None] for r in received])
        self.assertEqual(
            [(m.body[1], m.timestamp_ms) for m in self.child.received()],
            [(0, CLOCK_START_MS), (1, CLOCK_START_MS)],
        )
        self.bring(6000)
        self.assertEqual(self.sinks[1].received[-1], video(6000))
        self.assertEqual(self.transcoder.status.restarts, 1)
        self.assertEqual(self.report.failed, [])

    def test_software_is_given_up(self) -> None:
        """
        After so many restarts, each after a longer pause, the renditions are reported.
        """
        self.begin()
        for _ in range(RESTARTS):
            self.child.exit(status=1)
            self.assertEqual(self.report.failed, [])
            self.run_for(BACKOFF_SECONDS * BACKOFF_FACTOR + 1)
        self.child.exit(status=1)
        reason = "ffmpeg exited with status 1."
        self.assertEqual(self.report.failed, [(0, reason), (1, reason)])
        self.assertEqual(
            self.incidents()[-1], "No rendition is encoded any more: ffmpeg exited with status 1."
        )
        self.run_for(10)
        self.assertEqual(len(self.reactor.processes), RESTARTS + 1)

    def test_hardware_that_does_not_begin(self) -> None:
        """
        Software takes its place at once, with the reason told.
        """
        self.begin(NVENC)
        self.assertEqual(self.encoder(), "h264_nvenc")
        self.child.say(2, b"[h264_nvenc @ 0x55e18c9cda40] [error] Cannot load libcuda.so.1\n")
        self.child.exit(status=1)
        self.run_for(2)
        self.assertEqual(self.encoder(), "libx264")
        (incident,) = self.incidents()
        self.assertIn("NVIDIA driver", incident)
        self.assertIn("h264_nvenc is given up; libx264 encodes.", incident)
        status = self.transcoder.status
        self.assertEqual((status.chosen, status.encoder), ("h264_nvenc", "libx264"))

    def test_hardware_that_dies_later(self) -> None:
        """
        It is tried again, then software takes its place, then nothing does.
        """
        self.begin(NVENC)
        encoders = []
        while not self.report.failed:
            encoders.append(self.encoder())
            self.run_for(1, lag_ms=0)
            self.child.exit(status=1)
            self.run_for(4)
        self.assertEqual(encoders, ["h264_nvenc"] * 3 + ["libx264"] * 3)

    def test_stuck(self) -> None:
        """
        A child that brings nothing any more, or takes nothing, is killed and replaced.
        """
        self.begin()
        self.run_for(1, lag_ms=0)
        self.run_for(SILENCE_SECONDS + 3)
        (first, second) = self.reactor.processes
        self.assertEqual((first.signals, second.signals), (["KILL"], []))
        second.fill()
        self.reactor.advance(STALL_SECONDS)
        self.assertEqual(second.signals, ["KILL"])
        self.assertFalse(self.flow.paused)
        self.run_for(3)
        self.assertEqual(len(self.reactor.processes), 3)
        first.exit(signal=9)
        second.exit(signal=9)
        self.assertEqual(self.report.failed, [])

    def test_babble(self) -> None:
        """
        One that writes nonsense is replaced, and its later output is dropped.
        """
        self.begin()
        self.child.say(3, b"nonsense")
        self.assertEqual(self.child.signals, ["KILL"])
        self.child.say(4, flv(video(0)))
        self.run_for(2)
        self.assertEqual(self.sinks[1].received, [None])
        self.assertEqual(len(self.reactor.processes), 2)

    def test_babble_while_it_finishes(self) -> None:
        """
        What follows a discontinuity gets its own child as usual.
        """
        self.begin()
        self.transcoder.discontinuity()
        self.child.say(3, b"nonsense")
        self.assertEqual(self.child.signals, ["KILL"])
        self.child.exit(signal=9)
        self.frame()
        self.assertEqual(len(self.reactor.processes), 2)
        self.assertEqual((self.incidents(), self.realigned), ([], []))

    def test_cannot_be_started(self) -> None:
        """
        Want of processes may pass.
        """
        self.reactor.refusal = OSError(11, "Resource temporarily unavailable")
        self.begin()
        self.reactor.refusal = None
        self.run_for(2)
        self.assertEqual(len(self.reactor.processes), 1)
        self.assertEqual(
            self.incidents(),
            ["ffmpeg cannot be started: Resource temporarily unavailable. It is started again."],
        )

    def test_the_broadcast_breaks_or_ends_meanwhile(self) -> None:
        """
        The outputs are told at once; configurations of before are forgotten.
        """
        self.begin()
        self.child.exit(status=1)
        self.transcoder.discontinuity()
        self.assertEqual(self.sinks[0].received, [None])
        self.run_for(1)
        self.transcoder.write(audio(1000))
        self.assertEqual([m.timestamp_ms for m in self.child.received()], [CLOCK_START_MS] * 2)
        self.child.exit(status=1)
        self.transcoder.end()
        self.assertEqual([sink.ended for sink in self.sinks], [True, True])

    def test_sound_alone(self) -> None:
        """
        Without pictures no key frame is waited for.
        """
        self.begin()
        self.child.exit(status=1)
        self.transcoder.discontinuity()
        self.reactor.advance(BACKOFF_SECONDS)
        self.transcoder.write(audio(3000))
        self.starts.append(3000)
        self.assertEqual(len(self.reactor.processes), 2)

    def test_what_is_remembered_is_bounded(self) -> None:
        """
        However often it fails.
        """
        self.begin()
        for _ in range(MAX_INCIDENTS + 5):
            self.run_for(STEADY_SECONDS + 5, lag_ms=0)
            self.child.exit(status=1)
            self.run_for(3)
        self.assertEqual(len(self.incidents()), MAX_INCIDENTS)
        self.assertEqual(self.report.failed, [])


class AnythingTests(RecoveryCase):
    """
    Whatever happens in whatever order.
    """

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                ["frames", "sound", "break", "die", "babble", "full", "empty", "media", "wait"]
            ),
            max_size=40,
        ),
        st.booleans(),
        st.booleans(),
    )
    def test_any_order(self, events: list[str], hardware: bool, ends: bool) -> None:
        """
        No exception, no timer and no paused encoder is left; each rendition is reported at most
        once; in the end the outputs end, or were reported.
        """
        self.setUp()
        self.begin(NVENC if hardware else LIBX264)
        for event in events:
            running = self.child.alive
            if event == "frames":
                self.run_for(1)
            elif event == "sound":
                self.transcoder.write(audio(self.position_ms))
            elif event == "break":
                self.transcoder.discontinuity()
                self.transcoder.write(configuration(self.position_ms))
            elif event == "wait":
                self.reactor.advance(5)
            elif event == "die" and running:
                self.child.exit(status=1)
            elif event == "babble" and running:
                self.child.say(3, b"nonsense")
            elif event == "full" and running and self.child.producer is not None:
                self.child.fill()
            elif event == "empty" and running:
                self.child.empty()
            elif event == "media" and running:
                self.bring(self.position_ms)
        if ends:
            self.transcoder.end()
        stopped = self.transcoder.stop()
        for process in self.reactor.processes:
            if process.alive:
                process.exit(signal=9)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertFalse(self.flow.paused)
        failed = [index for index, _ in self.report.failed]
        self.assertEqual(len(failed), len(set(failed)))
        for index, sink in enumerate(self.sinks):
            self.assertEqual(sink.ended, ends and index not in failed)


class SheddingTests(RecoveryCase):
    """
    A machine that is too slow for all renditions.
    """

    def test_behind(self) -> None:
        """
        After ten seconds the heaviest is left out; the others go on in another child.
        """
        self.begin()
        self.run_for(2, lag_ms=0)
        # Ever further behind.
        for second in range(int(BEHIND_SECONDS) + 6):
            self.run_for(1, lag_ms=1000 + 200 * second)
        (old, new) = self.reactor.processes
        self.assertEqual(old.signals, ["KILL"])
        (failed,) = self.report.failed
        self.assertEqual(failed[0], 0)
        self.assertIn("Large is no longer encoded", failed[1])
        self.assertEqual(self.incidents(), [failed[1]])
        self.assertEqual(new.child_fds, {0: "w", 1: "r", 2: "r", 3: "r"})
        self.assertIn("scale=-2:'min(240,ih)'", new.argv)
        self.assertEqual(len(self.realigned), 1)
        self.bring(self.position_ms)
        self.assertEqual(self.sinks[1].received[-1], video(self.position_ms))
        self.assertNotIn(None, self.sinks[0].received)
        old.exit(signal=9)

    def test_much_too_slow(self) -> None:
        """
        One that works but takes no input for seconds is not merely started again.
        """
        self.begin()
        self.run_for(1, lag_ms=0)
        self.child.fill()
        for _ in range(int(STALL_SECONDS)):
            self.bring(self.position_ms)
            self.reactor.advance(1)
        self.assertEqual([index for index, _ in self.report.failed], [0])
        self.assertFalse(self.flow.paused)

    def test_the_last_one(self) -> None:
        """
        It is given up as well.
        """
        self.begin(renditions=[LARGE])
        self.run_for(2, lag_ms=0)
        for second in range(int(BEHIND_SECONDS) + 6):
            self.run_for(1, lag_ms=1000 + 200 * second)
        self.assertEqual([index for index, _ in self.report.failed], [0])
        self.assertEqual(len(self.reactor.processes), 1)


class PaceTests(SynchronousTestCase):
    """
    Who is behind, and who merely late.
    """

    def behind(self, speed: float, *, input_speed: float = 1.0) -> bool:
        """
        Whether an output at such a speed is found to be behind within a minute.
        """
        pace = Pace(1)
        for tenth in range(600):
            now = tenth / 10
            if pace.wrote(now, int(now * 1000 * input_speed)):
                return True
            pace.heard(now, 0, int(now * 1000 * min(speed, input_speed)))
        return False

    def test_speeds(self) -> None:
        """
        Slower than real time is behind; what cannot follow a source in haste is not.
        """
        self.assertTrue(self.behind(0.5))
        self.assertTrue(self.behind(0.9))
        self.assertFalse(self.behind(1.0))
        self.assertFalse(self.behind(2.0, input_speed=5.0))

    def test_catching_up(self) -> None:
        """
        After a hitch it has time to catch up.
        """
        pace = Pace(1)
        pace.wrote(0, 0)
        for tenth in range(600):
            now = 6 + tenth / 10
            self.assertFalse(pace.wrote(now, int(now * 1000)))
            pace.heard(now, 0, min(int(now * 1000), int(tenth * 110)))

    def test_no_input(self) -> None:
        """
        Nothing is behind while nothing comes.
        """
        pace = Pace(2)
        self.assertFalse(pace.at_work(0))
        pace.wrote(0, 0)
        pace.wrote(1, BEHIND_MS)
        self.assertFalse(pace.wrote(1000, BEHIND_MS))
        self.assertFalse(pace.brought_something)

    def test_heaviest(self) -> None:
        """
        By pixels, frames and bits; what follows the source counts most, what is copied not at all.
        """
        full = Rendition()
        copied = Rendition(video_passthrough=True, audio_passthrough=False)
        hd = Rendition(scaled_width=1280, scaled_height=720)
        self.assertEqual(heaviest([SMALL, LARGE, full]), 2)
        self.assertEqual(heaviest([copied, SMALL, Rendition(scaled_width=640)]), 2)
        self.assertEqual(heaviest([Rendition(scaled_height=720, framerate=30), hd]), 1)
        self.assertEqual(heaviest([hd, Rendition(scaled_height=720, video_bitrate_kbps=9)]), 0)
        self.assertIsNone(heaviest([copied]))


class PolicyTests(SynchronousTestCase):
    """
    The decisions alone.
    """

    def test_steady_encoders_are_forgiven(self) -> None:
        """
        A failure now and then never adds up.
        """
        recovery = Recovery(LIBX264)
        for hour in range(100):
            recovery.started(3600.0 * hour)
            self.assertEqual(recovery.failed(3600.0 * hour + 600, True), BACKOFF_SECONDS)

    def test_one_that_hangs_for_long_is_not(self) -> None:
        """
        Time alone, without media, is no merit.
        """
        recovery = Recovery(LIBX264, 0)
        recovery.started(0)
        self.assertIsNone(recovery.failed(1000, False))
