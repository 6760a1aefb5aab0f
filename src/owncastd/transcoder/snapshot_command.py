"""
The command line of the ffmpeg that makes pictures of the stream.
"""

from typing import Final

from .command import FIRST_OUTPUT_FD

#: Width of the moving previews in pixels; their height keeps the shape.
PREVIEW_WIDTH: Final = 480
#: Pictures per second of the previews, and how much of the stream they show.
PREVIEW_RATE: Final = 8
PREVIEW_SECONDS: Final = 1
#: What not every build of ffmpeg has.
WEBP_ENCODER: Final = "libwebp_anim"

JPEG: Final = "image/jpeg"
GIF: Final = "image/gif"
WEBP: Final = "image/webp"

_QUIET: Final = ("-hide_banner", "-nostats", "-loglevel", "error")
#: One core at most, however large the picture; these belong to all of ffmpeg.
_FILTERS_ALONE: Final = ("-filter_threads", "1", "-filter_complex_threads", "1")
_ALONE: Final = ("-threads", "1")
#: How each picture is written; to pipes, in which no muxer could go back.
_WRITTEN: Final = {
    JPEG: ("-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3", *_ALONE, "-f", "image2pipe"),
    GIF: ("-c:v", "gif", "-loop", "0", *_ALONE, "-f", "gif"),
    WEBP: (
        *("-c:v", WEBP_ENCODER, "-pix_fmt", "yuv420p", "-quality", "60"),
        *("-compression_level", "3", "-loop", "0", *_ALONE, "-f", "webp"),
    ),
}


def kinds(*, webp: bool) -> tuple[str, ...]:
    """
    The pictures that are made, as their media types, in the order of the outputs.

    @param webp: whether this ffmpeg can write WebP.
    """
    return (JPEG, GIF, WEBP) if webp else (JPEG, GIF)


def snapshot_command(path: str, *, webp: bool) -> tuple[str, ...]:
    """
    The arguments of an ffmpeg that reads fragmented MP4 and writes one picture to each descriptor
    from C{FIRST_OUTPUT_FD} on, as L{kinds} tells: the first frame as large as it is, and a moving
    preview.

    @param path: of ffmpeg.
    """
    small = f"fps={PREVIEW_RATE},scale=w={PREVIEW_WIDTH}:h=-2:flags=lanczos"
    # GIF has 256 colours: they are chosen for what the preview shows.
    colours = "[choose]palettegen=stats_mode=full[colours];[plain][colours]paletteuse=new=1[gif]"
    branches = ("[choose]", "[plain]", "[webp]") if webp else ("[choose]", "[plain]")
    graph = f"[0:v:0]{small},split={len(branches)}{''.join(branches)};{colours}"
    sources = {JPEG: "0:v:0", GIF: "[gif]", WEBP: "[webp]"}
    outputs: list[str] = []
    for position, kind in enumerate(kinds(webp=webp)):
        outputs += ("-map", sources[kind], *_WRITTEN[kind], f"pipe:{FIRST_OUTPUT_FD + position}")
    return (
        *(path, *_QUIET, *_FILTERS_ALONE),
        *(*_ALONE, "-t", str(PREVIEW_SECONDS), "-f", "mp4", "-i", "pipe:0"),
        *("-filter_complex", graph, *outputs),
    )
