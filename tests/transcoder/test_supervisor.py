"""
The transcoder with scripted children.
"""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink
from owncastd.media.flv import MAX_TAG_SIZE
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition
from owncastd.transcoder.clock import CLOCK_START_MS
from owncastd.transcoder.errors import FFmpegUnavailable
from owncastd.transcoder.families import NVENC
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.pressure import MAX_UNREAD, STALL_SECONDS
from owncastd.transcoder.process import STDIN_BUFFER_SIZE
from owncastd.transcoder.supervisor import (
    DRAIN_SECONDS,
    SILENCE_SECONDS,
    TERMINATE_SECONDS,
    Transcoder,
)
from tests.fakes import MemoryFlow, MemorySink

from .fakes import FakeProcess, FakeReactor, MemoryReport, audio, flv, video

FFMPEG = FFmpeg("/opt/ffmpeg", "9.0", (9, 0))


class TranscoderCase(SynchronousTestCase):
    """
    Two renditions, 2 and 5 of the plan, and no child yet.
    """

    def setUp(self) -> None:
        """
        Nothing has happened.
        """
        self.reactor = FakeReactor()
        self.flow = MemoryFlow()
        self.report = MemoryReport()
        self.sinks = [MemorySink(), MemorySink()]
        self.transcoder = self.make(lambda: succeed(FFMPEG))

    def tearDown(self) -> None:
        """
        No timer outlives the transcoder.
        """
        self.transcoder.stop()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def make(self, locate: Callable[[], Deferred[FFmpeg]]) -> Transcoder:
        """
        Another transcoder.
        """
        return Transcoder(
            self.reactor,
            locate,
            [(2, Rendition(scaled_height=480)), (5, Rendition(scaled_height=240))],
            self.sinks,
            self.flow,
            self.report,
            {"PATH": "/bin", "TOKEN": "hidden"},
            restarts=0,
        )

    @property
    def child(self) -> FakeProcess:
        """
        The newest child.
        """
        return self.reactor.processes[-1]

    def child_times(self) -> list[int]:
        """
        When the messages are that the newest child got, from its start.
        """
        return [m.timestamp_ms - CLOCK_START_MS for m in self.child.received()]

    def assert_failed(self, reason: str) -> None:
        """
        Both renditions were reported once, nothing went to the outputs, and the flow is open.
        """
        self.assertEqual(self.report.failed, [(2, reason), (5, reason)])
        self.assertFalse(self.flow.paused)
        before = [list(sink.received) for sink in self.sinks]
        self.transcoder.write(video(9000, key=True))
        self.transcoder.discontinuity()
        self.transcoder.end()
        self.assertEqual([sink.received for sink in self.sinks], before)
        self.assertEqual([sink.ended for sink in self.sinks], [False, False])
        self.assertEqual(len(self.report.failed), 2)
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class PassageTests(TranscoderCase):
    """
    What flows through.
    """

    def test_interface(self) -> None:
        """
        It is a media sink.
        """
        verifyObject(IMediaSink, self.transcoder)
        with self.assertRaises(ValueError):
            Transcoder(self.reactor, Deferred, [], [], self.flow, self.report)

    def test_the_child_starts_with_the_first_message(self) -> None:
        """
        Nothing runs before; the descriptors and the environment are what the command needs.
        """
        self.assertEqual(self.reactor.processes, [])
        self.transcoder.write(video(1000, key=True))
        self.transcoder.write(audio(1010))
        (child,) = self.reactor.processes
        self.assertEqual(child.argv[0], "/opt/ffmpeg")
        self.assertEqual(child.child_fds, {0: "w", 1: "r", 2: "r", 3: "r", 4: "r"})
        self.assertEqual(set(child.env or ()), {"PATH", "LC_ALL", "AV_LOG_FORCE_NOCOLOR"})
        self.assertEqual(self.child_times(), [0, 10])

    def test_output_is_on_the_clock_of_the_broadcast(self) -> None:
        """
        Each descriptor feeds its own output.
        """
        self.transcoder.write(video(70_000, key=True))
        self.child.say(3, flv(video(CLOCK_START_MS, key=True)))
        self.child.say(4, flv(audio(CLOCK_START_MS + 21)))
        self.assertEqual(self.sinks[0].received, [video(70_000, key=True)])
        self.assertEqual(self.sinks[1].received, [audio(70_021)])

    def test_what_ffmpeg_need_not_see(self) -> None:
        """
        Metadata and what no FLV tag may hold are left out.
        """
        self.transcoder.write(MediaMessage(MessageKind.METADATA, 0, b"\x02\0\x0aonMetaData"))
        self.transcoder.write(video(0, size=MAX_TAG_SIZE))
        self.assertEqual(self.reactor.processes, [])

    def test_a_sink_that_raises_costs_its_own_rendition(self) -> None:
        """
        A bug in one packager is logged and does not reach the others.
        """
        self.sinks[0].ended = True  # It refuses to be written to.
        self.transcoder.write(video(0, key=True))
        self.child.say(3, flv(audio(CLOCK_START_MS), audio(CLOCK_START_MS)))
        self.child.say(4, flv(audio(CLOCK_START_MS)))
        self.assertEqual(len(self.flushLoggedErrors(AssertionError)), 1)
        self.assertEqual([index for index, _ in self.report.failed], [2])
        self.assertEqual(self.sinks[1].received, [audio(0)])

    def test_words_of_ffmpeg(self) -> None:
        """
        Each line goes to the debug log, each meaning once to the operator.
        """
        self.transcoder.write(video(0, key=True))
        with capturedLogs() as events:
            for _ in range(3):
                self.child.say(2, b"[h264 @ 0x1] [error] no frame!\n")
        levels = [event["log_level"] for event in events]
        self.assertEqual(levels.count(LogLevel.debug), 3)
        self.assertEqual(levels.count(LogLevel.error), 1)


class EndingTests(TranscoderCase):
    """
    Discontinuities, the end and shutdown.
    """

    def test_discontinuity_without_a_child(self) -> None:
        """
        The outputs are told at once, each time.
        """
        self.transcoder.discontinuity()
        self.transcoder.discontinuity()
        self.transcoder.end()
        for sink in self.sinks:
            self.assertEqual((sink.received, sink.ended), ([None, None], True))
        self.assertEqual(self.reactor.processes, [])

    def test_discontinuity(self) -> None:
        """
        The old child finishes before the new one starts; what comes meanwhile is kept in order.
        """
        self.transcoder.write(video(5000, key=True))
        old = self.child
        self.transcoder.discontinuity()
        self.assertIn(0, old.closed)
        self.transcoder.write(video(100, key=True))
        self.transcoder.discontinuity()
        self.transcoder.discontinuity()
        self.transcoder.write(video(200, key=True))
        self.transcoder.write(video(240))
        self.transcoder.end()
        self.assertEqual(len(self.reactor.processes), 1)
        old.say(3, flv(video(CLOCK_START_MS, key=True)))
        old.exit()

        self.assertEqual(self.child_times(), [0])
        self.child.say(3, flv(video(CLOCK_START_MS, key=True)))
        self.child.exit()
        self.assertEqual(self.child_times(), [0, 40])
        self.assertFalse(self.sinks[0].ended)
        self.child.exit()

        self.assertEqual(len(self.reactor.processes), 3)
        self.assertEqual(
            self.sinks[0].received, [video(5000, key=True), None, video(100, key=True), None, None]
        )
        self.assertEqual([sink.ended for sink in self.sinks], [True, True])
        self.assertEqual(self.report.failed, [])

    def test_a_child_that_does_not_finish(self) -> None:
        """
        It is asked to exit, then killed; the broadcast goes on either way.
        """
        self.transcoder.write(video(0, key=True))
        old = self.child
        self.transcoder.discontinuity()
        self.transcoder.write(video(7, key=True))
        self.reactor.advance(DRAIN_SECONDS)
        self.assertEqual(old.signals, ["TERM"])
        self.reactor.advance(TERMINATE_SECONDS)
        self.assertEqual(old.signals, ["TERM", "KILL"])
        old.exit(signal=9)
        self.assertEqual(len(self.reactor.processes), 2)
        self.assertEqual(self.sinks[0].received, [None])
        self.assertEqual(self.report.failed, [])

    def test_an_error_after_the_last_input_is_no_failure(self) -> None:
        """
        A run that was too short to be understood costs itself alone.
        """
        self.transcoder.write(video(0))
        self.transcoder.discontinuity()
        self.child.exit(status=1)
        self.transcoder.write(video(0, key=True))
        self.assertEqual(len(self.reactor.processes), 2)
        self.assertEqual(self.report.failed, [])

    def test_held_input_pauses_the_encoder(self) -> None:
        """
        While a child drains, little is kept; what comes in spite of the pause has an end.
        """
        self.transcoder.write(video(0, key=True))
        self.transcoder.discontinuity()
        for _ in range(3):
            self.transcoder.write(video(1, size=STDIN_BUFFER_SIZE // 2))
        self.assertTrue(self.flow.paused)
        self.child.exit()
        self.assertFalse(self.flow.paused)
        self.transcoder.discontinuity()
        for _ in range(MAX_UNREAD // 2**20):
            self.transcoder.write(video(1, size=2**20))
        self.assertEqual(self.child.signals, ["KILL"])
        self.assert_failed("ffmpeg was not ready for its input in time.")

    def test_stop_kills(self) -> None:
        """
        Shutdown waits for the child's death, not for its work.
        """
        self.transcoder.write(video(0, key=True))
        stopped, again = self.transcoder.stop(), self.transcoder.stop()
        self.assertIn("KILL", self.child.signals)
        self.assertLessEqual({0, 1, 2, 3, 4}, self.child.closed)
        self.assertNoResult(stopped)
        self.transcoder.write(video(1))
        self.child.exit(signal=9)
        self.successResultOf(stopped)
        self.successResultOf(again)
        self.assertEqual((self.sinks[0].ended, self.report.failed), (False, []))
        self.transcoder.end()
        self.assertTrue(self.sinks[0].ended)

    def test_stop_while_ending(self) -> None:
        """
        An end that was asked for still reaches the outputs, once.
        """
        self.transcoder.write(video(0, key=True))
        self.transcoder.end()
        stopped = self.transcoder.stop()
        self.assertFalse(self.sinks[0].ended)
        self.child.exit(signal=9)
        self.successResultOf(stopped)
        self.assertTrue(self.sinks[0].ended)
        self.successResultOf(self.transcoder.stop())

    def test_waiting_for_a_stop_can_be_given_up(self) -> None:
        """
        A cancelled wait does not disturb the others.
        """
        self.transcoder.write(video(0, key=True))
        given_up, stopped = self.transcoder.stop(), self.transcoder.stop()
        given_up.cancel()
        self.failureResultOf(given_up, CancelledError)
        self.child.exit(signal=9)
        self.successResultOf(stopped)


class LookupTests(TranscoderCase):
    """
    Before there is a child.
    """

    def test_input_is_held(self) -> None:
        """
        What comes while ffmpeg is looked for goes to the child in order, and it is looked for once.
        """
        lookups: list[Deferred[FFmpeg]] = []

        def locate() -> Deferred[FFmpeg]:
            lookups.append(Deferred())
            return lookups[-1]

        self.transcoder = self.make(locate)
        self.transcoder.write(video(0, key=True))
        self.transcoder.write(audio(3))
        self.transcoder.discontinuity()
        self.transcoder.write(video(50, key=True))
        self.assertEqual(self.reactor.processes, [])
        lookups[0].callback(FFMPEG)
        self.assertEqual(self.child_times(), [0, 3])
        self.child.exit()
        self.assertEqual(self.child_times(), [0])
        self.assertEqual(len(lookups), 1)

    def test_no_ffmpeg(self) -> None:
        """
        The reason is the one that the search gives.
        """
        self.transcoder = self.make(lambda: fail(FFmpegUnavailable("There is none.")))
        self.transcoder.write(video(0, key=True))
        self.assert_failed("There is none.")

    def test_a_search_with_a_bug(self) -> None:
        """
        What nobody expects is logged with its traceback.
        """
        self.transcoder = self.make(lambda: fail(ZeroDivisionError("oh")))
        self.transcoder.write(video(0, key=True))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assert_failed("oh.")

    def test_stop_cancels_the_search(self) -> None:
        """
        Nothing is started afterwards, and an end that was asked for is not lost.
        """
        lookup: Deferred[FFmpeg] = Deferred()
        self.transcoder = self.make(lambda: lookup)
        self.transcoder.write(video(0, key=True))
        self.transcoder.end()
        self.successResultOf(self.transcoder.stop())
        self.assertTrue(lookup.called)
        self.assertEqual((self.reactor.processes, self.report.failed), ([], []))
        self.assertTrue(self.sinks[0].ended)


class FailureTests(TranscoderCase):
    """
    Children that misbehave.
    """

    def test_it_cannot_be_started(self) -> None:
        """
        The system's refusal is told.
        """
        self.reactor.refusal = OSError(12, "Cannot allocate memory")
        self.transcoder.write(video(0, key=True))
        self.assert_failed("ffmpeg cannot be started: Cannot allocate memory.")

    def test_it_dies(self) -> None:
        """
        The report says how, and what ffmpeg said about it.
        """
        self.transcoder.write(video(0, key=True))
        self.child.say(2, b"[error] something odd\n[fatal] Unknown encoder 'libx264'")
        self.child.exit(status=1)
        self.assertEqual(len(self.report.failed), 2)
        self.assertEqual(
            self.report.failed[0][1],
            "ffmpeg exited with status 1: "
            "This ffmpeg was built without the x264 encoder; install one that has it.",
        )
        self.assert_failed(self.report.failed[0][1])

    def test_it_takes_no_input(self) -> None:
        """
        The encoder is paused for a bounded time; the death of the child never reaches it.
        """
        self.transcoder.write(video(0, key=True))
        self.child.fill()
        self.child.fill()
        self.assertEqual((self.flow.paused, self.flow.pauses), (True, 1))
        self.reactor.advance(STALL_SECONDS - 0.1)
        self.assertTrue(self.flow.paused)
        self.reactor.advance(0.1)
        self.assertEqual(self.child.signals, ["KILL"])
        self.assert_failed("ffmpeg took no input for 4 seconds.")
        self.child.exit(signal=9)
        self.assert_failed("ffmpeg took no input for 4 seconds.")

    def test_it_takes_input_again(self) -> None:
        """
        Slow is not stalled.
        """
        self.transcoder.write(video(0, key=True))
        for _ in range(5):
            self.child.fill()
            self.reactor.advance(STALL_SECONDS - 0.1)
            self.child.empty()
            self.assertFalse(self.flow.paused)
        self.assertEqual(self.report.failed, [])

    def test_the_encoder_does_not_heed_the_pause(self) -> None:
        """
        Memory is bounded all the same.
        """
        self.transcoder.write(video(0, key=True))
        self.child.fill()
        for _ in range(MAX_UNREAD // 2**20):
            self.transcoder.write(video(1, size=2**20))
        self.assert_failed("ffmpeg does not take its input.")

    def test_it_dies_while_the_encoder_is_paused(self) -> None:
        """
        The encoder is not left paused.
        """
        self.transcoder.write(video(0, key=True))
        self.child.fill()
        self.child.exit(signal=11)
        self.assert_failed("ffmpeg was ended by signal 11.")

    def test_one_output_is_silent(self) -> None:
        """
        Input without output from each rendition is a stall, a pause of the input is not.
        """
        self.transcoder.write(video(0, key=True))
        self.reactor.advance(SILENCE_SECONDS + 1)
        self.transcoder.write(video(0))
        self.assertEqual(self.report.failed, [])
        for second in range(int(SILENCE_SECONDS)):
            self.reactor.advance(1)
            self.transcoder.write(video(1000 * second))
            if second == 0:
                self.child.say(3, flv(audio(CLOCK_START_MS)))
        self.assertEqual(self.report.failed, [])
        self.reactor.advance(0.5)
        self.transcoder.write(video(20_000))
        self.assertEqual(self.child.signals, ["KILL"])
        self.assert_failed("ffmpeg brought nothing for 10 seconds of input.")

    def test_nonsense(self) -> None:
        """
        What is not FLV ends the child, whose later output is dropped.
        """
        self.transcoder.write(video(0, key=True))
        self.child.say(4, b"no FLV at all")
        self.assertEqual(self.child.signals, ["KILL"])
        self.child.say(3, flv(video(0, key=True)))
        self.child.say(4, b"more")
        self.assert_failed("ffmpeg wrote something that is not FLV (not an FLV stream).")

    @settings(max_examples=100, deadline=None)
    @given(
        st.booleans(),
        st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.binary(max_size=64)), max_size=8),
    )
    def test_any_babble(self, proper: bool, pieces: list[tuple[int, bytes]]) -> None:
        """
        Whatever a child writes wherever, no exception comes of it and it is reported just once.
        """
        self.setUp()
        self.transcoder.write(video(0, key=True))
        for descriptor in (3, 4) if proper else ():
            self.child.say(descriptor, flv())
        for descriptor, data in pieces:
            self.child.say(descriptor, data)
        self.child.exit(status=1)
        self.assertEqual([index for index, _ in self.report.failed], [2, 5])
        self.tearDown()


class CommandTests(TranscoderCase):
    """
    What the settings make of the command.
    """

    def test_encoder_and_niceness(self) -> None:
        """
        The chosen encoder is used; C{nice} comes first where there is one.
        """
        bin_dir = Path(self.mktemp()).absolute()
        bin_dir.mkdir()
        nice = bin_dir / "nice"
        nice.write_bytes(b"")
        nice.chmod(0o755)
        for path, prefix in ((str(bin_dir), (str(nice), "-n", "7")), ("", ())):
            transcoder = Transcoder(
                self.reactor,
                lambda: succeed(FFMPEG),
                [(0, Rendition())],
                [MemorySink()],
                self.flow,
                self.report,
                {"PATH": path},
                family=NVENC,
                niceness=7,
            )
            transcoder.write(video(0, key=True))
            self.assertEqual(tuple(self.child.argv[: len(prefix)]), prefix)
            self.assertEqual(self.child.argv[len(prefix)], "/opt/ffmpeg")
            self.assertIn("h264_nvenc", self.child.argv)
            self.successResultOf(gone(transcoder, self.child))


def gone(transcoder: Transcoder, child: FakeProcess) -> Deferred[None]:
    """
    Stop a transcoder, whose child obeys.
    """
    stopped = transcoder.stop()
    child.exit(signal=9)
    return stopped
