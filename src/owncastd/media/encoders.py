"""
The H.264 encoders that a setting can name, as ffmpeg names them.
"""

from typing import Final

#: In software, everywhere.
DEFAULT_ENCODER: Final = "libx264"
ENCODERS: Final = (
    DEFAULT_ENCODER,
    "h264_omx",
    "h264_vaapi",
    "h264_nvenc",
    "h264_qsv",
    "h264_v4l2m2m",
    "h264_videotoolbox",
    "h264_rkmpp",
)
