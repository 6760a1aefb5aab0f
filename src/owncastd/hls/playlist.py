"""
The text of HLS playlists; nothing here knows where the values come from.

draft-pantos-hls-rfc8216bis (HLS, second edition), sections 4.4 and 6.2.5.1.
"""

from collections.abc import Sequence

from attrs import define, field, frozen

#: EXT-X-SKIP is of version 9.
VERSION = 9
#: The skip boundary in target durations: the least that is allowed (4.4.3.8).
SKIP_BOUNDARY_TARGETS = 6
#: The least hold-back for players that know no parts, in target durations (4.4.3.8).
HOLD_BACK_TARGETS = 3


@frozen
class PartEntry:
    """
    A partial segment in a playlist.
    """

    uri: str
    duration_ms: int
    independent: bool


@define(eq=False)
class SegmentEntry:
    """
    A media segment in a playlist; it grows while it is open.

    @ivar init_uri: its media initialization section.
    @ivar date: when its first sample was made, ISO 8601.
    @ivar discontinuities: how many tags stand before it; more than one when there were
        discontinuities without media between them.
    @ivar duration_ms: of its parts so far.
    @ivar complete: whether it is there as a whole.
    @ivar lists_parts: whether its parts are listed; once they are not, they never are again.
    """

    uri: str
    init_uri: str
    date: str
    discontinuities: int = 0
    duration_ms: int = 0
    complete: bool = False
    lists_parts: bool = True
    parts: list[PartEntry] = field(factory=list)


@frozen
class RenditionReport:
    """
    How far another rendition is.

    @ivar last_part: index of its last part, or C{None} when it has no parts.
    """

    uri: str
    last_msn: int
    last_part: int | None


@frozen
class MediaPlaylist:
    """
    What a media playlist tells.

    @ivar segments: the listed ones in order; the last may be open, if parts are listed.
    @ivar target_duration: seconds; no segment is longer when rounded.
    @ivar part_target_ms: no part is longer; C{None} lists no parts.
    @ivar hint: URI of the part that comes next, or C{None}.
    @ivar independent: every segment starts with a key frame.
    @ivar blocking: reloads may wait for what comes next.
    """

    segments: Sequence[SegmentEntry]
    media_sequence: int
    discontinuity_sequence: int
    target_duration: int
    hold_back_seconds: float
    part_hold_back_seconds: float = 0.0
    part_target_ms: int | None = None
    hint: str | None = None
    reports: Sequence[RenditionReport] = ()
    independent: bool = True
    ended: bool = False
    blocking: bool = True

    @property
    def duration_ms(self) -> int:
        """
        The length of all that is listed.
        """
        return sum(segment.duration_ms for segment in self.segments)

    def skippable(self) -> int:
        """
        How many of the oldest segments lie wholly before the skip boundary.
        """
        boundary = self.target_duration * SKIP_BOUNDARY_TARGETS * 1000
        to_end = self.duration_ms
        for number, segment in enumerate(self.segments):
            to_end -= segment.duration_ms
            if to_end < boundary:
                return number
        return len(self.segments)


def render_media_playlist(playlist: MediaPlaylist, skip: bool = False) -> str:
    """
    Write a media playlist.

    @param skip: leave out the segments before the skip boundary, if there are any (a delta update).
    """
    lines = _media_header(playlist)
    skipped = playlist.skippable() if skip else 0
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
    init_uri = None
    for number, segment in enumerate(playlist.segments):
        if number < skipped:
            continue
        # After a skip the map is repeated: not every player carries it over.
        if segment.init_uri != init_uri:
            init_tag = f'#EXT-X-MAP:URI="{segment.init_uri}"'
            init_uri = segment.init_uri
        else:
            init_tag = None
        _segment_lines(lines, segment, init_tag)
    if playlist.ended:
        lines.append("#EXT-X-ENDLIST")
    else:
        if playlist.hint is not None:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{playlist.hint}"')
        for report in playlist.reports:
            last_part = "" if report.last_part is None else f",LAST-PART={report.last_part}"
            lines.append(
                f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.last_msn}{last_part}'
            )
    lines.append("")
    return "\n".join(lines)


def _media_header(playlist: MediaPlaylist) -> list[str]:
    """
    The tags before the segments.
    """
    target = playlist.target_duration
    control = (
        f"#EXT-X-SERVER-CONTROL:{'CAN-BLOCK-RELOAD=YES,' if playlist.blocking else ''}"
        f"CAN-SKIP-UNTIL={target * SKIP_BOUNDARY_TARGETS:.1f}"
        f",HOLD-BACK={playlist.hold_back_seconds:.3f}"
    )
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
    ]
    if playlist.part_target_ms is None:
        lines.append(control)
    else:
        lines.append(f"{control},PART-HOLD-BACK={playlist.part_hold_back_seconds:.3f}")
        lines.append(f"#EXT-X-PART-INF:PART-TARGET={_seconds(playlist.part_target_ms)}")
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{playlist.media_sequence}")
    if playlist.discontinuity_sequence:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{playlist.discontinuity_sequence}")
    if playlist.independent:
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    return lines


def _segment_lines(lines: list[str], segment: SegmentEntry, init_tag: str | None) -> None:
    """
    The tags of one segment, its parts and its URI.
    """
    lines.extend(["#EXT-X-DISCONTINUITY"] * segment.discontinuities)
    if init_tag is not None:
        lines.append(init_tag)
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{segment.date}")
    if segment.lists_parts:
        for part in segment.parts:
            independent = ",INDEPENDENT=YES" if part.independent else ""
            lines.append(
                f'#EXT-X-PART:DURATION={_seconds(part.duration_ms)},URI="{part.uri}"{independent}'
            )
    if segment.complete:
        lines.append(f"#EXTINF:{_seconds(segment.duration_ms)},")
        lines.append(segment.uri)


@frozen
class Variant:
    """
    A rendition in a multivariant playlist.

    @ivar label: what a quality menu shows, or nothing.
    @ivar bandwidth_bps: peak over any segment.
    @ivar average_bandwidth_bps: over all that was measured.
    """

    uri: str
    label: str
    bandwidth_bps: int
    average_bandwidth_bps: int
    codecs: str
    width: int | None
    height: int | None
    frame_rate: float | None


def render_multivariant_playlist(variants: Sequence[Variant], independent: bool) -> str:
    """
    Write a multivariant playlist.

    @param independent: in all variants every segment starts with a key frame.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}"]
    if independent:
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    for variant in variants:
        attributes = [
            f"BANDWIDTH={variant.bandwidth_bps}",
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth_bps}",
            f'CODECS="{_quotable(variant.codecs)}"',
        ]
        if variant.width and variant.height:
            attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
        if variant.frame_rate:
            attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
        if variant.label:
            # Not of the standard, but what players show in their menus; others must ignore it.
            attributes.append(f'NAME="{_quotable(variant.label)}"')
        lines.append("#EXT-X-STREAM-INF:" + ",".join(attributes))
        lines.append(variant.uri)
    lines.append("")
    return "\n".join(lines)


def _seconds(milliseconds: int) -> str:
    """
    A decimal-floating-point of seconds.
    """
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _quotable(text: str) -> str:
    """
    Text for a quoted-string, which has no way to escape (4.2).
    """
    return "".join("'" if c == '"' else c for c in text if c.isprintable())
