"""
A long broadcast in little time: packagers, windows and a store in memory, on a clock that is moved.
"""

import gc
from collections.abc import Callable, Iterator
from itertools import pairwise

from attrs import frozen
from twisted.internet.task import Clock

from owncastd.hls.origin import Origin
from owncastd.hls.packager import Packager
from owncastd.hls.window import FULL, Window
from owncastd.media.latency import DEFAULT_LATENCY_LEVEL
from owncastd.media.messages import MediaMessage
from owncastd.media.renditions import SOURCE, Rendition
from tests.fakes import MemorySegmentStore
from tests.media.boxes import Sample, boxes, samples
from tests.media.samples import (
    asc,
    audio_configuration,
    avcc,
    frame,
    on_metadata,
    sound,
    sps,
    video_configuration,
)

from .playlist_model import MediaPlaylist
from .playlist_reader import parse_media
from .streams import interleaved
from .support import plan, started_clock

VIDEO, AUDIO = 1, 2
LOW = Rendition(scaled_height=480)


@frozen
class Stream:
    """
    What an encoder sends for so long.

    @ivar key_frame_seconds: from one key frame to the next.
    @ivar drift_ppm: how much faster its sound is than its pictures, by their timestamps.
    @ivar frame_bytes: of each picture.
    """

    seconds: int = 3600
    frame_rate: int = 30
    sample_rate: int = 48_000
    key_frame_seconds: int = 2
    drift_ppm: float = 50.0
    frame_bytes: int = 100

    def messages(self) -> Iterator[MediaMessage]:
        """
        All of it, in order.
        """
        record = avcc(sps(timing=(1, 2 * self.frame_rate)))
        yield on_metadata(videocodecid=7.0, audiocodecid=10.0)
        yield video_configuration(record)
        yield audio_configuration(asc(self.sample_rate))
        yield from interleaved(self._pictures(), self._sounds())

    def _pictures(self) -> Iterator[MediaMessage]:
        payload = bytes(self.frame_bytes)
        key_frames = self.key_frame_seconds * self.frame_rate
        for number in range(self.seconds * self.frame_rate):
            at_ms = round(1000 * number / self.frame_rate)
            yield frame(at_ms, key=number % key_frames == 0, payload=payload)

    def _sounds(self) -> Iterator[MediaMessage]:
        for number in range(int(1000 * self.seconds / self._sound_ms)):
            yield sound(round(number * self._sound_ms), b"%d" % number)

    @property
    def _sound_ms(self) -> float:
        return 1024_000 / self.sample_rate / (1 + self.drift_ppm / 1e6)

    def sound_off_ms(self, segment: bytes) -> float:
        """
        How much later the last sound of a segment is heard than the encoder said.
        """
        last = [sample for sample in samples_of(segment) if sample.track == AUDIO][-1]
        return 1000 * last.decode_time / self.sample_rate - int(last.payload) * self._sound_ms


@frozen
class Look:
    """
    What there is at one moment of it.

    @ivar objects: living objects of the interpreter.
    @ivar names: of parts, segments and init sections in memory.
    @ivar stored: of those in the store.
    @ivar size: bytes in memory that they lead to.
    @ivar behind_ms: how far the date of the edge is from the clock.
    @ivar apart_ms: the most that a segment's dates differ between the renditions.
    @ivar sound_off_ms: how much later the newest sound is heard than the encoder said.
    """

    media_seconds: int
    objects: int
    names: int
    stored: int
    size: int
    behind_ms: float
    apart_ms: float
    sound_off_ms: float


def run_through(
    stream: Stream,
    every_seconds: int,
    looked: Callable[[Look], None],
    renditions: tuple[Rendition, ...] = (SOURCE, LOW),
) -> None:
    """
    Send a stream to all renditions in as little time as it takes.

    @param every_seconds: of media, from one look to the next.
    @param looked: told what there is.
    """
    clock = started_clock()
    origin = Origin(clock)
    store = MemorySegmentStore()
    level = DEFAULT_LATENCY_LEVEL
    windows = origin.open(plan(level.level, *renditions), store)
    assert level.part_seconds is not None
    packagers = [
        Packager(window, part_seconds=level.part_seconds, segment_seconds=level.segment_seconds)
        for window in windows
    ]
    began = clock.seconds()
    next_look_ms = 1000 * every_seconds
    for message in stream.messages():
        late = began + message.timestamp_ms / 1000 - clock.seconds()
        if late > 0:
            clock.advance(late)
        for packager in packagers:
            packager.write(message)
        if message.timestamp_ms >= next_look_ms:
            looked(_look(next_look_ms // 1000, stream, clock, origin, store, windows))
            next_look_ms += 1000 * every_seconds
    for packager in packagers:
        packager.end()


def _look(
    media_seconds: int,
    stream: Stream,
    clock: Clock,
    origin: Origin,
    store: MemorySegmentStore,
    windows: list[Window],
) -> Look:
    playlists = [parse_media(bytes(window.playlist(FULL).body).decode()) for window in windows]
    newest = playlists[0].segments[-1]
    assert newest.uri is not None
    segment = bytes(origin.media[f"0/{newest.uri}".encode()].body)
    gc.collect()
    return Look(
        media_seconds,
        len(gc.get_objects()),
        len(origin.media),
        len(store.objects),
        sum(len(a.body) for name, a in origin.media.items() if b"s" in name.rpartition(b"/")[2]),
        1000 * (clock.seconds() - _edge(playlists[0])),
        max(
            abs(1000 * (one - other))
            for one, other in zip(_dates(playlists[0]), _dates(playlists[-1]), strict=True)
        ),
        stream.sound_off_ms(segment),
    )


def _dates(playlist: MediaPlaylist) -> list[float]:
    return [s.date_time.timestamp() for s in playlist.segments if s.date_time is not None]


def _edge(playlist: MediaPlaylist) -> float:
    newest = playlist.all_segments[-1]
    assert newest.date_time is not None
    return newest.date_time.timestamp() + float(newest.length)


def samples_of(segment: bytes) -> list[Sample]:
    """
    The samples of a segment, chunk by chunk.
    """
    starts = [at for path, at, _ in boxes(segment) if path == "/moof"]
    chunks = pairwise([*starts, len(segment)])
    return [sample for start, end in chunks for sample in samples(segment[start:end])]
