"""
AAC configuration: AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1).
"""

import struct
from typing import Final

from attrs import field, frozen

from .bits import BitReader
from .errors import MalformedConfiguration, UnsupportedCodec
from .tracks import AudioTrack, SampleEntry

#: The largest AudioSpecificConfig accepted, in bytes; real ones have two to seven, and a program
#: configuration element with a full comment no more than this.
MAX_CONFIG_SIZE: Final = 100
#: The highest sampling frequency accepted, in Hz.
MAX_SAMPLE_RATE: Final = 192_000

_SAMPLE_RATES: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_EXPLICIT_FREQUENCY: Final = 15
#: Channels by channelConfiguration (table 1.19 and its amendments).
_CHANNELS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
#: Audio object types: those whose frames are 1024 or 960 samples, and the wrappers SBR and PS.
_MAIN, _LC, _SSR, _LTP, _SBR, _PS = 1, 2, 3, 4, 5, 29
_GENERAL_AUDIO: Final = frozenset((_MAIN, _LC, _SSR, _LTP))
_SBR_SYNC: Final = 0x2B7
_PS_SYNC: Final = 0x548


@frozen
class AACConfiguration:
    """
    An AudioSpecificConfig that was found sound.

    @ivar object_type: the audio object type as a player names it: 2 for AAC-LC, 5 where spectral
        band replication is signalled, 29 where parametric stereo is.
    @ivar sample_rate: of the AAC core in Hz; with SBR, what is heard has twice as much.
    @ivar channels: of the AAC core; with parametric stereo, what is heard has two.
    @ivar samples_per_frame: at L{sample_rate}: 1024 or 960.
    @ivar channel_configuration: how the channels are arranged (table 1.19); 0 where a program
        configuration element tells.
    """

    config: bytes = field(repr=False)
    object_type: int
    sample_rate: int
    channels: int
    samples_per_frame: int
    channel_configuration: int

    @property
    def codecs(self) -> str:
        """
        The codec by its RFC 6381 name, such as C{mp4a.40.2}.
        """
        return f"mp4a.40.{self.object_type}"


def parse_aac_configuration(config: bytes) -> AACConfiguration:
    """
    Read an AudioSpecificConfig.

    @raise MalformedConfiguration: it is not one.
    @raise UnsupportedCodec: it is of an audio object type that is not general AAC.
    """
    if len(config) > MAX_CONFIG_SIZE:
        raise MalformedConfiguration("AAC configuration too large")
    reader = BitReader(config)
    signalled = core = _object_type(reader)
    sample_rate = _sample_rate(reader)
    channel_configuration = reader.bits(4)
    if core in (_SBR, _PS):
        _sample_rate(reader)  # extensionSamplingFrequency: what the decoder puts out
        core = _object_type(reader)
    if core not in _GENERAL_AUDIO:
        raise UnsupportedCodec(f"audio object type {core} is not supported")
    short_frames = reader.flag()
    if reader.flag():
        reader.bits(14)  # coreCoderDelay
    reader.flag()  # extensionFlag: 0 for these object types
    if channel_configuration == 0:
        channels = _program_channels(reader)
    elif channel_configuration in _CHANNELS:
        channels = _CHANNELS[channel_configuration]
    else:
        raise MalformedConfiguration("unknown AAC channel configuration")
    if signalled == core:
        signalled = _backward_compatible_extension(reader, core)
    samples_per_frame = 960 if short_frames else 1024
    return AACConfiguration(
        config, signalled, sample_rate, channels, samples_per_frame, channel_configuration
    )


def aac_track(config: bytes) -> AudioTrack:
    """
    The track that an AudioSpecificConfig describes.

    @raise MalformedConfiguration: see L{parse_aac_configuration}; L{UnsupportedCodec} likewise.
    """
    aac = parse_aac_configuration(config)
    return AudioTrack(
        aac.codecs,
        aac.sample_rate,
        aac.channels,
        aac.samples_per_frame,
        # The descriptor is in a box with version and flags (14496-14 5.6).
        SampleEntry(b"mp4a", b"esds", bytes(4) + _elementary_stream(config)),
    )


def _object_type(reader: BitReader) -> int:
    """
    An audio object type with its escape (table 1.16).
    """
    object_type = reader.bits(5)
    return 32 + reader.bits(6) if object_type == 31 else object_type


def _sample_rate(reader: BitReader) -> int:
    """
    A sampling frequency, by index or in full (table 1.15).
    """
    index = reader.bits(4)
    if index == _EXPLICIT_FREQUENCY:
        rate = reader.bits(24)
    elif index < len(_SAMPLE_RATES):
        rate = _SAMPLE_RATES[index]
    else:
        raise MalformedConfiguration("reserved AAC sampling frequency index")
    if not 0 < rate <= MAX_SAMPLE_RATE:
        raise MalformedConfiguration("impossible AAC sampling frequency")
    return rate


def _program_channels(reader: BitReader) -> int:
    """
    Count the channels of a program configuration element (4.4.1.1).
    """
    reader.bits(10)  # element_instance_tag, object_type, sampling_frequency_index
    front, side, back = reader.bits(4), reader.bits(4), reader.bits(4)
    low_frequency, associated, coupling = reader.bits(2), reader.bits(3), reader.bits(4)
    for mixdown_bits in (4, 4, 3):
        if reader.flag():
            reader.bits(mixdown_bits)
    channels = low_frequency
    for _ in range(front + side + back):
        channels += 2 if reader.flag() else 1
        reader.bits(4)
    reader.bits(4 * low_frequency + 4 * associated + 5 * coupling)
    reader.bits(reader.left % 8)
    reader.bits(8 * reader.bits(8))  # comment_field_data
    if not channels:
        raise MalformedConfiguration("AAC program without channels")
    return channels


def _backward_compatible_extension(reader: BitReader, core: int) -> int:
    """
    The object type announced by an extension after the plain configuration (1.6.5), or the core's.
    """
    if reader.left < 16 or reader.bits(11) != _SBR_SYNC or _object_type(reader) != _SBR:
        return core
    if not reader.left or not reader.flag():
        return core
    _sample_rate(reader)
    if reader.left >= 12 and reader.bits(11) == _PS_SYNC and reader.flag():
        return _PS
    return _SBR


def _elementary_stream(config: bytes) -> bytes:
    """
    The elementary stream descriptor of an AAC track (14496-1 7.2.6.5).
    """
    decoder_config = struct.pack(
        ">BBxxxII",
        0x40,  # objectTypeIndication: MPEG-4 audio
        0x15,  # streamType audio, upStream 0, reserved 1
        0,  # maxBitrate and avgBitrate: not known
        0,
    )
    return _descriptor(
        3,
        struct.pack(">HB", 0, 0),
        _descriptor(4, decoder_config, _descriptor(5, config)),
        _descriptor(6, b"\x02"),
    )


def _descriptor(tag: int, *contents: bytes) -> bytes:
    """
    A descriptor with its expandable length (14496-1 8.3.3).
    """
    body = b"".join(contents)
    size = len(body)
    return (
        bytes(
            (tag, 0x80 | size >> 21, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F)
        )
        + body
    )
