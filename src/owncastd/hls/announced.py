"""
What an encoder announced about the tracks to come.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from owncastd.media.avc import MAX_FRAME_RATE, MIN_FRAME_RATE
from owncastd.media.metadata import MetadataValue

_AUDIO_PROPERTIES: Final = ("audiocodecid", "audiodatarate", "audiosamplerate")
_VIDEO_PROPERTIES: Final = ("videocodecid", "videodatarate", "framerate")


@frozen
class AnnouncedTracks:
    """
    The tracks that an C{onMetaData} (FLV v10.1 E.5) speaks of.

    @ivar has_audio: C{None} if no track is announced at all.
    @ivar has_video: C{None} if no track is announced at all.
    @ivar frame_rate: frames per second, or C{None} if none is told that makes sense.
    """

    has_audio: bool | None = None
    has_video: bool | None = None
    frame_rate: float | None = None


def announced_tracks(properties: Mapping[str, MetadataValue]) -> AnnouncedTracks:
    """
    Read what the properties of C{onMetaData} say of tracks; zeros and empty texts say nothing.
    """
    has_audio = any(map(properties.get, _AUDIO_PROPERTIES))
    has_video = any(map(properties.get, _VIDEO_PROPERTIES))
    if not has_audio and not has_video:
        return AnnouncedTracks()
    frame_rate = properties.get("framerate")
    if not isinstance(frame_rate, float) or not MIN_FRAME_RATE <= frame_rate <= MAX_FRAME_RATE:
        frame_rate = None
    return AnnouncedTracks(has_audio, has_video, frame_rate)
