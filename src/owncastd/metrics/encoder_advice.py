"""
What is wrong with the way an encoder sends, and what its operator can do about it.
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

from owncastd.broadcast.encoder_watch import LATE_MS, EncoderFigures

#: A longer key-frame interval makes segments long and joining slow, in seconds.
LONG_KEY_FRAME_SECONDS: Final = 4.0
#: The highest bit rate may be this many times the lowest; below so many kbit/s it does not matter.
SWING: Final = 2.5
SWING_MATTERS_KBPS: Final = 1000
#: Shares of the frames and messages of a minute that are worth a word, and how many at least.
MANY_DROPPED: Final = 0.01
FEW: Final = 10
#: Sound that has moved further than this against the picture is noticed, in milliseconds.
DRIFT_MS: Final = 100
#: What sends less media than this in a second does not keep up.
SLOW: Final = 0.97


@frozen
class EncoderProblem:
    """
    One thing that is wrong.

    @ivar name: for programs, such as C{keyFrameInterval}.
    @ivar message: for the operator: what is wrong and what to do.
    @ivar grave: whether viewers see it at once.
    """

    name: str
    message: str
    grave: bool


def encoder_problems(figures: EncoderFigures) -> tuple[EncoderProblem, ...]:
    """
    All that is wrong, the gravest first.
    """
    return tuple(
        EncoderProblem(name, message, name in _GRAVE)
        for name, find in _FINDINGS
        for message in find(figures)
    )


def _speed(figures: EncoderFigures) -> Iterator[str]:
    if figures.speed is not None and figures.speed < SLOW:
        yield (
            f"Your encoder sends only {figures.speed:.2f} seconds of media per second, so viewers"
            " will stall. Lower its bitrate, its picture size or its quality preset, and look at"
            " its connection."
        )


def _late(figures: EncoderFigures) -> Iterator[str]:
    if figures.late_messages >= FEW:
        yield (
            f"Media arrives up to {figures.delay_ms / 1000:.1f} seconds late"
            f" ({figures.late_messages} messages by more than {LATE_MS / 1000:g} s in the last"
            " minute). Lower your encoder's bitrate, or use a steadier connection."
        )


def _dropped(figures: EncoderFigures) -> Iterator[str]:
    dropped, rate = figures.dropped_frames, figures.frame_rate
    if rate is not None and dropped >= FEW:
        yield (
            f"{dropped} frames of the last minute are missing. If your encoder says that its"
            " connection drops them, lower its bitrate; if it says that it skips them, choose a"
            " faster preset or a smaller picture."
        )


def _key_frames(figures: EncoderFigures) -> Iterator[str]:
    seconds = figures.key_frame_seconds
    if seconds is not None and seconds > LONG_KEY_FRAME_SECONDS:
        yield (
            f"Your encoder lets up to {seconds:.1f} seconds pass between key frames, which makes"
            " joining slow and the delay long. Set the keyframe interval to 2 s."
        )


def _swings(figures: EncoderFigures) -> Iterator[str]:
    low, high = figures.lowest_bitrate_kbps, figures.highest_bitrate_kbps
    if low is None or high is None or high < SWING_MATTERS_KBPS or high <= SWING * low:
        return
    yield (
        f"Your encoder's bitrate swings between {low} and {high} kbps, which players take for a"
        " network that comes and goes. Set its rate control to a constant bitrate (CBR)."
    )


def _drift(figures: EncoderFigures) -> Iterator[str]:
    drift = figures.drift_ms
    if drift is None or abs(drift) < DRIFT_MS:
        return
    amount = "less" if drift < 0 else "more"
    yield (
        f"There are {abs(drift)} ms {amount} of sound than of picture since your encoder connected,"
        " so the two drift apart. Set the sound device and the encoder to the same sample rate"
        " (48 kHz), and look for dropped frames."
    )


_FINDINGS: Final[tuple[tuple[str, Callable[[EncoderFigures], Iterator[str]]], ...]] = (
    ("speed", _speed),
    ("lateMessages", _late),
    ("droppedFrames", _dropped),
    ("keyFrameInterval", _key_frames),
    ("drift", _drift),
    ("bitrate", _swings),
)
_GRAVE: Final = frozenset(("speed", "lateMessages", "droppedFrames"))
