"""
Renditions: the qualities that a broadcast is offered in.
"""

from attrs import frozen


@frozen
class Rendition:
    """
    One quality of a broadcast; Owncast's API calls it a variant or an output variant.

    Bitrates are in kbit/s as in the API. A rendition with L{video_passthrough} carries the
    broadcaster's own video untouched and ignores the video fields; likewise for audio.

    @ivar scaled_width: picture width in pixels, or 0 to follow the height.
    @ivar scaled_height: picture height in pixels, or 0 to follow the width.
    @ivar framerate: frames per second, or 0 for the source's own.
    @ivar cpu_usage_level: 0 (fastest encoder preset) to 4 (slowest).
    """

    name: str = ""
    video_passthrough: bool = False
    audio_passthrough: bool = True
    video_bitrate_kbps: int = 1200
    audio_bitrate_kbps: int = 0
    scaled_width: int = 0
    scaled_height: int = 0
    framerate: int = 0
    cpu_usage_level: int = 2

    @property
    def is_source(self) -> bool:
        """
        Whether nothing is encoded: the broadcaster's own audio and video, packaged in process.
        """
        return self.video_passthrough and self.audio_passthrough


SOURCE = Rendition(name="Source", video_passthrough=True, audio_passthrough=True)
