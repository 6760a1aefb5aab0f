"""
What a packager must know of a track, whatever its codec.
"""

from typing import NamedTuple

from attrs import field, frozen


class SampleEntry(NamedTuple):
    """
    How a track describes itself in a CMAF header (ISO/IEC 14496-12 8.5.2).

    @ivar kind: the type of the entry, such as C{avc1}.
    @ivar configuration_kind: of the box with the codec's configuration in it, such as C{avcC}.
    @ivar configuration: the body of that box.
    """

    kind: bytes
    configuration_kind: bytes
    configuration: bytes


@frozen
class VideoTrack:
    """
    The pictures of a configuration that was found sound.

    @ivar codecs: the codec by its RFC 6381 name, such as C{avc1.64001f}.
    @ivar width: in pixels, cropping applied; 0 where only a frame will tell. C{height} likewise.
    @ivar frame_rate: frames per second, or C{None} if the configuration tells none.
    """

    codecs: str
    width: int
    height: int
    frame_rate: float | None
    entry: SampleEntry = field(repr=False)


@frozen
class AudioTrack:
    """
    The sound of a configuration that was found sound.

    @ivar codecs: the codec by its RFC 6381 name, such as C{mp4a.40.2}.
    @ivar sample_rate: in Hz, as the track counts its samples.
    @ivar samples_per_frame: what one message holds.
    @ivar sample_size: in bits.
    """

    codecs: str
    sample_rate: int
    channels: int
    samples_per_frame: int
    entry: SampleEntry = field(repr=False)
    sample_size: int = 16
