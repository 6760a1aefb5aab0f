"""
What people call a rendition: the name that it was given, or one made of what it is.
"""

from .renditions import Rendition


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


def display_name(rendition: Rendition) -> str:
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
