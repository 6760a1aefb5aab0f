"""
The overview of the stream's health.
"""

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.encoder_watch import EncoderFigures
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.metrics.facts import StreamFacts
from owncastd.metrics.health import Evidence, Health, assess
from owncastd.metrics.playback import Playback
from owncastd.metrics.reports import PlaybackReport

ENCODED = Rendition(video_bitrate_kbps=2500)
SMALL = Rendition(video_bitrate_kbps=800)
LIVE = StreamFacts(
    online=True,
    viewers=10,
    renditions=(ENCODED, SMALL),
    latency=LATENCY_LEVELS[2],
    inbound_kbps=2500,
    encoder=EncoderFigures(key_frame_seconds=2.0),
)
GOOD = PlaybackReport(bandwidth_kbps=20_000)
STALLED = evolve(GOOD, errors=2)
SLOW = PlaybackReport(bandwidth_kbps=850)
SILENT = PlaybackReport(latency_seconds=2)


def assessed(
    *reports: PlaybackReport, facts: StreamFacts = LIVE, cpu: float | None = 10.0
) -> Health | None:
    """
    The overview after these reports, each of another player.
    """
    playback = Playback()
    for number, report in enumerate(reports):
        playback.record(f"192.0.2.{number}", "player", report)
    return assess(Evidence(playback.summary(), facts, cpu))


class FigureTests(SynchronousTestCase):
    """
    The percentages, and when there are any.
    """

    def test_unknown(self) -> None:
        """
        Without viewers or without reports nothing is known.
        """
        self.assertIsNone(assessed())
        self.assertIsNone(assessed(GOOD, facts=evolve(LIVE, viewers=0)))

    def test_well(self) -> None:
        """
        All is well, as far as is known.
        """
        self.assertEqual(
            assessed(GOOD, GOOD, SILENT),
            Health(healthy=True, percentage=100, representation=20, message=""),
        )

    def test_percentage(self) -> None:
        """
        The share of players without errors; above 75 is healthy.
        """
        for stalled, all_, percentage, healthy in [
            (0, 4, 100, True),
            (1, 3, 67, False),
            (1, 4, 75, False),
            (1, 5, 80, True),
            (4, 4, 0, False),
        ]:
            with self.subTest(stalled=stalled, all_=all_):
                reports = [STALLED] * stalled + [GOOD] * (all_ - stalled)
                health = assessed(*reports)
                assert health is not None
                self.assertEqual((health.percentage, health.healthy), (percentage, healthy))

    def test_representation(self) -> None:
        """
        The share of viewers whose bandwidth is known; strangers cannot raise it above all.
        """
        for viewers, reports, expected in [
            (3, [GOOD], 33),
            (3, [SILENT], 0),
            (1, [GOOD, GOOD], 100),
        ]:
            with self.subTest(viewers=viewers, expected=expected):
                health = assessed(*reports, facts=evolve(LIVE, viewers=viewers))
                assert health is not None
                self.assertEqual(health.representation, expected)


class AdviceTests(SynchronousTestCase):
    """
    The one piece of advice.
    """

    def message(
        self, *reports: PlaybackReport, facts: StreamFacts = LIVE, cpu: float | None = 10.0
    ) -> str:
        """
        The advice after these reports.
        """
        health = assessed(*reports, facts=facts, cpu=cpu)
        assert health is not None
        return health.message

    def test_table(self) -> None:
        """
        Each piece of advice has its conditions, with their limits.
        """
        much = evolve(LIVE, inbound_kbps=6000)
        quick = evolve(LIVE, latency=LATENCY_LEVELS[0])
        patient = evolve(LIVE, latency=LATENCY_LEVELS[4])
        passing = evolve(LIVE, renditions=(SOURCE, SMALL))
        rare_keys = evolve(LIVE, encoder=EncoderFigures(key_frame_seconds=8.3))
        slow_encoder = evolve(LIVE, encoder=EncoderFigures(speed=0.8))
        three = (STALLED, GOOD, GOOD)
        for name, reports, facts, cpu, expected in [
            ("wasteful", [GOOD], much, 80.0, ["6000 kbps", "2500 kbps"]),
            ("wasteful, not busy", [GOOD], much, 79.9, []),
            ("wasteful, cpu unknown", [GOOD], much, None, []),
            ("sent as it is", [GOOD], evolve(passing, inbound_kbps=6000), 85.0, []),
            ("encoder does not say", [GOOD], evolve(LIVE, inbound_kbps=0), 85.0, []),
            ("overload", [GOOD], LIVE, 90.0, ["90 %"]),
            ("busy", [GOOD], LIVE, 89.9, []),
            ("slow", [SLOW, GOOD, SILENT], LIVE, 10.0, ["1 of 2", "(50 %)", "800 kbps"]),
            ("nearly enough", [evolve(SLOW, bandwidth_kbps=879)], LIVE, 10.0, ["1 of 1"]),
            ("just enough", [evolve(SLOW, bandwidth_kbps=881)], LIVE, 10.0, []),
            ("errors", three, quick, 10.0, ["1 of 3", "(33 %)", "latency level"]),
            ("errors, long segments", three, patient, 10.0, ["1 of 3"]),
            ("errors, passed through", three, passing, 10.0, ["1 of 3", "encoded quality"]),
            ("errors, two players", [STALLED, GOOD], LIVE, 10.0, []),
            ("long key frames", [GOOD], rare_keys, 10.0, ["8.3 seconds", "interval to 2 s"]),
            ("slow encoder", three, slow_encoder, 10.0, ["0.80 seconds of media"]),
            ("encoder unknown", [GOOD], evolve(LIVE, encoder=None), 10.0, []),
        ]:
            with self.subTest(name):
                message = self.message(*reports, facts=facts, cpu=cpu)
                self.assertEqual(bool(message), bool(expected), message)
                for part in expected:
                    self.assertIn(part, message)
                self.assertEqual("latency level" in message, "latency level" in expected)

    def test_order(self) -> None:
        """
        The gravest is told: what follows is often its consequence.
        """
        everything = evolve(LIVE, inbound_kbps=6000, encoder=EncoderFigures(key_frame_seconds=10.0))
        reports = [evolve(SLOW, errors=1), STALLED, GOOD]
        steps = [
            (everything, 95.0, "Your encoder sends 6000 kbps"),
            (evolve(everything, inbound_kbps=2500), 95.0, "The processor"),
            (everything, 10.0, "The connection of"),
        ]
        for facts, cpu, beginning in steps:
            with self.subTest(beginning):
                message = self.message(*reports, facts=facts, cpu=cpu)
                self.assertTrue(message.startswith(beginning), message)
        fast = [STALLED, STALLED, GOOD]
        self.assertIn("stalls or fails", self.message(*fast, facts=everything))
        self.assertIn("key frame", self.message(GOOD, facts=everything))
