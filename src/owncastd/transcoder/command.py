"""
The command line of ffmpeg: one FLV stream in on standard input, one out per encoded rendition.

Output C{n} is written to descriptor C{FIRST_OUTPUT_FD + n}. Every option exists in ffmpeg 5.1 and
in 9.0, and carries a stream specifier: where several streams share an option such as C{-preset}
without one, the last value counts for all.
"""

from collections.abc import Sequence
from typing import Final

from owncastd.media.renditions import Rendition

#: The descriptor of the first output, in the child.
FIRST_OUTPUT_FD: Final = 3

#: x264 presets by the API's C{cpuUsageLevel}.
PRESETS: Final = ("ultrafast", "superfast", "veryfast", "faster", "fast")
_DEFAULT_CPU_USAGE_LEVEL: Final = 2
#: For a rendition whose bitrate is not set, in kbit/s.
_DEFAULT_VIDEO_BITRATE_KBPS: Final = 1200
#: No more frames than this without a key frame; key frames normally come where the source has them.
_MAX_KEY_FRAME_INTERVAL: Final = 600

_INPUT: Final = (
    "-hide_banner",
    "-nostdin",
    # Each line says its level, and equal lines are counted instead of repeated.
    *("-loglevel", "level+warning"),
    # Without it each output is shifted by the delay of its own encoder.
    "-copyts",
    # A decoder with frame threads holds one frame back per thread.
    *("-threads", "1"),
    # The default waits for five seconds of media; 0 means the default.
    *("-analyzeduration", "300000"),
    *("-probesize", "5000000"),
    *("-f", "flv"),
    *("-i", "pipe:0"),
)
#: A broadcast may have sound or pictures alone. No text of the streamer's is passed on.
_MAPPING: Final = ("-map", "0:v:0?", "-map", "0:a:0?", "-map_metadata", "-1")
_OUTPUT: Final = (
    # When the encoder stops sending sound, pictures wait this long for it (in microseconds) instead
    # of ten seconds, and the reverse.
    *("-max_interleave_delta", "500000"),
    *("-f", "flv", "-flvflags", "no_duration_filesize", "-flush_packets", "1"),
)


def ffmpeg_arguments(executable: str, renditions: Sequence[Rendition]) -> tuple[str, ...]:
    """
    The whole argument vector, C{argv[0]} included.

    @param executable: path of ffmpeg.
    @param renditions: what to make, in the order of the output descriptors.
    """
    arguments = [executable, *_INPUT]
    for position, rendition in enumerate(renditions):
        arguments += _MAPPING
        arguments += _video(rendition)
        arguments += _audio(rendition)
        arguments += (*_OUTPUT, f"pipe:{FIRST_OUTPUT_FD + position}")
    return tuple(arguments)


def _video(rendition: Rendition) -> list[str]:
    """
    Options of one output's video.
    """
    if rendition.video_passthrough:
        return ["-c:v", "copy"]
    bitrate = f"{rendition.video_bitrate_kbps or _DEFAULT_VIDEO_BITRATE_KBPS}k"
    arguments = [
        *("-c:v", "libx264", "-preset:v", _preset(rendition.cpu_usage_level)),
        *("-tune:v", "zerolatency", "-profile:v", "high", "-pix_fmt:v", "yuv420p"),
        *("-b:v", bitrate, "-maxrate:v", bitrate, "-bufsize:v", bitrate),
        # Segments of all renditions are cut at the same places.
        *("-force_key_frames:v", "source", "-g:v", str(_MAX_KEY_FRAME_INTERVAL)),
        *("-sc_threshold:v", "0"),
        # By default timestamps are rounded to frames of a guessed rate, away from the source's.
        *("-enc_time_base:v", "1:1000"),
    ]
    if rendition.framerate > 0:
        # The selection below leaves the rate unchanged that ffmpeg tells x264, whose bits per
        # frame follow from it.
        arguments += ("-x264-params:v", f"fps={rendition.framerate}")
    filters = [*_frame_rate_limit(rendition.framerate), *_scale(rendition)]
    if filters:
        arguments += ("-filter:v", ",".join(filters))
    return arguments


def _audio(rendition: Rendition) -> list[str]:
    """
    Options of one output's audio.
    """
    if rendition.audio_passthrough or rendition.audio_bitrate_kbps <= 0:
        return ["-c:a", "copy"]
    return ["-c:a", "aac", "-b:a", f"{rendition.audio_bitrate_kbps}k"]


def _preset(cpu_usage_level: int) -> str:
    """
    The x264 preset for a level; the middle one for a level that does not exist.
    """
    if 0 <= cpu_usage_level < len(PRESETS):
        return PRESETS[cpu_usage_level]
    return PRESETS[_DEFAULT_CPU_USAGE_LEVEL]


def _frame_rate_limit(framerate: int) -> list[str]:
    """
    A filter that drops frames above a rate, and changes no timestamp.

    Neither the C{fps} filter nor C{-r} is used: both move timestamps to a grid, add frames to a
    slower source, and may drop a key frame, after which this rendition's segments would no longer
    line up with the others'. Here register 0 is when the next frame is due. A frame may be early by
    a quarter of a period, since FLV's milliseconds jitter; a key frame always passes.
    """
    if framerate <= 0:
        return []
    due = f"st(0,max(ld(0)+1/{framerate},t))"
    return [f"select='if(key+gte(t,ld(0)-0.25/{framerate}),1+0*{due},0)'"]


def _scale(rendition: Rendition) -> list[str]:
    """
    A filter that makes the picture smaller, never larger, and keeps its proportions.

    Both sides come out even, as 4:2:0 needs.
    """
    width = rendition.scaled_width // 2 * 2
    height = rendition.scaled_height // 2 * 2
    if width > 0 and height > 0:
        box = f"w='min({width},iw)':h='min({height},ih)'"
        return [f"scale={box}:force_original_aspect_ratio=decrease:force_divisible_by=2"]
    if height > 0:
        return [f"scale=-2:'min({height},ih)'"]
    if width > 0:
        return [f"scale='min({width},iw)':-2"]
    return []
