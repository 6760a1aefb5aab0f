"""
Figures as a Prometheus server reads them.
"""

from collections.abc import Callable

from attrs import evolve
from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from owncastd import __version__
from owncastd.interfaces import StreamState, StreamStatus
from owncastd.metrics.exposition import Exposition, Figure
from owncastd.metrics.figures import (
    ChatFigures,
    DeliveryFigures,
    FigureSources,
    RenditionFigures,
    WebhookFigures,
    exposition_of,
)

from .support import at_once

OFFLINE = StreamStatus(StreamState.OFFLINE, False, 0, 4, 90, None, None)


class ExpositionTestCase(SynchronousTestCase):
    """
    Reads back what is written.
    """

    def samples(self, exposition: Exposition) -> dict[tuple[str, ...], float]:
        """
        All values by name and labels, as a scraper has them.
        """
        text = self.successResultOf(exposition.text()).decode()
        return {
            (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


class ExpositionTests(ExpositionTestCase):
    """
    L{Exposition} of figures of our own.
    """

    def exposition(self, *figures: Figure, host: Callable[[], str] = str) -> Exposition:
        """
        An exposition with one label besides those of the figures.
        """
        return Exposition(at_once, figures, lambda: {"host": host()})

    def test_read_when_scraped(self) -> None:
        """
        Values and labels are those of the moment.
        """
        values, hosts = iter([1.0, 2.5]), iter(["one", "two"])
        exposition = self.exposition(
            Figure("things", "Things.", lambda: next(values)), host=lambda: next(hosts)
        )
        self.assertEqual(self.samples(exposition)["things", "host=one"], 1.0)
        self.assertEqual(self.samples(exposition)["things", "host=two"], 2.5)

    def test_counter(self) -> None:
        """
        What only grows is a counter, and is named like one.
        """
        exposition = self.exposition(Figure("things", "Things.", lambda: 3, counts=True))
        self.assertEqual(self.samples(exposition)["things_total", "host="], 3)
        self.assertIn(b"# TYPE things_total counter", self.successResultOf(exposition.text()))

    def test_labelled(self) -> None:
        """
        Several values are told apart by their label, whatever text it is; there may be none.
        """
        strange = 'a "quoted"\n\\ line'
        exposition = self.exposition(
            Figure("sizes", "Sizes.", lambda: {"0": 5, strange: 7}, "of"),
            Figure("nothing", "Nothing.", dict, "of"),
        )
        samples = self.samples(exposition)
        self.assertEqual(samples["sizes", "host=", "of=0"], 5)
        self.assertEqual(samples["sizes", "host=", f"of={strange}"], 7)
        self.assertFalse([key for key in samples if key[0] == "nothing"])

    def test_process(self) -> None:
        """
        The process tells of itself, without our labels.
        """
        samples = self.samples(self.exposition())
        self.assertGreater(samples["process_resident_memory_bytes",], 1_000_000)
        self.assertTrue([key for key in samples if key[0] == "python_info"])

    def test_two_servers(self) -> None:
        """
        Two in one process do not get into each other's way.
        """
        one = self.exposition(Figure("things", "Things.", lambda: 1))
        two = self.exposition(Figure("things", "Things.", lambda: 2))
        self.assertEqual(self.samples(one)["things", "host="], 1)
        self.assertEqual(self.samples(two)["things", "host="], 2)


class FiguresTests(ExpositionTestCase):
    """
    The figures of the server.
    """

    def setUp(self) -> None:
        self.status = OFFLINE
        self.chat = ChatFigures()
        self.delivery = DeliveryFigures()
        self.cpu: float | None = None
        self.errors: float | None = None
        self.inbound = 0
        self.webhooks: dict[int, WebhookFigures] = {}
        self.url = ""
        sources = FigureSources(
            lambda: self.status,
            lambda: self.chat,
            lambda: self.delivery,
            lambda: self.cpu,
            lambda: self.errors,
            lambda: self.inbound,
            lambda: self.webhooks,
        )
        self.exposition = exposition_of(at_once, sources, lambda: self.url)

    def values(self) -> dict[tuple[str, ...], float]:
        """
        Our own values, without the labels that all have.
        """
        constant = {f"host={self.url or 'unknown'}", f"version={__version__}"}
        found = {}
        for key, value in self.samples(self.exposition).items():
            if key[0].startswith(("owncast", "total_chat")):
                self.assertTrue(constant < set(key), key)
                found[tuple(part for part in key if part not in constant)] = value
        return found

    def test_at_rest(self) -> None:
        """
        A server that has just started knows nothing but zeros, and says so for every name.
        """
        values = self.values()
        for name in (
            "owncast_instance_active_viewer_count",
            "owncast_instance_active_chat_client_count",
            "owncast_instance_total_chat_users",
            "owncast_instance_current_chat_message_count",
            "owncast_instance_playback_error_count",
            "owncast_instance_cpu_usage",
            "total_chat_message_count",
            "owncastd_stream_online",
            "owncastd_ingest_video_bits_per_second",
            "owncastd_delivery_waiting_requests",
            "owncastd_delivery_objects",
        ):
            with self.subTest(name):
                self.assertEqual(values[name,], 0)
        self.assertEqual(values["owncastd_stream_state", "state=offline"], 1)
        self.assertEqual(values["owncastd_stream_state", "state=live"], 0)
        self.assertEqual(values["owncastd_overall_peak_viewers",], 90)
        self.assertEqual(values["owncastd_session_peak_viewers",], 4)

    def test_live(self) -> None:
        """
        Every figure comes from its source.
        """
        self.status = evolve(OFFLINE, state=StreamState.LIVE, online=True, viewer_count=12)
        self.chat = ChatFigures(clients=5, users=70, messages=30, messages_total=400)
        self.delivery = DeliveryFigures(
            waiting=9, objects=33, renditions={0: RenditionFigures(100, 6_000_000, 7_000_000, 2)}
        )
        self.cpu, self.errors, self.inbound = 12.5, 3.0, 6000
        self.webhooks = {3: WebhookFigures(17, 4, True), 5: WebhookFigures(0, 0, False)}
        self.url = "https://live.example"
        values = self.values()
        for key, expected in {
            ("owncast_instance_active_viewer_count",): 12,
            ("owncast_instance_active_chat_client_count",): 5,
            ("owncast_instance_total_chat_users",): 70,
            ("owncast_instance_current_chat_message_count",): 30,
            ("total_chat_message_count",): 400,
            ("owncast_instance_playback_error_count",): 3,
            ("owncast_instance_cpu_usage",): 12.5,
            ("owncastd_stream_online",): 1,
            ("owncastd_stream_state", "state=live"): 1,
            ("owncastd_stream_state", "state=offline"): 0,
            ("owncastd_ingest_video_bits_per_second",): 6_000_000,
            ("owncastd_delivery_waiting_requests",): 9,
            ("owncastd_delivery_objects",): 33,
            ("owncastd_rendition_parts", "rendition=0"): 100,
            ("owncastd_rendition_average_bits_per_second", "rendition=0"): 6_000_000,
            ("owncastd_rendition_peak_bits_per_second", "rendition=0"): 7_000_000,
            ("owncastd_rendition_target_duration_seconds", "rendition=0"): 2,
            ("owncastd_webhook_waiting_events", "webhook=3"): 17,
            ("owncastd_webhook_dropped_events", "webhook=3"): 4,
            ("owncastd_webhook_failing", "webhook=3"): 1,
            ("owncastd_webhook_failing", "webhook=5"): 0,
        }.items():
            with self.subTest(key):
                self.assertEqual(values[key], expected)
