"""
The command line of the ffmpeg that makes a clip of a still picture.
"""

from fractions import Fraction
from math import ceil
from typing import Final

from owncastd.media.clips import ClipShape

from .command import FIRST_OUTPUT_FD

#: Behind the picture, and where its shape leaves room.
BACKGROUND: Final = "0x08131b"
#: A small light that goes to and fro shows that the stream is alive; its colour, its side and its
#: way in parts of the picture's height and width, and where it is.
LIGHT: Final = "0x9fe3dc"
LIGHT_SIZE: Final = 0.02
LIGHT_WAY: Final = 0.06
LIGHT_DOWN: Final = 0.8
#: What little is seen of a clip is worth this much.
QUALITY: Final = 24
#: The largest denominator of frame rates: 30000/1001 and its like.
_RATE_DENOMINATOR: Final = 1001
#: The fastest preset leaves out the tools that tell the profiles apart; players like it better when
#: the profile stays what it was.
_PROFILES: Final = {
    66: ("-profile:v", "baseline"),
    77: ("-profile:v", "main", "-x264-params", "cabac=1"),
}
_HIGH: Final = ("-profile:v", "high", "-x264-params", "cabac=1:8x8dct=1")

_QUIET: Final = ("-hide_banner", "-nostats", "-loglevel", "error")
_FILTERS_ALONE: Final = ("-filter_threads", "1", "-filter_complex_threads", "1")
_ALONE: Final = ("-threads", "1")


def frame_count(shape: ClipShape) -> int:
    """
    How many pictures a clip has: no fewer than its seconds need.
    """
    return max(1, ceil(shape.seconds * shape.frame_rate - 0.001))


def frame_rate_of(shape: ClipShape) -> Fraction:
    """
    The frame rate as ffmpeg is told it.
    """
    return Fraction(shape.frame_rate).limit_denominator(_RATE_DENOMINATOR)


def clip_command(path: str, shape: ClipShape, *, alive: bool) -> tuple[str, ...]:
    """
    The arguments of an ffmpeg that reads a picture and writes FLV with H.264 to
    C{FIRST_OUTPUT_FD}: a key frame, then others that need only what is before them.

    @param path: of ffmpeg.
    @param alive: whether something moves.
    """
    # 4:2:0 has no odd sides.
    width, height = max(2, shape.width & ~1), max(2, shape.height & ~1)
    rate, frames = frame_rate_of(shape), frame_count(shape)
    fitted = (
        f"[0:v:0]scale={width}:{height}:force_original_aspect_ratio=decrease:flags=bicubic,"
        f"pad={width}:{height}:-1:-1:color={BACKGROUND},setsar=1,format=yuv420p,"
        "loop=loop=-1:size=1:start=0,setpts=N"
    )
    graph = f"{fitted}[clip]"
    if alive:
        side = max(2, round(height * LIGHT_SIZE))
        # Its way ends where it began, so that the clip can be repeated.
        across = f"(W-w)/2+{LIGHT_WAY}*W*sin(2*PI*n/{frames})"
        graph = (
            f"{fitted}[still];color=c={LIGHT}:s={side}x{side}:r={rate}[light];"
            f"[still][light]overlay=x='{across}':y={LIGHT_DOWN}*H:eval=frame[clip]"
        )
    return (
        *(path, *_QUIET, *_FILTERS_ALONE, *_ALONE),
        *("-framerate", str(rate), "-f", "image2pipe", "-i", "pipe:0"),
        *("-filter_complex", graph, "-map", "[clip]", "-frames:v", str(frames), "-r", str(rate)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", str(QUALITY), *_ALONE),
        *(*_PROFILES.get(shape.profile, _HIGH), "-level:v", f"{shape.level / 10:g}"),
        *("-g", str(frames), "-bf", "0", "-sc_threshold", "0", "-pix_fmt", "yuv420p"),
        *("-f", "flv", "-flvflags", "no_duration_filesize", f"pipe:{FIRST_OUTPUT_FD}"),
    )
