"""
A broadcast in memory: its windows and packagers, the slate before them, and a clock that is moved.
"""

from collections import deque
from collections.abc import Iterable

from attrs import define, field
from twisted.internet.task import Clock
from zope.interface import implementer

from owncastd.hls.origin import Origin
from owncastd.hls.packager import Packager
from owncastd.hls.window import FULL, Window
from owncastd.interfaces import IMediaSink
from owncastd.media.clips import Clip, ClipShape
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.messages import MediaMessage
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.slate.rendition import SlatedRendition
from owncastd.slate.slate import Slate
from tests.hls.hour import samples_of
from tests.hls.playlist_model import MediaPlaylist
from tests.hls.playlist_reader import parse_media
from tests.hls.streams import RECORD_30, usual
from tests.hls.support import plan, started_clock
from tests.hls.validator import PlaylistWatch
from tests.media.boxes import Sample
from tests.media.samples import frame, video_configuration

LOW = Rendition(scaled_height=480)
#: What pictures of clips begin with, to tell them from the stream's.
CLIP_PICTURE = b"clip"


def a_clip(frames: int = 60, frame_ms: float = 1000 / 30) -> Clip:
    """
    A clip whose pictures have no meaning.
    """
    return Clip(
        video_configuration(RECORD_30).body,
        tuple(
            frame(0, key=number == 0, payload=CLIP_PICTURE + b"%d" % number).body
            for number in range(frames)
        ),
        frame_ms,
    )


@define(eq=False)
class MemoryStock:
    """
    Gives one clip for every shape, or none; a real L{owncastd.slate.slate.ClipStock}.
    """

    clip: Clip | None = None
    wanted: list[ClipShape] = field(factory=list)

    def want(self, shape: ClipShape) -> None:
        """
        Note it.
        """
        self.wanted.append(shape)

    def ready(self, shape: ClipShape) -> Clip | None:
        """
        The clip.
        """
        return self.clip


@implementer(IMediaSink)
@define(eq=False)
class Delayed:
    """
    Passes everything on when it is told to, as an encoder does that takes its time.
    """

    _sink: IMediaSink
    _held: deque[MediaMessage | str] = field(init=False, factory=deque)
    holding: bool = False

    def write(self, message: MediaMessage) -> None:
        """
        Keep or pass on.
        """
        self._take(message)

    def discontinuity(self) -> None:
        """
        Keep or pass on.
        """
        self._take("discontinuity")

    def end(self) -> None:
        """
        Keep or pass on.
        """
        self._take("end")

    def release(self) -> None:
        """
        Pass on what was kept, and what follows.
        """
        self.holding = False
        while self._held:
            self._take(self._held.popleft())

    def _take(self, item: MediaMessage | str) -> None:
        if self.holding:
            self._held.append(item)
        elif isinstance(item, MediaMessage):
            self._sink.write(item)
        elif item == "end":
            self._sink.end()
        else:
            self._sink.discontinuity()


@define(eq=False)
class Studio:
    """
    A broadcast of the source and one rendition that stands for an encoded one.

    @ivar level: the latency level.
    @ivar at_ms: the broadcast's clock.
    @ivar watches: what the rules say of the playlists, by rendition.
    """

    level: int = 2
    stock: MemoryStock = field(factory=lambda: MemoryStock(a_clip()))
    clock: Clock = field(factory=started_clock)
    at_ms: int = 0
    origin: Origin = field(init=False)
    slate: Slate = field(init=False)
    windows: list[Window] = field(init=False)
    renditions: list[SlatedRendition] = field(init=False)
    encoded: Delayed = field(init=False)
    watches: list[PlaylistWatch] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.origin = Origin(self.clock)
        level = LATENCY_LEVELS[self.level]
        self.windows = self.origin.open(plan(self.level, SOURCE, LOW))
        self.slate = Slate(self.clock, level, self.stock, lambda: True)
        self.renditions = [
            self.slate.rendition(
                Packager(
                    window,
                    part_seconds=level.part_seconds or 1.0,
                    segment_seconds=level.segment_seconds,
                ),
                lambda window=window: window.frame_rate,  # type: ignore[misc]
                lambda window=window: window.gone,  # type: ignore[misc]
            )
            for window in self.windows
        ]
        self.encoded = Delayed(self.renditions[1])
        self.watches = [PlaylistWatch({f"../{1 - index}/stream.m3u8"}) for index in range(2)]

    def live(self, seconds: float, messages: Iterable[MediaMessage] | None = None) -> None:
        """
        The encoder sends, in real time.
        """
        for message in messages or usual(seconds, start_ms=self.at_ms):
            self.to(message.timestamp_ms)
            for sink in self.sinks:
                sink.write(message)
        self.look()

    @property
    def sinks(self) -> list[IMediaSink]:
        """
        All of the broadcast, in order.
        """
        return [self.slate, self.encoded, self.renditions[0]]

    def to(self, at_ms: int) -> None:
        """
        Time goes by.
        """
        while self.at_ms < at_ms:
            step_ms = min(at_ms - self.at_ms, 100)
            self.at_ms += step_ms
            self.clock.advance(step_ms / 1000)
            self.look()

    def wait(self, seconds: float) -> None:
        """
        Time goes by without an encoder.
        """
        self.to(self.at_ms + round(1000 * seconds))

    def lose(self) -> None:
        """
        The encoder is lost.
        """
        for sink in self.sinks:
            sink.discontinuity()
        self.slate.interrupted()
        self.look()

    def end(self) -> None:
        """
        The broadcast is over.
        """
        for sink in self.sinks:
            sink.end()
        self.look()

    def look(self) -> None:
        """
        Hold the playlists to the rules, once all have begun.
        """
        if all(window.ready for window in self.windows):
            for window, watch in zip(self.windows, self.watches, strict=True):
                watch.take(bytes(window.playlist(FULL).body).decode())

    @property
    def findings(self) -> list[str]:
        """
        The rules that were broken.
        """
        return [str(finding) for watch in self.watches for finding in watch.findings]

    def playlist(self, index: int = 0) -> MediaPlaylist:
        """
        A rendition's playlist as it is now.
        """
        return parse_media(bytes(self.windows[index].playlist(FULL).body).decode())

    def seconds(self) -> float:
        """
        How much media the source's window has been given.
        """
        return self.windows[0].rates.media_ms / 1000

    def samples(self, uris: Iterable[str | None], index: int = 0) -> list[Sample]:
        """
        The samples of some segments.
        """
        found: list[Sample] = []
        for uri in uris:
            assert uri is not None
            found += samples_of(self.media(index, uri))
        return found

    def media(self, index: int, uri: str) -> bytes:
        """
        The bytes of a segment.
        """
        return bytes(self.origin.media[f"{index}/{uri}".encode()].body)

    def stretches(self, index: int = 0) -> list[tuple[int, list[str], bool]]:
        """
        For each run of segments between discontinuities: the number of discontinuities before it,
        when its segments begin, and whether it is the slate.
        """
        playlist = self.playlist(index)
        number = playlist.discontinuity_sequence
        found: list[tuple[int, list[str], bool]] = []
        for segment in playlist.segments:
            number += segment.discontinuities
            assert segment.uri is not None
            slate = CLIP_PICTURE in self.media(index, segment.uri)
            if not found or found[-1][0] != number:
                found.append((number, [], slate))
            assert found[-1][2] == slate
            found[-1][1].append(str(segment.date_time))
        return found
