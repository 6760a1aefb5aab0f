"""
How playback goes for the viewers: their reports, reduced to a few figures every two minutes.
"""

import statistics
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from attrs import define, field, frozen

from .reports import PlaybackReport
from .series import Series

#: Players whose reports are kept per window; those of more are ignored.
MAX_CLIENTS: Final = 10_000
#: The same, behind one address: whoever makes players up must not drive out the others.
MAX_CLIENTS_PER_ADDRESS: Final = 100
#: How much of a user agent tells players apart, in characters.
MAX_USER_AGENT: Final = 256


@frozen
class Spread:
    """
    The range of what was reported; all 0 when nothing was.
    """

    lowest: float = 0.0
    median: float = 0.0
    highest: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """
        The spread of those values that are not 0.
        """
        told = [value for value in values if value]
        if not told:
            return cls()
        return cls(min(told), statistics.median(told), max(told))

    def rounded(self) -> "Spread":
        """
        The same in whole numbers.
        """
        return Spread(
            float(round(self.lowest)), float(round(self.median)), float(round(self.highest))
        )


@frozen
class WindowSummary:
    """
    What the players told during one window.

    @ivar clients: how many reported at all.
    @ivar clients_with_errors: how many of them had errors.
    @ivar bandwidths_kbps: of those that told theirs.
    """

    clients: int
    clients_with_errors: int
    bandwidths_kbps: tuple[float, ...] = field(repr=False)
    errors: float
    quality_changes: float
    latency: Spread
    download: Spread
    bandwidth: Spread


@define(eq=False)
class SpreadSeries:
    """
    A spread over time.
    """

    lowest: Series = field(init=False, factory=Series)
    median: Series = field(init=False, factory=Series)
    highest: Series = field(init=False, factory=Series)

    def add(self, time: datetime, spread: Spread) -> None:
        """
        Take the next point.
        """
        self.lowest.add(time, spread.lowest)
        self.median.add(time, spread.median)
        self.highest.add(time, spread.highest)


@define(eq=False)
class Playback:
    """
    Collects reports for a window of time, and keeps the figures of the windows before.

    @ivar latency: in seconds.
    @ivar download: of one segment, in seconds.
    @ivar bandwidth: in whole kbit/s.
    """

    _reports: dict[tuple[str, str], PlaybackReport] = field(init=False, factory=dict)
    _by_address: Counter[str] = field(init=False, factory=Counter)
    errors: Series = field(init=False, factory=Series)
    quality_changes: Series = field(init=False, factory=Series)
    latency: SpreadSeries = field(init=False, factory=SpreadSeries)
    download: SpreadSeries = field(init=False, factory=SpreadSeries)
    bandwidth: SpreadSeries = field(init=False, factory=SpreadSeries)

    def record(self, address: str, user_agent: str, report: PlaybackReport) -> None:
        """
        Take a report; of one player the last counts. Beyond the limits it is ignored.

        @param address: the player's, proxies already seen through.
        """
        client = (address, user_agent[:MAX_USER_AGENT])
        earlier = self._reports.get(client)
        if earlier is not None:
            self._reports[client] = report.after(earlier)
        elif (
            len(self._reports) < MAX_CLIENTS and self._by_address[address] < MAX_CLIENTS_PER_ADDRESS
        ):
            self._reports[client] = report
            self._by_address[address] += 1

    def representation(self, viewers: int) -> int:
        """
        Percentage of the viewers whose bandwidth this window knows; 0 without viewers.
        """
        return representation(
            sum(1 for each in self._reports.values() if each.bandwidth_kbps), viewers
        )

    def summary(self) -> WindowSummary:
        """
        What the window has been told so far.
        """
        reports = tuple(self._reports.values())
        bandwidths = tuple(each.bandwidth_kbps for each in reports if each.bandwidth_kbps)
        return WindowSummary(
            clients=len(reports),
            clients_with_errors=sum(1 for each in reports if each.errors),
            bandwidths_kbps=bandwidths,
            errors=sum(each.errors for each in reports),
            quality_changes=sum(each.quality_changes for each in reports),
            latency=Spread.of(each.latency_seconds for each in reports),
            download=Spread.of(each.download_seconds for each in reports),
            bandwidth=Spread.of(bandwidths).rounded(),
        )

    def close_window(self, time: datetime) -> WindowSummary:
        """
        Add one point to each series, and begin with an empty window.

        @return: what was told during the one that is over.
        """
        summary = self.summary()
        self.errors.add(time, summary.errors)
        self.quality_changes.add(time, summary.quality_changes)
        self.latency.add(time, summary.latency)
        self.download.add(time, summary.download)
        self.bandwidth.add(time, summary.bandwidth)
        self.discard_window()
        return summary

    def discard_window(self) -> None:
        """
        Forget what was told since the last point.
        """
        self._reports.clear()
        self._by_address.clear()


def representation(reporting: int, viewers: int) -> int:
    """
    Whole percentage of the viewers that report. Not more than 100: reports come from strangers.
    """
    return min(100 * reporting // viewers, 100) if viewers else 0
