"""
The bytes of one rendition: which segments are listed, which are kept beyond that, and which go.

draft-pantos-hls-rfc8216bis, section 6.2.2.
"""

from collections import deque

from attrs import define, field

from owncastd.interfaces import ISegmentStore
from owncastd.net.answers import Answer

from .objects import media_answer, moved_answer
from .playlist import SKIP_BOUNDARY_TARGETS, SegmentEntry
from .segments import InitSection

#: The least that a playlist lists, when there is as much.
LISTED_SECONDS = 30
#: The same in target durations: past the skip boundary there must be something to skip.
LISTED_TARGETS = SKIP_BOUNDARY_TARGETS + 3
#: The fewest segments that a playlist lists, whatever they weigh.
LISTED_SEGMENTS = 3
#: Above this much media, segments go before their time.
MAX_WINDOW_BYTES = 256 * 1024 * 1024
#: What L{Shelf.opening} gives at most of one segment, in bytes.
MAX_OPENING_BYTES = 16 * 1024 * 1024


@define(eq=False)
class ShelvedInit:
    """
    An init section.

    @ivar users: how many segments on the shelf need it.
    """

    section: InitSection
    uri: str
    users: int = 0


@define(eq=False)
class ShelvedSegment:
    """
    A segment with its bytes.

    @ivar independent: whether it starts with a key frame.
    @ivar data: the bytes of its parts while it is open.
    @ivar parts: URIs and answers of its listed parts, in the same order.
    @ivar stays_until_ms: media time up to which it stays after it was removed from the playlist.
    """

    msn: int
    entry: SegmentEntry
    init: ShelvedInit
    independent: bool
    data: list[bytes] = field(factory=list)
    parts: list[tuple[str, Answer]] = field(factory=list)
    size: int = 0
    stays_until_ms: int = 0


@define(eq=False)
class Shelf:
    """
    Keeps segments and init sections for as long as they may be asked for.

    @ivar listed: complete segments of the playlist.
    @ivar open: the segment that still grows.
    @ivar size: bytes of all segments.
    """

    _index: int
    #: Answers by path below /hls/, shared with the other renditions.
    _media: dict[bytes, Answer]
    #: Where what is finished goes as well.
    _store: ISegmentStore | None = None
    listed: deque[ShelvedSegment] = field(init=False, factory=deque)
    open: ShelvedSegment | None = field(init=False, default=None)
    init: ShelvedInit | None = field(init=False, default=None)
    discontinuity_sequence: int = field(init=False, default=0)
    size: int = field(init=False, default=0)
    _removed: deque[ShelvedSegment] = field(init=False, factory=deque)

    def path(self, uri: str) -> bytes:
        """
        The path below /hls/ of something that a playlist names.
        """
        return f"{self._index}/{uri}".encode()

    @property
    def newest(self) -> ShelvedSegment | None:
        """
        The open segment, or the last complete one.
        """
        return self.open or (self.listed[-1] if self.listed else None)

    def put_init(self, uri: str, section: InitSection) -> None:
        """
        Segments that are opened from now on need this init section.
        """
        last, self.init = self.init, ShelvedInit(section, uri)
        if last is not None:
            self._forget_if_unused(last)
        self._put(uri, section.data)
        self._hand_over(uri, section.data)

    def open_segment(self, msn: int, entry: SegmentEntry, independent: bool) -> ShelvedSegment:
        """
        Begin a segment.

        @param independent: whether it starts with a key frame.
        """
        assert self.init is not None, "a segment without its init section"
        self.init.users += 1
        self.open = ShelvedSegment(msn, entry, self.init, independent)
        return self.open

    def add_part(self, segment: ShelvedSegment, data: bytes, uri: str | None) -> None:
        """
        Add bytes to the open segment.

        @param uri: under which they can be had already, if so.
        """
        segment.data.append(data)
        segment.size += len(data)
        self.size += len(data)
        if uri is not None:
            segment.parts.append((uri, self._put(uri, data)))

    def complete(self) -> ShelvedSegment | None:
        """
        The open segment is complete: join it, and make its parts views of the whole.
        """
        segment, self.open = self.open, None
        if segment is None:
            return None
        whole = b"".join(segment.data)
        start = 0
        # No parts are kept at the level that lists none.
        for data, (_, answer) in zip(segment.data, segment.parts, strict=False):
            answer.body = memoryview(whole)[start : start + len(data)]
            start += len(data)
        segment.data = []
        segment.entry.complete = True
        self._put(segment.entry.uri, whole)
        self._hand_over(segment.entry.uri, whole)
        self.listed.append(segment)
        return segment

    def trim(self, target_duration: int, media_ms: int) -> None:
        """
        Remove from the playlist what is too old, and from memory what was removed long enough ago.

        @param media_ms: length of all complete segments so far. Media is the clock here: so memory
            is bounded whatever the pace of the encoder.
        """
        wanted_ms = max(LISTED_SECONDS, LISTED_TARGETS * target_duration) * 1000
        listed_ms = sum(segment.entry.duration_ms for segment in self.listed)
        while self.listed and listed_ms - self.listed[0].entry.duration_ms >= wanted_ms:
            listed_ms -= self._remove(listed_ms, media_ms)
        while self._removed and self._removed[0].stays_until_ms <= media_ms:
            self._drop(self._removed.popleft())
        while self.size > MAX_WINDOW_BYTES and (
            self._removed or len(self.listed) > LISTED_SEGMENTS
        ):
            if not self._removed:
                listed_ms -= self._remove(listed_ms, media_ms)
            self._drop(self._removed.popleft())

    def opening(self, enough_ms: int) -> bytes | None:
        """
        The beginning of the newest segment that starts with a key frame and is long enough, or of
        the newest complete one, behind its init section: media that can be decoded by itself.

        @param enough_ms: how much is wanted; whole parts are given, or the whole segment where
            there are none.
        @return: C{None} if there is no such segment.
        """
        segment = self.open
        if segment is None or not segment.independent or segment.entry.duration_ms < enough_ms:
            segments = (each for each in reversed(self.listed) if each.independent)
            segment = next(segments, None)
        if segment is None:
            return None
        pieces: list[bytes | memoryview] = []
        got_ms = size = 0
        # While there are parts they are all there, in the order of their entries.
        for part, (_, answer) in zip(segment.entry.parts, segment.parts, strict=False):
            if got_ms >= enough_ms or size >= MAX_OPENING_BYTES:
                break
            pieces.append(answer.body)
            got_ms += part.duration_ms
            size += len(answer.body)
        if not pieces:
            pieces = [*segment.data] or [self._media[self.path(segment.entry.uri)].body]
        return segment.init.section.data + b"".join(pieces)[:MAX_OPENING_BYTES]

    def clear(self) -> None:
        """
        Forget everything.
        """
        for segment in [*self._removed, *self.listed]:
            self._drop(segment)
        if self.open is not None:
            self._drop(self.open)
        if self.init is not None:
            self._forget(self.init.uri)
        self._removed.clear()
        self.listed.clear()
        self.open = self.init = None

    def _put(self, uri: str, data: bytes) -> Answer:
        answer = self._media[self.path(uri)] = media_answer(uri, data)
        return answer

    def _remove(self, listed_ms: int, media_ms: int) -> int:
        """
        Remove the oldest segment from the playlist. It stays available for its own length and that
        of the playlist, and its parts with it.

        @param listed_ms: length of the playlist.
        @return: length of the segment.
        """
        segment = self.listed.popleft()
        self.discontinuity_sequence += segment.entry.discontinuities
        segment.stays_until_ms = media_ms + segment.entry.duration_ms + listed_ms
        self._removed.append(segment)
        return segment.entry.duration_ms

    def _drop(self, segment: ShelvedSegment) -> None:
        """
        Forget a segment's bytes.
        """
        self._forget(segment.entry.uri)
        for uri, _ in segment.parts:
            self._media.pop(self.path(uri), None)
        self.size -= segment.size
        segment.init.users -= 1
        if segment.init is not self.init:
            self._forget_if_unused(segment.init)

    def _forget_if_unused(self, init: ShelvedInit) -> None:
        """
        Forget an init section that no segment needs.
        """
        if not init.users:
            self._forget(init.uri)

    def _hand_over(self, uri: str, data: bytes) -> None:
        """
        Store something finished elsewhere as well; while it can be had there, viewers are sent
        there.
        """
        if self._store is not None:
            path = self.path(uri)
            here = self._media[path]

            def stored(address: str | None) -> None:
                self._media[path] = here if address is None else moved_answer(address)

            self._store.put(path.decode(), data, stored)

    def _forget(self, uri: str) -> None:
        """
        Forget something finished, wherever it is.
        """
        path = self.path(uri)
        if self._media.pop(path, None) is not None and self._store is not None:
            self._store.remove(path.decode())
