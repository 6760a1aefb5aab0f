"""
Time series in memory.
"""

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from owncastd.metrics.series import MAX_POINTS, Sample, Series

from .support import START


def at(seconds: float) -> datetime:
    """
    So many seconds after the beginning.
    """
    return datetime.fromtimestamp(START + seconds, UTC)


class SeriesTests(SynchronousTestCase):
    """
    L{Series} keeps the newest points.
    """

    def test_empty(self) -> None:
        """
        Nothing is known at first.
        """
        series = Series()
        self.assertEqual(list(series), [])
        self.assertIsNone(series.last)
        self.assertIsNone(series.recent_mean(1))

    def test_order(self) -> None:
        """
        Points come back oldest first, with their times.
        """
        series = Series()
        series.add(at(0), 1.0)
        series.add(at(2), 5.0)
        self.assertEqual(list(series), [Sample(at(0), 1.0), Sample(at(2), 5.0)])
        self.assertEqual(series.last, 5.0)

    def test_bounded(self) -> None:
        """
        The oldest points give way.
        """
        series = Series()
        for number in range(MAX_POINTS + 7):
            series.add(at(number), number)
        self.assertEqual(len(series), MAX_POINTS)
        self.assertEqual(next(iter(series)).value, 7)

    def test_recent_mean(self) -> None:
        """
        The mean is that of the newest points, as soon as there are enough.
        """
        series = Series()
        series.add(at(0), 100.0)
        self.assertIsNone(series.recent_mean(2))
        series.add(at(1), 10.0)
        series.add(at(2), 20.0)
        self.assertEqual(series.recent_mean(2), 15.0)
