"""
HEVC configuration: the decoder configuration record and the sequence parameter set inside it.

ISO/IEC 14496-15 8.3.3.1 for the record and annex E for the name, ITU-T H.265 7.3.2.2 for the
parameter set.
"""

from collections.abc import Iterator
from typing import Final

from .avc import MAX_PICTURE_SIDE, MAX_RECORD_SIZE
from .bits import BitReader
from .errors import MalformedConfiguration
from .tracks import SampleEntry, VideoTrack

_ARRAYS_AT: Final = 22
_NAL_TYPE_SPS: Final = 33
#: Bits of a profile with its flags, and of a level (7.3.3).
_PROFILE_BITS: Final = 88
_LEVEL_BITS: Final = 8
_MAX_SUB_LAYERS: Final = 8
#: C{chroma_format_idc} to C{SubWidthC} and C{SubHeightC} (table 6-1).
_CHROMA_SUBSAMPLING: Final = ((1, 1), (2, 2), (2, 1), (1, 1))
_PROFILE_SPACES: Final = ("", "A", "B", "C")


def hevc_track(record: bytes) -> VideoTrack:
    """
    Read an HEVCDecoderConfigurationRecord. Where it has several sequence parameter sets, the first
    one counts.

    @raise MalformedConfiguration: it is not one, or has no usable sequence parameter set.
    """
    if len(record) > MAX_RECORD_SIZE:
        raise MalformedConfiguration("HEVC configuration too large")
    if len(record) <= _ARRAYS_AT or record[0] != 1:
        raise MalformedConfiguration("not an HEVC configuration record")
    if record[21] & 3 == 2:
        raise MalformedConfiguration("HEVC NAL unit lengths of three bytes")
    sequence_sets = [unit for kind, unit in _units(record) if kind == _NAL_TYPE_SPS]
    if not sequence_sets:
        raise MalformedConfiguration("HEVC configuration without a sequence parameter set")
    width, height = _picture_size(sequence_sets[0])
    return VideoTrack(_codecs(record), width, height, None, SampleEntry(b"hvc1", b"hvcC", record))


def _units(record: bytes) -> Iterator[tuple[int, bytes]]:
    """
    The NAL units of a record, each with its type.
    """
    position = _ARRAYS_AT + 1
    for _ in range(record[_ARRAYS_AT]):
        head = record[position : position + 3]
        if len(head) < 3:
            raise MalformedConfiguration("HEVC configuration cut short")
        position += 3
        for _ in range(head[1] << 8 | head[2]):
            start = position + 2
            end = start + int.from_bytes(record[position:start], "big")
            if end > len(record) or start > len(record):
                raise MalformedConfiguration("HEVC parameter set cut short")
            yield head[0] & 0x3F, record[start:end]
            position = end


def _codecs(record: bytes) -> str:
    """
    The RFC 6381 name, such as C{hvc1.1.6.L93.B0} (14496-15 E.3).
    """
    profile, level = record[1], record[12]
    compatibility = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    constraints = record[6:12].rstrip(b"\0")
    return ".".join(
        (
            "hvc1",
            f"{_PROFILE_SPACES[profile >> 6]}{profile & 0x1F}",
            f"{compatibility:X}",
            f"{'H' if profile & 0x20 else 'L'}{level}",
            *(f"{byte:X}" for byte in constraints),
        )
    )


def _picture_size(unit: bytes) -> tuple[int, int]:
    """
    Width and height of a sequence parameter set NAL unit, its two header bytes included.
    """
    if len(unit) < 3 or unit[0] >> 1 & 0x3F != _NAL_TYPE_SPS:
        raise MalformedConfiguration("not an HEVC sequence parameter set")
    # Emulation prevention (7.3.1.1): 00 00 03 stands for 00 00.
    reader = BitReader(unit[2:].replace(b"\x00\x00\x03", b"\x00\x00"))
    reader.bits(4)  # sps_video_parameter_set_id
    sub_layers = reader.bits(3)
    reader.flag()  # sps_temporal_id_nesting_flag
    _skip_profile_tier_level(reader, sub_layers)
    reader.unsigned()  # sps_seq_parameter_set_id
    chroma_format = reader.unsigned()
    if chroma_format > 3:
        raise MalformedConfiguration("unknown HEVC chroma format")
    if chroma_format == 3 and reader.flag():
        chroma_format = 0  # separate_colour_plane_flag: each plane is as large as the picture
    width, height = reader.unsigned(), reader.unsigned()
    if reader.flag():
        sub_width, sub_height = _CHROMA_SUBSAMPLING[chroma_format]
        width -= sub_width * (reader.unsigned() + reader.unsigned())
        height -= sub_height * (reader.unsigned() + reader.unsigned())
    if not (0 < width <= MAX_PICTURE_SIDE and 0 < height <= MAX_PICTURE_SIDE):
        raise MalformedConfiguration("impossible HEVC picture size")
    return width, height


def _skip_profile_tier_level(reader: BitReader, sub_layers: int) -> None:
    """
    Pass over C{profile_tier_level} (7.3.3); its gist is in the record.
    """
    reader.bits(_PROFILE_BITS + _LEVEL_BITS)
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers)]
    if sub_layers:
        reader.bits(2 * (_MAX_SUB_LAYERS - sub_layers))
    for profile, level in present:
        reader.bits(_PROFILE_BITS * profile + _LEVEL_BITS * level)
