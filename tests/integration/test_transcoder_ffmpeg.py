"""
The transcoder with real ffmpeg: what comes out, and what happens to it when things break.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from owncastd.media.encoders import EncoderReport
from owncastd.media.flv import FLVDemuxer, parse_audio_tag, parse_video_tag
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition
from owncastd.transcoder import pace, pressure, recovery, supervisor
from owncastd.transcoder.encoders import Survey
from owncastd.transcoder.families import V4L2M2M
from owncastd.transcoder.locate import FFmpeg, FFmpegLocator, embedded_path
from owncastd.transcoder.supervisor import Transcoder
from owncastd.transcoder.trials import EncoderTrials
from tests.fakes import MemoryFlow, MemorySink
from tests.transcoder.fakes import MemoryReport

reactor = cast(Any, global_reactor)

#: Longest wait for anything, in seconds; it only ends a test that fails.
PATIENCE = 60.0

SMALL = Rendition(name="90p", scaled_height=90, video_bitrate_kbps=200, cpu_usage_level=0)


@cache
def source() -> list[MediaMessage]:
    """
    Four seconds of 180p with B-frames and a key frame every two seconds, and AAC.
    """
    command = [shutil.which("ffmpeg") or embedded_path() or "", "-loglevel", "error"]
    command += ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30000/1001"]
    command += ["-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", "4"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-bf", "2"]
    command += ["-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", "-"]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return FLVDemuxer().feed(made.stdout)


def presentation_times(messages: list[MediaMessage], *, key_only: bool) -> list[int]:
    """
    When the pictures are shown, in milliseconds, in the order of the messages.
    """
    times = []
    for message in messages:
        if message.kind is MessageKind.VIDEO:
            tag = parse_video_tag(message.body)
            if tag.packet_type == 1 and (tag.frame_type == 1 or not key_only):
                times.append(message.timestamp_ms + tag.composition_time_ms)
    return times


def sound(messages: list[MediaMessage]) -> list[tuple[int, bytes]]:
    """
    The AAC frames with their times.
    """
    return [
        (message.timestamp_ms, message.body)
        for message in messages
        if message.kind is MessageKind.AUDIO and parse_audio_tag(message.body).packet_type == 1
    ]


def shifted(messages: list[MediaMessage], offset_ms: int) -> list[MediaMessage]:
    """
    The same at another time.
    """
    return [MediaMessage(m.kind, m.timestamp_ms + offset_ms, m.body) for m in messages]


async def until(condition: Callable[[], object]) -> None:
    """
    Wait for something to become true.
    """
    deadline = reactor.seconds() + PATIENCE
    while not condition():
        assert reactor.seconds() < deadline, "it did not happen"
        await cast("Deferred[None]", deferLater(reactor, 0.01))


class FFmpegCases:
    """
    What holds with each ffmpeg; mixed into a test case per place where one may be.
    """

    timeout = 180

    @staticmethod
    def find() -> str | None:
        """
        Where the ffmpeg under test is.
        """
        raise NotImplementedError

    def setUp(self: Any) -> None:
        """
        Find the ffmpeg under test.
        """
        path = self.find()
        assert path is not None, "no ffmpeg: install the extra owncastd[ffmpeg]"
        self.path = path
        # A machine with much else to do takes longer than a broadcast can wait.
        self.patch(supervisor, "DRAIN_SECONDS", PATIENCE)
        self.patch(pressure, "STALL_SECONDS", PATIENCE)
        self.flow = MemoryFlow()
        self.report = MemoryReport()

    def transcoder(
        self: Any, *renditions: Rendition, **options: Any
    ) -> tuple[Transcoder, list[MemorySink]]:
        """
        A transcoder that is stopped after the test.
        """
        sinks = [MemorySink() for _ in renditions]
        transcoder = Transcoder(
            reactor,
            lambda: succeed(FFmpeg(self.path, "", None)),
            list(enumerate(renditions, start=1)),
            sinks,
            self.flow,
            self.report,
            **options,
        )
        self.addCleanup(transcoder.stop)
        return transcoder, sinks

    async def test_clock_and_key_frames_are_the_sources(self: Any) -> None:
        """
        Pictures keep the source's times, key frames stay where it has them, sound is untouched.
        """
        sent = shifted(source(), 5_000_000_000)
        transcoder, (sink, half) = self.transcoder(
            SMALL, Rendition(scaled_width=160, framerate=15, cpu_usage_level=1)
        )
        for message in sent:
            transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        self.assertTrue(sink.ended)
        for received in (sink.received, half.received):
            messages = [message for message in received if message is not None]
            keys = presentation_times(sent, key_only=True)
            self.assertEqual(len(keys), 2)
            self.assertEqual(presentation_times(messages, key_only=True), keys)
            self.assertEqual(sound(messages), sound(sent))
        pictures = sorted(presentation_times(sent, key_only=False))
        full, fewer = (
            presentation_times([m for m in s.received if m], key_only=False) for s in (sink, half)
        )
        self.assertEqual(full, pictures)
        self.assertTrue(set(fewer) < set(pictures))
        self.assertIn(len(fewer), range(57, 64))
        self.assertEqual(self.report.failed, [])

    async def test_sound_alone(self: Any) -> None:
        """
        A broadcast without pictures is encoded, whatever the renditions ask for.
        """
        await self.check_one_kind(MessageKind.AUDIO)

    async def test_pictures_alone(self: Any) -> None:
        """
        A broadcast without sound is encoded, whatever the renditions ask for.
        """
        await self.check_one_kind(MessageKind.VIDEO)

    async def check_one_kind(self: Any, kind: MessageKind) -> None:
        """
        What goes in with one kind of media comes out with that kind alone.
        """
        transcoder, sinks = self.transcoder(
            Rendition(audio_passthrough=False, audio_bitrate_kbps=64, cpu_usage_level=0),
            Rendition(video_passthrough=True, audio_passthrough=False, audio_bitrate_kbps=64),
        )
        for message in source():
            if message.kind is kind:
                transcoder.write(message)
        transcoder.end()
        await until(lambda: all(sink.ended for sink in sinks))

        for sink in sinks:
            kinds = {message.kind for message in sink.received if message is not None}
            self.assertEqual(kinds, {kind, MessageKind.METADATA})
            self.assertGreater(len(sink.received), 100)
        self.assertEqual(self.report.failed, [])

    async def test_a_discontinuity_continues_in_another_child(self: Any) -> None:
        """
        Both runs come out whole, each on its own clock, with the mark between them.
        """
        transcoder, (sink,) = self.transcoder(SMALL)
        second = shifted(source(), 777)
        for message in source():
            transcoder.write(message)
        transcoder.discontinuity()
        for message in second:
            transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        mark = sink.received.index(None)
        before = [message for message in sink.received[:mark] if message is not None]
        after = [message for message in sink.received[mark:] if message is not None]
        self.assertEqual(sound(before), sound(source()))
        self.assertEqual(sound(after), sound(second))
        self.assertEqual(
            presentation_times(after, key_only=True), presentation_times(second, key_only=True)
        )

    async def test_a_killed_child_is_replaced(self: Any) -> None:
        """
        Another one goes on at a later key frame, after a discontinuity, on the same clock.
        """
        self.patch(recovery, "BACKOFF_SECONDS", 0.0)
        realigned: list[None] = []
        transcoder, (sink,) = self.transcoder(SMALL, realign=lambda: realigned.append(None))
        for message in source():
            transcoder.write(message)
        await until(lambda: sink.received)
        os.kill(child_of(os.getpid()), signal.SIGKILL)
        await until(lambda: transcoder.status.incidents)
        again = shifted(source(), 60_000)
        for message in again:
            transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        mark = sink.received.index(None)
        after = [message for message in sink.received[mark:] if message is not None]
        keys = presentation_times(again, key_only=True)
        self.assertEqual(presentation_times(after, key_only=True), keys)
        self.assertEqual((len(realigned), self.report.failed), (1, []))
        self.assertEqual(transcoder.status.restarts, 1)

    async def test_a_child_that_falls_behind(self: Any) -> None:
        """
        The larger rendition is given up; another child makes the smaller one.
        """
        self.patch(pace, "BEHIND_SECONDS", 0.5)
        self.patch(pace, "BEHIND_MS", 300)
        larger = Rendition(scaled_height=180, cpu_usage_level=0)
        transcoder, (large, small) = self.transcoder(larger, SMALL)
        for message in source():
            transcoder.write(message)
        await until(lambda: small.received)
        slow = child_of(os.getpid())
        os.kill(slow, signal.SIGSTOP)
        for message in shifted(source(), 5000):
            transcoder.write(message)
            await cast("Deferred[None]", deferLater(reactor, 0.01))
            if self.report.failed:
                break
        again = shifted(source(), 60_000)
        for message in again:
            transcoder.write(message)
        transcoder.end()
        await until(lambda: small.ended)

        self.assertEqual([index for index, _ in self.report.failed], [1])
        self.assertNotIn(None, large.received)
        self.assertFalse(large.ended)
        mark = small.received.index(None)
        after = [message for message in small.received[mark:] if message is not None]
        self.assertEqual(
            presentation_times(after, key_only=True), presentation_times(again, key_only=True)
        )

    async def test_hardware_that_is_not_there(self: Any) -> None:
        """
        An encoder that finds no device is given up, and x264 takes its place.
        """
        self.patch(recovery, "BACKOFF_SECONDS", 0.0)
        transcoder, (sink,) = self.transcoder(SMALL, family=V4L2M2M)
        # Newer ones end with the next input, not before.
        for message in (*source(), *shifted(source(), 10_000)):
            if transcoder.status.incidents:
                break
            transcoder.write(message)
            await cast("Deferred[None]", deferLater(reactor, 0.01))
        await until(lambda: transcoder.status.incidents)
        again = shifted(source(), 60_000)
        for message in again:
            transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        received = [message for message in sink.received if message is not None]
        self.assertEqual(
            presentation_times(received, key_only=True), presentation_times(again, key_only=True)
        )
        status = transcoder.status
        self.assertEqual((status.chosen, status.encoder), ("h264_v4l2m2m", "libx264"))
        self.assertIn("Video4Linux", status.incidents[0].message)
        self.assertEqual(self.report.failed, [])

    async def test_trial(self: Any) -> None:
        """
        The software encoder works; one that is not there says why.
        """
        survey = Survey(self.path, ("libx264", "h264_v4l2m2m"))
        trials = EncoderTrials(reactor, lambda: succeed(survey), lambda: "libx264")
        trials.renew()

        def reports() -> dict[str, EncoderReport]:
            return {each.name: each for each in trials.reports(survey)}

        await until(lambda: reports()["h264_v4l2m2m"].works is not None)
        self.assertEqual(reports()["libx264"].works, True)
        self.assertEqual(reports()["h264_v4l2m2m"].works, False)
        self.assertIn("Video4Linux", reports()["h264_v4l2m2m"].reason)

    async def test_a_killed_child_is_reported_once(self: Any) -> None:
        """
        The outputs are left alone afterwards, where it may not be started again.
        """
        transcoder, (sink,) = self.transcoder(SMALL, restarts=0)
        half = len(source()) // 2
        for message in source()[:half]:
            transcoder.write(message)
        await until(lambda: sink.received)
        os.kill(child_of(os.getpid()), signal.SIGKILL)
        await until(lambda: self.report.failed)
        for message in source()[half:]:
            transcoder.write(message)
        transcoder.end()

        self.assertEqual(self.report.failed, [(1, "ffmpeg was ended by signal 9.")])
        self.assertFalse(sink.ended)
        self.assertFalse(self.flow.paused)

    async def test_a_stopped_child_stalls(self: Any) -> None:
        """
        A child that no longer reads pauses the encoder, then fails; the encoder goes on.
        """
        self.patch(pressure, "STALL_SECONDS", 0.2)
        # What was heard so lately would be slow, not stuck.
        self.patch(pace, "AT_WORK_SECONDS", -1.0)
        transcoder, (sink,) = self.transcoder(SMALL, restarts=0)
        for message in source():
            transcoder.write(message)
        await until(lambda: sink.received)
        os.kill(child_of(os.getpid()), signal.SIGSTOP)
        large = MediaMessage(MessageKind.VIDEO, 5000, source()[-1].body[:5] + bytes(1_000_000))
        transcoder.write(large)
        self.assertFalse(self.flow.paused)
        for _ in range(4):
            transcoder.write(large)
        self.assertTrue(self.flow.paused)
        await until(lambda: self.report.failed)

        self.assertEqual(self.report.failed, [(1, "ffmpeg took no input for 0.2 seconds.")])
        self.assertFalse(self.flow.paused)
        await transcoder.stop()
        self.assertEqual(children_of(os.getpid()), [])

    async def test_backpressure_resumes(self: Any) -> None:
        """
        More than all buffers hold goes through, with pauses and no loss of sound.
        """
        transcoder, (sink,) = self.transcoder(SMALL)
        rounds = 40
        for turn in range(rounds):
            for message in shifted(source()[turn > 0 and 3 :], turn * 4004):
                await until(lambda: not self.flow.paused)
                transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        self.assertGreater(self.flow.pauses, 0)
        received = [message for message in sink.received if message is not None]
        self.assertEqual(len(sound(received)), rounds * len(sound(source())))

    async def test_junk_costs_its_own_run(self: Any) -> None:
        """
        A connection that brought nothing readable does not spoil the next one.
        """
        transcoder, (sink,) = self.transcoder(SMALL)
        for number in range(50):
            junk = b"\x17\x01\0\0\0" + bytes([number]) * 100
            transcoder.write(MediaMessage(MessageKind.VIDEO, number * 33, junk))
        transcoder.discontinuity()
        for message in source():
            transcoder.write(message)
        transcoder.end()
        await until(lambda: sink.ended)

        received = [message for message in sink.received if message is not None]
        self.assertEqual(sound(received), sound(source()))
        self.assertEqual(self.report.failed, [])

    async def test_locating(self: Any) -> None:
        """
        It is found at a configured path and tells its version.
        """
        found = await FFmpegLocator(reactor, lambda: self.path).locate()
        self.assertEqual(found.path, self.path)
        self.assertGreaterEqual(found.version_number or (99,), (4, 4))


if shutil.which("ffmpeg") is not None:
    # The system's is tested where there is one; the embedded one everywhere.
    class FFmpegOnPathTests(FFmpegCases, TestCase):
        """
        With the system's ffmpeg.
        """

        @staticmethod
        def find() -> str | None:
            """
            On PATH.
            """
            return shutil.which("ffmpeg")


class EmbeddedFFmpegTests(FFmpegCases, TestCase):
    """
    With the ffmpeg of the optional package.
    """

    @staticmethod
    def find() -> str | None:
        """
        In the package.
        """
        return embedded_path()


def children_of(pid: int) -> list[int]:
    """
    Process ids of the children of a process (Linux).
    """
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()]


def child_of(pid: int) -> int:
    """
    The only child of a process.
    """
    (child,) = children_of(pid)
    return child


#: A server in miniature: it starts a child, tells its process id and waits to be killed.
PARENT = """
import sys
from twisted.internet import reactor
from twisted.internet.defer import succeed
from owncastd.media.renditions import Rendition
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.supervisor import Transcoder
from owncastd.media.messages import MediaMessage, MessageKind
from tests.fakes import MemoryFlow, MemorySink
from tests.transcoder.fakes import MemoryReport

def begin():
    transcoder = Transcoder(reactor, lambda: succeed(FFmpeg(sys.argv[1], "", None)),
        [(0, Rendition())], [MemorySink()], MemoryFlow(), MemoryReport())
    transcoder.write(MediaMessage(MessageKind.AUDIO, 0, b"\\xaf\\x00\\x11\\x90"))
    print(transcoder._child.transport.pid, flush=True)

reactor.callWhenRunning(begin)
reactor.run()
"""


class OrphanTests(TestCase):
    """
    A child does not outlive us.
    """

    async def test_the_child_of_a_killed_server_ends(self) -> None:
        """
        When our process is killed, ffmpeg comes to the end of its input and exits.
        """
        path = shutil.which("ffmpeg") or embedded_path()
        assert path is not None, "no ffmpeg: install the extra owncastd[ffmpeg]"
        pid = child_of_a_killed_server(path)
        await until(lambda: not is_running(pid))


def child_of_a_killed_server(path: str) -> int:
    """
    Process id of an ffmpeg whose server was killed.
    """
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, path],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    return pid


def is_running(pid: int) -> bool:
    """
    Whether a process is there and not merely waiting to be reaped by somebody else.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
