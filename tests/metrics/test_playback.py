"""
What players tell of their playback, and what is made of it.
"""

import json
import math
import statistics
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.metrics.playback import (
    MAX_CLIENTS,
    MAX_CLIENTS_PER_ADDRESS,
    Playback,
    Spread,
    representation,
)
from owncastd.metrics.reports import (
    MAX_BANDWIDTH_KBPS,
    MAX_COUNT,
    MAX_DOWNLOAD_SECONDS,
    MAX_LATENCY_SECONDS,
    InvalidReport,
    PlaybackReport,
    read_report,
)

NOW = datetime(2023, 11, 21, tzinfo=UTC)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
_KEYS = ["bandwidth", "latency", "downloadDuration", "errors", "qualityVariantChanges"]
_REPORTS = st.builds(
    PlaybackReport,
    *[st.sampled_from([0.0, 1.0, 2.5, 1000.0, 6000.0]) for _ in range(5)],
)


class ReadReportTests(SynchronousTestCase):
    """
    L{read_report} takes whatever strangers send.
    """

    def test_whole(self) -> None:
        """
        What a player sends.
        """
        self.assertEqual(
            read_report(
                {
                    "bandwidth": 5321.1,
                    "latency": 8.25,
                    "downloadDuration": 0.412,
                    "errors": 0,
                    "qualityVariantChanges": 1,
                }
            ),
            PlaybackReport(5321.1, 8.25, 0.412, 0.0, 1.0),
        )

    def test_absent(self) -> None:
        """
        All is optional, null is as good as absent, and other keys do not matter.
        """
        self.assertEqual(read_report({}), PlaybackReport())
        self.assertEqual(read_report({"latency": None, "mood": "good"}), PlaybackReport())

    def test_refused(self) -> None:
        """
        What is no object, or holds what is no number, is refused.
        """
        documents: list[object] = [None, 1, "x", [], [{}], True]
        documents += [{"errors": wrong} for wrong in ("1", True, [1], {"a": 1}, math.nan)]
        for document in documents:
            with self.subTest(document=document), self.assertRaises(InvalidReport):
                read_report(document)

    def test_clamped(self) -> None:
        """
        Values beyond their range become the nearest within.
        """
        low = dict.fromkeys(_KEYS, -5)
        self.assertEqual(read_report(low), PlaybackReport())
        for value in (1e300, math.inf, 10**400):
            with self.subTest(value=value):
                self.assertEqual(
                    read_report(dict.fromkeys(_KEYS, value)),
                    PlaybackReport(
                        MAX_BANDWIDTH_KBPS,
                        MAX_LATENCY_SECONDS,
                        MAX_DOWNLOAD_SECONDS,
                        MAX_COUNT,
                        MAX_COUNT,
                    ),
                )

    @given(_JSON | st.dictionaries(st.sampled_from(_KEYS), _JSON))
    @settings(max_examples=200, deadline=None)
    def test_anything(self, document: object) -> None:
        """
        Whatever JSON comes, the report is within its ranges or refused.
        """
        document = json.loads(json.dumps(document))
        try:
            report = read_report(document)
        except InvalidReport:
            return
        for value, largest in [
            (report.bandwidth_kbps, MAX_BANDWIDTH_KBPS),
            (report.latency_seconds, MAX_LATENCY_SECONDS),
            (report.download_seconds, MAX_DOWNLOAD_SECONDS),
            (report.errors, MAX_COUNT),
            (report.quality_changes, MAX_COUNT),
        ]:
            self.assertTrue(0 <= value <= largest, report)


class SpreadTests(SynchronousTestCase):
    """
    L{Spread} of reported values.
    """

    def test_median(self) -> None:
        """
        The median is that of the sorted values, and 0 means that nothing was told.
        """
        self.assertEqual(Spread.of([9, 1, 0, 5]), Spread(1, 5, 9))
        self.assertEqual(Spread.of([4, 1]), Spread(1, 2.5, 4))
        self.assertEqual(Spread.of([0, 0]), Spread(0, 0, 0))
        self.assertEqual(Spread.of([]), Spread(0, 0, 0))

    def test_rounded(self) -> None:
        """
        Bitrates are whole numbers.
        """
        self.assertEqual(Spread(1.2, 2.6, 9.9).rounded(), Spread(1, 3, 10))


class PlaybackTests(SynchronousTestCase):
    """
    L{Playback} windows and series.
    """

    def setUp(self) -> None:
        self.playback = Playback()

    def test_empty_window(self) -> None:
        """
        A window without reports adds zeros.
        """
        self.playback.close_window(NOW)
        series = self.playback
        for each in (series.errors, series.quality_changes, series.latency.median):
            self.assertEqual([(point.time, point.value) for point in each], [(NOW, 0.0)])

    def test_reduced(self) -> None:
        """
        Counts are summed; the rest becomes lowest, median and highest; the next window is empty.
        """
        for number, report in enumerate(
            [
                PlaybackReport(1000.4, 9.0, 0.5, 1, 0),
                PlaybackReport(8000.0, 1.0, 0.1, 0, 2),
                PlaybackReport(2000.0, 5.0, 0.3, 2, 1),
            ]
        ):
            self.playback.record(f"192.0.2.{number}", "player", report)
        summary = self.playback.close_window(NOW)
        self.assertEqual((summary.clients, summary.clients_with_errors), (3, 2))
        playback = self.playback
        self.assertEqual(playback.errors.last, 3)
        self.assertEqual(playback.quality_changes.last, 3)
        for series, spread in [
            (playback.latency, Spread(1.0, 5.0, 9.0)),
            (playback.download, Spread(0.1, 0.3, 0.5)),
            (playback.bandwidth, Spread(1000.0, 2000.0, 8000.0)),
        ]:
            self.assertEqual(
                Spread(series.lowest.last or 0, series.median.last or 0, series.highest.last or 0),
                spread,
            )
        self.assertEqual(playback.close_window(NOW).clients, 0)

    def test_last_report_counts(self) -> None:
        """
        Of one player the last report counts; what it leaves out is still known from before.
        """
        self.playback.record("192.0.2.1", "player", PlaybackReport(1000, 4, 0.5, 7, 3))
        self.playback.record("192.0.2.1", "player", PlaybackReport(3000, 0, 0, 1, 0))
        summary = self.playback.summary()
        self.assertEqual(summary.clients, 1)
        self.assertEqual(summary.bandwidth, Spread(3000, 3000, 3000))
        self.assertEqual(summary.latency, Spread(4, 4, 4))
        self.assertEqual((summary.errors, summary.quality_changes), (1, 0))

    def test_players_apart(self) -> None:
        """
        Another user agent behind the same address is another player.
        """
        self.playback.record("192.0.2.1", "one", PlaybackReport(errors=1))
        self.playback.record("192.0.2.1", "two", PlaybackReport(errors=1))
        self.assertEqual(self.playback.summary().errors, 2)

    def test_per_address(self) -> None:
        """
        One address cannot make up any number of players, and does not keep others out.
        """
        for number in range(MAX_CLIENTS_PER_ADDRESS + 5):
            self.playback.record("192.0.2.1", f"player {number}", PlaybackReport(errors=1))
        self.playback.record("192.0.2.2", "player", PlaybackReport(errors=1))
        self.assertEqual(self.playback.summary().clients, MAX_CLIENTS_PER_ADDRESS + 1)
        self.playback.close_window(NOW)
        self.playback.record("192.0.2.1", "another", PlaybackReport(errors=1))
        self.assertEqual(self.playback.summary().clients, 1)

    def test_clients_bounded(self) -> None:
        """
        All addresses together cannot either; those that are known still report.
        """
        for number in range(MAX_CLIENTS + 5):
            self.playback.record(str(number), "player", PlaybackReport(errors=1))
        self.playback.record("0", "player", PlaybackReport(errors=3))
        summary = self.playback.summary()
        self.assertEqual((summary.clients, summary.errors), (MAX_CLIENTS, MAX_CLIENTS + 2))

    def test_long_user_agent(self) -> None:
        """
        A user agent takes bounded memory.
        """
        self.playback.record("192.0.2.1", "x" * 100_000, PlaybackReport(errors=1))
        self.playback.record("192.0.2.1", "x" * 100_001, PlaybackReport(errors=1))
        self.assertEqual(self.playback.summary().clients, 1)

    def test_representation(self) -> None:
        """
        A whole percentage of the viewers; without viewers, or with more reports than viewers, as
        well.
        """
        self.playback.record("192.0.2.1", "player", PlaybackReport(bandwidth_kbps=1))
        self.playback.record("192.0.2.2", "player", PlaybackReport(errors=1))
        self.assertEqual([self.playback.representation(n) for n in (0, 1, 3)], [0, 100, 33])
        self.assertEqual(representation(5, 2), 100)

    @given(st.lists(st.tuples(st.sampled_from("abcd"), _REPORTS), max_size=12))
    @settings(max_examples=150, deadline=None)
    def test_reduction_agrees(self, told: list[tuple[str, PlaybackReport]]) -> None:
        """
        Whatever is reported, the reduction is that of the last values of each player.
        """
        playback = Playback()
        last: dict[str, dict[str, float]] = {}
        for name, report in told:
            playback.record(name, "player", report)
            known = last.setdefault(name, {})
            known["errors"] = report.errors
            if report.latency_seconds:
                known["latency"] = report.latency_seconds
        summary = playback.close_window(NOW)
        self.assertEqual(summary.clients, len(last))
        self.assertEqual(summary.errors, sum(known["errors"] for known in last.values()))
        latencies = [known["latency"] for known in last.values() if "latency" in known]
        expected = statistics.median(latencies) if latencies else 0
        self.assertEqual(summary.latency.median, expected)
        self.assertEqual(playback.latency.highest.last, max(latencies, default=0))
