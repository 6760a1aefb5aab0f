"""
The packager: media messages in, CMAF parts and segments out.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import IMediaSink
from owncastd.media.codecs import AUDIO_CODECS, VIDEO_CODECS, AudioCodec, VideoCodec
from owncastd.media.errors import MalformedFLV, MediaError, UnsupportedCodec
from owncastd.media.flv import (
    PacketType,
    VideoFrameType,
    parse_audio_tag,
    parse_video_tag,
)
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.metadata import read_on_metadata
from owncastd.media.tracks import AudioTrack, VideoTrack

from .announced import AnnouncedTracks, announced_tracks
from .cutting import MAX_PART_BYTES, AudioRun, VideoRun
from .frame_rate import MEASURED_FRAMES, measured_frame_rate
from .segments import PartSink

#: How much media is held at the beginning for a track that may still come, or to learn the rate.
START_WAIT_MS: Final = 1000
#: How many messages are held at the beginning; and how many of audio before the first key frame.
MAX_HELD_MESSAGES: Final = 1024
MAX_EARLY_SOUNDS: Final = 64
#: Messages further than this from where the parts end are on another clock, unannounced.
CLOCK_JUMP_MS: Final = 5000

#: Plain integers: these are compared with for every message.
_KEY_FRAME: Final = int(VideoFrameType.KEY)
_CONFIGURATION: Final = int(PacketType.CONFIGURATION)
_MEDIA: Final = int(PacketType.MEDIA)

#: What is not carried, by name.
_FOREIGN_VIDEO: Final = {
    2: "Sorenson H.263",
    3: "Screen",
    4: "VP6",
    5: "VP6",
    6: "Screen",
    12: "HEVC without an extended header",
}
_FOREIGN_AUDIO: Final = {0: "PCM", 1: "ADPCM", 2: "MP3", 3: "PCM", 6: "Nellymoser", 11: "Speex"}


@define
class _Held:
    """
    Audio or video that waits for the beginning.
    """

    timestamp_ms: int
    payload: memoryview
    video: bool
    composition_ms: int = 0
    key: bool = False


@implementer(IMediaSink)
@define(eq=False)
class Packager:
    """
    Cuts one rendition into parts and segments.

    A part leaves as soon as its last frame is there. A segment starts at a key frame; it ends, at
    once, when the first one comes after it has its length. Malformed messages are dropped with a
    log line; codecs that are not in the tables are ignored with one.

    @param sink: where the parts go.
    @param part_seconds: the wanted part duration; it is fitted to whole frames.
    @param segment_seconds: how long a segment is at least.
    """

    _log = Logger()

    _sink: PartSink
    _part_seconds: float = field(kw_only=True)
    _segment_seconds: float = field(kw_only=True)
    #: The latest configurations since the last discontinuity.
    _video: VideoTrack | None = field(init=False, default=None)
    _audio: AudioTrack | None = field(init=False, default=None)
    #: And whose they are.
    _video_codec: VideoCodec | None = field(init=False, default=None)
    _audio_codec: AudioCodec | None = field(init=False, default=None)
    _announced: AnnouncedTracks = field(init=False, factory=AnnouncedTracks)
    #: Tracks of codecs that are not carried are not waited for.
    _foreign_video: bool = field(init=False, default=False)
    _foreign_audio: bool = field(init=False, default=False)
    _run: VideoRun | AudioRun | None = field(init=False, default=None)
    #: A run was ended from here, so that the next one needs a discontinuity before it.
    _broken: bool = field(init=False, default=False)
    #: A frame duration seen to be longer than what is declared.
    _seen_frame_ms: float = field(init=False, default=0.0)
    _held: list[_Held] = field(init=False, factory=list)
    _held_bytes: int = field(init=False, default=0)
    _held_frames: int = field(init=False, default=0)
    _dropped: int = field(init=False, default=0)
    _warned: set[MessageKind] = field(init=False, factory=set)

    def write(self, message: MediaMessage) -> None:
        """
        Take one message.
        """
        kind = message.kind
        try:
            if kind is MessageKind.VIDEO:
                self._write_video(message)
            elif kind is MessageKind.AUDIO:
                self._write_audio(message)
            elif kind is MessageKind.METADATA:
                self._announced = announced_tracks(read_on_metadata(message.body))
        except MediaError as error:
            self._note_dropped(error)

    def discontinuity(self) -> None:
        """
        Finish the current segment; what follows brings its own configuration.
        """
        self._finish()
        self._video = self._audio = None
        self._video_codec = self._audio_codec = None
        self._announced = AnnouncedTracks()
        self._foreign_video = self._foreign_audio = self._broken = False
        self._seen_frame_ms = 0.0
        self._sink.discontinuity()

    def end(self) -> None:
        """
        Finish the last segment.
        """
        self._finish()
        self._sink.end()

    def _write_video(self, message: MediaMessage) -> None:
        """
        Tell configurations from frames.
        """
        body = message.body
        header = parse_video_tag(body)
        codec = VIDEO_CODECS.get(header.codec)
        if codec is None:
            self._foreign_video = True
            self._note_foreign(message.kind, _video_codec_name(header.codec))
        elif header.packet_type == _MEDIA:
            if len(body) <= header.size:
                raise MalformedFLV("video message without a frame")
            payload = memoryview(body)[header.size :]
            if codec is not self._video_codec:
                return
            if codec.trimmed is not None:
                payload = codec.trimmed(payload)
            self._take_frame(
                max(message.timestamp_ms, 0),
                header.composition_time_ms,
                header.frame_type == _KEY_FRAME,
                payload,
            )
        elif header.packet_type == _CONFIGURATION:
            self._take_video_track(codec, codec.parse(body[header.size :]))

    def _write_audio(self, message: MediaMessage) -> None:
        """
        Tell configurations from frames.
        """
        body = message.body
        header = parse_audio_tag(body)
        codec = AUDIO_CODECS.get(header.codec)
        if codec is None:
            self._foreign_audio = True
            name = _FOREIGN_AUDIO.get(header.codec, f"audio format {header.codec}")
            self._note_foreign(message.kind, name)
        elif header.packet_type == _MEDIA:
            if len(body) <= header.size:
                raise MalformedFLV("audio message without a frame")
            payload = memoryview(body)[header.size :]
            if codec is not self._audio_codec:
                if codec.described is None:
                    return
                described = codec.described
                self._take_audio_track(codec, lambda: described(payload))
            self._take_sound(max(message.timestamp_ms, 0), payload)
        elif header.packet_type == _CONFIGURATION and codec.parse is not None:
            parse = codec.parse
            self._take_audio_track(codec, lambda: parse(body[header.size :]))

    def _take_video_track(self, codec: VideoCodec, track: VideoTrack) -> None:
        """
        A changed configuration ends what runs: frames of the old one are over.
        """
        if self._video is not None and self._video.entry == track.entry:
            return
        if isinstance(self._run, VideoRun) or self._held_frames:
            self._break()
        self._video, self._video_codec = track, codec

    def _take_audio_track(self, codec: AudioCodec, read: Callable[[], AudioTrack]) -> None:
        """
        A changed configuration ends what runs, with video at its next key frame.

        @param read: gives the new one.
        """
        run = self._run
        try:
            track = read()
        except UnsupportedCodec as error:
            # Its frames would not decode under the former configuration.
            self._audio = None
            self._foreign_audio = True
            self._note_foreign(MessageKind.AUDIO, str(error))
        else:
            self._audio_codec = codec
            if self._audio is not None and self._audio.entry == track.entry:
                return
            if run is not None and run.audio is not None and run.audio.entry == track.entry:
                self._audio = run.audio
                return
            self._audio = track
        if isinstance(run, AudioRun):
            self._break()
        elif run is None:
            # What is held of a former one must not be played with this one.
            self._held = [each for each in self._held if each.video]
            self._held_bytes = sum(len(each.payload) for each in self._held)
            self._try_start()

    def _take_frame(
        self, timestamp_ms: int, composition_ms: int, key: bool, payload: memoryview
    ) -> None:
        """
        Pass a frame on to the run, or hold it for the beginning.
        """
        run = self._run
        if isinstance(run, VideoRun):
            if abs(timestamp_ms - run.position_ms) > CLOCK_JUMP_MS or (
                key and run.audio is not self._audio
            ):
                self._break()
            else:
                run.write_video(timestamp_ms, composition_ms, key, payload)
                return
        if self._video is None or not (key or self._held_frames):
            return
        codec = self._video_codec
        if key and codec is not None and codec.completed is not None:
            self._video = codec.completed(self._video, payload)
        if run is not None and self._run is run:
            # Video joins audio that has run alone.
            self._break()
        self._hold(_Held(timestamp_ms, payload, True, composition_ms, key))

    def _take_sound(self, timestamp_ms: int, payload: memoryview) -> None:
        """
        Pass an audio frame on to the run, or hold it for the beginning.
        """
        run = self._run
        if self._audio is None or (run is not None and run.audio is not self._audio):
            return
        if run is None:
            codec = self._audio_codec
            if codec is not None and codec.completed is not None:
                self._audio = codec.completed(self._audio, payload)
            self._hold(_Held(timestamp_ms, payload, False))
        elif abs(timestamp_ms - run.position_ms) <= CLOCK_JUMP_MS:
            run.write_audio(timestamp_ms, payload)
        elif isinstance(run, AudioRun):
            self._break()
            self._hold(_Held(timestamp_ms, payload, False))
        else:
            raise MalformedFLV("audio far away from the video")

    def _hold(self, held: _Held) -> None:
        """
        Keep a message for the beginning, and begin if that was all it took.
        """
        self._held.append(held)
        self._held_bytes += len(held.payload)
        self._held_frames += held.video
        if not self._held_frames and self._video is not None:
            # Only what lies beside the first key frame will be used.
            while len(self._held) > MAX_EARLY_SOUNDS or self._held_bytes > MAX_PART_BYTES:
                self._held_bytes -= len(self._held.pop(0).payload)
        self._try_start()

    def _try_start(self) -> None:
        """
        Begin, if it is known what with.
        """
        if not self._held or self._run is not None:
            return
        if self._video is None:
            settled = self._announced.has_video is False or self._foreign_video
        elif not self._held_frames:
            return
        else:
            settled = (
                self._audio is not None or self._announced.has_audio is False or self._foreign_audio
            ) and (self._declared_frame_rate is not None or self._held_frames >= MEASURED_FRAMES)
        first = next((each for each in self._held if each.key), self._held[0])
        if (
            settled
            or self._held[-1].timestamp_ms - first.timestamp_ms >= START_WAIT_MS
            or len(self._held) >= MAX_HELD_MESSAGES
            or self._held_bytes >= MAX_PART_BYTES
        ):
            self._start()

    @property
    def _declared_frame_rate(self) -> float | None:
        """
        The frame rate that the encoder tells, most reliable place first.
        """
        if self._video is not None and self._video.frame_rate is not None:
            return self._video.frame_rate
        return self._announced.frame_rate

    def _start(self) -> None:
        """
        Begin a run with what is held.
        """
        held, self._held = self._held, []
        self._held_bytes = self._held_frames = 0
        if self._broken:
            self._broken = False
            self._sink.discontinuity()
        part_ms, segment_ms = 1000 * self._part_seconds, 1000 * self._segment_seconds
        frames = [each.timestamp_ms for each in held if each.video]
        if not frames:
            assert self._audio is not None
            sounds = AudioRun(self._sink, part_ms, segment_ms, held[0].timestamp_ms, self._audio)
            self._run = sounds
            for each in held:
                sounds.write_audio(each.timestamp_ms, each.payload)
            return
        assert self._video is not None
        frame_rate = self._declared_frame_rate or measured_frame_rate(frames[:MEASURED_FRAMES])
        run = VideoRun(
            self._sink,
            part_ms,
            segment_ms,
            frames[0],
            frame_rate,
            max(1000 / frame_rate, self._seen_frame_ms),
            self._video,
            self._audio,
        )
        self._run = run
        for each in held:
            if each.video:
                run.write_video(each.timestamp_ms, each.composition_ms, each.key, each.payload)
            elif each.timestamp_ms >= frames[0]:
                run.write_audio(each.timestamp_ms, each.payload)

    def _finish(self) -> None:
        """
        End the run, after beginning it with what is held if need be, so that nothing is lost.
        """
        if self._run is None and (self._held_frames or (self._held and self._video is None)):
            self._start()
        if self._run is not None:
            self._run.finish()
        self._run = None
        self._held = []
        self._held_bytes = self._held_frames = 0

    def _break(self) -> None:
        """
        End the run without having been told; the next one needs a discontinuity before it.
        """
        if isinstance(self._run, VideoRun):
            self._seen_frame_ms = self._run.frame_ms
        self._finish()
        self._broken = True

    def _note_dropped(self, error: MediaError) -> None:
        """
        Log a dropped message: the first, then ever more rarely.
        """
        self._dropped += 1
        if self._dropped & (self._dropped - 1) == 0:
            self._log.warn(
                "Media message dropped, number {count}: {error}",
                count=self._dropped,
                error=str(error),
            )

    def _note_foreign(self, kind: MessageKind, codec: str) -> None:
        """
        Log once per track that its codec is not carried.
        """
        if kind not in self._warned:
            self._warned.add(kind)
            self._log.warn(
                "{kind} is not packaged ({codec}): send H.264 video and AAC audio.",
                kind=kind.name.capitalize(),
                codec=codec,
            )


def _video_codec_name(codec: int) -> str:
    """
    A video codec as an operator may know it.
    """
    if codec <= 0x0F:
        return _FOREIGN_VIDEO.get(codec, f"video codec {codec}")
    text = codec.to_bytes(4, "big").decode("latin-1")
    return text if text.isascii() and text.isprintable() else f"video codec {codec:#x}"
