"""
Where parts and segments end: one continuous run of media under one init section.
"""

from typing import Final

from attrs import define, field

from owncastd.media import cmaf
from owncastd.media.tracks import AudioTrack, VideoTrack

from .audio_clock import RESYNC_MS, AudioClock
from .frame_rate import FrameStep, fitted_target_ms
from .segments import InitSection, Part, PartSink

#: A segment is cut without a key frame at this length, so that memory stays bounded.
MAX_SEGMENT_MS: Final = 16_000
#: A part is cut early past either of these, the second counting in each track.
MAX_PART_BYTES: Final = 32 * 1024 * 1024
MAX_PART_SAMPLES: Final = 2048
#: How far audio may run ahead before parts are made without video.
VIDEO_WAIT_MS: Final = 2000

_TICKS_PER_MS: Final = cmaf.VIDEO_TIMESCALE // 1000


@define
class PartWriter:
    """
    Hands finished parts to the sink, and keeps the clock that their durations add up to.

    @ivar cut_ms: where the last part ended: the announced durations sum up to here exactly.
    @ivar target_ms: no part may be longer.
    """

    _sink: PartSink
    cut_ms: int
    target_ms: int
    _segment_began_ms: int = field(init=False)
    _segment_open: bool = field(init=False, default=False)
    _segment_independent: bool = field(init=False, default=True)
    _sequence: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        """
        The first segment begins where the first part does.
        """
        self._segment_began_ms = self.cut_ms

    def segment_is_ripe(self, at_ms: float, segment_ms: float) -> bool:
        """
        Whether the current segment may end at a key frame at that time.

        One that had to begin without a key frame ends at the first that comes.
        """
        if not self._segment_open:
            return False
        return not self._segment_independent or at_ms - self._segment_began_ms >= segment_ms

    def clamp(self, end_ms: int) -> int:
        """
        The end of the next part, nearest to that time: later than its beginning, and no later than
        the target allows.
        """
        return max(self.cut_ms + 1, min(end_ms, self.cut_ms + self.target_ms))

    def add(
        self,
        end_ms: int,
        video: cmaf.VideoSamples | None,
        audio: cmaf.AudioSamples | None,
        independent: bool,
        shown_ms: int | None = None,
    ) -> None:
        """
        Hand over a part that lasts until that time.

        @param shown_ms: when the first of it is shown, if not when it is decoded.
        """
        self._sequence += 1
        if not self._segment_open:
            self._segment_independent = independent
            self._segment_open = True
        data = cmaf.chunk(self._sequence, video, audio)
        begins_ms = self.cut_ms if shown_ms is None else shown_ms
        self._sink.add_part(Part(data, end_ms - self.cut_ms, independent, begins_ms))
        self.cut_ms = end_ms
        if end_ms - self._segment_began_ms >= MAX_SEGMENT_MS:
            self.end_segment()

    def end_segment(self) -> None:
        """
        Close the current segment, if it has parts.
        """
        if self._segment_open:
            self._segment_open = False
            self._sink.end_segment()
        self._segment_began_ms = self.cut_ms


@define
class _Sounds:
    """
    Audio frames that wait for their part.
    """

    clock: AudioClock
    timestamps: list[int] = field(factory=list)
    payloads: list[memoryview] = field(factory=list)

    def append(self, timestamp_ms: int, payload: memoryview) -> None:
        """
        One more.
        """
        self.timestamps.append(timestamp_ms)
        self.payloads.append(payload)

    def take(self, before_ms: int | None) -> cmaf.AudioSamples | None:
        """
        Give what goes into the next part: up to that time, and up to the first gap, since samples
        of one part follow each other.
        """
        timestamps = self.timestamps
        count = len(timestamps)
        if before_ms is not None:
            while count and timestamps[count - 1] >= before_ms:
                count -= 1
        if not count:
            return None
        first = timestamps[0]
        frame_ms = self.clock.frame_ms
        if abs(timestamps[count - 1] - first - (count - 1) * frame_ms) > RESYNC_MS:
            for index in range(1, count):
                if abs(timestamps[index] - first - index * frame_ms) > RESYNC_MS:
                    count = index
                    break
        start, duration = self.clock.place(max(first, 0), count)
        samples = cmaf.AudioSamples(start, duration, self.payloads[:count])
        del self.timestamps[:count], self.payloads[:count]
        return samples


@define
class VideoRun:
    """
    Video, with or without audio, cut at its frames.

    A part leaves with its last frame, whose duration is the expected one. The decode clock goes on
    from that announced end, so parts follow each other without a seam in decode time; how far a
    frame really was from it goes into its composition offset. Where frames come later than
    expected, the announced clock falls behind, and shorter parts announced in full bring it back.

    The first frame is decoded when it is shown, and those that it is shown after follow closely
    until the decode clock has caught up. Players put the first decode time of a run where the
    playlist has the run, so that there is no hole before it that they would have to jump over.

    @ivar audio: the configuration of the audio that belongs to it.
    """

    _sink: PartSink
    _part_ms: float
    _segment_ms: float
    _begin_ms: int
    _frame_rate: float
    _declared_frame_ms: float
    video: VideoTrack
    audio: AudioTrack | None
    _writer: PartWriter = field(init=False)
    _step: FrameStep = field(init=False)
    _sounds: _Sounds | None = field(init=False)
    #: Timestamp, composition time, whether it is a key frame.
    _frames: list[tuple[int, int, bool]] = field(init=False, factory=list)
    _payloads: list[memoryview] = field(init=False, factory=list)
    _bytes: int = field(init=False, default=0)
    _begun: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        """
        Announce the init section.
        """
        self._step = FrameStep(self._declared_frame_ms)
        self._sounds = _sounds(self.audio) if self.audio is not None else None
        target_ms = fitted_target_ms(self._part_ms, self._step.expected_ms)
        self._writer = PartWriter(self._sink, self._begin_ms, target_ms)
        self._announce()

    @property
    def position_ms(self) -> int:
        """
        Where the announced parts end.
        """
        return self._writer.cut_ms

    @property
    def frame_ms(self) -> float:
        """
        How long a frame lasts by what was seen.
        """
        return self._step.expected_ms

    def write_video(
        self, timestamp_ms: int, composition_ms: int, key: bool, payload: memoryview
    ) -> None:
        """
        Take a frame, in decode order.
        """
        writer = self._writer
        frame_ms = self._step.expected_ms
        # Half a frame more than the target still counts as fitting: rounding must not cost a frame.
        limit = writer.cut_ms + writer.target_ms - 0.5 * frame_ms
        if key and writer.segment_is_ripe(timestamp_ms + 0.5 * frame_ms, self._segment_ms):
            if self._frames:
                self._cut(timestamp_ms)
            writer.end_segment()
            if self._step.expected_ms > writer.target_ms:
                # What was declared is wrong: not even one frame fits.
                writer.target_ms = fitted_target_ms(self._part_ms, self._step.expected_ms)
                self._announce()
            limit = writer.cut_ms + writer.target_ms - 0.5 * frame_ms
        elif self._frames and timestamp_ms > limit:
            self._cut(timestamp_ms)
            limit = writer.cut_ms + writer.target_ms - 0.5 * frame_ms
        self._step.note(timestamp_ms)
        self._frames.append((timestamp_ms, composition_ms, key))
        self._payloads.append(payload)
        self._bytes += len(payload)
        if (
            timestamp_ms + frame_ms > limit
            or self._bytes >= MAX_PART_BYTES
            or len(self._frames) >= MAX_PART_SAMPLES
        ):
            self._cut(None)

    def write_audio(self, timestamp_ms: int, payload: memoryview) -> None:
        """
        Take an audio frame.
        """
        sounds, writer = self._sounds, self._writer
        assert sounds is not None
        sounds.append(timestamp_ms, payload)
        self._bytes += len(payload)
        if timestamp_ms - writer.cut_ms > writer.target_ms + VIDEO_WAIT_MS:
            self._cut(writer.cut_ms + writer.target_ms)
        elif self._bytes >= MAX_PART_BYTES or len(sounds.payloads) >= MAX_PART_SAMPLES:
            self._cut(None)

    def finish(self) -> None:
        """
        Give what is left as the last part, and end the segment where the pictures end: sound that
        is left alone goes with them, or a player would look for pictures there.
        """
        while self._frames:
            self._cut(None, all_sounds=True)
        while self._sounds is not None and self._sounds.payloads:
            self._cut(self._writer.cut_ms, all_sounds=True)
        self._writer.end_segment()

    def _cut(self, next_ms: int | None, *, all_sounds: bool = False) -> None:
        """
        Make a part of what waits.

        @param next_ms: when the next frame comes, or C{None} if that has to be guessed. Audio of
            that time and later waits for the next part.
        @param all_sounds: audio does not wait.
        """
        writer, frames = self._writer, self._frames
        if not frames:
            self._cut_sounds(next_ms, all_sounds=all_sounds)
            return
        self._step.learn()
        if next_ms is None:
            next_ms = frames[-1][0] + round(self._step.expected_ms)
        sounds = None
        if self._sounds is not None:
            sounds = self._sounds.take(None if all_sounds else next_ms)
        begin_ms = writer.cut_ms
        if not self._begun:
            self._begun = True
            begin_ms += min(max(frames[0][1], 0), writer.clamp(next_ms) - begin_ms - 1)
        decode_times = [begin_ms * _TICKS_PER_MS]
        previous = decode_times[0]
        for timestamp_ms, _, _ in frames[1:]:
            previous = max(previous + 1, timestamp_ms * _TICKS_PER_MS)
            decode_times.append(previous)
        end_ms = max(writer.clamp(next_ms), previous // _TICKS_PER_MS + 1)
        decode_times.append(end_ms * _TICKS_PER_MS)
        table: list[int] = []
        for index, (timestamp_ms, composition_ms, key) in enumerate(frames):
            decode_time = decode_times[index]
            table += (
                decode_times[index + 1] - decode_time,
                len(self._payloads[index]),
                cmaf.SYNC_SAMPLE if key else cmaf.NON_SYNC_SAMPLE,
                ((timestamp_ms + composition_ms) * _TICKS_PER_MS - decode_time) & 0xFFFFFFFF,
            )
        video = cmaf.VideoSamples(decode_times[0], table, self._payloads)
        shown_ms, independent = frames[0][0] + frames[0][1], frames[0][2]
        self._frames, self._payloads = [], []
        self._bytes = sum(map(len, self._sounds.payloads)) if self._sounds is not None else 0
        writer.add(end_ms, video, sounds, independent, shown_ms)

    def _cut_sounds(self, next_ms: int | None, *, all_sounds: bool) -> None:
        """
        Make a part without video.
        """
        if self._sounds is None or self.audio is None:
            return
        # Where the audio itself begins later, the announced clock has to get there.
        sounds = (None if all_sounds else self._sounds.take(next_ms)) or self._sounds.take(None)
        if sounds is None:
            return
        self._bytes -= sum(map(len, sounds.payloads))
        if next_ms is None:
            end = sounds.decode_time + sounds.duration * len(sounds.payloads)
            next_ms = 1000 * end // self.audio.sample_rate
        self._writer.add(self._writer.clamp(next_ms), None, sounds, False)

    def _announce(self) -> None:
        """
        Begin the following segments.
        """
        codecs = self.video.codecs
        if self.audio is not None:
            codecs = f"{codecs},{self.audio.codecs}"
        self._sink.begin(
            InitSection(
                data=cmaf.header(self.video, self.audio),
                codecs=codecs,
                width=self.video.width,
                height=self.video.height,
                frame_rate=round(self._frame_rate, 3),
                part_target_ms=self._writer.target_ms,
            )
        )


@define
class AudioRun:
    """
    Audio alone, cut on time: every part can be played by itself.
    """

    _sink: PartSink
    _part_ms: float
    _segment_ms: float
    _begin_ms: int
    audio: AudioTrack
    _writer: PartWriter = field(init=False)
    _sounds: _Sounds = field(init=False)
    _bytes: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        """
        Announce the init section.
        """
        self._sounds = _sounds(self.audio)
        target_ms = fitted_target_ms(self._part_ms, self._sounds.clock.frame_ms)
        self._writer = PartWriter(self._sink, self._begin_ms, target_ms)
        self._sink.begin(
            InitSection(
                data=cmaf.header(None, self.audio),
                codecs=self.audio.codecs,
                width=None,
                height=None,
                frame_rate=None,
                part_target_ms=target_ms,
            )
        )

    @property
    def position_ms(self) -> int:
        """
        Where the announced parts end.
        """
        return self._writer.cut_ms

    def write_audio(self, timestamp_ms: int, payload: memoryview) -> None:
        """
        Take an audio frame.
        """
        writer, sounds = self._writer, self._sounds
        frame_ms = sounds.clock.frame_ms
        limit = writer.cut_ms + writer.target_ms + 0.5 * frame_ms
        if sounds.payloads and timestamp_ms + frame_ms > limit + RESYNC_MS:
            self._cut()
            limit = writer.cut_ms + writer.target_ms + 0.5 * frame_ms
        sounds.append(timestamp_ms, payload)
        self._bytes += len(payload)
        if (
            timestamp_ms + 2 * frame_ms > limit
            or len(sounds.payloads) >= MAX_PART_SAMPLES
            or self._bytes >= MAX_PART_BYTES
        ):
            self._cut()

    def finish(self) -> None:
        """
        Give what is left as the last part, and end the segment.
        """
        while self._sounds.payloads:
            self._cut()
        self._writer.end_segment()

    def _cut(self) -> None:
        """
        Make a part of what waits.
        """
        writer = self._writer
        samples = self._sounds.take(None)
        if samples is None:
            return
        self._bytes = sum(map(len, self._sounds.payloads))
        end = samples.decode_time + samples.duration * len(samples.payloads)
        end_ms = writer.clamp(round(1000 * end / self.audio.sample_rate))
        writer.add(end_ms, None, samples, True)
        if writer.segment_is_ripe(writer.cut_ms + 0.5 * writer.target_ms, self._segment_ms):
            writer.end_segment()


def _sounds(audio: AudioTrack) -> _Sounds:
    """
    An empty queue on a new clock.
    """
    return _Sounds(AudioClock(audio.sample_rate, audio.samples_per_frame))
