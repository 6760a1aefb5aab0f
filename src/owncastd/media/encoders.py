"""
The H.264 encoders that a setting can name, as ffmpeg names them.
"""

from typing import Final

from attrs import frozen

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


@frozen
class EncoderReport:
    """
    What is known of one encoder on this machine.

    @ivar name: one of C{ENCODERS}.
    @ivar display_name: what people call it.
    @ivar listed: whether the ffmpeg that is used has it.
    @ivar works: whether it could encode a moment of a test picture; C{None} while it was not tried.
    @ivar reason: why it does not work, in words, or empty.
    """

    name: str
    display_name: str
    listed: bool
    works: bool | None = None
    reason: str = ""
