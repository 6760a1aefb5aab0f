"""
What a decoder must know before it can begin in the middle of a broadcast.
"""

from attrs import define, field

from .errors import MediaError
from .flv import (
    PacketType,
    VideoFrameType,
    parse_audio_tag,
    parse_video_tag,
)
from .messages import MediaMessage, MessageKind


@define
class Configurations:
    """
    The latest metadata and codec configurations since the last discontinuity.
    """

    _latest: dict[MessageKind, MediaMessage] = field(factory=dict, init=False, repr=False)

    def note(self, message: MediaMessage) -> None:
        """
        Remember a message if it is one of these.
        """
        if message.kind is MessageKind.METADATA or is_configuration(message):
            self._latest[message.kind] = message

    def forget(self) -> None:
        """
        What was known holds no longer.
        """
        self._latest.clear()

    @property
    def has_video(self) -> bool:
        """
        Whether there are pictures.
        """
        return MessageKind.VIDEO in self._latest

    def latest(self, kind: MessageKind) -> MediaMessage | None:
        """
        The newest of a kind.
        """
        return self._latest.get(kind)

    def repeated(self) -> tuple[MediaMessage, ...]:
        """
        What is known, in the order in which it is needed.
        """
        order = (MessageKind.METADATA, MessageKind.VIDEO, MessageKind.AUDIO)
        return tuple(self._latest[kind] for kind in order if kind in self._latest)


def is_configuration(message: MediaMessage) -> bool:
    """
    Whether a message of audio or video is an AVC sequence header, an AudioSpecificConfig or such.
    """
    try:
        if message.kind is MessageKind.VIDEO:
            return parse_video_tag(message.body).packet_type == PacketType.CONFIGURATION
        return parse_audio_tag(message.body).packet_type == PacketType.CONFIGURATION
    except MediaError:
        return False


def is_key_frame(message: MediaMessage) -> bool:
    """
    Whether a decoder can begin with a message's picture.
    """
    if message.kind is not MessageKind.VIDEO or is_configuration(message):
        return False
    try:
        return parse_video_tag(message.body).frame_type == VideoFrameType.KEY
    except MediaError:
        return False
