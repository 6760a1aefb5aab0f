"""
What a packager makes and a window keeps: init sections, parts, and the seam between the two.
"""

from typing import Protocol

from attrs import field, frozen


@frozen
class InitSection:
    """
    A CMAF header (C{ftyp} and C{moov}) and what a multivariant playlist says about its media.

    @ivar codecs: RFC 6381 text, such as C{avc1.64001f,mp4a.40.2}.
    @ivar frame_rate: frames per second, or C{None} without video or when unknown.
    @ivar part_target_ms: no part that needs this section is longer (EXT-X-PART-INF); the level's
        part duration fitted to whole frames, so that parts come out equal.
    """

    data: bytes = field(repr=False)
    codecs: str
    width: int | None
    height: int | None
    frame_rate: float | None
    part_target_ms: int


@frozen
class Part:
    """
    One CMAF chunk (C{moof} and C{mdat}): an HLS partial segment.

    @ivar duration_ms: presentation length; the lengths of consecutive parts add up without rounding
        error to the media's own clock.
    @ivar independent: it starts with a key frame (for audio alone: always).
    @ivar begins_ms: when its first sample is shown, on the broadcast's clock. What is encoded anew
        may be decoded at other times than the source, but it is shown at the same.
    """

    data: bytes = field(repr=False)
    duration_ms: int
    independent: bool
    begins_ms: int = 0


class PartSink(Protocol):
    """
    Where a packager puts what it made; the live window, or a list in tests.

    The order is C{begin (add_part+ end_segment)*}, where C{begin} and C{discontinuity} come only
    between segments; the first C{add_part} after C{end_segment} starts the next segment.
    """

    def begin(self, init: InitSection) -> None:
        """
        The following segments need this init section.
        """

    def add_part(self, part: Part) -> None:
        """
        The next part of the current segment, complete.
        """

    def end_segment(self) -> None:
        """
        The current segment is complete with the parts it has.
        """

    def discontinuity(self) -> None:
        """
        The next segment does not continue the last one. Each call counts.
        """

    def end(self) -> None:
        """
        The broadcast is over.
        """
