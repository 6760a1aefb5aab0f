"""
Frame rates, declared and measured.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.announced import AnnouncedTracks, announced_tracks
from owncastd.hls.frame_rate import FrameStep, fitted_target_ms, measured_frame_rate
from owncastd.media.metadata import MetadataValue


class MeasuredTests(SynchronousTestCase):
    """
    L{measured_frame_rate}.
    """

    def test_usual_rates(self) -> None:
        """
        Rounded timestamps are seen through, however the encoder rounds.
        """
        for rate in (10, 15, 20, 24, 25, 30, 48, 50, 60):
            for rounding in (round, int, lambda x: int(x + 0.999)):
                for first in range(7):
                    times = [rounding(1000 * n / rate) for n in range(first, first + 5)]
                    self.assertEqual(measured_frame_rate(times), rate, (rate, times))

    def test_unusual_rates(self) -> None:
        """
        What is near no usual rate stays as it is, within reason.
        """
        self.assertAlmostEqual(measured_frame_rate([0, 125, 250, 375]), 8.0)
        self.assertEqual(measured_frame_rate([0, 100_000]), 1.0)
        self.assertEqual(measured_frame_rate([0, 1, 2, 3]), 300.0)

    def test_nothing_to_measure(self) -> None:
        """
        One frame, none, or time standing still: a common rate is as good as any.
        """
        for times in ([], [5], [5, 5, 5], [5, 3]):
            self.assertEqual(measured_frame_rate(times), 30.0)


class FittedTests(SynchronousTestCase):
    """
    L{fitted_target_ms}.
    """

    def test_cases(self) -> None:
        """
        Whole frames, rounded up to whole milliseconds, one frame at least.
        """
        #: wanted part, frame, target
        for part_ms, frame_ms, target_ms in (
            (200, 1000 / 30, 200),
            (200, 1001 / 30, 201),
            (200, 40, 200),
            (250, 40, 240),
            (200, 1000 / 24, 209),
            (200, 1000, 1000),
            (500, 1001 / 60, 501),
            (200, 1024 / 48, 192),
            (200, 1024 / 44.1, 209),
        ):
            self.assertEqual(fitted_target_ms(part_ms, frame_ms), target_ms, (part_ms, frame_ms))


class FrameStepTests(SynchronousTestCase):
    """
    L{FrameStep}.
    """

    def expected_after(self, times: list[int]) -> float:
        """
        What is expected after these frames, 30 per second being declared.
        """
        step = FrameStep(1000 / 30)
        for time in times:
            step.note(time)
        step.learn()
        return step.expected_ms

    def test_agreement(self) -> None:
        """
        As long as frames agree with what is declared, that stays, exactly.
        """
        times = [round(n * 1000 / 30) for n in range(40)]
        self.assertEqual(self.expected_after(times), 1000 / 30)
        self.assertEqual(self.expected_after([]), 1000 / 30)

    def test_some_dropped_frames(self) -> None:
        """
        Gaps now and then change nothing.
        """
        self.assertEqual(self.expected_after([0, 33, 67, 300, 333, 367, 400, 600, 633]), 1000 / 30)

    def test_another_rate(self) -> None:
        """
        A lasting change is learnt, within reason.
        """
        self.assertEqual(self.expected_after([n * 100 for n in range(9)]), 100.0)
        self.assertEqual(self.expected_after([n * 9000 for n in range(9)]), 1000.0)
        self.assertEqual(self.expected_after([0] * 9), 1000 / 30)


class AnnouncedTests(SynchronousTestCase):
    """
    L{announced_tracks}.
    """

    def test_cases(self) -> None:
        """
        Codecs are announced by number or by name; zeros announce nothing.
        """
        cases: list[tuple[dict[str, MetadataValue], AnnouncedTracks]] = [
            ({}, AnnouncedTracks()),
            ({"title": "x", "framerate": 0.0}, AnnouncedTracks()),
            ({"videocodecid": 7.0, "framerate": 30.0}, AnnouncedTracks(False, True, 30.0)),
            ({"videocodecid": "avc1", "audiocodecid": "mp4a"}, AnnouncedTracks(True, True, None)),
            ({"videocodecid": 7.0, "audiocodecid": 0.0}, AnnouncedTracks(False, True, None)),
            ({"audiocodecid": 10.0}, AnnouncedTracks(True, False, None)),
            ({"videocodecid": 7.0, "framerate": "fast"}, AnnouncedTracks(False, True, None)),
        ]
        for properties, expected in cases:
            self.assertEqual(announced_tracks(properties), expected)
