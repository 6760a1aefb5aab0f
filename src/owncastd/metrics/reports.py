"""
What players tell of their playback: strangers' words, read within limits.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

#: Larger values are taken for these: whatever lies beyond tells nothing more.
MAX_BANDWIDTH_KBPS: Final = 10_000_000.0
MAX_LATENCY_SECONDS: Final = 3_600.0
MAX_DOWNLOAD_SECONDS: Final = 600.0
MAX_COUNT: Final = 1_000.0


class InvalidReport(ValueError):
    """
    A report that cannot be read. The text says why.
    """


@frozen
class PlaybackReport:
    """
    One player's playback since its report before. 0 means that it did not say.

    @ivar bandwidth_kbps: what its connection carries.
    @ivar latency_seconds: how far behind the broadcaster it is.
    @ivar download_seconds: how long the last segment took.
    @ivar errors: how often playback failed or stalled.
    @ivar quality_changes: how often it changed to another rendition.
    """

    bandwidth_kbps: float = 0.0
    latency_seconds: float = 0.0
    download_seconds: float = 0.0
    errors: float = 0.0
    quality_changes: float = 0.0

    def after(self, earlier: "PlaybackReport") -> "PlaybackReport":
        """
        This report, with what it does not say taken from an earlier one; counts are its own.
        """
        return PlaybackReport(
            bandwidth_kbps=self.bandwidth_kbps or earlier.bandwidth_kbps,
            latency_seconds=self.latency_seconds or earlier.latency_seconds,
            download_seconds=self.download_seconds or earlier.download_seconds,
            errors=self.errors,
            quality_changes=self.quality_changes,
        )


def read_report(document: object) -> PlaybackReport:
    """
    Read a report as players send it, from parsed JSON. Values out of range become the nearest that
    is within.

    @raise InvalidReport: it is no object, or something in it is no number.
    """
    if not isinstance(document, Mapping):
        raise InvalidReport("The report must be an object.")
    return PlaybackReport(
        bandwidth_kbps=_number(document, "bandwidth", MAX_BANDWIDTH_KBPS),
        latency_seconds=_number(document, "latency", MAX_LATENCY_SECONDS),
        download_seconds=_number(document, "downloadDuration", MAX_DOWNLOAD_SECONDS),
        errors=_number(document, "errors", MAX_COUNT),
        quality_changes=_number(document, "qualityVariantChanges", MAX_COUNT),
    )


def _number(document: Mapping[object, object], name: str, largest: float) -> float:
    value = document.get(name)
    if value is None:
        # JavaScript writes a number that it could not work out as null.
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InvalidReport(f"{name} must be a number.")
    # Compared before it is converted: an integer of any length may come.
    return float(min(max(value, 0), largest))
