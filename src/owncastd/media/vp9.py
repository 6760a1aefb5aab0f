"""
VP9 configuration: the record, and the head of a key frame, which alone tells the picture's size.

VP Codec ISO Media File Format Binding 1.0 for the record and the name; the VP9 bitstream
specification 6.2 for the head of a frame.
"""

from typing import Final

from attrs import evolve

from .bits import BitReader
from .errors import MalformedConfiguration
from .tracks import SampleEntry, VideoTrack

#: Version 1 and no flags: what makes a record the body of a C{vpcC} box.
_FULL_BOX: Final = b"\x01\x00\x00\x00"
_RECORD_SIZE: Final = 8
_SYNC_CODE: Final = 0x498342
_RGB: Final = 7
#: The head of a key frame is no longer than this, in bytes.
_HEAD_SIZE: Final = 16
#: Stands for a level that an encoder does not tell.
_SOME_LEVEL: Final = 10


def vp9_track(record: bytes) -> VideoTrack:
    """
    Read a VPCodecConfigurationRecord, with the version and flags of its box before it or without.

    @raise MalformedConfiguration: it is not one.
    """
    if len(record) == _RECORD_SIZE:
        record = _FULL_BOX + record
    if len(record) != len(_FULL_BOX) + _RECORD_SIZE or record[:4] != _FULL_BOX:
        raise MalformedConfiguration("not a VP9 configuration record")
    profile, level, depth = record[4], record[5] or _SOME_LEVEL, record[6] >> 4
    if profile > 3 or level > 99 or depth not in (8, 10, 12):
        raise MalformedConfiguration("unknown VP9 profile, level or depth")
    return VideoTrack(
        f"vp09.{profile:02}.{level:02}.{depth:02}",
        0,
        0,
        None,
        SampleEntry(b"vp09", b"vpcC", record),
    )


def vp9_completed(track: VideoTrack, frame: memoryview) -> VideoTrack:
    """
    Learn the size of the picture from a key frame.

    @raise MalformedConfiguration: it is none.
    """
    reader = BitReader(bytes(frame[:_HEAD_SIZE]))
    if reader.bits(2) != 2:
        raise MalformedConfiguration("not a VP9 frame")
    profile = reader.bits(1) | reader.bits(1) << 1
    if profile == 3:
        reader.flag()
    other = reader.bits(2)  # show_existing_frame and frame_type
    reader.bits(2)  # show_frame, error_resilient_mode
    if other or reader.bits(24) != _SYNC_CODE:
        raise MalformedConfiguration("not a VP9 key frame")
    if profile >= 2:
        reader.flag()  # ten_or_twelve_bit
    odd = bool(profile & 1)
    if reader.bits(3) != _RGB:
        reader.bits(4 if odd else 1)  # color_range, and the subsampling where it may differ
    elif odd:
        reader.flag()
    width, height = reader.bits(16) + 1, reader.bits(16) + 1
    return evolve(track, width=width, height=height)
