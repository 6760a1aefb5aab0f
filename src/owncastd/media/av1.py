"""
AV1 configuration: the configuration record and the sequence header inside it.

The AV1 Codec ISO Media File Format Binding 2.3 for the record and 5 for the name; the AV1 bitstream
specification 5.3 and 5.5 for the header.
"""

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from .avc import MAX_FRAME_RATE, MAX_PICTURE_SIDE, MAX_RECORD_SIZE, MIN_FRAME_RATE
from .bits import BitReader
from .errors import MalformedConfiguration
from .tracks import SampleEntry, VideoTrack

_MARKER_AND_VERSION: Final = 0x81
_SEQUENCE_HEADER: Final = 1
_TEMPORAL_DELIMITER: Final = b"\x12\x00"
#: A sequence header has some dozens of bytes.
_MAX_SEQUENCE_HEADER: Final = 1024
#: How much of a frame is looked through for one, in OBUs.
_MAX_UNITS: Final = 64
#: C{seq_level_idx} above this come with a tier.
_LAST_LEVEL_WITHOUT_TIER: Final = 7


def av1_track(record: bytes) -> VideoTrack:
    """
    Read an AV1CodecConfigurationRecord. Without a sequence header in it, which it need not have,
    the size of the picture is not known before the first key frame.

    @raise MalformedConfiguration: it is not one, or has a header that cannot be read.
    """
    if len(record) > MAX_RECORD_SIZE:
        raise MalformedConfiguration("AV1 configuration too large")
    if len(record) < 4 or record[0] != _MARKER_AND_VERSION:
        raise MalformedConfiguration("not an AV1 configuration record")
    profile, level = record[1] >> 5, record[1] & 0x1F
    tier = "H" if record[2] & 0x80 else "M"
    depth = (12 if record[2] & 0x20 else 10) if record[2] & 0x40 else 8
    track = VideoTrack(
        f"av01.{profile}.{level:02}{tier}.{depth:02}",
        0,
        0,
        None,
        SampleEntry(b"av01", b"av1C", record),
    )
    return _sized(track, memoryview(record)[4:])


def av1_completed(track: VideoTrack, frame: memoryview) -> VideoTrack:
    """
    Learn the size of the picture from a key frame, where the record did not tell it.

    @raise MalformedConfiguration: the frame does not tell it either.
    """
    if track.width:
        return track
    track = _sized(track, frame)
    if not track.width:
        raise MalformedConfiguration("AV1 key frame without a sequence header")
    return track


def without_delimiter(frame: memoryview) -> memoryview:
    """
    A frame as files store it: without the temporal delimiter that some encoders leave before it
    (binding 2.4).
    """
    return frame[2:] if bytes(frame[:2]) == _TEMPORAL_DELIMITER else frame


def _sized(track: VideoTrack, units: memoryview) -> VideoTrack:
    """
    The track as a sequence header describes it, if there is one.
    """
    for kind, unit in _units(units):
        if kind == _SEQUENCE_HEADER:
            width, height, frame_rate = _sequence_header(bytes(unit[:_MAX_SEQUENCE_HEADER]))
            return evolve(track, width=width, height=height, frame_rate=frame_rate)
    return track


def _units(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """
    The first OBUs of some, each with its type (5.3.1, 5.3.2).
    """
    position = 0
    for _ in range(_MAX_UNITS):
        if position >= len(data):
            return
        head = data[position]
        position += 2 if head & 4 else 1
        size = len(data) - position
        if head & 2:
            size, position = _leb128(data, position)
        if head & 0x80 or position + size > len(data):
            raise MalformedConfiguration("AV1 unit cut short")
        yield head >> 3 & 0x0F, data[position : position + size]
        position += size


def _leb128(data: memoryview, position: int) -> tuple[int, int]:
    """
    A number of variable length (4.10.5), and where it ends.
    """
    value = 0
    for index, byte in enumerate(data[position : position + 8]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, position + index + 1
    raise MalformedConfiguration("AV1 unit with an endless length")


def _sequence_header(unit: bytes) -> tuple[int, int, float | None]:
    """
    Width, height and, if it is told, the frame rate (5.5.1).
    """
    reader = BitReader(unit)
    frame_rate = None
    reader.bits(4)  # seq_profile, still_picture
    if reader.flag():
        reader.bits(5)  # seq_level_idx[0]
    else:
        frame_rate = _skip_operating_points(reader)
    width_bits, height_bits = reader.bits(4) + 1, reader.bits(4) + 1
    width, height = reader.bits(width_bits) + 1, reader.bits(height_bits) + 1
    if width > MAX_PICTURE_SIDE or height > MAX_PICTURE_SIDE:
        raise MalformedConfiguration("impossible AV1 picture size")
    return width, height, frame_rate


def _skip_operating_points(reader: BitReader) -> float | None:
    """
    Pass over what lies between the profile and the size, except for the frame rate.
    """
    frame_rate = None
    delay_bits = 0
    if reader.flag():
        frame_rate = _timing(reader)
        if reader.flag():
            delay_bits = reader.bits(5) + 1
            reader.bits(42)  # num_units_in_decoding_tick and two lengths
    display_delays = reader.flag()
    for _ in range(reader.bits(5) + 1):
        reader.bits(12)  # operating_point_idc
        if reader.bits(5) > _LAST_LEVEL_WITHOUT_TIER:
            reader.flag()
        if delay_bits and reader.flag():
            reader.bits(2 * delay_bits + 1)
        if display_delays and reader.flag():
            reader.bits(4)
    return frame_rate


def _timing(reader: BitReader) -> float | None:
    """
    The frame rate of the timing information, if all frames last equally long (5.5.3).
    """
    units, scale = reader.bits(32), reader.bits(32)
    if not reader.flag():
        return None
    units *= reader.unsigned() + 1
    rate = scale / units if units else 0.0
    return rate if MIN_FRAME_RATE <= rate <= MAX_FRAME_RATE else None
