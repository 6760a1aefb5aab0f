"""
How the stages of the pipeline are joined, and taken apart.
"""

from datetime import UTC, datetime

from attrs import define
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.events import BroadcastEvent, Ended, Interrupted, Resumed, Started
from owncastd.hls.origin import Origin
from owncastd.interfaces import IMediaSink
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.service import AFTERGLOW_SECONDS, Picturing, Pipeline
from owncastd.slate.slate import Slate
from owncastd.transcoder.beside import AlignedSource
from owncastd.transcoder.companion import AccompaniedSource
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.supervisor import Transcoder
from owncastd.transcoder.thumbnails import INTERVAL_SECONDS, Thumbnails
from tests.fakes import MemoryFlow
from tests.hls.streams import usual
from tests.hls.support import plan
from tests.slate.studio import MemoryStock
from tests.transcoder.fakes import FakeReactor, video

ENCODED = Rendition(name="480p", scaled_height=480)
AT = datetime(2026, 1, 1, tzinfo=UTC)


@define
class Located:
    """
    Knows where ffmpeg is without looking.
    """

    def locate(self) -> Deferred[FFmpeg]:
        """
        At once.
        """
        return succeed(FFmpeg("/bin/ffmpeg", "9.0", (9, 0)))


class PipelineTests(SynchronousTestCase):
    """
    Sinks of a broadcast, and what is left when it is over.
    """

    def setUp(self) -> None:
        self.reactor = FakeReactor()
        self.origin = Origin(self.reactor)
        self.pipeline = Pipeline(
            self.reactor,
            self.origin,
            Located(),  # type: ignore[arg-type]
            encoder=lambda: "libx264",
            niceness=lambda: 0,
            clips=MemoryStock(),
            waits=lambda: True,
        )

    def sinks(self, *renditions: Rendition) -> list[IMediaSink]:
        """
        The sinks of a broadcast that starts now.
        """
        return list(self.pipeline.sinks(plan(2, *renditions), MemoryFlow()))

    def stop(self) -> Deferred[None]:
        """
        Take the pipeline apart.
        """
        return Deferred.fromCoroutine(self.pipeline.stop())

    def test_source_needs_no_encoder(self) -> None:
        """
        The broadcaster's own quality is packaged in process: no child is started.
        """
        slate, sink = self.sinks(SOURCE)
        self.assertIsInstance(slate, Slate)
        self.assertIsInstance(sink, AccompaniedSource)
        for at_ms in range(0, 3000, 500):
            sink.write(video(at_ms, key=True))
        self.assertEqual(self.reactor.processes, [])
        self.assertIsNone(self.pipeline.encoding())

    def test_source_that_not_every_player_plays(self) -> None:
        """
        Then one child encodes what they all play, which has a playlist of its own.
        """
        slate, sink = self.sinks(SOURCE)
        sink.write(MediaMessage(MessageKind.VIDEO, 0, b"\x90hvc1record"))
        sink.write(MediaMessage(MessageKind.AUDIO, 0, b"\x90Opushead"))
        self.assertEqual(sorted(self.origin.playlists), [b"0/stream.m3u8", b"1/stream.m3u8"])
        (child,) = self.reactor.processes
        self.assertIsNotNone(self.pipeline.encoding())
        slate.end()
        sink.end()
        stopped = self.stop()
        child.exit(signal=9)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_encoded_beside_the_source(self) -> None:
        """
        All renditions that are encoded share one transcoder; each has a playlist of its own.
        """
        slate, transcoder, source = self.sinks(SOURCE, ENCODED, ENCODED)
        self.assertIsInstance(slate, Slate)
        self.assertIsInstance(source, AlignedSource)
        self.assertIsInstance(transcoder, Transcoder)
        self.assertEqual(
            sorted(self.origin.playlists),
            [b"0/stream.m3u8", b"1/stream.m3u8", b"2/stream.m3u8"],
        )
        transcoder.write(video(0, key=True))
        self.assertEqual(len(self.reactor.processes), 1)
        self.reactor.processes[0].exit()

    def test_the_source_when_nothing_else_is_left(self) -> None:
        """
        A broadcast without a rendition of the source gets one when all others have failed, and the
        administrator is told.
        """
        self.assertIsNone(self.pipeline.encoding())
        _, transcoder, spare = self.sinks(ENCODED)
        self.reactor.refusal = OSError(2, "No such file or directory")
        for second in range(0, 60, 10):
            self.reactor.advance(10)
            for sink in (transcoder, spare):
                sink.write(video(1000 * second, key=True))
        self.assertEqual(list(self.origin.playlists), [b"1/stream.m3u8"])
        status = self.pipeline.encoding()
        assert status is not None
        self.assertIn("The source is offered", status.incidents[-1].message)
        self.successResultOf(self.stop())

    def test_a_new_broadcast_stops_the_old_child(self) -> None:
        """
        A child that is still finishing when the next broadcast starts is killed, and waited for
        at the end.
        """
        _, transcoder, _ = self.sinks(ENCODED)
        transcoder.write(video(0, key=True))
        transcoder.end()
        (child,) = self.reactor.processes
        self.sinks(SOURCE)
        self.assertIn("KILL", child.signals)
        stopped = self.stop()
        self.assertNoResult(stopped)
        child.exit(signal=9)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_slate(self) -> None:
        """
        While the encoder is away the playlist goes on, until the broadcast is over.
        """
        sinks = self.sinks(SOURCE)
        [window] = self.origin.playlists.values()
        for message in usual(2):
            for sink in sinks:
                sink.write(message)
        for sink in sinks:
            sink.discontinuity()
        made = window.parts_made
        self.reactor.advance(5)
        self.assertEqual(window.parts_made, made)
        self.pipeline.happened(Interrupted(plan(), AT, "lost", 60.0))
        self.reactor.pump([0.5] * 10)
        self.assertGreater(window.parts_made, made + 7)
        for sink in sinks:
            sink.end()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_afterglow(self) -> None:
        """
        What ended can be fetched for a while, then is forgotten.
        """
        self.sinks(SOURCE)
        self.pipeline.happened(Ended(plan(), AT, "over"))
        self.reactor.advance(AFTERGLOW_SECONDS - 1)
        self.assertNotEqual(self.origin.playlists, {})
        self.reactor.advance(1)
        self.assertEqual(self.origin.playlists, {})

    def test_a_new_broadcast_outlives_the_old_afterglow(self) -> None:
        """
        The next broadcast is not forgotten when the last one's time is over.
        """
        self.sinks(SOURCE)
        self.pipeline.happened(Ended(plan(), AT, "over"))
        self.sinks(SOURCE)
        self.pipeline.happened(Started(plan(), AT))
        self.reactor.advance(AFTERGLOW_SECONDS)
        self.assertNotEqual(self.origin.playlists, {})

    def test_stop_leaves_no_timer(self) -> None:
        """
        The afterglow ends with the server.
        """
        self.sinks(SOURCE)
        self.pipeline.happened(Ended(plan(), AT, "over"))
        self.successResultOf(self.stop())
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class PicturingTests(SynchronousTestCase):
    """
    What pictures follow the broadcast.
    """

    def test_follows(self) -> None:
        """
        Looks are taken while a broadcast is live, none while its encoder is away, and none when it
        is over.
        """
        reactor = FakeReactor()
        looks: list[int] = []

        def look(enough_ms: int) -> None:
            looks.append(enough_ms)

        found = succeed(FFmpeg("/bin/ffmpeg", "9.0", (9, 0)))
        thumbnails = Thumbnails(reactor, lambda: found, look, lambda pictures: None, {})
        picturing = Picturing(thumbnails)

        def happen(event: BroadcastEvent) -> int:
            picturing.happened(event)
            before = len(looks)
            reactor.advance(INTERVAL_SECONDS)
            return len(looks) - before

        self.assertEqual(happen(Started(plan(), AT)), 0)
        thumbnails.playable()
        reactor.advance(0)
        reactor.processes[0].exit()
        self.assertEqual(len(looks), 1)
        self.assertEqual(happen(Interrupted(plan(), AT, "lost", 60.0)), 0)
        self.assertEqual(happen(Resumed(plan(), AT)), 1)
        self.assertEqual(happen(Ended(plan(), AT, "over")), 0)
        self.assertEqual(reactor.getDelayedCalls(), [])
