"""
Dates of media.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.timeline import MAX_STRETCHES, Timeline, format_date
from tests.hls.support import START, started_clock


class TimelineTests(SynchronousTestCase):
    """
    L{Timeline} and L{format_date}.
    """

    def test_shared(self) -> None:
        """
        The first rendition sets the date for the others, however much later they come.
        """
        clock = started_clock()
        timeline = Timeline(clock)
        began = round(START * 1000) - 500
        self.assertEqual(timeline.date(0, 7000, 500), began)
        clock.advance(60)
        self.assertEqual(timeline.date(0, 7000, 500), began)
        self.assertEqual(timeline.date(1, 67_000, 500), began + 60_000)

    def test_by_media(self) -> None:
        """
        A rendition that begins later or earlier in a stretch is dated by its media.
        """
        clock = started_clock()
        timeline = Timeline(clock)
        began = timeline.date(0, 7000, 500)
        clock.advance(20)
        self.assertEqual(timeline.date(0, 9000, 500), began + 2000)
        self.assertEqual(timeline.date(0, 6500, 500), began - 500)

    def test_no_overlap(self) -> None:
        """
        A stretch begins after what any rendition has reached, for all renditions.
        """
        timeline = Timeline(started_clock())
        began = timeline.date(0, 0, 500)
        timeline.reached(began + 512)
        timeline.reached(began + 100)
        for begins_ms in (500, 600):
            self.assertEqual(timeline.date(1, begins_ms, 500), began + 12 + begins_ms)

    def test_bounded(self) -> None:
        """
        However often the encoder is lost, only the latest stretches are remembered.
        """
        timeline = Timeline(started_clock())
        for stretch in range(1000):
            timeline.date(stretch, 0, 500)
        self.assertEqual(len(timeline._origins), MAX_STRETCHES)

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
