"""
Synthetic streams for the packager, and a sink that holds it to the order of its calls.
"""

from collections.abc import Iterable, Iterator
from heapq import merge

from attrs import define, field
from zope.interface.verify import verifyObject

from owncastd.hls.packager import Packager
from owncastd.hls.segments import InitSection, Part
from owncastd.interfaces import IMediaSink
from owncastd.media.messages import MediaMessage
from tests.media.boxes import Sample, samples, sequence_number
from tests.media.samples import (
    audio_configuration,
    avcc,
    frame,
    on_metadata,
    sound,
    sps,
    video_configuration,
)

RECORD_30 = avcc(sps(timing=(1, 60)))
ANNOUNCED = on_metadata(videocodecid=7.0, audiocodecid=10.0, framerate=30.0)
#: How an ordinary encoder opens.
OPENING = (ANNOUNCED, video_configuration(RECORD_30), audio_configuration())


@define
class Segment:
    """
    A finished segment.

    @ivar discontinuities: how many were announced before it.
    """

    init: InitSection
    discontinuities: int
    parts: list[Part] = field(factory=list)

    @property
    def duration_ms(self) -> int:
        """
        The sum of its parts.
        """
        return sum(part.duration_ms for part in self.parts)

    def samples(self, track: int) -> list[Sample]:
        """
        What a player finds of one track.
        """
        return [s for part in self.parts for s in samples(part.data) if s.track == track]


@define
class RecordingPartSink:
    """
    Keeps segments; fails if the calls come out of order or a part is longer than announced.
    """

    segments: list[Segment] = field(factory=list)
    open: Segment | None = None
    init: InitSection | None = None
    begins: int = 0
    pending: int = 0
    ended: bool = False
    _sequence: int = 0

    def begin(self, init: InitSection) -> None:
        """
        Only between segments.
        """
        assert self.open is None
        assert not self.ended
        self.init = init
        self.begins += 1
        self._sequence = 0

    def add_part(self, part: Part) -> None:
        """
        Only under an init section, within its target, numbered on.
        """
        assert self.init is not None
        assert not self.ended
        assert 0 < part.duration_ms <= self.init.part_target_ms, part
        number = sequence_number(part.data)
        assert number > self._sequence
        self._sequence = number
        if self.open is None:
            self.open = Segment(self.init, self.pending)
            self.pending = 0
        self.open.parts.append(part)

    def end_segment(self) -> None:
        """
        Only after a part.
        """
        assert self.open is not None
        self.segments.append(self.open)
        self.open = None

    def discontinuity(self) -> None:
        """
        Only between segments.
        """
        assert self.open is None
        assert not self.ended
        self.pending += 1

    def end(self) -> None:
        """
        Only once, between segments.
        """
        assert self.open is None
        assert not self.ended
        self.ended = True

    @property
    def parts(self) -> list[Part]:
        """
        All parts of finished segments and of the open one.
        """
        segments = [*self.segments, self.open] if self.open else self.segments
        return [part for segment in segments for part in segment.parts]


def packaged(
    messages: Iterable[MediaMessage | None],
    *,
    part_seconds: float = 0.2,
    segment_seconds: float = 2.0,
    end: bool = True,
) -> RecordingPartSink:
    """
    What becomes of some messages; C{None} among them is a discontinuity.
    """
    sink = RecordingPartSink()
    packager = Packager(sink, part_seconds=part_seconds, segment_seconds=segment_seconds)
    assert verifyObject(IMediaSink, packager)
    for message in messages:
        if message is None:
            packager.discontinuity()
        else:
            packager.write(message)
    if end:
        packager.end()
    return sink


def video_frames(
    seconds: float,
    *,
    rate: float = 30.0,
    gop: int = 60,
    start_ms: float = 0.0,
    b_frames: bool = False,
    first: int = 0,
) -> Iterator[MediaMessage]:
    """
    Frames with timestamps rounded to milliseconds, a key frame every C{gop}.

    @param first: the number of the first frame, counted from a key frame.
    """
    offsets = (2, 4, 1, 1) if b_frames else (0,)
    for number in range(first, first + round(seconds * rate)):
        at = start_ms + 1000 * (number - first) / rate
        composition = 1000 * offsets[number % len(offsets)] / rate
        yield frame(
            round(at),
            key=number % gop == 0,
            composition_ms=round(composition),
            payload=b"v%d" % number,
        )


def sounds(
    seconds: float, *, rate: int = 48_000, start_ms: float = 0.0, samples_per_frame: int = 1024
) -> Iterator[MediaMessage]:
    """
    AAC frames with timestamps rounded to milliseconds.
    """
    for number in range(int(seconds * rate / samples_per_frame)):
        at = start_ms + 1000 * number * samples_per_frame / rate
        yield sound(round(at), b"a%d" % number)


def interleaved(*tracks: Iterable[MediaMessage]) -> Iterator[MediaMessage]:
    """
    Tracks as an encoder sends them: by decode time.
    """
    return merge(*tracks, key=lambda message: message.timestamp_ms)


def usual(seconds: float, *, start_ms: float = 0.0, b_frames: bool = False) -> list[MediaMessage]:
    """
    An ordinary stream: opening, 30 frames a second, 48 kHz.
    """
    return [
        *OPENING,
        *interleaved(
            video_frames(seconds, start_ms=start_ms, b_frames=b_frames),
            sounds(seconds, start_ms=start_ms),
        ),
    ]
