"""
The API of the figures.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred, succeed

from owncastd.admin.metrics import MAX_REPORT_BYTES, MetricsAPI
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.metrics.exposition import Exposition, Figure
from owncastd.metrics.geoip import GeoIP
from owncastd.metrics.hardware import Hardware, Reading
from owncastd.metrics.history import ViewerHistory
from owncastd.metrics.sampling import Metrics
from owncastd.metrics.series import MAX_POINTS
from owncastd.net.proxies import TrustedProxies
from tests.metrics.support import OFFLINE, at_once
from tests.web.support import PASSWORD, Answer, SiteTestCase

ADMIN = {"Authorization": f"Basic {b64encode(f'admin:{PASSWORD}'.encode()).decode()}"}
PATHS = ("viewersOverTime", "hardwarestats", "metrics/video", "prometheus")
REPORT = "/api/metrics/playback"


class MetricsAPITestCase(SiteTestCase):
    """
    A site with the room's routes.
    """

    def setUp(self) -> None:
        """
        Everything in memory.
        """
        self.facts = OFFLINE
        self.asked: list[int] = []
        super().setUp()

    def rooms(self) -> Sequence[object]:
        """
        The room in question.
        """
        self.metrics = Metrics(
            self.clock,
            lambda: self.facts,
            ViewerHistory(self.clock, lambda samples, oldest: succeed(None), self.read),
            Hardware(self.clock, lambda: succeed(Reading(0, 0, 0, 0))),
            GeoIP(self.clock, at_once, Path("nowhere")),
        )
        exposition = Exposition(
            at_once, [Figure("things", "Things.", lambda: 3)], lambda: {"host": "x"}
        )
        return [MetricsAPI(self.metrics, exposition, TrustedProxies.parse())]

    def read(self, start: int) -> Deferred[str]:
        """
        Stands for the database.
        """
        self.asked.append(start)
        return succeed('[{"time":"2023-11-21T18:00:00Z","value":12}]')

    def get(self, path: str) -> Answer:
        """
        Ask as the administrator.
        """
        return self.ask(f"/api/admin/{path}", headers=ADMIN)

    def report(self, body: bytes, player: str = "player", address: str = "192.0.2.1") -> Answer:
        """
        A player reports, through a proxy.
        """
        return self.ask(REPORT, "POST", {"User-Agent": player, "X-Forwarded-For": address}, body)


class AdminTests(MetricsAPITestCase):
    """
    What the administrator reads.
    """

    def test_guarded(self) -> None:
        """
        Nobody else gets anything, and nothing but reading is possible.
        """
        for path in PATHS:
            with self.subTest(path):
                self.assertEqual(self.ask(f"/api/admin/{path}").code, 401)
                self.assertEqual(self.get(path).code, 200)
                self.assertEqual(self.ask(f"/api/admin/{path}", "POST", ADMIN, b"{}").code, 405)
        self.assertEqual(self.asked, [0])

    def test_viewers_over_time(self) -> None:
        """
        The window is handed on, and the answer is what the database made.
        """
        answer = self.get("viewersOverTime?windowStart=1700000000")
        self.assertEqual(answer.header("Content-Type"), "application/json")
        self.assertEqual(json.loads(answer.body), [{"time": "2023-11-21T18:00:00Z", "value": 12}])
        self.get("viewersOverTime")
        self.get("viewersOverTime?windowStart=-5&other=x")
        self.assertEqual(self.asked, [1_700_000_000, 0, -5])

    def test_malformed_window(self) -> None:
        """
        What is no whole number of seconds is refused, and the database is not asked.
        """
        for value in ("", "x", "1.5", "1e9", "+1", "%20", "%D9%A1", "9" * 30, "1&windowStart=2"):
            with self.subTest(value):
                answer = self.get(f"viewersOverTime?windowStart={value}")
                self.assertEqual(answer.code, 400)
                self.assertIs(json.loads(answer.body)["success"], False)
        self.assertEqual(self.asked, [])

    def test_hardware(self) -> None:
        """
        Three arrays, empty before the first sample.
        """
        empty: dict[str, list[object]] = {"cpu": [], "memory": [], "disk": []}
        self.assertEqual(json.loads(self.get("hardwarestats").body), empty)
        self.metrics.hardware.cpu.add(datetime(2023, 11, 21, 18, 2, tzinfo=UTC), 12.5)
        self.assertEqual(
            json.loads(self.get("hardwarestats").body),
            {**empty, "cpu": [{"time": "2023-11-21T18:02:00Z", "value": 12.5}]},
        )

    def test_video_at_first(self) -> None:
        """
        Every key is there from the start, and nothing is divided by zero viewers.
        """
        document = json.loads(self.get("metrics/video").body)
        for key in (
            "errors",
            "qualityVariantChanges",
            "highestLatency",
            "medianLatency",
            "lowestLatency",
            "medianSegmentDownloadDuration",
            "maximumSegmentDownloadDuration",
            "minimumSegmentDownloadDuration",
            "minPlayerBitrate",
            "medianPlayerBitrate",
            "maxPlayerBitrate",
        ):
            with self.subTest(key):
                self.assertEqual(document.pop(key), [])
        self.assertEqual(
            document,
            {
                "availableBitrates": [SOURCE.video_bitrate_kbps],
                "segmentLength": 2,
                "representation": 0,
            },
        )

    def test_video(self) -> None:
        """
        What players reported comes back, each figure under its name.
        """
        self.facts = evolve(
            OFFLINE,
            online=True,
            viewers=4,
            renditions=(SOURCE, Rendition(video_bitrate_kbps=800)),
            inbound_kbps=6000,
        )
        for number in range(1, 4):
            body = {
                "bandwidth": 1000 * number,
                "latency": number,
                "downloadDuration": number / 10,
                "errors": 1,
                "qualityVariantChanges": 2,
            }
            self.report(json.dumps(body).encode(), address=f"192.0.2.{number}")
        self.assertEqual(json.loads(self.get("metrics/video").body)["representation"], 75)
        self.metrics.playback.close_window(datetime(2023, 11, 21, 18, 2, tzinfo=UTC))
        document = json.loads(self.get("metrics/video").body)
        self.assertEqual(document["availableBitrates"], [6000, 800])
        for key, expected in {
            "errors": 3,
            "qualityVariantChanges": 6,
            "lowestLatency": 1,
            "medianLatency": 2,
            "highestLatency": 3,
            "minimumSegmentDownloadDuration": 0.1,
            "medianSegmentDownloadDuration": 0.2,
            "maximumSegmentDownloadDuration": 0.3,
            "minPlayerBitrate": 1000,
            "medianPlayerBitrate": 2000,
            "maxPlayerBitrate": 3000,
        }.items():
            with self.subTest(key):
                self.assertEqual(
                    document[key], [{"time": "2023-11-21T18:02:00Z", "value": expected}]
                )

    def test_prometheus(self) -> None:
        """
        The exposition, in the type that scrapers expect.
        """
        answer = self.get("prometheus")
        kind = answer.header("Content-Type")
        assert kind is not None
        self.assertTrue(kind.startswith("text/plain; version=0.0.4"), kind)
        families = {
            family.name: family for family in text_string_to_metric_families(answer.body.decode())
        }
        self.assertEqual(families["things"].samples[0].value, 3)
        self.assertIn("process_resident_memory_bytes", families)


class ReportTests(MetricsAPITestCase):
    """
    What players send.
    """

    def test_taken(self) -> None:
        """
        A report is answered with nothing, and needs no type and no credentials.
        """
        answer = self.report(b'{"bandwidth": 5321.1, "errors": 2}')
        self.assertEqual((answer.code, answer.body), (200, b""))
        summary = self.metrics.playback.summary()
        self.assertEqual((summary.errors, summary.bandwidth.median), (2, 5321))

    def test_players(self) -> None:
        """
        Players are told apart by the address behind the proxy and by their user agent.
        """
        for player, address in [("a", "192.0.2.1"), ("b", "192.0.2.1"), ("a", "192.0.2.2")] * 2:
            self.report(b'{"errors": 1}', player, address)
        self.assertEqual(self.metrics.playback.summary().errors, 3)

    def test_refused(self) -> None:
        """
        What is no report is refused in the API's form, and changes nothing.
        """
        for body, code in [
            (b"", 400),
            (b"{", 400),
            (b"[]", 400),
            (b"\xff\xfe", 400),
            (b'{"errors": "1"}', 400),
            (b'{"errors": NaN}', 400),
            (b"[" * 4000, 400),
            (b" " * (MAX_REPORT_BYTES + 1), 413),
        ]:
            with self.subTest(body[:20]):
                answer = self.report(body)
                self.assertEqual(answer.code, code)
                self.assertIs(json.loads(answer.body)["success"], False)
        self.assertEqual(self.metrics.playback.summary().clients, 0)

    def test_methods(self) -> None:
        """
        Only POST is a report.
        """
        for method in ("GET", "PUT", "DELETE"):
            answer = self.ask(REPORT, method)
            self.assertEqual(answer.code, 400)
            self.assertEqual(json.loads(answer.body)["message"], f"{method} not supported")

    @given(
        st.binary(max_size=60)
        | st.builds(
            lambda x: json.dumps(x).encode(),
            st.dictionaries(
                st.sampled_from(["bandwidth", "latency", "errors"]),
                st.none() | st.integers() | st.floats() | st.text(max_size=3),
            ),
        )
    )
    @settings(max_examples=150, deadline=None)
    def test_any_body(self, body: bytes) -> None:
        """
        Whatever is sent is taken or refused.
        """
        self.assertIn(self.report(body).code, (200, 400))


class SizeTests(MetricsAPITestCase):
    """
    The largest answers.
    """

    def test_full_series(self) -> None:
        """
        With all series full, an answer holds all their points.
        """
        for number in range(MAX_POINTS + 1):
            self.metrics.playback.close_window(datetime.fromtimestamp(120.0 * number, UTC))
        document = json.loads(self.get("metrics/video").body)
        self.assertEqual(len(document["medianLatency"]), MAX_POINTS)
        self.assertEqual(document["errors"][0]["time"], "1970-01-01T00:02:00Z")
