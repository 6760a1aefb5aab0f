"""
Clips: a few pictures that can be shown again and again.
"""

from collections.abc import Iterable
from typing import Final

from attrs import field, frozen

from .avc import AVCConfiguration
from .errors import MalformedFLV
from .flv import AVC_HEADER_SIZE, VIDEO_CODEC_AVC, PacketType, VideoFrameType, parse_video_tag
from .messages import MediaMessage, MessageKind

#: The composition time in an AVC body, after the frame and packet types.
_COMPOSITION: Final = slice(2, AVC_HEADER_SIZE)


@frozen
class ClipShape:
    """
    What a clip has to be like, so that a player takes it in place of the stream.

    @ivar profile: C{profile_idc} of the stream.
    @ivar level: C{level_idc} of the stream.
    @ivar seconds: how long it is at least.
    """

    width: int
    height: int
    frame_rate: float
    profile: int
    level: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.width}x{self.height} at {self.frame_rate:g} frames a second"

    @classmethod
    def like(
        cls, configuration: AVCConfiguration, frame_rate: float, seconds: float
    ) -> "ClipShape":
        """
        The shape of a stream.
        """
        parameters = configuration.parameters
        return cls(
            parameters.width,
            parameters.height,
            frame_rate,
            parameters.profile,
            parameters.level,
            seconds,
        )


@frozen
class Clip:
    """
    Pictures of equal length, the first of them a key frame, which may follow its own last one.

    @ivar configuration: the body of the message with the AVC sequence header.
    @ivar frames: the bodies of the messages with the pictures, in decode order.
    @ivar frame_ms: how long each is shown.
    """

    configuration: bytes = field(repr=False)
    frames: tuple[bytes, ...] = field(repr=False)
    frame_ms: float


def clip_of(messages: Iterable[MediaMessage], frame_ms: float) -> Clip:
    """
    Make a clip of what an encoder wrote; anything but video is left out.

    @raise MalformedFLV: there is no configuration, or no key frame that it begins with.
    """
    configuration = None
    frames: list[bytes] = []
    for message in messages:
        if message.kind is not MessageKind.VIDEO:
            continue
        header = parse_video_tag(message.body)
        if header.codec != VIDEO_CODEC_AVC:
            raise MalformedFLV("a clip of another codec than AVC")
        if header.packet_type == PacketType.CONFIGURATION:
            configuration = message.body
        elif header.packet_type == PacketType.MEDIA:
            if not frames and header.frame_type != VideoFrameType.KEY:
                raise MalformedFLV("a clip that does not begin with a key frame")
            frames.append(message.body)
    if configuration is None or not frames:
        raise MalformedFLV("a clip without pictures")
    return Clip(configuration, tuple(frames), frame_ms)


def still_clip(configuration: bytes, key_frame: bytes, frame_ms: float) -> Clip:
    """
    A clip of one key frame, shown as it was.

    @param configuration: the body of the message with its AVC sequence header.
    @param key_frame: the body of its message.
    """
    body = bytearray(key_frame)
    # It was early enough for the frames that were to be shown before others; now it is alone.
    body[_COMPOSITION] = bytes(3)
    return Clip(configuration, (bytes(body),), frame_ms)
