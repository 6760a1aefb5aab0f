"""
A low-latency player without a picture: it follows a live playlist and keeps all that is served.

Each playlist goes through the validator; every second one is asked for by way of the hinted part,
and each is compared with the delta update of the same moment.
"""

import threading
import time
from collections.abc import Collection
from pathlib import Path

from attrs import define, field

from tests.hls.playlist_model import MediaPlaylist, Segment
from tests.hls.playlist_reader import parse_media
from tests.hls.validator import PlaylistWatch

from .waiting import wait_for
from .web import Answer, WebClient

#: The registered type, and the one that Owncast has always sent; players know both.
PLAYLIST_TYPES = frozenset(["application/vnd.apple.mpegurl", "application/x-mpegurl"])
MEDIA_TYPES = frozenset(["video/mp4", "video/iso.segment"])
START_SECONDS = 60.0
#: How long a recorder may take to come to the end of a broadcast.
END_SECONDS = 60.0
#: The status of what did not come in time.
TOO_LATE = 503
#: How long a playlist may be late, and be asked for again.
LATE_SECONDS = 60.0


@define(eq=False)
class Recorder:
    """
    Records one rendition in a thread of its own until the broadcast ends or it is stopped.

    @ivar problems: what was wrong apart from the playlists' own rules.
    @ivar deltas: how many delta updates skipped something and were compared.
    @ivar seconds: how much media was taken.
    """

    port: int
    folder: Path
    rendition: int = 0
    watch: PlaylistWatch = field(factory=PlaylistWatch)
    problems: list[str] = field(factory=list, init=False)
    deltas: int = field(default=0, init=False)
    seconds: float = field(default=0.0, init=False)
    _client: WebClient = field(init=False)
    _stopping: threading.Event = field(factory=threading.Event, init=False)
    _thread: threading.Thread = field(init=False)
    _prefetched: dict[str, bytes] = field(factory=dict, init=False)
    _taken: tuple[int, int] = field(default=(-1, 0), init=False)
    #: How much of the segment that is being made came as parts: bytes, seconds.
    _in_parts: tuple[int, float] = field(default=(0, 0.0), init=False)
    _maps: list[str] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._client = WebClient(self.port)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Recorder":
        """
        Begin; waits for the first playlist.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """
        Record no more. May repeat.
        """
        self._stopping.set()
        self.wait()

    def wait(self, seconds: float = END_SECONDS) -> None:
        """
        Wait until the broadcast has ended.

        @raise AssertionError: it has not.
        """
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the recorder still waits for the broadcast's end"

    def parts_file(self, run: int = 0) -> Path:
        """
        Init section and parts, in the order they came.

        @param run: counts the init sections of the broadcast.
        """
        return self.folder / f"{self.rendition}-{run}-parts.mp4"

    def segments_file(self, run: int = 0) -> Path:
        """
        Init section and whole segments.
        """
        return self.folder / f"{self.rendition}-{run}-segments.mp4"

    def assert_clean(self) -> None:
        """
        @raise AssertionError: a playlist broke a rule, or an answer was not what it must be.
        """
        found = [*self.problems, *map(str, self.watch.findings)]
        assert not found, "\n".join(["what is served is not right:", *found[:20]])

    def _run(self) -> None:
        try:
            text = wait_for("a playlist to record", self._first, START_SECONDS)
            playlist = self._take(text)
            while not playlist.ended and not self._stopping.is_set():
                playlist = self._next(playlist)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
            self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            self._client.close()

    def _first(self) -> str | None:
        answer = self._client.get(self._path("stream.m3u8"))
        return answer.text if answer.status == 200 else None

    def _next(self, before: MediaPlaylist) -> MediaPlaylist:
        """
        Wait for the next version of the playlist, by the hinted part or by the playlist itself.
        """
        if before.hints and self.watch.versions % 2:
            answer = self._client.get(self._path(before.hints[0]))
            if answer.status == 200:
                self._prefetched[before.hints[0]] = answer.body
        msn, part = before.edge
        query = f"stream.m3u8?_HLS_msn={msn}"
        if before.part_target is not None:
            query += f"&_HLS_part={part}"
        text = self._playlist(query)
        delta = self._playlist(f"{query}&_HLS_skip=YES")
        full, update = parse_media(text), parse_media(delta)
        # Otherwise something came between the two answers, here or in another rendition.
        if (full.edge, full.ended, full.reports) == (update.edge, update.ended, update.reports):
            self.watch.take_delta(delta, text)
            self.deltas += update.skipped > 0
        return self._take(text)

    def _take(self, text: str) -> MediaPlaylist:
        playlist = self.watch.take(text)
        for segment in playlist.all_segments:
            if segment.msn >= self._taken[0]:
                self._take_segment(segment)
        return playlist

    def _take_segment(self, segment: Segment) -> None:
        msn, count = self._taken
        if segment.msn > msn:
            count, self._in_parts = 0, (0, 0.0)
        run = self._run_of(segment)
        size, seconds = self._in_parts
        for part in segment.parts[count:]:
            size += self._append(self.parts_file(run), part.uri)
            seconds += float(part.duration)
            self.seconds += float(part.duration)
        self._taken = (segment.msn, max(count, len(segment.parts)))
        self._in_parts = (size, seconds)
        if segment.uri is not None:
            self._append(self.segments_file(run), segment.uri)
            if not segment.parts:
                # Parts are listed for some seconds: who comes later takes what is left as a whole.
                self._append(self.parts_file(run), segment.uri, size)
                self.seconds += float(segment.length) - seconds
            self._taken = (segment.msn + 1, 0)

    def _run_of(self, segment: Segment) -> int:
        """
        The number of the init section that a segment needs; fetched when it is new.
        """
        assert segment.map_uri is not None
        if segment.map_uri not in self._maps:
            self._maps.append(segment.map_uri)
            run = len(self._maps) - 1
            for file in (self.parts_file(run), self.segments_file(run)):
                self._append(file, segment.map_uri)
        return self._maps.index(segment.map_uri)

    def _append(self, file: Path, name: str, begin: int = 0) -> int:
        """
        Fetch something, and keep it from an offset on.

        @return: how many bytes that is.
        """
        body = self._prefetched.pop(name, None)
        if body is None:
            body = self._get(name, MEDIA_TYPES).body
        with file.open("ab") as out:
            return out.write(body[begin:])

    def _playlist(self, query: str) -> str:
        """
        A playlist, asked for again when it does not come in time, as players do (RFC 8216bis,
        6.2.5.2).
        """
        deadline = time.monotonic() + LATE_SECONDS
        while True:
            answer = self._client.get(self._path(query))
            if answer.status != TOO_LATE or time.monotonic() > deadline:
                return self._checked(query, answer, PLAYLIST_TYPES).text

    def _get(self, name: str, content_types: Collection[str]) -> Answer:
        return self._checked(name, self._client.get(self._path(name)), content_types)

    def _checked(self, name: str, answer: Answer, content_types: Collection[str]) -> Answer:
        if answer.status != 200:
            raise AssertionError(f"{name}: status {answer.status}")
        content_type = answer.headers.get("content-type", "")
        if content_type.lower() not in content_types:
            self.problems.append(f"{name}: content type {content_type!r}")
        return answer

    def _path(self, name: str) -> str:
        return f"/hls/{self.rendition}/{name}"
