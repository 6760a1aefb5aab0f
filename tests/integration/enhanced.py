"""
Streams in the codecs of Enhanced RTMP, which the embedded ffmpeg alone can write.
"""

import tempfile
from pathlib import Path

from attrs import frozen

from .harness import CACHE, find_ffmpegs
from .sources import run_ffmpeg

SECONDS = 8
_VIDEO = {
    "hevc": "libx265 -preset ultrafast -x265-params log-level=none:open-gop=0:scenecut=0:bframes=2",
    "av1": "libsvtav1 -preset 12",
    "vp9": "libvpx-vp9 -deadline realtime -cpu-used 8",
    "h264": "libx264 -preset ultrafast -bf 2 -sc_threshold 0",
}
_AUDIO = {"opus": "libopus", "flac": "flac", "ac3": "ac3", "eac3": "eac3", "aac": "aac"}


def embedded_ffmpeg() -> Path:
    """
    The ffmpeg of the extra, which is new enough.

    @raise AssertionError: it is not installed.
    """
    found = find_ffmpegs().get("embedded")
    assert found is not None, "the extra owncastd[ffmpeg] is not installed"
    return found


@frozen
class EnhancedSource:
    """
    A moving picture of 30 frames and one key frame per second, with stereo sound.
    """

    video: str
    audio: str

    def make(self) -> Path:
        """
        The FLV file; encoded once, then kept in the cache.
        """
        made = CACHE / "sources" / f"enhanced-2-{self.video}-{self.audio}.flv"
        if not made.exists():
            made.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=made.parent) as temporary:
                partial = Path(temporary) / made.name
                run_ffmpeg(
                    embedded_ffmpeg(),
                    [
                        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"),
                        *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"),
                        *("-t", str(SECONDS), "-c:v", *_VIDEO[self.video].split(), "-g", "30"),
                        *("-b:v", "300k", "-pix_fmt", "yuv420p"),
                        *("-c:a", _AUDIO[self.audio], "-ac", "2", "-f", "flv", str(partial)),
                    ],
                )
                partial.rename(made)
        return made
