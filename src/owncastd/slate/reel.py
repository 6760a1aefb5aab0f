"""
A clip and silence, over and over, as messages on the broadcast's clock.
"""

import struct
from collections.abc import Iterator
from typing import Final

from attrs import define, field

from owncastd.media.aac import AACConfiguration
from owncastd.media.clips import Clip
from owncastd.media.flv import AUDIO_CODEC_AAC, VIDEO_CODEC_AVC, PacketType
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.silence import silent_frame

#: An AAC body: its format (44.1 kHz, 16 bits and stereo stand for whatever the configuration says),
#: and what follows (FLV v10.1, E.4.2.1).
_AAC_CONFIGURATION: Final = bytes([0xAF, PacketType.CONFIGURATION])
AAC_MEDIA: Final = bytes([0xAF, PacketType.MEDIA])


def announcement(*, frame_rate: float | None, audio: bool) -> bytes:
    """
    The body of an C{onMetaData} that names the tracks to come, and thereby says that no other is
    to be waited for (FLV v10.1, E.5).

    @param frame_rate: pictures a second, or C{None} if there are none.
    """
    properties: dict[str, float] = {}
    if frame_rate is not None:
        properties = {"videocodecid": VIDEO_CODEC_AVC, "framerate": frame_rate}
    if audio:
        properties["audiocodecid"] = AUDIO_CODEC_AAC
    body = b"\x02\x00\x0aonMetaData\x08" + len(properties).to_bytes(4, "big")
    for name, value in properties.items():
        body += len(name).to_bytes(2, "big") + name.encode() + b"\x00" + struct.pack(">d", value)
    return body + b"\x00\x00\x09"


@define(eq=False)
class Reel:
    """
    Plays a clip in a loop, with silence of the same kind as the stream's audio.

    @ivar clip: the pictures, or C{None} for a stream without any.
    @ivar audio: what the silence is to be like, or C{None} for a stream without audio.
    @ivar begins_ms: when the first picture is shown, on the broadcast's clock.
    """

    _clip: Clip | None
    _audio: AACConfiguration | None
    _begins_ms: int
    _silence: bytes | None = field(init=False, default=None)
    _opened: bool = field(init=False, default=False)
    _shown: int = field(init=False, default=0)
    _heard: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        if self._audio is not None:
            frame = silent_frame(self._audio)
            self._silence = None if frame is None else AAC_MEDIA + frame

    def until(self, end_ms: int) -> Iterator[MediaMessage]:
        """
        All that begins before that time and was not given yet, in order; before the first of it,
        what a decoder has to know.
        """
        while True:
            picture_ms, sound_ms = self._next_picture_ms(), self._next_sound_ms()
            if min(picture_ms, sound_ms) >= end_ms:
                return
            if not self._opened:
                self._opened = True
                yield from self._opening()
            if picture_ms <= sound_ms:
                assert self._clip is not None
                body = self._clip.frames[self._shown % len(self._clip.frames)]
                self._shown += 1
                yield MediaMessage(MessageKind.VIDEO, int(picture_ms), body)
            else:
                assert self._silence is not None
                self._heard += 1
                yield MediaMessage(MessageKind.AUDIO, int(sound_ms), self._silence)

    def _opening(self) -> Iterator[MediaMessage]:
        at_ms = self._begins_ms
        rate = None if self._clip is None else 1000 / self._clip.frame_ms
        body = announcement(frame_rate=rate, audio=self._silence is not None)
        yield MediaMessage(MessageKind.METADATA, at_ms, body)
        if self._clip is not None:
            yield MediaMessage(MessageKind.VIDEO, at_ms, self._clip.configuration)
        if self._audio is not None and self._silence is not None:
            yield MediaMessage(MessageKind.AUDIO, at_ms, _AAC_CONFIGURATION + self._audio.config)

    def _next_picture_ms(self) -> float:
        if self._clip is None:
            return float("inf")
        return self._begins_ms + round(self._shown * self._clip.frame_ms)

    def _next_sound_ms(self) -> float:
        if self._audio is None or self._silence is None:
            return float("inf")
        samples = self._heard * self._audio.samples_per_frame
        return self._begins_ms + round(1000 * samples / self._audio.sample_rate)
