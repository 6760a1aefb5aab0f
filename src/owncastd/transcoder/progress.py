"""
What ffmpeg says on standard error, and what that means to an operator.
"""

import re
from collections import deque
from enum import Enum
from typing import Final

from attrs import define, field, frozen

#: A longer line is cut, in bytes.
MAX_LINE: Final = 4096
#: How many unexplained complaints are remembered for the report of a failure.
MAX_REMEMBERED: Final = 20
#: How much of a line goes into that report, in characters.
_MAX_QUOTED: Final = 200

_PREFIX = re.compile(r"(?:\[[^\]\s]{1,64} @ 0x[0-9a-f]{1,16}\] ?)*(?:\[([a-z]{4,8})\] )?")
_COMPLAINTS = frozenset({"warning", "error", "fatal", "panic"})

#: Lines that say nothing of use: they follow from others, or from how ffmpeg is used here.
_IGNORED: Final = (
    "Last message repeated",
    "VBV underflow",
    "Non-monotonous DTS",
    "Non-monotonic DTS",
    "frames duplicated",
    "To ignore this",
    # Options for the video of a broadcast that has sound alone, and the reverse.
    "has not been used for any stream",
    "Error opening output file",
    "Error opening input file",
    "Error splitting the argument list",
    "Error selecting an encoder",
    "Conversion failed!",
    # After an encoder that could not be opened.
    "Error sending frames to consumers",
    "Could not open encoder before EOF",
    "Nothing was written into output file",
    "libOmxCore.so not found",
    "Device creation failed",
    "Error parsing global options",
    "frames left in the queue on closing",
    # The AAC encoder, about a bitrate above what AAC allows.
    "clamping to max",
    "Terminating thread with return code",
    "Task finished with error code",
    # Advice to developers of ffmpeg, after a damaged picture.
    "If you want to help, upload a sample",
    "is not implemented. Update your FFmpeg version",
)

#: What is told for what a line contains. The first that fits counts, so the specific come first and
#: the sweeping last; in a failure an earlier row explains more than a later one.
_MEANINGS: Final = (
    (
        "Unknown encoder 'libx264'",
        "This ffmpeg was built without the x264 encoder; install one that has it",
    ),
    (
        "Unrecognized option 'x264-params",
        "This ffmpeg was built without the x264 encoder; install one that has it",
    ),
    (
        "Unknown encoder 'h264_",
        "This ffmpeg was built without the chosen hardware encoder; choose another encoder",
    ),
    (
        "Unrecognized option 'vaapi_device'",
        "This ffmpeg was built without VA-API; choose another encoder",
    ),
    (
        "No VA display found for device",
        "VA-API finds no graphics device; look for its driver, and whether the server may use"
        " /dev/dri",
    ),
    (
        "for option 'vaapi_device'",
        "VA-API cannot use the graphics device; look for its driver, and whether the server may use"
        " /dev/dri",
    ),
    (
        "encoder_context->mfc_context",
        "The driver of the Intel graphics lacks its shaders; install the complete i965 driver",
    ),
    (
        "No usable encoding profile found",
        "This graphics device cannot encode H.264 through VA-API; choose another encoder",
    ),
    (
        "No usable encoding entrypoint found",
        "This graphics device cannot encode H.264 through VA-API; choose another encoder",
    ),
    (
        "Cannot load libcuda",
        "There is no NVIDIA driver here; install it, or choose another encoder",
    ),
    (
        "Cannot load nvcuda",
        "There is no NVIDIA driver here; install it, or choose another encoder",
    ),
    (
        "Cannot load libnvidia-encode",
        "The NVIDIA driver lacks its library for encoding; install it, or choose another encoder",
    ),
    (
        "minimum required Nvidia driver",
        "The NVIDIA driver is too old for this ffmpeg; install a newer one",
    ),
    (
        "No capable devices found",
        "No NVIDIA card here can encode H.264; choose another encoder",
    ),
    (
        "MFX session",
        "Quick Sync finds no Intel graphics that it can use; look for its driver, or choose another"
        " encoder",
    ),
    (
        "Could not find a valid device",
        "Video4Linux finds no device that encodes; choose another encoder",
    ),
    (
        "libOMX_Core.so not found",
        "There is no OpenMAX library here; choose another encoder",
    ),
    (
        "cannot create compression session",
        "VideoToolbox gives no encoder; it may be in use, or not able to make a rendition's size",
    ),
    (
        "Failed to initialize MPP",
        "The Rockchip encoder cannot be opened; look whether the server may use /dev/mpp_service",
    ),
    (
        "Impossible to convert between the formats",
        "The encoder takes no picture of this kind; choose another encoder",
    ),
    (
        "Unknown encoder",
        "This ffmpeg lacks an encoder that the renditions need; install another build",
    ),
    (
        "OpenEncodeSessionEx failed",
        "The graphics card allows no further encoding session; remove a rendition",
    ),
    ("Cannot allocate memory", "There is not enough memory to encode; remove a rendition"),
    ("not divisible by 2", "A rendition's picture size is odd; choose even numbers"),
    (
        "does not contain any stream",
        "The encoder sends neither pictures nor sound that ffmpeg can read; send H.264 and AAC",
    ),
    (
        "matches no streams",
        "The encoder sends neither pictures nor sound that ffmpeg can read; send H.264 and AAC",
    ),
    (
        "could not find codec parameters",
        "The broadcast began with nothing that ffmpeg can read; send H.264 and AAC",
    ),
    (
        "Too many packets buffered for output stream",
        "The encoder announced sound or pictures that it does not send",
    ),
    ("unable to open display", "ffmpeg is confined (a snap package?); install it another way"),
    (
        "Unrecognized option",
        "This ffmpeg does not know an option that is needed; install version 5.1 or newer",
    ),
    (
        "can't configure encoder",
        "The encoder did not accept a rendition's settings; change its size or bitrate",
    ),
    (
        "maybe incorrect parameters such as bit_rate",
        "The encoder did not accept a rendition's settings; change its size or bitrate",
    ),
    ("[h264 @ ", "Damaged pictures arrive from the encoder; look at its connection and its load"),
    ("[aac @ ", "Damaged sound arrives from the encoder; look at its connection and its load"),
    (
        "Invalid data found when processing input",
        "Damaged media arrives from the encoder; look at its connection and its load",
    ),
)


class LineKind(Enum):
    """
    What is done with a line.
    """

    IGNORED = "ignored"
    EXPLAINED = "explained"
    RAW = "raw"


@frozen
class StderrLine:
    """
    One line, understood as far as possible.

    @ivar level: ffmpeg's level, empty if the line names none.
    @ivar text: the line without its prefixes.
    @ivar meaning: for an explained line, a sentence without its full stop.
    @ivar rank: for an explained line, how specific it is; 0 is the most specific.
    """

    kind: LineKind
    level: str
    text: str
    meaning: str = ""
    rank: int = 0

    @property
    def is_error(self) -> bool:
        """
        Whether ffmpeg itself takes it for more than a warning.
        """
        return self.level in ("error", "fatal", "panic")


def classify(line: str) -> StderrLine:
    """
    Say what one line of C{-loglevel level+warning} is.
    """
    prefix = _PREFIX.match(line)
    assert prefix is not None  # It matches the empty text.
    level, text = prefix[1] or "", line[prefix.end() :]
    if any(needle in line for needle in _IGNORED):
        return StderrLine(LineKind.IGNORED, level, text)
    for rank, (needle, meaning) in enumerate(_MEANINGS):
        if needle in line:
            return StderrLine(LineKind.EXPLAINED, level, text, meaning, rank)
    return StderrLine(LineKind.RAW if text.strip() else LineKind.IGNORED, level, text)


@define
class LineSplitter:
    """
    Cuts standard error into lines, each at most C{MAX_LINE} bytes.
    """

    _partial: bytearray = field(factory=bytearray, repr=False)

    def feed(self, data: bytes) -> list[str]:
        """
        Take bytes.

        @return: the lines that they complete. A carriage return ends a line as well.
        """
        *complete, rest = data.replace(b"\r", b"\n").split(b"\n")
        lines = []
        for piece in complete:
            self._keep(piece)
            lines.append(self.flush())
        self._keep(rest)
        return [line for line in lines if line]

    def flush(self) -> str:
        """
        Take what stands without an end.
        """
        line = self._partial.decode("utf-8", "replace").rstrip()
        self._partial.clear()
        return line

    def _keep(self, piece: bytes) -> None:
        self._partial += piece[: MAX_LINE - len(self._partial)]


@define
class Complaints:
    """
    Remembers what one child said, for when it fails.
    """

    _best: StderrLine | None = None
    _raw: deque[str] = field(factory=lambda: deque(maxlen=MAX_REMEMBERED))
    _told: set[str] = field(factory=set)

    def add(self, line: StderrLine) -> bool:
        """
        Remember a line.

        @return: whether its meaning is new from this child and worth telling.
        """
        if line.kind is LineKind.RAW and (line.level in _COMPLAINTS or not line.level):
            self._raw.append(line.text[:_MAX_QUOTED])
        if line.kind is not LineKind.EXPLAINED:
            return False
        if self._best is None or line.rank < self._best.rank:
            self._best = line
        if line.meaning in self._told:
            return False
        self._told.add(line.meaning)
        return True

    def best(self) -> str:
        """
        What explains a failure best: the most specific meaning, else the last words, else nothing.
        """
        if self._best is not None:
            return self._best.meaning
        return f"its last words: {self._raw[-1]}" if self._raw else ""
