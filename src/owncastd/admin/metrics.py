"""
The API of the figures: viewers, hardware and playback over time, reports of players, Prometheus.
"""

import re
from functools import lru_cache
from typing import Any, Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.metrics.exposition import CONTENT_TYPE, Exposition
from owncastd.metrics.playback import SpreadSeries
from owncastd.metrics.reports import InvalidReport, read_report
from owncastd.metrics.sampling import Metrics
from owncastd.metrics.series import MAX_POINTS, Series
from owncastd.net.proxies import TrustedProxies
from owncastd.web.body import read_object
from owncastd.web.documents import rfc3339
from owncastd.web.errors import Refused
from owncastd.web.origins import client_address
from owncastd.web.routes import POST, READ, Guard, route

#: Largest report of a player, in bytes; a real one has about a hundred.
MAX_REPORT_BYTES: Final = 4_096
#: Unix times as they may stand in a query.
_SECONDS: Final = re.compile(rb"-?[0-9]{1,15}")

#: All series of one window have the same times.
_time_text = lru_cache(2 * MAX_POINTS)(rfc3339)


def _points(series: Series) -> list[dict[str, Any]]:
    return [{"time": _time_text(sample.time), "value": sample.value} for sample in series]


def _spread(series: SpreadSeries, lowest: str, median: str, highest: str) -> dict[str, Any]:
    return {
        lowest: _points(series.lowest),
        median: _points(series.median),
        highest: _points(series.highest),
    }


@define(eq=False)
class MetricsAPI:
    """
    The routes of the figures.

    @ivar _proxies: whose word about a player's address is taken.
    """

    _metrics: Metrics
    _exposition: Exposition
    _proxies: TrustedProxies

    @route(READ, "/api/admin/viewersOverTime", Guard.ADMIN)
    async def viewers_over_time(self, request: IRequest) -> bytes:
        """
        How many watched, since C{windowStart} (seconds of Unix time) or as long as that is kept.
        """
        values = request.args.get(b"windowStart", [])
        if len(values) > 1 or not all(_SECONDS.fullmatch(value) for value in values):
            raise Refused("windowStart must be a time in seconds")
        text = await self._metrics.history.viewers_json(int(values[0]) if values else 0)
        request.responseHeaders.setRawHeaders("Content-Type", ["application/json"])
        return text.encode()

    @route(READ, "/api/admin/hardwarestats", Guard.ADMIN)
    def hardware(self, request: IRequest) -> dict[str, Any]:
        """
        How busy the machine was, in percent.
        """
        hardware = self._metrics.hardware
        return {
            "cpu": _points(hardware.cpu),
            "memory": _points(hardware.memory),
            "disk": _points(hardware.disk),
        }

    @route(READ, "/api/admin/metrics/video", Guard.ADMIN)
    def video(self, request: IRequest) -> dict[str, Any]:
        """
        How playback went for the viewers.
        """
        facts, playback = self._metrics.facts(), self._metrics.playback
        return {
            "errors": _points(playback.errors),
            "qualityVariantChanges": _points(playback.quality_changes),
            **_spread(playback.latency, "lowestLatency", "medianLatency", "highestLatency"),
            **_spread(
                playback.download,
                "minimumSegmentDownloadDuration",
                "medianSegmentDownloadDuration",
                "maximumSegmentDownloadDuration",
            ),
            **_spread(
                playback.bandwidth, "minPlayerBitrate", "medianPlayerBitrate", "maxPlayerBitrate"
            ),
            "availableBitrates": [*facts.bitrates()],
            "segmentLength": round(facts.latency.segment_seconds),
            "representation": playback.representation(facts.viewers),
        }

    @route(READ, "/api/admin/prometheus", Guard.ADMIN)
    async def prometheus(self, request: IRequest) -> bytes:
        """
        All figures of this moment, for a Prometheus server.
        """
        text = await self._exposition.text()
        request.responseHeaders.setRawHeaders("Content-Type", [CONTENT_TYPE])
        return text

    @route(POST, "/api/metrics/playback", Guard.NOBODY)
    def playback(self, request: IRequest) -> None:
        """
        A player tells how its playback goes.
        """
        try:
            report = read_report(read_object(request, MAX_REPORT_BYTES))
        except InvalidReport as error:
            raise Refused(str(error)) from None
        agents = request.requestHeaders.getRawHeaders("User-Agent", [""])
        self._metrics.playback.record(client_address(request, self._proxies), agents[0], report)
