"""
The command line of ffmpeg: one FLV stream in on standard input, one out per encoded rendition.

Output C{n} is written to descriptor C{FIRST_OUTPUT_FD + n}. Every option exists in ffmpeg 5.1 and
in 9.0, and carries a stream specifier: where several streams share an option such as C{-preset}
without one, the last value counts for all.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from owncastd.media.renditions import Rendition

from .families import LIBX264, EncoderFamily

#: The descriptor of the first output, in the child.
FIRST_OUTPUT_FD: Final = 3

#: For a rendition whose bitrate is not set, in kbit/s.
_DEFAULT_VIDEO_BITRATE_KBPS: Final = 1200
#: No more frames than this without a key frame; key frames normally come where the source has them.
_MAX_KEY_FRAME_INTERVAL: Final = 600
#: How much an encoder is tried with.
TRIAL_MEDIA_SECONDS: Final = 0.2
_TRIAL: Final = Rendition(scaled_height=240, framerate=15)

_GLOBAL: Final = (
    "-hide_banner",
    "-nostdin",
    # Each line says its level, and equal lines are counted instead of repeated.
    *("-loglevel", "level+warning"),
)
_INPUT: Final = (
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


def ffmpeg_arguments(
    executable: str, renditions: Sequence[Rendition], family: EncoderFamily = LIBX264
) -> tuple[str, ...]:
    """
    The whole argument vector, C{argv[0]} included.

    @param executable: path of ffmpeg.
    @param renditions: what to make, in the order of the output descriptors.
    @param family: what video is encoded with.
    """
    arguments = [executable, *_GLOBAL]
    if encodes_video(renditions):
        arguments += family.global_arguments
    arguments += _INPUT
    for position, rendition in enumerate(renditions):
        arguments += _MAPPING
        arguments += _video(rendition, family)
        arguments += _audio(rendition)
        arguments += (*_OUTPUT, f"pipe:{FIRST_OUTPUT_FD + position}")
    return tuple(arguments)


def trial_arguments(executable: str, family: EncoderFamily) -> tuple[str, ...]:
    """
    A command that encodes a moment of a test picture with all that a rendition may ask for.
    """
    return (
        *(executable, *_GLOBAL, *family.global_arguments),
        *("-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=30:duration={TRIAL_MEDIA_SECONDS}"),
        *_video(_TRIAL, family),
        *("-f", "null", "-"),
    )


def encodes_video(renditions: Iterable[Rendition]) -> bool:
    """
    Whether an encoder of pictures is needed at all.
    """
    return not all(rendition.video_passthrough for rendition in renditions)


def _video(rendition: Rendition, family: EncoderFamily) -> list[str]:
    """
    Options of one output's video.
    """
    if rendition.video_passthrough:
        return ["-c:v", "copy"]
    bitrate = f"{rendition.video_bitrate_kbps or _DEFAULT_VIDEO_BITRATE_KBPS}k"
    arguments = [
        *("-c:v", family.name, *family.level_options(rendition.cpu_usage_level), *family.options),
        *(("-pix_fmt:v", family.pixel_format) if family.pixel_format else ()),
        *("-b:v", bitrate, "-maxrate:v", bitrate, "-bufsize:v", bitrate),
        # Segments of all renditions are cut at the same places.
        *("-force_key_frames:v", "source", "-g:v", str(_MAX_KEY_FRAME_INTERVAL)),
        # By default timestamps are rounded to frames of a guessed rate, away from the source's.
        *("-enc_time_base:v", "1:1000"),
    ]
    if rendition.framerate > 0 and family.takes_x264_params:
        # The selection below leaves the rate unchanged that ffmpeg tells x264, whose bits per
        # frame follow from it. Other encoders cannot be told another way.
        arguments += ("-x264-params:v", f"fps={rendition.framerate}")
    filters = [
        *_frame_rate_limit(rendition.framerate),
        *family.upload,
        *_scale(rendition, family.scaler),
    ]
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


def _scale(rendition: Rendition, scaler: str) -> list[str]:
    """
    A filter that makes the picture smaller, never larger, and keeps its proportions.

    Both sides come out even, as 4:2:0 needs.
    """
    width = rendition.scaled_width // 2 * 2
    height = rendition.scaled_height // 2 * 2
    if width > 0 and height > 0:
        box = f"w='min({width},iw)':h='min({height},ih)'"
        return [f"{scaler}={box}:force_original_aspect_ratio=decrease:force_divisible_by=2"]
    if height > 0:
        return [f"{scaler}=-2:'min({height},ih)'"]
    if width > 0:
        return [f"{scaler}='min({width},iw)':-2"]
    return []
