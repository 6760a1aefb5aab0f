"""
Renditions as the API writes them: it calls them variants.
"""

from collections.abc import Sequence
from typing import Any

from owncastd.media.rendition_names import display_name
from owncastd.media.renditions import Rendition


def variants_document(renditions: Sequence[Rendition]) -> list[dict[str, object]]:
    """
    The answer of C{/api/video/variants}: best first; the index is the place in the settings, which
    is the folder below C{/hls/}.
    """
    order = sorted(
        enumerate(renditions),
        key=lambda item: (not item[1].video_passthrough, -item[1].video_bitrate_kbps),
    )
    return [{"name": display_name(rendition), "index": index} for index, rendition in order]


def variant_document(rendition: Rendition, name: str) -> dict[str, Any]:
    """
    One rendition as the administrator's API shows it.

    @param name: what it is called there.
    """
    document: dict[str, Any] = {
        "name": name,
        "videoPassthrough": rendition.video_passthrough,
        # Without a bitrate there is nothing to encode the audio at.
        "audioPassthrough": rendition.audio_passthrough or rendition.audio_bitrate_kbps == 0,
        "videoBitrate": rendition.video_bitrate_kbps,
        "audioBitrate": rendition.audio_bitrate_kbps,
    }
    if rendition.scaled_width:
        document["scaledWidth"] = rendition.scaled_width
    if rendition.scaled_height:
        document["scaledHeight"] = rendition.scaled_height
    document["framerate"] = 0 if rendition.video_passthrough else rendition.framerate
    document["cpuUsageLevel"] = rendition.cpu_usage_level
    return document
