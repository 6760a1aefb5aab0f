"""
AC-3: every frame describes itself (ATSC A/52 5.3, 5.4). ETSI TS 102 366 annex F for the box.
"""

from typing import Final

from .bits import BitReader
from .errors import MalformedConfiguration, UnsupportedCodec
from .tracks import AudioTrack, SampleEntry

_SYNC_WORD: Final = 0x0B77
_SAMPLE_RATES: Final = (48_000, 44_100, 32_000)
_FRAME_SIZE_CODES: Final = 38
#: Channels by C{acmod}, without the one for low frequencies.
_CHANNELS: Final = (2, 1, 2, 3, 3, 4, 4, 5)
#: Higher versions are E-AC-3.
_LAST_VERSION: Final = 8
_SAMPLES: Final = 1536
_HEAD_SIZE: Final = 8


def ac3_track(frame: memoryview) -> AudioTrack:
    """
    Read the head of a frame.

    @raise MalformedConfiguration: it is none.
    @raise UnsupportedCodec: it is of E-AC-3.
    """
    reader = BitReader(bytes(frame[:_HEAD_SIZE]))
    if reader.bits(16) != _SYNC_WORD:
        raise MalformedConfiguration("not an AC-3 frame")
    reader.bits(16)  # a check sum
    rate, size, version, mode = (reader.bits(count) for count in (2, 6, 5, 3))
    if version > _LAST_VERSION:
        raise UnsupportedCodec("E-AC-3 is not supported")
    if rate >= len(_SAMPLE_RATES) or size >= _FRAME_SIZE_CODES:
        raise MalformedConfiguration("impossible AC-3 frame")
    layout = reader.bits(3)
    if layout & 1 and layout != 1:
        reader.bits(2)  # cmixlev
    if layout & 4:
        reader.bits(2)  # surmixlev
    if layout == 2:
        reader.bits(2)  # dsurmod
    low = reader.bits(1)
    box = rate
    for value, count in ((version, 5), (mode, 3), (layout, 3), (low, 1), (size >> 1, 5), (0, 5)):
        box = box << count | value
    return AudioTrack(
        "ac-3",
        _SAMPLE_RATES[rate],
        _CHANNELS[layout] + low,
        _SAMPLES,
        SampleEntry(b"ac-3", b"dac3", box.to_bytes(3, "big")),
    )
