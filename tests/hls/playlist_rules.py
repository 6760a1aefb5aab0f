"""
What must hold in every playlist of ours, from draft-pantos-hls-rfc8216bis (sections in docstrings).

A rule is a generator of findings, and its function's name is its name. L{MEDIA_RULES} and
L{MULTIVARIANT_RULES} say which there are.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from .playlist_model import MediaPlaylist, MultivariantPlaylist, ServerControl

#: Durations and dates are written in milliseconds.
ROUNDING = Decimal("0.001")


def rounded(duration: Decimal) -> int:
    """
    Seconds to the nearest integer, as 4.4.3.1 counts.
    """
    return int(duration.to_integral_value(ROUND_HALF_UP))


def _names(playlist: MediaPlaylist) -> list[str]:
    names = []
    for segment in playlist.all_segments:
        names += [part.uri for part in segment.parts]
        if segment.uri is not None:
            names.append(segment.uri)
    return names


def version_fits_tags(playlist: MediaPlaylist) -> Iterator[str]:
    """
    EXT-X-VERSION covers what is used (section 8): decimal durations 3, EXT-X-MAP 6, EXT-X-SKIP 9.
    """
    needed = 3
    if any(segment.map_uri for segment in playlist.all_segments):
        needed = 6
    if playlist.skipped or (playlist.control and playlist.control.can_skip_until):
        needed = 9
    if playlist.version < needed:
        yield f"version {playlist.version} for tags of version {needed}"


def durations_within_target(playlist: MediaPlaylist) -> Iterator[str]:
    """
    EXTINF rounded to the nearest integer is at most the target duration (4.4.3.1).
    """
    for segment in playlist.segments:
        if segment.duration is not None and rounded(segment.duration) > playlist.target_duration:
            yield f"segment {segment.msn}: {segment.duration} s of {playlist.target_duration} s"


def low_latency_is_announced(playlist: MediaPlaylist) -> Iterator[str]:
    """
    Parts need PART-INF (4.4.3.7), PART-HOLD-BACK (4.4.3.8) and blocking reload (appendix B.1).
    """
    if not any(segment.parts for segment in playlist.all_segments) and not playlist.hints:
        return
    if playlist.part_target is None:
        yield "parts without EXT-X-PART-INF"
    control = playlist.control or ServerControl()
    if control.part_hold_back is None:
        yield "parts without PART-HOLD-BACK"
    if not control.can_block_reload:
        yield "parts without CAN-BLOCK-RELOAD"


def parts_within_target(playlist: MediaPlaylist) -> Iterator[str]:
    """
    No part is longer than the part target (4.4.4.9).
    """
    for segment in playlist.all_segments:
        for part in segment.parts:
            if playlist.part_target is not None and part.duration > playlist.part_target:
                yield f"{part.uri}: {part.duration} s of {playlist.part_target} s"


def parts_fill_target(playlist: MediaPlaylist) -> Iterator[str]:
    """
    A part is at least 85 % of the part target, unless it is the last of its segment (4.4.4.9).
    """
    if playlist.part_target is None:
        return
    least = playlist.part_target * Decimal("0.85")
    for segment in playlist.all_segments:
        for part in segment.parts[:-1]:
            if part.duration < least and not part.gap:
                yield f"{part.uri}: {part.duration} s of at least {least} s"


def hold_backs_are_far_enough(playlist: MediaPlaylist) -> Iterator[str]:
    """
    HOLD-BACK is at least three targets, PART-HOLD-BACK two part targets (4.4.3.8).
    """
    control = playlist.control or ServerControl()
    if control.hold_back is not None and control.hold_back < 3 * playlist.target_duration:
        yield f"HOLD-BACK {control.hold_back} for target {playlist.target_duration}"
    least = 2 * (playlist.part_target or 0)
    if control.part_hold_back is not None and control.part_hold_back < least:
        yield f"PART-HOLD-BACK {control.part_hold_back} of at least {least}"


def skip_boundary_is_far_enough(playlist: MediaPlaylist) -> Iterator[str]:
    """
    CAN-SKIP-UNTIL is at least six target durations (4.4.3.8).
    """
    control = playlist.control or ServerControl()
    until = control.can_skip_until
    if until is not None and until < 6 * playlist.target_duration:
        yield f"CAN-SKIP-UNTIL {until} for target {playlist.target_duration}"


def segments_begin_independent(playlist: MediaPlaylist) -> Iterator[str]:
    """
    With EXT-X-INDEPENDENT-SEGMENTS the first part of a segment is INDEPENDENT (4.4.2.1, 4.4.4.9).
    """
    if not playlist.independent_segments:
        return
    for segment in playlist.all_segments:
        if segment.parts and not segment.parts[0].independent:
            yield f"{segment.parts[0].uri} begins segment {segment.msn}"


def parts_add_up(playlist: MediaPlaylist) -> Iterator[str]:
    """
    The parts of a segment are as long as it is (4.4.4.9: they hold the same media).
    """
    for segment in playlist.segments:
        if not segment.parts or segment.duration is None:
            continue
        total = sum((part.duration for part in segment.parts), Decimal())
        if abs(total - segment.duration) > ROUNDING:
            yield f"segment {segment.msn}: parts {total} s, EXTINF {segment.duration} s"


def parts_are_near_the_edge(playlist: MediaPlaylist) -> Iterator[str]:
    """
    Parts go when they are older than three target durations, oldest first (4.4.4.9).
    """
    behind = Decimal()
    seen_bare = False
    for segment in reversed(playlist.all_segments):
        if segment.parts and behind > 3 * playlist.target_duration:
            yield f"segment {segment.msn} still has parts {behind} s behind the edge"
        if segment.parts and seen_bare:
            yield f"segment {segment.msn} has parts but a later one has none"
        seen_bare = seen_bare or (segment.uri is not None and not segment.parts)
        behind += segment.length


def next_part_is_hinted(playlist: MediaPlaylist) -> Iterator[str]:
    """
    While parts come, exactly one new name is hinted (4.4.5.3); a finished playlist hints nothing.
    """
    if playlist.ended:
        if playlist.hints:
            yield "a finished playlist hints at more"
        return
    if playlist.part_target is None:
        return
    if len(playlist.hints) != 1:
        yield f"{len(playlist.hints)} hinted parts"
    for hint in playlist.hints:
        if hint in _names(playlist):
            yield f"{hint} is hinted and listed"


def names_are_unique(playlist: MediaPlaylist) -> Iterator[str]:
    """
    One name, one resource.
    """
    names = _names(playlist)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is listed {names.count(name)} times"


def dates_follow_durations(playlist: MediaPlaylist) -> Iterator[str]:
    """
    Every run of segments is dated (6.2.1), and the date moves on with the media (4.4.4.6).
    """
    for index, segment in enumerate(playlist.all_segments):
        begins = segment.discontinuities or (index == 0 and not playlist.skipped)
        if begins and segment.date_time is None and (segment.uri or segment.parts):
            yield f"segment {segment.msn} begins a run without EXT-X-PROGRAM-DATE-TIME"
    for before, after in pairwise(playlist.all_segments):
        if before.date_time is None or after.date_time is None:
            continue
        step = after.date_time - before.date_time
        expected = timedelta(seconds=float(before.length))
        if after.discontinuities:
            if step < timedelta():
                yield f"segment {after.msn} is dated before segment {before.msn}"
        elif abs(step - expected) > timedelta(milliseconds=2):
            yield f"segment {after.msn} is {step} after the last one of {expected}"


def segments_have_their_map(playlist: MediaPlaylist) -> Iterator[str]:
    """
    fMP4 segments need EXT-X-MAP (3.1.2). A delta update may have left it out with the skipped ones.
    """
    if playlist.skipped:
        return
    for segment in playlist.all_segments:
        if segment.map_uri is None and (segment.uri or segment.parts):
            yield f"segment {segment.msn} has no EXT-X-MAP"


def window_is_long_enough(playlist: MediaPlaylist) -> Iterator[str]:
    """
    Segments are not removed below three target durations of media (6.2.2).
    """
    if playlist.media_sequence == 0 or playlist.skipped or playlist.ended:
        return
    total = sum((segment.length for segment in playlist.segments), Decimal())
    if total < 3 * playlist.target_duration:
        yield f"{total} s are left for target {playlist.target_duration}"


def an_end_is_final(playlist: MediaPlaylist) -> Iterator[str]:
    """
    EXT-X-ENDLIST leaves no segment half made (4.4.3.4).
    """
    if playlist.ended and playlist.tail is not None:
        yield f"segment {playlist.tail.msn} is not complete"


#: In segments: what is encoded comes later than the source, on a slow machine by some.
MAX_BEHIND = 6


def reports_are_plausible(playlist: MediaPlaylist) -> Iterator[str]:
    """
    Other renditions are reported near our own edge, parts included (4.4.5.4, appendix B.1).
    """
    for report in playlist.reports:
        if not -MAX_BEHIND <= report.last_msn - playlist.next_msn <= 2:
            yield f"{report.uri}: LAST-MSN {report.last_msn}, our next is {playlist.next_msn}"
        if playlist.part_target is not None and report.last_part is None:
            yield f"{report.uri}: no LAST-PART"


MEDIA_RULES: tuple[Callable[[MediaPlaylist], Iterator[str]], ...] = (
    version_fits_tags,
    durations_within_target,
    low_latency_is_announced,
    parts_within_target,
    parts_fill_target,
    hold_backs_are_far_enough,
    skip_boundary_is_far_enough,
    segments_begin_independent,
    parts_add_up,
    parts_are_near_the_edge,
    next_part_is_hinted,
    names_are_unique,
    dates_follow_durations,
    segments_have_their_map,
    window_is_long_enough,
    an_end_is_final,
    reports_are_plausible,
)


def variants_are_described(playlist: MultivariantPlaylist) -> Iterator[str]:
    """
    Each variant says its codecs and bandwidths, and with a picture its size and rate (4.4.6.2).
    """
    if not playlist.variants:
        yield "no variants"
    for variant in playlist.variants:
        if not variant.codecs:
            yield f"{variant.uri}: no CODECS"
        picture = "avc1" in (variant.codecs or "")
        if picture and None in (variant.resolution, variant.frame_rate):
            yield f"{variant.uri}: no RESOLUTION or FRAME-RATE"
        average = variant.average_bandwidth
        if variant.bandwidth < 1 or (average is not None and average > variant.bandwidth):
            yield f"{variant.uri}: BANDWIDTH {variant.bandwidth}, AVERAGE-BANDWIDTH {average}"


def variants_are_distinct(playlist: MultivariantPlaylist) -> Iterator[str]:
    """
    No media playlist is listed twice.
    """
    uris = [variant.uri for variant in playlist.variants]
    if len(set(uris)) != len(uris):
        yield f"{uris}"


def segments_are_independent(playlist: MultivariantPlaylist) -> Iterator[str]:
    """
    Players may switch at each segment (4.4.2.1).
    """
    if not playlist.independent_segments:
        yield "EXT-X-INDEPENDENT-SEGMENTS is missing"


MULTIVARIANT_RULES: tuple[Callable[[MultivariantPlaylist], Iterator[str]], ...] = (
    variants_are_described,
    variants_are_distinct,
    segments_are_independent,
)
