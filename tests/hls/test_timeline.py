"""
Dates of media.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.timeline import SHARED_ANCHOR_TOLERANCE_SECONDS, Timeline, format_date
from tests.hls.support import START, started_clock


class TimelineTests(SynchronousTestCase):
    """
    L{Timeline} and L{format_date}.
    """

    def test_shared(self) -> None:
        """
        The first rendition sets the date for those that come a little later.
        """
        clock = started_clock()
        timeline = Timeline(clock)
        began = round(START * 1000) - 500
        self.assertEqual(timeline.anchor(0, 500), began)
        clock.advance(1.2)
        self.assertEqual(timeline.anchor(0, 500), began)
        clock.advance(SHARED_ANCHOR_TOLERANCE_SECONDS)
        self.assertEqual(timeline.anchor(0, 500), round(clock.seconds() * 1000) - 500)
        self.assertEqual(timeline.anchor(1, 500), round(clock.seconds() * 1000) - 500)

    def test_bounded(self) -> None:
        """
        However often the encoder is lost, only the latest stretches are remembered.
        """
        timeline = Timeline(started_clock())
        for stretch in range(1000):
            timeline.anchor(stretch, 500)
        self.assertLess(len(timeline._anchors), 10)

    def test_format(self) -> None:
        """
        ISO 8601, always with milliseconds.
        """
        for milliseconds, text in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (round(START * 1000) + 999, "2026-11-23T10:00:00.999Z"),
        ]:
            self.assertEqual(format_date(milliseconds), text)
