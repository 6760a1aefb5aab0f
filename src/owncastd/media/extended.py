"""
Extended media messages (Enhanced RTMP v2) made plain: without what wraps them, one track alone, and
AVC and AAC as they always were.
"""

from collections.abc import Iterable
from typing import Final

from attrs import evolve

from .codecs import AUDIO_CODECS, VIDEO_CODECS
from .errors import MalformedFLV, UnsupportedCodec
from .flv import (
    AUDIO_CODEC_AAC,
    EXTENDED_AUDIO,
    EXTENDED_HEADER_SIZE,
    VIDEO_CODEC_AVC,
    ExtendedAudioPacket,
    ExtendedVideoPacket,
    PacketType,
    VideoFrameType,
    four_cc,
)
from .messages import MediaMessage, MessageKind

#: How many modifiers may stand before a packet.
MAX_MODIFIERS: Final = 8

_VIDEO: Final = MessageKind.VIDEO
_AVC: Final = four_cc("avc1")
_AAC: Final = four_cc("mp4a")
#: The multitrack type with a single track (C{AvMultitrackType.OneTrack}).
_ONE_TRACK: Final = 0
#: A modifier of this length says its length in two more bytes.
_LONG_MODIFIER: Final = 256
#: Packets that have something for us.
_OF_USE: Final = {
    MessageKind.VIDEO: frozenset(
        (
            ExtendedVideoPacket.SEQUENCE_START.value,
            ExtendedVideoPacket.CODED_FRAMES.value,
            ExtendedVideoPacket.CODED_FRAMES_X.value,
        )
    ),
    MessageKind.AUDIO: frozenset(
        (ExtendedAudioPacket.SEQUENCE_START.value, ExtendedAudioPacket.CODED_FRAMES.value)
    ),
}
_MOD_EX: Final = ExtendedVideoPacket.MOD_EX.value
_MULTITRACK: Final = {
    MessageKind.VIDEO: ExtendedVideoPacket.MULTITRACK.value,
    MessageKind.AUDIO: ExtendedAudioPacket.MULTITRACK.value,
}


def is_extended(message: MediaMessage) -> bool:
    """
    Whether a message of audio or video has an extended header.
    """
    if not message.body:
        return False
    first = message.body[0]
    return first >= 0x80 and (message.kind is _VIDEO or first >> 4 == EXTENDED_AUDIO)


def plain(message: MediaMessage) -> MediaMessage | None:
    """
    What an extended message has for us: a configuration or media of the first track, whose header
    has nothing but the codec, and the composition time where there is one.

    @return: C{None} if there is nothing: colour information, channel layouts, further tracks,
        commands and ends of sequences.
    @raise UnsupportedCodec: of a codec that we do not know, in words for the streamer.
    @raise MalformedFLV: it is cut short.
    """
    kind, body = message.kind, message.body
    packet = body[0] & 0x0F
    if packet in (_MOD_EX, _MULTITRACK[kind]):
        unwrapped = _unwrapped(body, _MULTITRACK[kind])
        if unwrapped is None:
            return None
        body, packet = unwrapped, unwrapped[0] & 0x0F
    video = kind is _VIDEO
    if packet not in _OF_USE[kind] or (video and body[0] >> 4 & 7 == VideoFrameType.INFO):
        return None
    if len(body) < EXTENDED_HEADER_SIZE:
        raise MalformedFLV("extended header cut short")
    codec = int.from_bytes(body[1:EXTENDED_HEADER_SIZE], "big")
    if video and codec == _AVC:
        body = _legacy_avc(body, packet)
    elif video and codec not in VIDEO_CODECS:
        raise UnsupportedCodec(
            _unknown("video", codec, (each.name for each in VIDEO_CODECS.values()))
        )
    elif not video and codec == _AAC:
        body = _legacy_aac(body, packet)
    elif not video and codec not in AUDIO_CODECS:
        raise UnsupportedCodec(
            _unknown("audio", codec, (each.name for each in AUDIO_CODECS.values()))
        )
    return message if body is message.body else evolve(message, body=body)


def _unwrapped(body: bytes, multitrack: int) -> bytes | None:
    """
    A body without modifiers and without the frame around a single track.

    @return: C{None} if it is not of the first track, or of several.
    """
    head, packet, position = body[0] & 0xF0, body[0] & 0x0F, 1
    for _ in range(MAX_MODIFIERS):
        if packet != _MOD_EX:
            break
        packet, position = _after_modifier(body, position)
    else:
        raise MalformedFLV("extended header with too many modifiers")
    if packet != multitrack:
        return bytes((head | packet,)) + body[position:]
    if len(body) < position + 6:
        raise MalformedFLV("extended multitrack header cut short")
    if body[position] >> 4 != _ONE_TRACK or body[position + 5]:
        return None
    packet = body[position] & 0x0F
    return bytes((head | packet,)) + body[position + 1 : position + 5] + body[position + 6 :]


def _after_modifier(body: bytes, position: int) -> tuple[int, int]:
    """
    Pass over one modifier.

    @return: the packet type after it, and where what follows begins.
    """
    size = body[position] + 1 if position < len(body) else 0
    position += 1
    if size == _LONG_MODIFIER:
        size = int.from_bytes(body[position : position + 2], "big") + 1
        position += 2
    position += size
    if position >= len(body):
        raise MalformedFLV("extended modifier cut short")
    return body[position] & 0x0F, position + 1


def _legacy_avc(body: bytes, packet: int) -> bytes:
    """
    The same in the form that AVC has had since before the extended headers.
    """
    head = bytes(((body[0] & 0x70) | VIDEO_CODEC_AVC,))
    payload = body[EXTENDED_HEADER_SIZE:]
    if packet == ExtendedVideoPacket.SEQUENCE_START:
        return head + bytes((PacketType.CONFIGURATION, 0, 0, 0)) + payload
    media = bytes((PacketType.MEDIA,))
    if packet == ExtendedVideoPacket.CODED_FRAMES:
        return head + media + payload
    return head + media + bytes(3) + payload


def _legacy_aac(body: bytes, packet: int) -> bytes:
    """
    The same in the form that AAC has had since before the extended headers.
    """
    configuration = packet == ExtendedAudioPacket.SEQUENCE_START
    packet_type = PacketType.CONFIGURATION if configuration else PacketType.MEDIA
    return bytes((AUDIO_CODEC_AAC << 4 | 0x0F, packet_type)) + body[EXTENDED_HEADER_SIZE:]


def _unknown(kind: str, codec: int, known: Iterable[str]) -> str:
    """
    What the streamer is told.
    """
    text = codec.to_bytes(4, "big").decode("latin-1")
    name = repr(text) if text.isascii() and text.isprintable() else f"{codec:#010x}"
    *others, last = known
    return (
        f"This server does not take {kind} of the codec {name}: send {', '.join(others)} or {last}."
    )
