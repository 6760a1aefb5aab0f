"""
What must hold from one version of a media playlist to a later one (6.2.1, 6.2.2 of the draft), and
between a delta update and the full playlist of the same moment (6.2.5.1, 6.3.7).

Beyond the draft we promise that a hinted name is always the next part that comes.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from attrs import evolve

from .playlist_model import MediaPlaylist, Segment, ServerControl
from .playlist_rules import rounded


def _shared(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[tuple[Segment, Segment]]:
    later = {segment.msn: segment for segment in after.all_segments}
    for segment in before.all_segments:
        if segment.msn in later:
            yield segment, later[segment.msn]


def playlists_only_move_on(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    Neither the media sequence nor the edge falls back (6.2.2).
    """
    if after.media_sequence < before.media_sequence:
        yield f"media sequence {before.media_sequence} to {after.media_sequence}"
    if after.edge < before.edge:
        yield f"edge {before.edge} to {after.edge}"


def segments_do_not_change(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    A number keeps its segment: name, duration, date, discontinuity and map (6.2.1).
    """
    for old, new in _shared(before, after):
        if old.uri is not None and (old.uri, old.duration) != (new.uri, new.duration):
            yield f"segment {old.msn}: {old.uri} {old.duration} s is {new.uri} {new.duration} s"
        if (old.uri or old.parts) and (old.discontinuities, old.map_uri, old.date_time) != (
            new.discontinuities,
            new.map_uri,
            new.date_time,
        ):
            yield f"segment {old.msn} has another discontinuity, map or date"


def parts_do_not_change(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    Parts are only added, or removed together with all of their segment (6.2.1).
    """
    for old, new in _shared(before, after):
        if not new.parts and new.uri is not None:
            continue
        if new.parts[: len(old.parts)] != old.parts:
            yield f"segment {old.msn} has other parts than before"
        elif old.uri is not None and len(new.parts) != len(old.parts):
            yield f"segment {old.msn} was complete and has more parts"


def discontinuities_are_counted(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    The discontinuity sequence counts the removed EXT-X-DISCONTINUITY tags (6.2.2).
    """
    removed = [one for one in before.segments if one.msn < after.media_sequence]
    expected = before.discontinuity_sequence + sum(one.discontinuities for one in removed)
    if after.media_sequence <= before.next_msn:
        wrong = after.discontinuity_sequence != expected
    else:
        # What came and went between the two versions was not seen.
        wrong = after.discontinuity_sequence < expected
    if wrong:
        yield f"discontinuity sequence {after.discontinuity_sequence}, expected {expected}"


def target_is_constant(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    The target duration stays (6.2.1), or grows to what a longer segment needs.
    """
    if after.target_duration == before.target_duration:
        return
    longest = max((rounded(one.length) for one in after.all_segments), default=0)
    if after.target_duration < before.target_duration or longest <= before.target_duration:
        yield f"target duration {before.target_duration} to {after.target_duration}"


def part_target_is_constant(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    The part target changes at most where a discontinuity brings other media (6.2.1).
    """
    if after.part_target == before.part_target:
        return
    known = {segment.msn for segment in before.segments}
    fresh = [segment for segment in after.all_segments if segment.msn not in known]
    if not any(segment.discontinuities for segment in fresh):
        yield f"part target {before.part_target} to {after.part_target}"


def hints_are_kept(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    What was hinted is the next part that comes (4.4.5.3).
    """
    old = {part.uri for segment in before.all_segments for part in segment.parts}
    fresh = [
        part.uri
        for segment in after.all_segments
        if segment.msn >= before.next_msn
        for part in segment.parts
        if part.uri not in old
    ]
    if not before.hints or after.media_sequence > before.next_msn:
        return
    hint = before.hints[0]
    if fresh and fresh[0] != hint:
        yield f"{hint} was hinted, {fresh[0]} came"
    if not fresh and after.hints and after.edge == before.edge and after.hints[0] != hint:
        yield f"{hint} was hinted, now it is {after.hints[0]}"


def the_end_stays(before: MediaPlaylist, after: MediaPlaylist) -> Iterator[str]:
    """
    Nothing changes after EXT-X-ENDLIST (6.2.1).
    """
    if before.ended and after != before:
        yield "the playlist had ended"


SUCCESSION_RULES: tuple[Callable[[MediaPlaylist, MediaPlaylist], Iterator[str]], ...] = (
    playlists_only_move_on,
    segments_do_not_change,
    parts_do_not_change,
    discontinuities_are_counted,
    target_is_constant,
    part_target_is_constant,
    hints_are_kept,
    the_end_stays,
)


class CannotApply(Exception):
    """
    A delta update skips segments that the playlist before it does not have.
    """


def apply_delta(base: MediaPlaylist, delta: MediaPlaylist) -> MediaPlaylist:
    """
    The full playlist that a client makes of a delta update (6.3.7).

    @raise CannotApply: the base does not reach.
    """
    if not delta.skipped:
        return delta
    first = delta.media_sequence
    kept = [one for one in base.segments if first <= one.msn < first + delta.skipped]
    if len(kept) != delta.skipped:
        raise CannotApply(f"{len(kept)} of {delta.skipped} skipped segments are known")
    inherited = kept[-1].map_uri

    def with_map(segment: Segment) -> Segment:
        return evolve(segment, map_uri=inherited) if segment.map_uri is None else segment

    return evolve(
        delta,
        skipped=0,
        segments=(*kept, *(with_map(one) for one in delta.segments)),
        tail=with_map(delta.tail) if delta.tail else None,
    )


def _without_old_parts(segments: Iterable[Segment], like: MediaPlaylist) -> tuple[Segment, ...]:
    """
    Skipped segments come from an older playlist, which may still have told their parts.
    """
    bare = {one.msn for one in like.segments if not one.parts}
    return tuple(evolve(one, parts=()) if one.msn in bare else one for one in segments)


def delta_skips_only_old(
    base: MediaPlaylist, delta: MediaPlaylist, full: MediaPlaylist
) -> Iterator[str]:
    """
    Segments nearer to the edge than CAN-SKIP-UNTIL are not skipped (4.4.5.2).
    """
    control = full.control or ServerControl()
    if delta.skipped and control.can_skip_until is None:
        yield "a delta update without CAN-SKIP-UNTIL"
    elif delta.skipped and control.can_skip_until is not None:
        told = delta.all_segments
        following = sum((segment.length for segment in told), Decimal())
        if following < control.can_skip_until:
            yield f"only {following} s told, CAN-SKIP-UNTIL is {control.can_skip_until}"


def delta_gives_the_full_playlist(
    base: MediaPlaylist, delta: MediaPlaylist, full: MediaPlaylist
) -> Iterator[str]:
    """
    A delta update applied to what the client has gives the full playlist of that moment (6.3.7).
    """
    try:
        made = apply_delta(base, delta)
    except CannotApply as error:
        yield str(error)
        return
    made = evolve(made, segments=_without_old_parts(made.segments, full))
    if made != full:
        yield f"{made} is not {full}"


DELTA_RULES: tuple[Callable[[MediaPlaylist, MediaPlaylist, MediaPlaylist], Iterator[str]], ...] = (
    delta_skips_only_old,
    delta_gives_the_full_playlist,
)
