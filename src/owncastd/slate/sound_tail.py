"""
Silence at the end of what is played, so that no player has to jump over a hole.
"""

from collections.abc import Iterator
from typing import Final

from attrs import define, field
from zope.interface import implementer

from owncastd.interfaces import IMediaSink
from owncastd.media.aac import AACConfiguration, parse_aac_configuration
from owncastd.media.errors import MediaError
from owncastd.media.flv import AAC_HEADER_SIZE
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.silence import silent_frame

from .reel import AAC_MEDIA

#: How far silence goes beyond the last picture: sound that follows may begin somewhat later than
#: the pictures that it belongs to, and replaces what it meets.
TAIL_MS: Final = 250
#: Sound that ended longer before the pictures than this has not been cut off, but fallen silent.
MAX_MISSING_MS: Final = 1000

#: Bodies of AAC begin with the format 10; in an extended header it is 9 (Enhanced RTMP v2).
_AAC: Final = 10
_CONFIGURATION: Final = b"\x00"
_MEDIA: Final = b"\x01"


@implementer(IMediaSink)
@define(eq=False)
class SoundTail:
    """
    A sink before the packager of a rendition, which has sound last a little longer than pictures
    where the stream is broken.

    Players put what follows a discontinuity where the pictures end. A browser plays only what is
    there of both tracks, and at a hole of more than two frames of sound it stops for about a
    second, until the player's library has noticed and jumps over it.
    """

    _sink: IMediaSink
    #: What was seen since the last discontinuity.
    _configuration: bytes | None = field(init=False, default=None)
    _picture_ms: int | None = field(init=False, default=None)
    _sound_ms: int | None = field(init=False, default=None)

    def write(self, message: MediaMessage) -> None:
        """
        Pass a message on.
        """
        kind = message.kind
        if kind is MessageKind.VIDEO:
            self._picture_ms = message.timestamp_ms
        elif kind is MessageKind.AUDIO:
            following = message.body[1:2]
            if message.body[:1] and message.body[0] >> 4 != _AAC:
                self._configuration = None
            elif following == _CONFIGURATION:
                self._configuration = message.body[AAC_HEADER_SIZE:]
            elif following == _MEDIA:
                self._sound_ms = message.timestamp_ms
        self._sink.write(message)

    def discontinuity(self) -> None:
        """
        Pass it on, after the tail of what it ends.
        """
        for message in self._tail():
            self._sink.write(message)
        self._configuration = self._picture_ms = self._sound_ms = None
        self._sink.discontinuity()

    def end(self) -> None:
        """
        Pass it on. Nothing follows that a hole would be before.
        """
        self._sink.end()

    def _tail(self) -> Iterator[MediaMessage]:
        picture_ms, sound_ms = self._picture_ms, self._sound_ms
        configuration = self._parsed()
        if picture_ms is None or sound_ms is None or configuration is None:
            return
        silence = silent_frame(configuration)
        if silence is None or picture_ms - sound_ms > MAX_MISSING_MS:
            return
        frame_ms = 1000 * configuration.samples_per_frame / configuration.sample_rate
        count = int((picture_ms + TAIL_MS - sound_ms) / frame_ms)
        for number in range(1, count + 1):
            at_ms = sound_ms + round(number * frame_ms)
            yield MediaMessage(MessageKind.AUDIO, at_ms, AAC_MEDIA + silence)

    def _parsed(self) -> AACConfiguration | None:
        if self._configuration is None:
            return None
        try:
            return parse_aac_configuration(self._configuration)
        except MediaError:
            return None
