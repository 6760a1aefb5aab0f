"""
What playlists say, as values (draft-pantos-hls-rfc8216bis, 4.4).
"""

from datetime import datetime
from decimal import Decimal

from attrs import frozen


@frozen
class Part:
    """
    One EXT-X-PART (4.4.4.9).
    """

    uri: str
    duration: Decimal
    independent: bool = False
    gap: bool = False


@frozen
class Segment:
    """
    One media segment, or the parts of the one being made.

    @ivar uri: C{None} while the segment is not complete.
    @ivar discontinuities: how many EXT-X-DISCONTINUITY stand before it.
    @ivar duration: EXTINF in seconds, C{None} while the segment is not complete.
    @ivar map_uri: the init section in force, C{None} before the first EXT-X-MAP.
    """

    msn: int
    uri: str | None = None
    duration: Decimal | None = None
    parts: tuple[Part, ...] = ()
    discontinuities: int = 0
    date_time: datetime | None = None
    map_uri: str | None = None

    @property
    def length(self) -> Decimal:
        """
        Seconds of media known so far.
        """
        if self.duration is not None:
            return self.duration
        return sum((part.duration for part in self.parts), Decimal())


@frozen
class ServerControl:
    """
    EXT-X-SERVER-CONTROL (4.4.3.8); seconds.
    """

    can_block_reload: bool = False
    can_skip_until: Decimal | None = None
    hold_back: Decimal | None = None
    part_hold_back: Decimal | None = None


@frozen
class RenditionReport:
    """
    EXT-X-RENDITION-REPORT (4.4.5.4).
    """

    uri: str
    last_msn: int
    last_part: int | None


@frozen
class MediaPlaylist:
    """
    A media playlist, or a delta update when L{skipped} is not zero.

    @ivar segments: the complete segments.
    @ivar tail: the segment being made, if anything of it is told.
    @ivar hints: URIs of EXT-X-PRELOAD-HINT with TYPE=PART.
    """

    version: int
    target_duration: int
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    independent_segments: bool = False
    part_target: Decimal | None = None
    control: ServerControl | None = None
    skipped: int = 0
    segments: tuple[Segment, ...] = ()
    tail: Segment | None = None
    hints: tuple[str, ...] = ()
    reports: tuple[RenditionReport, ...] = ()
    ended: bool = False

    @property
    def all_segments(self) -> tuple[Segment, ...]:
        """
        The complete segments and the one being made.
        """
        return (*self.segments, self.tail) if self.tail else self.segments

    @property
    def next_msn(self) -> int:
        """
        The number of the first segment that is not complete.
        """
        return self.media_sequence + self.skipped + len(self.segments)

    @property
    def edge(self) -> tuple[int, int]:
        """
        Where the playlist ends: number of the incomplete segment, and how many parts it has.
        """
        return self.next_msn, len(self.tail.parts) if self.tail else 0


@frozen
class Variant:
    """
    One EXT-X-STREAM-INF (4.4.6.2) and its URI.
    """

    uri: str
    bandwidth: int
    average_bandwidth: int | None
    codecs: str | None
    resolution: tuple[int, int] | None
    frame_rate: Decimal | None


@frozen
class MultivariantPlaylist:
    """
    A multivariant playlist (4.4.6).
    """

    version: int
    independent_segments: bool
    variants: tuple[Variant, ...]
