"""
FLAC configuration: the stream information (RFC 9639 8.2). Encapsulation of FLAC in ISO Base Media
File Format 3.3.2 for the box.
"""

from typing import Final

from .aac import MAX_SAMPLE_RATE
from .bits import BitReader
from .errors import MalformedConfiguration
from .tracks import AudioTrack, SampleEntry

_MARKER: Final = b"fLaC"
_STREAM_INFORMATION_SIZE: Final = 34
#: The head of a metadata block: the last one, stream information, and its length.
_LAST_BLOCK: Final = b"\x80\x00\x00\x22"
_BLOCK_HEADS: Final = (_LAST_BLOCK, b"\x00\x00\x00\x22")


def flac_track(head: bytes) -> AudioTrack:
    """
    Read stream information: alone, as a metadata block, or at the beginning of a FLAC stream.

    @raise MalformedConfiguration: it is not there, or describes an impossible stream.
    """
    head = head.removeprefix(_MARKER)
    if head[:4] in _BLOCK_HEADS and len(head) >= 4 + _STREAM_INFORMATION_SIZE:
        head = head[4 : 4 + _STREAM_INFORMATION_SIZE]
    if len(head) != _STREAM_INFORMATION_SIZE:
        raise MalformedConfiguration("not the stream information of FLAC")
    reader = BitReader(head)
    reader.bits(16)  # the smallest block, which the last one may be
    samples = reader.bits(16)
    reader.bits(48)  # sizes of frames
    rate, channels, size = reader.bits(20), reader.bits(3) + 1, reader.bits(5) + 1
    if not (samples and 0 < rate <= MAX_SAMPLE_RATE):
        raise MalformedConfiguration("impossible FLAC stream")
    box = bytes(4) + _LAST_BLOCK + head
    return AudioTrack("flac", rate, channels, samples, SampleEntry(b"fLaC", b"dfLa", box), size)
