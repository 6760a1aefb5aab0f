"""
What is in a media file, packet by packet, as ffmpeg reads it.
"""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from .sources import run_ffmpeg


@frozen
class Packet:
    """
    One coded picture or audio frame.

    @ivar seconds: its presentation time.
    """

    seconds: float
    md5: str


def packets(ffmpeg: Path, path: Path, stream: str, options: Sequence[str] = ()) -> list[Packet]:
    """
    The packets of one stream, in decode order.

    @param stream: C{v} or C{a}.
    @param options: more of ffmpeg's, for what comes out.
    """
    arguments = ["-copyts", "-i", str(path), "-map", f"0:{stream}", "-c", "copy", *options]
    text = run_ffmpeg(ffmpeg, [*arguments, "-f", "framemd5", "-"])
    unit = 1.0
    found = []
    for line in text.splitlines():
        if line.startswith("#tb 0:"):
            numerator, _, denominator = line.removeprefix("#tb 0:").strip().partition("/")
            unit = int(numerator) / int(denominator)
        elif line and not line.startswith("#"):
            _, _, presentation, _, _, md5 = (part.strip() for part in line.split(","))
            found.append(Packet(int(presentation) * unit, md5))
    return found


def decode(ffmpeg: Path, path: Path) -> None:
    """
    Decode everything and stop at the first complaint.

    @raise AssertionError: ffmpeg complained.
    """
    run_ffmpeg(ffmpeg, ["-xerror", "-i", str(path), "-f", "null", "-"])


def time_shifts(sent: list[Packet], received: list[Packet]) -> list[float]:
    """
    How much later each received packet is presented than it was sent, in seconds.

    The received packets must be the last of those sent: what came before the first key frame is
    left out by the server.

    @raise AssertionError: they are not.
    """
    tail = sent[len(sent) - len(received) :]
    assert received, "nothing was received"
    assert [one.md5 for one in tail] == [one.md5 for one in received], "other packets"
    return [after.seconds - before.seconds for before, after in zip(tail, received, strict=True)]
