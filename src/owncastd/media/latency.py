"""
Latency levels: how playlists are cut and how far behind the edge a player should stay.
"""

from attrs import frozen


@frozen
class LatencyLevel:
    """
    One of the five latency levels of the API.

    @ivar level: the value in the API and in the database.
    @ivar part_seconds: part target duration, or C{None} for playlists without parts.
    @ivar hold_back_seconds: distance from the live edge that a player aims at.
    @ivar segment_seconds: the shortest segment that is cut at a key frame.
    """

    level: int
    part_seconds: float | None
    hold_back_seconds: float
    segment_seconds: float


LATENCY_LEVELS = (
    LatencyLevel(level=0, part_seconds=0.2, hold_back_seconds=0.7, segment_seconds=2.0),
    LatencyLevel(level=1, part_seconds=0.25, hold_back_seconds=1.2, segment_seconds=2.0),
    LatencyLevel(level=2, part_seconds=0.5, hold_back_seconds=2.0, segment_seconds=2.0),
    LatencyLevel(level=3, part_seconds=1.0, hold_back_seconds=4.0, segment_seconds=4.0),
    LatencyLevel(level=4, part_seconds=None, hold_back_seconds=12.0, segment_seconds=4.0),
)
DEFAULT_LATENCY_LEVEL = LATENCY_LEVELS[2]
