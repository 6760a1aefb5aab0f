"""
The live window of one rendition: what of it can be played now, all in memory.

draft-pantos-hls-rfc8216bis, sections 6.2.2 (live playlists) and 6.2.5 (delivery directives).
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from owncastd.interfaces import ISegmentStore
from owncastd.media.latency import LatencyLevel
from owncastd.net.answers import Answer

from . import shelf
from .objects import NOT_FOUND, TOO_LATE, playlist_answer
from .playlist import (
    HOLD_BACK_TARGETS,
    MediaPlaylist,
    PartEntry,
    RenditionReport,
    SegmentEntry,
    render_media_playlist,
)
from .rates import BitRates
from .segments import InitSection, Part
from .timeline import Timeline, format_date
from .waiting import Capacity, WaitingRoom

#: Parts older than this many target durations are no longer listed (4.4.4.9).
PART_TARGETS = 3
#: How long a request waits, in target durations (6.2.5.2).
WAIT_TARGETS = 3
#: How many parts ahead may be asked for, in seconds, and at least in parts (6.2.5.2).
ADVANCE_PART_SECONDS = 3
ADVANCE_PARTS = 3


class Need(NamedTuple):
    """
    What a playlist request waits for; a negative part means the whole segment.
    """

    msn: int
    part: int


#: The forms of one playlist.
FULL, COMPRESSED, DELTA, COMPRESSED_DELTA = range(4)


@define(eq=False)
class Window:
    """
    The live window of one rendition; a L{owncastd.hls.segments.PartSink}.

    @ivar index: number of the rendition, which is its folder.
    @ivar target_duration: seconds, never lowered.
    @ivar rates: bit rates so far.
    @ivar independent: whether every segment so far started with a key frame.
    @ivar ended: the broadcast is over.
    @ivar reloads: who waits for the playlist.
    @ivar hinted: who waits for a part by its number.
    """

    _clock: IReactorTime
    index: int
    _prefix: str
    _latency: LatencyLevel
    _timeline: Timeline
    #: Answers by path below /hls/, shared with the other renditions.
    _media: dict[bytes, Answer]
    _capacity: Capacity
    #: How far the other renditions are.
    _reports: Callable[[int], Iterable[RenditionReport]]
    #: Called when something changes that a multivariant playlist tells of.
    _changed: Callable[[], None]
    #: Where what is finished goes as well.
    _store: ISegmentStore | None = None

    target_duration: int = field(init=False)
    rates: BitRates = field(init=False, factory=BitRates)
    independent: bool = field(init=False, default=True)
    ended: bool = field(init=False, default=False)
    reloads: WaitingRoom[tuple[Need, int]] = field(init=False)
    hinted: WaitingRoom[int] = field(init=False)

    _shelf: shelf.Shelf = field(init=False)
    _gone: bool = field(init=False, default=False)
    _inits_made: int = field(init=False, default=0)
    _next_msn: int = field(init=False, default=0)
    _next_part: int = field(init=False, default=0)
    #: Discontinuities so far, and those that no segment carries yet.
    _stretch: int = field(init=False, default=0)
    _pending: int = field(init=False, default=0)
    #: Date at which the next part begins, unless the timeline is to be asked.
    _date_ms: int = field(init=False, default=0)
    _undated: bool = field(init=False, default=True)
    _forms: list[Answer | None] = field(init=False, factory=lambda: [None] * 4)

    def __attrs_post_init__(self) -> None:
        self.target_duration = max(1, math.ceil(self._latency.segment_seconds))
        self._shelf = shelf.Shelf(self.index, self._media, self._store)
        self.reloads = WaitingRoom(self._clock, self._capacity, TOO_LATE)
        self.hinted = WaitingRoom(self._clock, self._capacity, TOO_LATE)

    # -- what the packager brings

    def begin(self, init: InitSection) -> None:
        """
        The following segments need this init section.
        """
        if self._gone:
            return
        self._shelf.put_init(f"{self._prefix}i{self._inits_made}.mp4", init)
        self._inits_made += 1
        self._changed()

    def add_part(self, part: Part) -> None:
        """
        The next part: list it, and answer those who wait for it.
        """
        if self._gone:
            return
        segment = self._shelf.open or self._open_segment(part)
        entry = segment.entry
        uri = self._part_uri(self._next_part)
        self._next_part += 1
        if self._lists_parts:
            entry.parts.append(PartEntry(uri, part.duration_ms, part.independent))
            self._shelf.add_part(segment, part.data, uri)
        else:
            self._shelf.add_part(segment, part.data, None)
        entry.duration_ms += part.duration_ms
        self._date_ms += part.duration_ms
        self._raise_target(entry.duration_ms)
        if self._shelf.size > shelf.MAX_WINDOW_BYTES:
            self._trim()
        self._renew()
        self.hinted.release(
            lambda number: number < self._next_part,
            lambda number: self._media[self._shelf.path(self._part_uri(number))],
        )

    def end_segment(self) -> None:
        """
        The open segment is complete.
        """
        segment = self._shelf.complete()
        if segment is None:
            return
        self.rates.measure(segment.size, segment.entry.duration_ms, self.target_duration)
        self._trim()
        self._renew()
        self._changed()

    def discontinuity(self) -> None:
        """
        The next segment does not continue the last one.
        """
        self.end_segment()
        self._timeline.reached(self._date_ms)
        self._stretch += 1
        self._pending += 1
        self._undated = True

    def end(self) -> None:
        """
        The broadcast is over: the playlist says so, to those who wait as well.
        """
        self.end_segment()
        self.ended = True
        self._forms = [None] * 4
        self.reloads.release(lambda _: True, lambda need: self.playlist(need[1]))
        self._dismiss()

    def withdraw(self) -> None:
        """
        The rendition is gone, and all its media; whatever still comes is ignored.
        """
        self._gone = True
        self._shelf.clear()
        self._dismiss()

    # -- what viewers ask

    @property
    def ready(self) -> bool:
        """
        Whether there is a complete segment, and so something that every player can play.
        """
        return bool(self._shelf.listed)

    @property
    def init(self) -> InitSection | None:
        """
        The current init section, when known.
        """
        return self._shelf.init.section if self._shelf.init is not None else None

    @property
    def frame_rate(self) -> float | None:
        """
        Pictures a second, when known.
        """
        return self.init.frame_rate if self.init is not None else None

    @property
    def gone(self) -> bool:
        """
        Whether the rendition was withdrawn.
        """
        return self._gone

    def opening(self, enough_ms: int) -> bytes | None:
        """
        Media from a recent key frame on, for who wants to look at it; costs a copy.

        @param enough_ms: how much is wanted.
        """
        return self._shelf.opening(enough_ms)

    @property
    def parts_made(self) -> int:
        """
        How many parts there were so far.
        """
        return self._next_part

    @property
    def wait_seconds(self) -> float:
        """
        How long a request may wait.
        """
        return float(WAIT_TARGETS * self.target_duration)

    def report(self, uri: str) -> RenditionReport | None:
        """
        How far this rendition is, for the playlists of the others.

        @param uri: of this rendition's playlist, relative to theirs.
        """
        last = self._shelf.newest
        if last is None:
            return None
        if not self._lists_parts:
            return RenditionReport(uri, self._complete_msn, None) if self.ready else None
        return RenditionReport(uri, last.msn, len(last.entry.parts) - 1)

    def need(self, msn: int, part: int | None) -> Need:
        """
        What a blocking reload waits for. Without parts in the playlist, segments are waited for.
        """
        return Need(msn, -1 if part is None or not self._lists_parts else part)

    def has(self, need: Need) -> bool:
        """
        Whether the playlist contains it, or something later.
        """
        msn, part = need
        if part < 0 or msn < self._complete_msn:
            return msn <= self._complete_msn
        if msn == self._complete_msn:
            # A part behind the last one of its segment is the first one of the next (6.2.5.2).
            return part < len(self._shelf.listed[-1].entry.parts) or self._shelf.open is not None
        if msn == self._complete_msn + 1 and self._shelf.open is not None:
            return part < len(self._shelf.open.entry.parts)
        return False

    def too_far(self, need: Need) -> bool:
        """
        Whether it is so far ahead that the client must be mistaken (6.2.5.2).
        """
        ahead = need.msn - self._complete_msn
        if ahead > 2:
            return True
        if need.part < 0 or ahead <= 0:
            return False
        there = (
            len(self._shelf.open.entry.parts) if self._shelf.open is not None and ahead == 1 else 0
        )
        return need.part - (there - 1) > self._advance_parts

    def playlist(self, form: int) -> Answer:
        """
        The playlist as it is now, rendered once for all who ask for the same form of it.
        """
        answer = self._forms[form]
        if answer is None:
            text = render_media_playlist(self._describe(), skip=form in (DELTA, COMPRESSED_DELTA))
            compressed = form in (COMPRESSED, COMPRESSED_DELTA)
            answer = self._forms[form] = playlist_answer(text.encode(), compressed)
        return answer

    def hint_number(self, path: bytes) -> int | None:
        """
        The number of the next part, if this is its path.
        """
        if self.ended or not self._lists_parts or self._shelf.init is None:
            return None
        return (
            self._next_part if path == self._shelf.path(self._part_uri(self._next_part)) else None
        )

    # -- inside

    @property
    def _lists_parts(self) -> bool:
        return self._latency.part_seconds is not None

    @property
    def _complete_msn(self) -> int:
        """
        The last complete segment's number, or -1.
        """
        return self._next_msn - (1 if self._shelf.open is None else 2)

    @property
    def _advance_parts(self) -> int:
        target = self._part_target_ms() / 1000
        return ADVANCE_PARTS if target >= 1 else math.ceil(ADVANCE_PART_SECONDS / target)

    def _part_uri(self, number: int) -> str:
        return f"{self._prefix}p{number}.m4s"

    def _open_segment(self, part: Part) -> shelf.ShelvedSegment:
        """
        Begin the next segment, which starts with this part.
        """
        assert self._shelf.init is not None, "a part without its init section"
        if self._undated:
            date = self._timeline.date(self._stretch, part.begins_ms, part.duration_ms)
            # Should another rendition have entered the stretch before this one left the last.
            self._date_ms = max(date, self._date_ms)
            self._undated = False
        entry = SegmentEntry(
            f"{self._prefix}s{self._next_msn}.m4s",
            self._shelf.init.uri,
            format_date(self._date_ms),
            self._pending,
            lists_parts=self._lists_parts,
        )
        self._pending = 0
        self.independent = self.independent and part.independent
        self._next_msn += 1
        return self._shelf.open_segment(self._next_msn - 1, entry, part.independent)

    def _trim(self) -> None:
        self._shelf.trim(self.target_duration, self.rates.media_ms)

    def _dismiss(self) -> None:
        """
        Nothing more comes: turn away those who wait.
        """
        self.reloads.dismiss(NOT_FOUND)
        self.hinted.dismiss(NOT_FOUND)

    def _raise_target(self, duration_ms: int) -> None:
        """
        Keep the target duration no less than any segment, rounded (4.4.3.1).
        """
        rounded = (duration_ms + 500) // 1000
        if rounded > self.target_duration:
            self.target_duration = rounded

    def _part_target_ms(self) -> int:
        """
        What no part exceeds, of those that are listed: those of the newest segment and its like.
        """
        newest = self._shelf.newest
        init = newest.init if newest is not None else self._shelf.init
        if init is not None:
            return init.section.part_target_ms
        return round((self._latency.part_seconds or 1) * 1000)

    def _renew(self) -> None:
        """
        The playlist has changed: release those whose need is met by it.
        """
        self._retire_parts()
        self._forms = [None] * 4
        self.reloads.release(lambda need: self.has(need[0]), lambda need: self.playlist(need[1]))

    def _retire_parts(self) -> None:
        """
        Stop listing the parts of segments that are old, or of another part target than the newest:
        one target holds for all parts in a playlist.
        """
        target_ms = self._part_target_ms()
        boundary_ms = self.target_duration * PART_TARGETS * 1000
        to_end_ms = 0 if self._shelf.open is None else self._shelf.open.entry.duration_ms
        for segment in reversed(self._shelf.listed):
            if not segment.entry.lists_parts:
                break
            to_end_ms += segment.entry.duration_ms
            if to_end_ms > boundary_ms or segment.init.section.part_target_ms != target_ms:
                segment.entry.lists_parts = False

    def _describe(self) -> MediaPlaylist:
        """
        What the playlist tells now.
        """
        segments = list(self._shelf.listed)
        if self._shelf.open is not None and self._lists_parts:
            segments.append(self._shelf.open)
        hold_back = float(HOLD_BACK_TARGETS * self.target_duration)
        part_hold_back = 0.0
        part_target_ms = None
        hint = None
        if self._lists_parts:
            part_target_ms = self._part_target_ms()
            # At least twice is demanded, three times advised (4.4.3.8).
            part_hold_back = max(self._latency.hold_back_seconds, 3 * part_target_ms / 1000)
            if not self.ended:
                hint = self._part_uri(self._next_part)
        else:
            hold_back = max(hold_back, self._latency.hold_back_seconds)
        return MediaPlaylist(
            segments=[segment.entry for segment in segments],
            media_sequence=segments[0].msn if segments else self._next_msn,
            discontinuity_sequence=self._shelf.discontinuity_sequence,
            target_duration=self.target_duration,
            hold_back_seconds=hold_back,
            part_hold_back_seconds=part_hold_back,
            part_target_ms=part_target_ms,
            hint=hint,
            reports=tuple(self._reports(self.index)),
            independent=self.independent,
            ended=self.ended,
            # Who waits for whole segments fetches each before it can be stored elsewhere.
            blocking=self._lists_parts or self._store is None,
        )
