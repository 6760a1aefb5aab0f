"""
A rendition for every player, beside a source that not every player plays.
"""

from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import IMediaSink
from owncastd.media.errors import MediaError
from owncastd.media.flv import (
    AUDIO_CODEC_AAC,
    VIDEO_CODEC_AVC,
    parse_audio_tag,
    parse_video_tag,
)
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition

from .beside import AlignedSource

#: How much media is waited for until it is clear what the encoder sends.
DECIDE_MS: Final = 1000
#: And no more than this many messages and bytes of it.
MAX_HELD: Final = 512
MAX_HELD_BYTES: Final = 8 * 1024 * 1024

#: What it is like where pictures are encoded: what most machines encode beside everything else.
_HEIGHT: Final = 720
_FRAME_RATE: Final = 30
_VIDEO_KBPS: Final = 2500
_CPU_USAGE_LEVEL: Final = 1
_AUDIO_KBPS: Final = 160


class Offer(Protocol):
    """
    Makes one more rendition of a broadcast.
    """

    def __call__(self, rendition: Rendition, realign: Callable[[], None], /) -> IMediaSink:
        """
        Make it.

        @param realign: to be called where the rendition has a discontinuity that the broadcast has
            not, before the source gets what follows it.
        @return: what makes it of the source.
        """


def companion_of(video: int | None, audio: int | None) -> Rendition | None:
    """
    What should be offered beside a source; C{None} if every player plays the source.

    @param video: codec of the source's pictures, C{None} without any; C{audio} likewise.
    """
    plain_video = video in (None, VIDEO_CODEC_AVC)
    plain_audio = audio in (None, AUDIO_CODEC_AAC)
    if plain_video and plain_audio:
        return None
    return Rendition(
        name="H.264 and AAC",
        video_passthrough=plain_video,
        audio_passthrough=plain_audio,
        video_bitrate_kbps=_VIDEO_KBPS,
        audio_bitrate_kbps=_AUDIO_KBPS,
        scaled_height=_HEIGHT,
        framerate=_FRAME_RATE,
        cpu_usage_level=_CPU_USAGE_LEVEL,
    )


@implementer(IMediaSink)
@define(eq=False)
class AccompaniedSource:
    """
    The source as the only rendition of a broadcast, unless what comes is not H.264 and AAC: then
    those are offered beside it.

    @ivar source: where the source goes in either case.
    @ivar offer: makes the other rendition.
    """

    _source: IMediaSink
    _offer: Offer
    _aligned: AlignedSource = field(init=False)
    #: What came since the beginning, until it is decided.
    _held: list[MediaMessage] | None = field(init=False, factory=list)
    _held_bytes: int = field(init=False, default=0)
    _codecs: dict[MessageKind, int] = field(init=False, factory=dict)
    _companion: IMediaSink | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._aligned = AlignedSource(self._source)

    def write(self, message: MediaMessage) -> None:
        """
        Pass a message on; perhaps it tells what the encoder sends.
        """
        if self._companion is not None:
            # What it marks in the source comes before what it marks it for.
            self._companion.write(message)
            self._aligned.write(message)
        elif self._held is None:
            self._source.write(message)
        else:
            self._aligned.write(message)
            self._hold(message, self._held)

    def discontinuity(self) -> None:
        """
        Pass it on. What follows may be something else.
        """
        if self._companion is not None:
            self._companion.discontinuity()
        else:
            self._held, self._held_bytes = [], 0
            self._codecs.clear()
        self._aligned.discontinuity()

    def end(self) -> None:
        """
        Pass it on.
        """
        if self._companion is not None:
            self._companion.end()
        self._aligned.end()

    def _hold(self, message: MediaMessage, held: list[MediaMessage]) -> None:
        """
        Keep a message for the companion, until it is clear whether there will be one.
        """
        held.append(message)
        self._held_bytes += len(message.body)
        try:
            if message.kind is MessageKind.VIDEO:
                self._codecs[message.kind] = parse_video_tag(message.body).codec
            elif message.kind is MessageKind.AUDIO:
                self._codecs[message.kind] = parse_audio_tag(message.body).codec
        except MediaError:
            return
        if (
            len(self._codecs) > 1
            or message.timestamp_ms - held[0].timestamp_ms >= DECIDE_MS
            or len(held) >= MAX_HELD
            or self._held_bytes >= MAX_HELD_BYTES
        ):
            self._decide(held)

    def _decide(self, held: list[MediaMessage]) -> None:
        self._held = None
        rendition = companion_of(
            self._codecs.get(MessageKind.VIDEO), self._codecs.get(MessageKind.AUDIO)
        )
        if rendition is None:
            return
        companion = self._offer(rendition, self._aligned.mark)
        self._companion = companion
        for message in held:
            companion.write(message)
