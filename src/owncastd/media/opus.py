"""
Opus configuration: the identification header (RFC 7845 5.1), and how long a packet lasts (RFC 6716
3.1). Encapsulation of Opus in ISO Base Media File Format 4.3 for the box.
"""

import struct
from typing import Final

from attrs import evolve

from .errors import MalformedConfiguration
from .tracks import AudioTrack, SampleEntry

_MAGIC: Final = b"OpusHead"
_HEAD: Final = struct.Struct("<8sBBHIhB")
#: Opus always counts in these, whatever was recorded.
SAMPLE_RATE: Final = 48_000
#: What encoders send: 20 ms.
_USUAL_SAMPLES: Final = 960
#: The longest packet: 120 ms.
_MAX_SAMPLES: Final = 5760
#: Samples of one frame, by the upper five bits of a packet.
_SAMPLES: Final = (
    *(480, 960, 1920, 2880) * 3,  # SILK
    *(480, 960) * 2,  # hybrid
    *(120, 240, 480, 960) * 4,  # CELT
)


def opus_track(head: bytes) -> AudioTrack:
    """
    Read an identification header.

    @raise MalformedConfiguration: it is not one.
    """
    if len(head) < _HEAD.size or not head.startswith(_MAGIC):
        raise MalformedConfiguration("not an Opus identification header")
    _, version, channels, pre_skip, input_rate, gain, family = _HEAD.unpack_from(head)
    if version >> 4 or not channels:
        raise MalformedConfiguration("unknown Opus version, or no channels")
    mapping = b""
    if family:
        mapping = head[_HEAD.size : _HEAD.size + 2 + channels]
        if len(mapping) < 2 + channels:
            raise MalformedConfiguration("Opus channel mapping cut short")
    elif channels > 2:
        raise MalformedConfiguration("Opus channels without a mapping")
    box = struct.pack(">BBHIhB", 0, channels, pre_skip, input_rate, gain, family) + mapping
    return AudioTrack(
        "opus", SAMPLE_RATE, channels, _USUAL_SAMPLES, SampleEntry(b"Opus", b"dOps", box)
    )


def opus_completed(track: AudioTrack, packet: memoryview) -> AudioTrack:
    """
    Learn from a packet how long each lasts.
    """
    code = packet[0] & 3
    if code == 3:
        count = packet[1] & 0x3F if len(packet) > 1 else 0
    else:
        count = 2 if code else 1
    samples = count * _SAMPLES[packet[0] >> 3]
    if not 0 < samples <= _MAX_SAMPLES or samples == track.samples_per_frame:
        return track
    return evolve(track, samples_per_frame=samples)
