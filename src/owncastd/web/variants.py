"""
Renditions as the API lists them to viewers.
"""

from collections.abc import Sequence

from owncastd.media.renditions import Rendition


def bitrate_name(kbps: int) -> str:
    """
    A bitrate in few letters, C{1.2Mbps}; empty for 0.
    """
    if kbps == 0:
        return ""
    if kbps < 1000:
        return f"{kbps}Kbps"
    if kbps % 1000 == 0:
        return f"{kbps // 1000}Mbps"
    return f"{kbps / 1000:.1f}Mbps"


def variant_name(rendition: Rendition) -> str:
    """
    The name of a rendition: the one it was given, or what tells it from the others.
    """
    if rendition.name:
        return rendition.name
    if rendition.video_passthrough:
        return "Source"
    width, height = rendition.scaled_width, rendition.scaled_height
    bitrate = bitrate_name(rendition.video_bitrate_kbps)
    # 1080 by 720 is what the name has always been given to, by a slip; 1280 is what is meant.
    if height == 720 and width in (1080, 1280):
        return f"720p @{bitrate}"
    if height == 1080 and width == 1920:
        return f"1080p @{bitrate}"
    if height:
        return f"{height}h"
    if width:
        return f"{width}w"
    return f"{bitrate}@{rendition.framerate}fps"


def variants_document(renditions: Sequence[Rendition]) -> list[dict[str, object]]:
    """
    The answer of C{/api/video/variants}: best first; the index is the place in the settings, which
    is the folder below C{/hls/}.
    """
    order = sorted(
        enumerate(renditions),
        key=lambda item: (not item[1].video_passthrough, -item[1].video_bitrate_kbps),
    )
    return [{"name": variant_name(rendition), "index": index} for index, rendition in order]
