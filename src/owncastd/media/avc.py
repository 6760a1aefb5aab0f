"""
AVC configuration: the decoder configuration record and the sequence parameter set inside it.

ISO/IEC 14496-15 5.3.3.1 for the record, ITU-T H.264 7.3.2.1 and annex E for the parameter set.
"""

from typing import Final

from attrs import field, frozen

from .bits import BitReader
from .errors import MalformedConfiguration
from .tracks import SampleEntry, VideoTrack

#: The largest record accepted, in bytes; real ones have some dozens.
MAX_RECORD_SIZE: Final = 16 * 1024
#: The largest picture accepted, in pixels per side; level 6.2 ends near it.
MAX_PICTURE_SIDE: Final = 16_384
#: Frame rates outside of this are taken for nonsense.
MIN_FRAME_RATE: Final = 1.0
MAX_FRAME_RATE: Final = 300.0

_NAL_TYPE_SPS: Final = 7
_EXTENDED_SAR: Final = 255
#: C{profile_idc} of the profiles that state their chroma format (7.3.2.1.1).
_PROFILES_WITH_CHROMA: Final = frozenset(
    (44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244)
)
#: C{chroma_format_idc} to C{SubWidthC} and C{SubHeightC} (table 6-1); monochrome crops by pixels.
_CHROMA_SUBSAMPLING: Final = ((1, 1), (2, 2), (2, 1), (1, 1))


@frozen
class SequenceParameters:
    """
    What a sequence parameter set says about the pictures.

    @ivar width: in pixels, cropping applied.
    @ivar height: in pixels, cropping applied.
    @ivar frame_rate: frames per second from the VUI, or C{None} if it tells none that makes sense.
    """

    profile: int
    constraints: int
    level: int
    width: int
    height: int
    frame_rate: float | None

    @property
    def codecs(self) -> str:
        """
        The codec by its RFC 6381 name, such as C{avc1.64001f}.
        """
        return f"avc1.{self.profile:02x}{self.constraints:02x}{self.level:02x}"


@frozen
class AVCConfiguration:
    """
    A decoder configuration record that was found sound: the body of an C{avcC} box.
    """

    record: bytes = field(repr=False)
    parameters: SequenceParameters


def parse_avc_configuration(record: bytes) -> AVCConfiguration:
    """
    Read an AVCDecoderConfigurationRecord.

    Where it has several sequence parameter sets, the first one counts.

    @raise MalformedConfiguration: it is not one, or has no usable sequence parameter set.
    """
    if len(record) > MAX_RECORD_SIZE:
        raise MalformedConfiguration("AVC configuration too large")
    if len(record) < 7 or record[0] != 1:
        raise MalformedConfiguration("not an AVC configuration record")
    if record[4] & 3 == 2:
        raise MalformedConfiguration("AVC NAL unit lengths of three bytes")
    sequence_sets, position = _parameter_sets(record, 6, record[5] & 0x1F)
    if not sequence_sets:
        raise MalformedConfiguration("AVC configuration without a sequence parameter set")
    if position >= len(record):
        raise MalformedConfiguration("AVC configuration cut short")
    _parameter_sets(record, position + 1, record[position])
    return AVCConfiguration(record, parse_sequence_parameters(sequence_sets[0]))


def avc_track(record: bytes) -> VideoTrack:
    """
    The track that an AVCDecoderConfigurationRecord describes.

    @raise MalformedConfiguration: see L{parse_avc_configuration}.
    """
    parameters = parse_avc_configuration(record).parameters
    return VideoTrack(
        parameters.codecs,
        parameters.width,
        parameters.height,
        parameters.frame_rate,
        SampleEntry(b"avc1", b"avcC", record),
    )


def _parameter_sets(record: bytes, position: int, count: int) -> tuple[list[bytes], int]:
    """
    Read a list of parameter sets, each after its length.

    @return: the sets, and where they end.
    """
    sets = []
    for _ in range(count):
        start = position + 2
        position = start + int.from_bytes(record[position:start], "big")
        if start > len(record) or position > len(record):
            raise MalformedConfiguration("AVC parameter set cut short")
        sets.append(record[start:position])
    return sets, position


def parse_sequence_parameters(unit: bytes) -> SequenceParameters:
    """
    Read a sequence parameter set NAL unit, its header byte included.

    @raise MalformedConfiguration: it is not one, or describes an impossible picture.
    """
    if len(unit) < 4 or unit[0] & 0x1F != _NAL_TYPE_SPS:
        raise MalformedConfiguration("not an AVC sequence parameter set")
    # Emulation prevention (7.3.1): 00 00 03 stands for 00 00.
    reader = BitReader(unit[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile, constraints, level = reader.bits(8), reader.bits(8), reader.bits(8)
    reader.unsigned()  # seq_parameter_set_id
    chroma_format = 1
    separate_planes = False
    if profile in _PROFILES_WITH_CHROMA:
        chroma_format = reader.unsigned()
        if chroma_format > 3:
            raise MalformedConfiguration("unknown AVC chroma format")
        separate_planes = chroma_format == 3 and reader.flag()
        _skip_depths_and_scaling(reader, 12 if chroma_format == 3 else 8)
    reader.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(reader)
    reader.unsigned()  # max_num_ref_frames
    reader.flag()  # gaps_in_frame_num_value_allowed_flag
    width = 16 * (reader.unsigned() + 1)
    map_units = reader.unsigned() + 1
    frames_only = reader.flag()
    fields = 1 if frames_only else 2
    height = 16 * map_units * fields
    if not frames_only:
        reader.flag()  # mb_adaptive_frame_field_flag
    reader.flag()  # direct_8x8_inference_flag
    if reader.flag():
        sub_width, sub_height = _CHROMA_SUBSAMPLING[0 if separate_planes else chroma_format]
        width -= sub_width * (reader.unsigned() + reader.unsigned())
        height -= sub_height * fields * (reader.unsigned() + reader.unsigned())
    if not (0 < width <= MAX_PICTURE_SIDE and 0 < height <= MAX_PICTURE_SIDE):
        raise MalformedConfiguration("impossible AVC picture size")
    try:
        frame_rate = _vui_frame_rate(reader) if reader.flag() else None
    except MalformedConfiguration:
        # Decoders do without the VUI, and so can we.
        frame_rate = None
    return SequenceParameters(profile, constraints, level, width, height, frame_rate)


def _skip_depths_and_scaling(reader: BitReader, list_count: int) -> None:
    """
    Pass over bit depths and scaling matrices (7.3.2.1.1, 7.3.2.1.1.1).
    """
    reader.unsigned()  # bit_depth_luma_minus8
    reader.unsigned()  # bit_depth_chroma_minus8
    reader.flag()  # qpprime_y_zero_transform_bypass_flag
    if not reader.flag():
        return
    for index in range(list_count):
        if not reader.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            following = (last + reader.signed()) % 256
            if not following:
                break
            last = following


def _skip_picture_order(reader: BitReader) -> None:
    """
    Pass over the picture order count fields (7.3.2.1.1).
    """
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.flag()
        reader.signed()
        reader.signed()
        cycle = reader.unsigned()
        if cycle > 255:
            raise MalformedConfiguration("AVC picture order cycle too long")
        for _ in range(cycle):
            reader.signed()


def _vui_frame_rate(reader: BitReader) -> float | None:
    """
    The frame rate of the VUI parameters (E.1.1), as far as one is needed to read them.
    """
    if reader.flag() and reader.bits(8) == _EXTENDED_SAR:
        reader.bits(32)
    if reader.flag():
        reader.flag()  # overscan_appropriate_flag
    if reader.flag():
        reader.bits(4)  # video_format, video_full_range_flag
        if reader.flag():
            reader.bits(24)  # colour_primaries, transfer_characteristics, matrix_coefficients
    if reader.flag():
        reader.unsigned()
        reader.unsigned()
    if not reader.flag():
        return None
    units_in_tick, time_scale = reader.bits(32), reader.bits(32)
    if not units_in_tick:
        return None
    # A tick is a field (E.2.1), so a frame lasts two.
    frame_rate = time_scale / (2 * units_in_tick)
    return frame_rate if MIN_FRAME_RATE <= frame_rate <= MAX_FRAME_RATE else None
