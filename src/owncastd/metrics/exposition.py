"""
Figures for a Prometheus server to scrape (text exposition format 0.0.4).

Nothing is counted for this alone: each figure is a question that is asked when somebody scrapes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from twisted.internet.defer import Deferred

from owncastd.threads import InThread

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


@frozen
class Figure:
    """
    One quantity.

    @ivar help: what it is, in a few words.
    @ivar read: its value, or its values by that of the label.
    @ivar label: what tells several values of it apart, or empty.
    @ivar counts: it only grows, for as long as the server runs; its name ends in C{_total}.
    """

    name: str
    help: str
    read: Callable[[], float | Mapping[str, float]]
    label: str = ""
    counts: bool = False


@define(eq=False)
class _Figures(Collector):
    """
    Reads all figures when it is scraped.

    @ivar _labels: of every sample.
    """

    _figures: Sequence[Figure]
    _labels: Callable[[], Mapping[str, str]]

    def collect(self) -> Iterator[Metric]:
        """
        Ask each figure.
        """
        labels = self._labels()
        names, values = [*labels], [*labels.values()]
        for figure in self._figures:
            family = CounterMetricFamily if figure.counts else GaugeMetricFamily
            own = [figure.label] if figure.label else []
            metric = family(figure.name, figure.help, labels=[*names, *own])
            read = figure.read()
            if isinstance(read, Mapping):
                for value, amount in read.items():
                    metric.add_metric([*values, value], amount)
            else:
                metric.add_metric(values, read)
            yield metric


@define(eq=False)
class Exposition:
    """
    Writes figures of ours and of the process.

    @ivar _in_thread: for what the operating system is asked.
    @ivar _labels: of every figure of ours.
    """

    _in_thread: InThread
    _figures: Sequence[Figure]
    _labels: Callable[[], Mapping[str, str]]
    _ours: CollectorRegistry = field(init=False)
    _process: CollectorRegistry = field(init=False)

    def __attrs_post_init__(self) -> None:
        # Never the library's global registry: two servers in one process must not share figures.
        self._ours = CollectorRegistry()
        self._ours.register(_Figures(self._figures, self._labels))
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)
        GCCollector(registry=self._process)

    def text(self) -> Deferred[bytes]:
        """
        All figures as they are now.
        """
        ours = generate_latest(self._ours)
        return self._in_thread(lambda: generate_latest(self._process)).addCallback(
            lambda process: ours + process
        )
