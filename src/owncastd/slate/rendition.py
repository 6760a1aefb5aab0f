"""
One rendition: the stream while there is one, a slate where the encoder is away.
"""

from collections.abc import Callable

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import IMediaSink
from owncastd.media.aac import AACConfiguration, parse_aac_configuration
from owncastd.media.avc import AVCConfiguration, parse_avc_configuration
from owncastd.media.clips import Clip, ClipShape, still_clip
from owncastd.media.configurations import Configurations, is_key_frame
from owncastd.media.errors import MediaError
from owncastd.media.flv import (
    AAC_HEADER_SIZE,
    AUDIO_CODEC_AAC,
    AVC_HEADER_SIZE,
    VIDEO_CODEC_AVC,
    parse_audio_tag,
    parse_video_tag,
)
from owncastd.media.messages import MediaMessage, MessageKind

from .interlude import Interlude, Interludes
from .reel import Reel

#: How long a clip is: as long as the shortest segments, of which all others are multiples.
CLIP_SECONDS = 2.0
#: Taken where nothing tells how many frames a second there are.
USUAL_FRAME_RATE = 30.0

_AUDIO = MessageKind.AUDIO
_VIDEO = MessageKind.VIDEO
#: How bodies with key frames and configurations begin: AVC's, and those of extended headers.
_KEY_HEADS = frozenset((b"\x17", b"\x90", b"\x91", b"\x93"))
_SOUND_HEAD = b"\x90"


@define
class _Seen:
    """
    What was seen of the stream since the last discontinuity that a slate may be made like.
    """

    configurations: Configurations = field(factory=Configurations)
    key_frame: MediaMessage | None = None
    frame_rate: float | None = None

    @property
    def enough(self) -> bool:
        """
        Whether a slate can be made like it, whatever else is missing.
        """
        if self.configurations.has_video:
            return self.key_frame is not None
        return self.configurations.latest(_AUDIO) is not None


@implementer(IMediaSink)
@define(eq=False)
class SlatedRendition:
    """
    A sink before the packager of a rendition, which gives it a slate during each interlude.

    An interlude lies at the same discontinuity in all renditions, so each begins it when it comes
    to that: one that is encoded perhaps a little later, when ffmpeg has finished. What it missed
    until then follows at once.

    @ivar gone: whether the rendition is offered no more.
    """

    _sink: IMediaSink
    _interludes: Interludes
    #: How many discontinuities there were.
    _number: int
    #: How many frames a second the stream has, if known.
    _frame_rate: Callable[[], float | None]
    #: The clip for a shape, if it is there already.
    _clip: Callable[[ClipShape], Clip | None]
    #: How long a repeated picture is shown, about.
    _still_seconds: float
    #: Called when what a slate has to be like has changed.
    _changed: Callable[[], None]
    gone: Callable[[], bool]
    #: Before the last discontinuity, as far as it was enough, and after it.
    _before: _Seen = field(init=False, factory=_Seen)
    _seen: _Seen = field(init=False, factory=_Seen)
    _reel: Reel | None = field(init=False, default=None)

    def write(self, message: MediaMessage) -> None:
        """
        Pass a message of the stream on. During an interlude only configurations count: it ends
        with the first picture.
        """
        kind, body = message.kind, message.body
        if kind is _VIDEO:
            # Configurations are marked as key frames, too.
            if body[:1] not in _KEY_HEADS and self._reel is None:
                self._sink.write(message)
                return
            if is_key_frame(message):
                self._seen.key_frame = message
            else:
                self._note(message)
        elif kind is not _AUDIO or body[1:2] == b"\x00" or body[:1] == _SOUND_HEAD:
            self._note(message)
        if self._reel is None:
            self._sink.write(message)

    def discontinuity(self) -> None:
        """
        Pass it on; perhaps it is where an interlude lies.
        """
        self._break()
        self.attend()

    def end(self) -> None:
        """
        Pass it on.
        """
        self._reel = None
        self._sink.end()

    @property
    def had_video(self) -> bool:
        """
        Whether there were pictures before the interlude.
        """
        return self._before.configurations.has_video

    def shape(self) -> ClipShape | None:
        """
        What a clip would have to be like now, or C{None} if there are no pictures.
        """
        self._seen.frame_rate = self._frame_rate()
        return _shape(self._seen)

    def attend(self) -> None:
        """
        Begin the interlude that lies here, if there is one; one that is over is passed through.
        """
        interlude = self._interludes.find(self._number)
        if interlude is None or self._reel is not None:
            return
        before = self._before
        if _foreign(before):
            # Nothing of ours fits between: the rendition waits.
            self._reel = Reel(None, None, interlude.begins_ms)
        else:
            self._reel = Reel(self._pictures(before), _audio(before), interlude.begins_ms)
        self.play(interlude)
        if interlude.over:
            self.leave()

    def play(self, interlude: Interlude) -> None:
        """
        Go on with the slate, up to where the interlude is.
        """
        if self._reel is not None and not self.gone():
            for message in self._reel.until(interlude.position_ms):
                self._sink.write(message)

    def leave(self) -> None:
        """
        The interlude is over: the stream follows, after a discontinuity.
        """
        if self._reel is not None:
            known = self._seen
            self._break()
            # What came of the stream in the meantime belongs to what follows.
            self._seen = known
            self._return()

    def abandon(self) -> None:
        """
        The interlude was too short to show anything: the stream goes on.
        """
        if self._reel is not None:
            self._return()

    def _return(self) -> None:
        """
        The stream is passed on again, beginning with what was held back of it.
        """
        self._reel = None
        for message in self._seen.configurations.repeated():
            self._sink.write(message)

    def _note(self, message: MediaMessage) -> None:
        before = self._seen.configurations.repeated()
        self._seen.configurations.note(message)
        if self._seen.configurations.repeated() != before:
            self._changed()

    def _break(self) -> None:
        self._number += 1
        if self._seen.enough:
            self._before = self._seen
            self._before.frame_rate = self._frame_rate()
        self._seen = _Seen()
        self._sink.discontinuity()

    def _pictures(self, seen: _Seen) -> Clip | None:
        """
        Our own clip, or the last key frame where there is none.
        """
        shape = _shape(seen)
        if shape is None:
            return None
        clip = self._clip(shape)
        if clip is not None or seen.key_frame is None:
            return clip
        configuration = seen.configurations.latest(_VIDEO)
        assert configuration is not None
        frame_ms = 1000 / shape.frame_rate
        # As many of its frames as a part has, so that it fits the parts.
        frames = max(1, round(1000 * self._still_seconds / frame_ms))
        return still_clip(configuration.body, seen.key_frame.body, frames * frame_ms)


def _shape(seen: _Seen) -> ClipShape | None:
    """
    What a clip would have to be like, or C{None} without pictures.
    """
    video = _video(seen)
    if video is None:
        return None
    rate = video.parameters.frame_rate or seen.frame_rate or USUAL_FRAME_RATE
    return ClipShape.like(video, rate, CLIP_SECONDS)


def _foreign(seen: _Seen) -> bool:
    """
    Whether a track is of another codec than the slate's, so that a player would not take the one
    after the other.
    """
    video, audio = seen.configurations.latest(_VIDEO), seen.configurations.latest(_AUDIO)
    return (video is not None and parse_video_tag(video.body).codec != VIDEO_CODEC_AVC) or (
        audio is not None and parse_audio_tag(audio.body).codec != AUDIO_CODEC_AAC
    )


def _video(seen: _Seen) -> AVCConfiguration | None:
    message = seen.configurations.latest(_VIDEO)
    if message is None or _foreign(seen):
        return None
    try:
        return parse_avc_configuration(message.body[AVC_HEADER_SIZE:])
    except MediaError:
        return None


def _audio(seen: _Seen) -> AACConfiguration | None:
    message = seen.configurations.latest(_AUDIO)
    if message is None:
        return None
    try:
        return parse_aac_configuration(message.body[AAC_HEADER_SIZE:])
    except MediaError:
        return None
