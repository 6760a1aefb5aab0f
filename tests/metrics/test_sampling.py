"""
Everything together, over time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.encoder_watch import EncoderFigures
from owncastd.broadcast.events import Ended, Interrupted, Resumed, Started
from owncastd.interfaces import BroadcastPlan
from owncastd.media.latency import DEFAULT_LATENCY_LEVEL
from owncastd.media.renditions import SOURCE
from owncastd.metrics.facts import StreamFacts
from owncastd.metrics.figures import ChatFigures
from owncastd.metrics.geoip import GeoIP
from owncastd.metrics.hardware import Hardware, Reading
from owncastd.metrics.history import AudienceSample, ViewerHistory
from owncastd.metrics.reports import PlaybackReport
from owncastd.metrics.sampling import Metrics
from owncastd.metrics.series import SAMPLE_SECONDS

from .support import OFFLINE, START, at_once

LIVE = evolve(OFFLINE, online=True, viewers=4, inbound_kbps=2000)
NOW = datetime.fromtimestamp(START, UTC)
PLAN = BroadcastPlan("abc", NOW, DEFAULT_LATENCY_LEVEL, (SOURCE,))


class MetricsTests(SynchronousTestCase):
    """
    L{Metrics} on a clock of our own, with a machine and a database of our own.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.facts = OFFLINE
        self.chat = ChatFigures()
        self.stored: list[AudienceSample] = []
        self.writing: Deferred[None] | None = None
        self.reading: Deferred[Reading] | None = None
        self.metrics = Metrics(
            self.clock,
            self.present_facts,
            ViewerHistory(self.clock, self.save, lambda start: succeed("[]")),
            Hardware(self.clock, self.read),
            GeoIP(self.clock, at_once, Path(self.mktemp())),
            lambda: self.chat,
        )
        self.metrics.start()
        self.addCleanup(self.stop)

    def present_facts(self) -> StreamFacts:
        """
        How the stream is.
        """
        return self.facts

    def save(self, samples: Sequence[AudienceSample], oldest: int) -> Deferred[None]:
        """
        Store at once, unless the test wants it slow.
        """
        self.stored.extend(samples)
        return self.writing or succeed(None)

    def read(self) -> Deferred[Reading]:
        """
        A machine that is half busy, unless the test wants it slow.
        """
        total = self.clock.seconds()
        return self.reading or succeed(Reading(total / 2, total, 30.0, 40.0))

    def stop(self) -> None:
        """
        Nothing may be left.
        """
        self.successResultOf(self.metrics.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def report(self, count: int = 1, errors: float = 0) -> None:
        """
        Some players report.
        """
        for number in range(count):
            self.metrics.playback.record(
                f"192.0.2.{number}", "player", PlaybackReport(9000, errors=errors)
            )

    def test_pace(self) -> None:
        """
        Nothing is sampled at first, then one point of each after every interval.
        """
        self.assertEqual(len(self.metrics.hardware.cpu), 0)
        self.assertEqual(len(self.metrics.playback.errors), 0)
        self.clock.pump([SAMPLE_SECONDS] * 3)
        self.assertEqual([sample.value for sample in self.metrics.hardware.cpu], [50.0] * 3)
        self.assertEqual(
            [sample.time.timestamp() - START for sample in self.metrics.playback.errors],
            [120, 240, 360],
        )

    def test_viewers(self) -> None:
        """
        Viewers are stored while online only, chat clients always.
        """
        self.clock.advance(SAMPLE_SECONDS)
        self.facts = LIVE
        self.clock.advance(SAMPLE_SECONDS)
        self.facts, self.chat = OFFLINE, ChatFigures(clients=3)
        self.clock.advance(SAMPLE_SECONDS)
        start = int(START)
        self.assertEqual(
            self.stored, [AudienceSample(start + 240, 4, 0), AudienceSample(start + 360, None, 3)]
        )

    def test_health(self) -> None:
        """
        Health is that of the last window while online, and gone when the broadcast has ended.
        """
        self.facts = LIVE
        self.report(2)
        self.assertIsNone(self.metrics.health)
        self.clock.advance(SAMPLE_SECONDS)
        health = self.metrics.health
        assert health is not None
        self.assertEqual((health.percentage, health.representation), (100, 50))
        for event in (
            Started(PLAN, NOW),
            Interrupted(PLAN, NOW, "lost", 30),
            Resumed(PLAN, NOW),
        ):
            self.metrics.happened(event)
            self.assertEqual(self.metrics.health, health)
        self.metrics.happened(Ended(PLAN, NOW, "stopped"))
        self.assertIsNone(self.metrics.health)

    def test_encoder(self) -> None:
        """
        What is wrong with the encoder is logged once per broadcast, whether anybody watches or not.
        """
        self.facts = evolve(LIVE, viewers=0, encoder=EncoderFigures(key_frame_seconds=8.0))
        for _ in range(2):
            with capturedLogs() as events:
                self.clock.pump([SAMPLE_SECONDS] * 2)
            self.assertEqual(len(events), 1)
            self.assertIn("Set the keyframe interval to 2 s.", formatEvent(events[0]))
            self.metrics.happened(Ended(PLAN, NOW, "stopped"))

    def test_next_broadcast(self) -> None:
        """
        What players reported of one broadcast is not said of the next.
        """
        self.facts = LIVE
        self.report(errors=5)
        self.metrics.happened(Ended(PLAN, NOW, "stopped"))
        self.clock.advance(SAMPLE_SECONDS)
        self.assertIsNone(self.metrics.health)
        self.assertEqual(self.metrics.playback.errors.last, 0)

    def test_window_without_reports(self) -> None:
        """
        Health is not carried over into a window that nobody reported in.
        """
        self.facts = LIVE
        self.report()
        self.clock.advance(SAMPLE_SECONDS)
        self.assertIsNotNone(self.metrics.health)
        self.clock.advance(SAMPLE_SECONDS)
        self.assertIsNone(self.metrics.health)

    def test_offline(self) -> None:
        """
        Without a stream reports add points, but say nothing of its health.
        """
        self.report(errors=2)
        self.clock.advance(SAMPLE_SECONDS)
        self.assertEqual(self.metrics.playback.errors.last, 2)
        self.assertIsNone(self.metrics.health)

    def test_slow_disk(self) -> None:
        """
        A machine that does not answer keeps nobody from being counted; the stop waits for it.
        """
        self.reading = Deferred()
        self.facts = LIVE
        self.clock.pump([SAMPLE_SECONDS] * 2)
        self.assertEqual(len(self.stored), 2)
        stopped = self.metrics.stop()
        self.assertNoResult(stopped)
        self.reading.callback(Reading(1.0, 2.0, 3.0, 4.0))
        self.successResultOf(stopped)

    def test_stop_stores(self) -> None:
        """
        The stop waits until what was sampled is durable.
        """
        self.facts = LIVE
        self.writing = Deferred()
        self.clock.advance(SAMPLE_SECONDS)
        stopped = self.metrics.stop()
        self.assertNoResult(stopped)
        self.writing.callback(None)
        self.successResultOf(stopped)

    def test_failure(self) -> None:
        """
        A mistake in one sample is logged, and the next is taken.
        """
        facts, self.facts = self.facts, None  # type: ignore[assignment]
        self.clock.advance(SAMPLE_SECONDS)
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        self.facts = facts
        self.clock.advance(SAMPLE_SECONDS)
        self.assertEqual(len(self.metrics.playback.errors), 1)
