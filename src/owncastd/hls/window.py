"""
The live window of one rendition: what of it can be played now, all in memory.

draft-pantos-hls-rfc8216bis, sections 6.2.2 (live playlists) and 6.2.5 (delivery directives).
"""

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from owncastd.media.latency import LatencyLevel
from owncastd.net.answers import Answer

from .objects import NOT_FOUND, TOO_LATE, media_answer, playlist_answer
from .playlist import (
    HOLD_BACK_TARGETS,
    SKIP_BOUNDARY_TARGETS,
    MediaPlaylist,
    PartEntry,
    RenditionReport,
    SegmentEntry,
    render_media_playlist,
)
from .segments import InitSection, Part
from .timeline import Timeline, format_date
from .waiting import Capacity, WaitingRoom

#: The least that a playlist lists, when there is as much.
LISTED_SECONDS = 30
#: The same in target durations: past the skip boundary there must be something to skip.
LISTED_TARGETS = SKIP_BOUNDARY_TARGETS + 3
#: The fewest segments that a playlist lists, whatever they weigh (6.2.2).
LISTED_SEGMENTS = 3
#: Parts older than this many target durations are no longer listed (4.4.4.9).
PART_TARGETS = 3
#: Above this much media, segments go before their time.
MAX_WINDOW_BYTES = 256 * 1024 * 1024
#: How long a request waits, in target durations (6.2.5.2).
WAIT_TARGETS = 3
#: How many parts ahead may be asked for, in seconds, and at least in parts (6.2.5.2).
ADVANCE_PART_SECONDS = 3
ADVANCE_PARTS = 3
#: A shorter segment tells nothing of the peak bit rate, in target durations (4.1).
PEAK_TARGETS = 0.5


class Need(NamedTuple):
    """
    What a playlist request waits for; a negative part means the whole segment.
    """

    msn: int
    part: int


#: The forms of one playlist.
FULL, COMPRESSED, DELTA, COMPRESSED_DELTA = range(4)


@define(eq=False)
class _Segment:
    """
    A segment with its bytes.
    """

    msn: int
    entry: SegmentEntry
    init: "_Init"
    data: list[bytes] = field(factory=list)
    parts: list[tuple[bytes, Answer]] = field(factory=list)
    path: bytes = b""
    size: int = 0
    #: Media time up to which it stays after it was removed from the playlist.
    stays_until_ms: int = 0


@define(eq=False)
class _Init:
    """
    An init section and how many retained segments need it.
    """

    section: InitSection
    uri: str
    path: bytes
    users: int = 0


@define(eq=False)
class Window:
    """
    The live window of one rendition; a L{owncastd.hls.segments.PartSink}.

    @ivar index: number of the rendition, which is its folder.
    @ivar target_duration: seconds, never lowered.
    @ivar ended: the broadcast is over.
    """

    _clock: IReactorTime
    index: int
    _prefix: str
    _latency: LatencyLevel
    _timeline: Timeline
    #: Bytes by path below /hls/, shared with the other renditions.
    _media: dict[bytes, Answer]
    _capacity: Capacity
    #: How far the other renditions are.
    _reports: Callable[[int], Iterable[RenditionReport]]
    #: Called when something changes that a multivariant playlist tells of.
    _changed: Callable[[], None]

    ended: bool = False
    _gone: bool = False
    target_duration: int = field(init=False)
    reloads: WaitingRoom[tuple[Need, int]] = field(init=False)
    hinted: WaitingRoom[int] = field(init=False)

    _init: _Init | None = None
    _inits_made: int = 0
    _next_msn: int = 0
    _next_part: int = 0
    _open: _Segment | None = None
    _listed: deque[_Segment] = field(factory=deque)
    _removed: deque[_Segment] = field(factory=deque)
    _bytes: int = 0

    #: Discontinuities so far, and those that no segment carries yet.
    _stretch: int = 0
    _pending: int = 0
    _discontinuity_sequence: int = 0
    #: Date at which the next part begins, unless the timeline is to be asked.
    _date_ms: int = 0
    _undated: bool = True
    _independent: bool = True

    #: Length of all complete segments so far: the clock of retention.
    _media_ms: int = 0
    _media_bytes: int = 0
    _peak_bps: int = 0
    _forms: list[Answer | None] = field(factory=lambda: [None] * 4)

    def __attrs_post_init__(self) -> None:
        self.target_duration = max(1, math.ceil(self._latency.segment_seconds))
        self.reloads = WaitingRoom(self._clock, self._capacity, TOO_LATE)
        self.hinted = WaitingRoom(self._clock, self._capacity, TOO_LATE)

    # -- what the packager brings

    def begin(self, init: InitSection) -> None:
        """
        The following segments need this init section.
        """
        if self._gone:
            return
        self._forget_init(self._init)
        uri = f"{self._prefix}i{self._inits_made}.mp4"
        self._inits_made += 1
        self._init = _Init(init, uri, self._path(uri))
        self._media[self._init.path] = media_answer(uri, init.data)
        self._changed()

    def add_part(self, part: Part) -> None:
        """
        The next part: list it, and answer those who wait for it.
        """
        if self._gone:
            return
        segment = self._open or self._open_segment(part)
        entry = segment.entry
        uri = self._part_uri(self._next_part)
        self._next_part += 1
        segment.data.append(part.data)
        segment.size += len(part.data)
        self._bytes += len(part.data)
        if self._lists_parts:
            entry.parts.append(PartEntry(uri, part.duration_ms, part.independent))
            answer = media_answer(uri, part.data)
            segment.parts.append((self._path(uri), answer))
            self._media[self._path(uri)] = answer
        entry.duration_ms += part.duration_ms
        self._date_ms += part.duration_ms
        self._raise_target(entry.duration_ms)
        if self._bytes > MAX_WINDOW_BYTES:
            self._trim()
        self._renew()
        self.hinted.release(
            lambda number: number < self._next_part,
            lambda number: self._media.get(self._path(self._part_uri(number)), NOT_FOUND),
        )

    def end_segment(self) -> None:
        """
        The open segment is complete: from here on its parts are views of it.
        """
        segment = self._open
        if segment is None:
            return
        self._open = None
        segment.entry.complete = True
        whole = b"".join(segment.data)
        start = 0
        for data, (_, answer) in zip(segment.data, segment.parts, strict=False):
            answer.body = memoryview(whole)[start : start + len(data)]
            start += len(data)
        segment.data = []
        self._media[segment.path] = media_answer(segment.entry.uri, whole)
        self._listed.append(segment)
        self._measure(segment)
        self._trim()
        self._renew()
        self._changed()

    def discontinuity(self) -> None:
        """
        The next segment does not continue the last one.
        """
        self.end_segment()
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
        self.close()

    # -- what becomes of it

    def close(self) -> None:
        """
        Nothing more comes: turn away those who wait.
        """
        self.reloads.dismiss(NOT_FOUND)
        self.hinted.dismiss(NOT_FOUND)

    def withdraw(self) -> None:
        """
        The rendition is gone, and all its media; whatever still comes is ignored.
        """
        self._gone = True
        for segment in [*self._removed, *self._listed]:
            self._drop(segment)
        if self._open is not None:
            self._drop(self._open)
        if self._init is not None:
            self._media.pop(self._init.path, None)
        self._removed.clear()
        self._listed.clear()
        self._open = None
        self.close()

    # -- what viewers ask

    @property
    def ready(self) -> bool:
        """
        Whether there is a complete segment, and so something that every player can play.
        """
        return bool(self._listed)

    @property
    def init(self) -> InitSection | None:
        """
        The current init section, when known.
        """
        return self._init.section if self._init is not None else None

    @property
    def independent(self) -> bool:
        """
        Whether every segment so far started with a key frame.
        """
        return self._independent

    @property
    def average_bps(self) -> int:
        """
        Mean bit rate of all complete segments.
        """
        return self._media_bytes * 8000 // self._media_ms if self._media_ms else 0

    @property
    def peak_bps(self) -> int:
        """
        Bit rate of the segment with the highest.
        """
        return max(self._peak_bps, self.average_bps)

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
        last = self._open or (self._listed[-1] if self._listed else None)
        if last is None:
            return None
        if not self._lists_parts:
            return RenditionReport(uri, self._complete_msn, None) if self._listed else None
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
            return part < len(self._listed[-1].entry.parts) or self._open is not None
        if msn == self._complete_msn + 1 and self._open is not None:
            return part < len(self._open.entry.parts)
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
        there = len(self._open.entry.parts) if self._open is not None and ahead == 1 else 0
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
        if self.ended or not self._lists_parts or self._init is None:
            return None
        return self._next_part if path == self._path(self._part_uri(self._next_part)) else None

    # -- inside

    @property
    def _lists_parts(self) -> bool:
        return self._latency.part_seconds is not None

    @property
    def _complete_msn(self) -> int:
        """
        The last complete segment's number, or -1.
        """
        return self._next_msn - (1 if self._open is None else 2)

    @property
    def _advance_parts(self) -> int:
        target = self._part_target_ms() / 1000
        return ADVANCE_PARTS if target >= 1 else math.ceil(ADVANCE_PART_SECONDS / target)

    def _path(self, uri: str) -> bytes:
        return f"{self.index}/{uri}".encode()

    def _part_uri(self, number: int) -> str:
        return f"{self._prefix}p{number}.m4s"

    def _open_segment(self, part: Part) -> _Segment:
        """
        Begin the next segment, which starts with this part.
        """
        assert self._init is not None, "a part without its init section"
        if self._undated:
            anchor = self._timeline.anchor(self._stretch, part.duration_ms)
            # An encoder that was ahead of the clock must not make dates overlap.
            self._date_ms = max(anchor, self._date_ms)
            self._undated = False
        uri = f"{self._prefix}s{self._next_msn}.m4s"
        entry = SegmentEntry(
            uri,
            self._init.uri,
            format_date(self._date_ms),
            self._pending,
            lists_parts=self._lists_parts,
        )
        self._pending = 0
        self._independent = self._independent and part.independent
        self._init.users += 1
        self._open = _Segment(self._next_msn, entry, self._init, path=self._path(uri))
        self._next_msn += 1
        return self._open

    def _raise_target(self, duration_ms: int) -> None:
        """
        Keep the target duration no less than any segment, rounded (4.4.3.1).
        """
        rounded = (duration_ms + 500) // 1000
        if rounded > self.target_duration:
            self.target_duration = rounded

    def _measure(self, segment: _Segment) -> None:
        """
        Take a complete segment into the bit rates.
        """
        duration_ms = segment.entry.duration_ms
        self._media_ms += duration_ms
        self._media_bytes += segment.size
        if duration_ms >= self.target_duration * PEAK_TARGETS * 1000:
            self._peak_bps = max(self._peak_bps, segment.size * 8000 // duration_ms)

    def _trim(self) -> None:
        """
        Remove from the playlist what is too old, and from memory what was removed long enough ago.

        Time is counted in media: so memory is bounded whatever the pace of the encoder.
        """
        wanted_ms = max(LISTED_SECONDS, LISTED_TARGETS * self.target_duration) * 1000
        listed_ms = sum(segment.entry.duration_ms for segment in self._listed)
        while self._listed and listed_ms - self._listed[0].entry.duration_ms >= wanted_ms:
            listed_ms -= self._remove(listed_ms)
        while self._removed and self._removed[0].stays_until_ms <= self._media_ms:
            self._drop(self._removed.popleft())
        while self._bytes > MAX_WINDOW_BYTES and len(self._listed) > LISTED_SEGMENTS:
            if not self._removed:
                listed_ms -= self._remove(listed_ms)
            self._drop(self._removed.popleft())

    def _remove(self, listed_ms: int) -> int:
        """
        Remove the oldest segment from the playlist. It stays available for its own length and that
        of the playlist (6.2.2), and its parts with it.

        @param listed_ms: length of the playlist.
        @return: length of the segment.
        """
        segment = self._listed.popleft()
        self._discontinuity_sequence += segment.entry.discontinuities
        segment.stays_until_ms = self._media_ms + segment.entry.duration_ms + listed_ms
        self._removed.append(segment)
        return segment.entry.duration_ms

    def _drop(self, segment: _Segment) -> None:
        """
        Forget a segment's bytes.
        """
        self._media.pop(segment.path, None)
        for path, _ in segment.parts:
            self._media.pop(path, None)
        self._bytes -= segment.size
        segment.init.users -= 1
        if segment.init is not self._init:
            self._forget_init(segment.init)

    def _forget_init(self, init: _Init | None) -> None:
        """
        Forget an init section that no segment needs.
        """
        if init is not None and not init.users:
            self._media.pop(init.path, None)

    def _part_target_ms(self) -> int:
        """
        What no part exceeds, of those that are listed: those of the newest segment and its like.
        """
        newest = self._open or (self._listed[-1] if self._listed else None)
        if newest is not None:
            return newest.init.section.part_target_ms
        if self._init is not None:
            return self._init.section.part_target_ms
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
        to_end_ms = 0 if self._open is None else self._open.entry.duration_ms
        for segment in reversed(self._listed):
            if not segment.entry.lists_parts:
                break
            to_end_ms += segment.entry.duration_ms
            if to_end_ms > boundary_ms or segment.init.section.part_target_ms != target_ms:
                segment.entry.lists_parts = False

    def _describe(self) -> MediaPlaylist:
        """
        What the playlist tells now.
        """
        segments = list(self._listed)
        if self._open is not None and self._lists_parts:
            segments.append(self._open)
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
            discontinuity_sequence=self._discontinuity_sequence,
            target_duration=self.target_duration,
            hold_back_seconds=hold_back,
            part_hold_back_seconds=part_hold_back,
            part_target_ms=part_target_ms,
            hint=hint,
            reports=tuple(self._reports(self.index)),
            independent=self._independent,
            ended=self.ended,
        )
