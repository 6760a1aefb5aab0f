"""
The codecs that are carried: one table each for pictures and sound.
"""

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from .aac import aac_track
from .ac3 import ac3_track
from .av1 import av1_completed, av1_track, without_delimiter
from .avc import avc_track
from .flac import flac_track
from .flv import AUDIO_CODEC_AAC, VIDEO_CODEC_AVC, four_cc
from .hevc import hevc_track
from .opus import opus_completed, opus_track
from .tracks import AudioTrack, VideoTrack
from .vp9 import vp9_completed, vp9_track


@frozen
class VideoCodec:
    """
    How a codec's pictures are packaged. What it calls raises L{MalformedConfiguration}.

    @ivar name: as people know it.
    @ivar parse: reads a configuration.
    @ivar completed: adds what only a key frame tells; C{None} where nothing is missing.
    @ivar trimmed: takes away what files do not store; C{None} where there is nothing.
    """

    name: str
    parse: Callable[[bytes], VideoTrack]
    completed: Callable[[VideoTrack, memoryview], VideoTrack] | None = None
    trimmed: Callable[[memoryview], memoryview] | None = None


@frozen
class AudioCodec:
    """
    How a codec's sound is packaged. What it calls raises L{MalformedConfiguration} or
    L{UnsupportedCodec}.

    @ivar parse: reads a configuration; C{None} where there is none.
    @ivar described: reads a frame, where each describes itself.
    @ivar completed: adds what only a frame tells; C{None} where nothing is missing.
    """

    name: str
    parse: Callable[[bytes], AudioTrack] | None
    described: Callable[[memoryview], AudioTrack] | None = None
    completed: Callable[[AudioTrack, memoryview], AudioTrack] | None = None


AVC: Final = VideoCodec("H.264", avc_track)
AAC: Final = AudioCodec("AAC", aac_track)

#: By codec id (FLV v10.1, E.4.3.1) or FourCC (Enhanced RTMP v2).
VIDEO_CODECS: Final[Mapping[int, VideoCodec]] = {
    VIDEO_CODEC_AVC: AVC,
    four_cc("hvc1"): VideoCodec("HEVC", hevc_track),
    four_cc("av01"): VideoCodec("AV1", av1_track, av1_completed, without_delimiter),
    four_cc("vp09"): VideoCodec("VP9", vp9_track, vp9_completed),
}
#: By sound format (FLV v10.1, E.4.2.1) or FourCC.
AUDIO_CODECS: Final[Mapping[int, AudioCodec]] = {
    AUDIO_CODEC_AAC: AAC,
    four_cc("Opus"): AudioCodec("Opus", opus_track, completed=opus_completed),
    four_cc("fLaC"): AudioCodec("FLAC", flac_track),
    four_cc("ac-3"): AudioCodec("AC-3", None, ac3_track),
}

#: What may be said with four characters in extended headers.
VIDEO_FOUR_CCS: Final = ("avc1", "hvc1", "av01", "vp09")
AUDIO_FOUR_CCS: Final = ("mp4a", "Opus", "fLaC", "ac-3")
