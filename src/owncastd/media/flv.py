"""
FLV, both ways: the container around media messages, and the codec headers inside their bodies.

Adobe Flash Video File Format Specification v10.1, annex E. Both ends of the transcoder speak it,
and the bodies of RTMP media messages are FLV tag bodies. Extended headers, which name their codec
by four characters, are those of Enhanced RTMP v2 (C{ExVideoTagHeader}, C{ExAudioTagHeader}).
"""

from enum import IntEnum
from typing import Final, NamedTuple

from attrs import define, field

from .errors import MalformedFLV
from .messages import MediaMessage, MessageKind
from .timestamps import TimestampUnwrapper

#: The largest tag body that the demuxer accepts, in bytes: far above any live key frame.
MAX_TAG_SIZE: Final = 8 * 1024 * 1024
#: The largest DataOffset accepted: version 1 headers have 9 bytes.
MAX_HEADER_SIZE: Final = 64

_HEADER_SIZE: Final = 9
_PREVIOUS_TAG_SIZE: Final = 4
_TAG_HEADER_SIZE: Final = 11
_KINDS: Final = {int(kind): kind for kind in MessageKind}


class VideoFrameType(IntEnum):
    """
    What a video message is to its neighbours (E.4.3.1).
    """

    KEY = 1
    INTER = 2
    DISPOSABLE_INTER = 3
    GENERATED_KEY = 4
    INFO = 5


class PacketType(IntEnum):
    """
    What follows the header of a body (E.4.3.1, E.4.2.1); AAC has only the first two.
    """

    CONFIGURATION = 0
    MEDIA = 1
    END_OF_SEQUENCE = 2
    #: Of an extended header: something beside the media, such as colour information.
    OTHER = 255


class ExtendedVideoPacket(IntEnum):
    """
    The packet types of an extended video header (C{VideoPacketType}).
    """

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    #: Without a composition time, which is zero.
    CODED_FRAMES_X = 3
    METADATA = 4
    MPEG2TS_SEQUENCE_START = 5
    MULTITRACK = 6
    MOD_EX = 7


class ExtendedAudioPacket(IntEnum):
    """
    The packet types of an extended audio header (C{AudioPacketType}).
    """

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    MULTICHANNEL_CONFIG = 4
    MULTITRACK = 5
    MOD_EX = 7


def four_cc(name: str) -> int:
    """
    The number that stands for a codec in extended headers and in metadata.
    """
    return int.from_bytes(name.encode("ascii"), "big")


#: Codec ids of the two codecs that we carry.
VIDEO_CODEC_AVC: Final = 7
AUDIO_CODEC_AAC: Final = 10
#: The sound format that means an extended header.
EXTENDED_AUDIO: Final = 9
#: Where the payload of an AVC or an AAC body begins.
AVC_HEADER_SIZE: Final = 5
AAC_HEADER_SIZE: Final = 2
#: And behind an extended header; a composition time comes before the payload in some.
EXTENDED_HEADER_SIZE: Final = 5

#: The codecs whose frames have a composition time (C{CODED_FRAMES}).
_REORDERED: Final = frozenset(map(four_cc, ("avc1", "hvc1", "vvc1")))
_EXTENDED_VIDEO: Final = {
    ExtendedVideoPacket.SEQUENCE_START.value: PacketType.CONFIGURATION,
    ExtendedVideoPacket.CODED_FRAMES.value: PacketType.MEDIA,
    ExtendedVideoPacket.SEQUENCE_END.value: PacketType.END_OF_SEQUENCE,
    ExtendedVideoPacket.CODED_FRAMES_X.value: PacketType.MEDIA,
}
_EXTENDED_AUDIO: Final = {
    ExtendedAudioPacket.SEQUENCE_START.value: PacketType.CONFIGURATION,
    ExtendedAudioPacket.CODED_FRAMES.value: PacketType.MEDIA,
    ExtendedAudioPacket.SEQUENCE_END.value: PacketType.END_OF_SEQUENCE,
}


class VideoTagHeader(NamedTuple):
    """
    The first bytes of a video body.

    @ivar frame_type: a L{VideoFrameType} value, or one that is reserved.
    @ivar codec: the codec id, C{VIDEO_CODEC_AVC} being 7; for an extended header the FourCC as an
        integer above 15.
    @ivar packet_type: a L{PacketType} value, or one that is reserved; of an old codec that knows
        none, all is media.
    @ivar composition_time_ms: presentation time minus decode time, signed.
    @ivar size: where the payload begins.
    """

    frame_type: int
    codec: int
    packet_type: int
    composition_time_ms: int
    size: int


class AudioTagHeader(NamedTuple):
    """
    The first bytes of an audio body.

    @ivar codec: the sound format, C{AUDIO_CODEC_AAC} being 10; for an extended header the FourCC.
    @ivar packet_type: a L{PacketType} value, or one that is reserved; of an old codec that knows
        none, all is media.
    @ivar size: where the payload begins.
    """

    codec: int
    packet_type: int
    size: int


def parse_video_tag(body: bytes) -> VideoTagHeader:
    """
    Read the header of a video body.

    @raise MalformedFLV: it is shorter than its header.
    """
    if not body:
        raise MalformedFLV("empty video message")
    first = body[0]
    if first & 0x80:
        return _extended_video_header(body)
    if first & 0x0F != VIDEO_CODEC_AVC:
        return VideoTagHeader(first >> 4, first & 0x0F, PacketType.MEDIA, 0, 1)
    if len(body) < AVC_HEADER_SIZE:
        raise MalformedFLV("AVC video header cut short")
    composition_time = body[2] << 16 | body[3] << 8 | body[4]
    if composition_time & 0x800000:
        composition_time -= 0x1000000
    return VideoTagHeader(first >> 4, VIDEO_CODEC_AVC, body[1], composition_time, AVC_HEADER_SIZE)


def _extended_video_header(body: bytes) -> VideoTagHeader:
    """
    Read an extended video header; one with wrappers around it is L{PacketType.OTHER}.
    """
    if len(body) < EXTENDED_HEADER_SIZE:
        raise MalformedFLV("extended video header cut short")
    frame_type, packet = body[0] >> 4 & 7, body[0] & 0x0F
    codec = int.from_bytes(body[1:EXTENDED_HEADER_SIZE], "big")
    if frame_type == VideoFrameType.INFO:
        return VideoTagHeader(frame_type, codec, PacketType.OTHER, 0, EXTENDED_HEADER_SIZE)
    if packet == ExtendedVideoPacket.CODED_FRAMES and codec in _REORDERED:
        size = EXTENDED_HEADER_SIZE + 3
        if len(body) < size:
            raise MalformedFLV("extended video header cut short")
        composition_time = int.from_bytes(body[EXTENDED_HEADER_SIZE:size], "big", signed=True)
        return VideoTagHeader(frame_type, codec, PacketType.MEDIA, composition_time, size)
    packet_type = _EXTENDED_VIDEO.get(packet, PacketType.OTHER)
    return VideoTagHeader(frame_type, codec, packet_type, 0, EXTENDED_HEADER_SIZE)


def parse_audio_tag(body: bytes) -> AudioTagHeader:
    """
    Read the header of an audio body.

    @raise MalformedFLV: it is shorter than its header.
    """
    if not body:
        raise MalformedFLV("empty audio message")
    codec = body[0] >> 4
    if codec == AUDIO_CODEC_AAC:
        if len(body) < AAC_HEADER_SIZE:
            raise MalformedFLV("AAC audio header cut short")
        return AudioTagHeader(codec, body[1], AAC_HEADER_SIZE)
    if codec != EXTENDED_AUDIO:
        return AudioTagHeader(codec, PacketType.MEDIA, 1)
    if len(body) < EXTENDED_HEADER_SIZE:
        raise MalformedFLV("extended audio header cut short")
    return AudioTagHeader(
        int.from_bytes(body[1:EXTENDED_HEADER_SIZE], "big"),
        _EXTENDED_AUDIO.get(body[0] & 0x0F, PacketType.OTHER),
        EXTENDED_HEADER_SIZE,
    )


def flv_header(*, has_audio: bool = True, has_video: bool = True) -> bytes:
    """
    What stands before the first tag: the file header and the first PreviousTagSize (E.2, E.3).
    """
    return b"FLV\x01%c\x00\x00\x00\x09\x00\x00\x00\x00" % (has_audio << 2 | has_video)


def flv_tag(message: MediaMessage) -> bytes:
    """
    One message as a tag with the PreviousTagSize after it (E.4.1).

    @raise ValueError: the body is longer than the 24 bits of its length field can say.
    """
    body = message.body
    size = len(body)
    if size > 0xFFFFFF:
        raise ValueError("body too long for an FLV tag")
    timestamp = message.timestamp_ms & 0xFFFFFFFF
    return b"".join(
        (
            (message.kind << 24 | size).to_bytes(4, "big"),
            ((timestamp << 8 & 0xFFFFFF00) | timestamp >> 24).to_bytes(4, "big"),
            b"\x00\x00\x00",
            body,
            (_TAG_HEADER_SIZE + size).to_bytes(4, "big"),
        )
    )


@define
class FLVDemuxer:
    """
    Takes the bytes of one FLV stream as they come and gives the messages in them.

    It is sans-I/O: C{feed} it. A message is given as soon as the last byte of its body is there.
    At most one incomplete tag (C{MAX_TAG_SIZE}) is kept besides what was fed. After an error it
    stays broken: every later C{feed} raises the same error.
    """

    _buffer: bytearray = field(factory=bytearray, repr=False)
    _in_tags: bool = False
    _timestamps: TimestampUnwrapper = field(factory=TimestampUnwrapper)
    _error: MalformedFLV | None = None

    def feed(self, data: bytes) -> list[MediaMessage]:
        """
        Take more bytes.

        @return: the messages that they complete, in order.
        @raise MalformedFLV: no FLV header, an unknown or encrypted tag, or one too large.
        """
        if self._error is not None:
            raise self._error
        self._buffer += data
        try:
            if not self._in_tags and not self._skip_header():
                return []
            return self._take_messages()
        except MalformedFLV as error:
            self._error = error
            self._buffer.clear()
            raise

    def _skip_header(self) -> bool:
        """
        Drop the file header if all of it is there.
        """
        buffer = self._buffer
        if not b"FLV\x01".startswith(buffer[:4]):
            raise MalformedFLV("not an FLV stream")
        if len(buffer) < _HEADER_SIZE:
            return False
        size = int.from_bytes(buffer[5:9], "big")
        if not _HEADER_SIZE <= size <= MAX_HEADER_SIZE:
            raise MalformedFLV(f"FLV header of {size} bytes")
        if len(buffer) < size:
            return False
        del buffer[:size]
        self._in_tags = True
        return True

    def _take_messages(self) -> list[MediaMessage]:
        """
        Cut every complete tag from the front of the buffer.

        Each is read together with the PreviousTagSize before it rather than the one after it, so
        that no tag waits for four more bytes. Its value says nothing that we need.
        """
        messages = []
        buffer = self._buffer
        available = len(buffer)
        position = 0
        with memoryview(buffer) as view:
            while available - position >= _PREVIOUS_TAG_SIZE + _TAG_HEADER_SIZE:
                start = position + _PREVIOUS_TAG_SIZE
                kind = _KINDS.get(buffer[start])
                if kind is None:
                    raise MalformedFLV(f"FLV tag of type {buffer[start]}")
                size = buffer[start + 1] << 16 | buffer[start + 2] << 8 | buffer[start + 3]
                if size > MAX_TAG_SIZE:
                    raise MalformedFLV(f"FLV tag of {size} bytes")
                body = start + _TAG_HEADER_SIZE
                if available - body < size:
                    break
                timestamp = (
                    buffer[start + 7] << 24
                    | buffer[start + 4] << 16
                    | buffer[start + 5] << 8
                    | buffer[start + 6]
                )
                position = body + size
                messages.append(
                    MediaMessage(
                        kind, self._timestamps.unwrap(timestamp), bytes(view[body:position])
                    )
                )
        if position:
            del buffer[:position]
        return messages
