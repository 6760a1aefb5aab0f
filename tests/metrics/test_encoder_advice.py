"""
What is said of an encoder.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.encoder_watch import EncoderFigures
from owncastd.metrics.encoder_advice import encoder_problems

#: An encoder that does everything right.
GOOD = EncoderFigures(
    key_frame_seconds=2.0,
    bitrate_kbps=6000,
    lowest_bitrate_kbps=5800,
    highest_bitrate_kbps=6200,
    frame_rate=30.0,
    drift_ms=-20,
    speed=1.0,
)


class EncoderProblemsTests(SynchronousTestCase):
    """
    L{encoder_problems}.
    """

    def test_none(self) -> None:
        """
        Nothing is wrong where nothing is, or where nothing is known.
        """
        self.assertEqual(encoder_problems(GOOD), ())
        self.assertEqual(encoder_problems(EncoderFigures()), ())

    def test_table(self) -> None:
        """
        Each problem has its limit, its figures and its remedy.
        """
        for name, good, bad, parts in [
            (
                "keyFrameInterval",
                EncoderFigures(key_frame_seconds=4.0),
                EncoderFigures(key_frame_seconds=4.1),
                ["4.1 seconds", "Set the keyframe interval to 2 s."],
            ),
            (
                "speed",
                EncoderFigures(speed=0.97),
                EncoderFigures(speed=0.9),
                ["0.90 seconds", "Lower its bitrate"],
            ),
            (
                "lateMessages",
                EncoderFigures(late_messages=9, delay_ms=2000),
                EncoderFigures(late_messages=10, delay_ms=2000),
                ["2.0 seconds late", "10 messages", "0.5 s"],
            ),
            (
                "droppedFrames",
                EncoderFigures(dropped_frames=9, frame_rate=30.0),
                EncoderFigures(dropped_frames=10, frame_rate=30.0),
                ["10 frames", "faster preset"],
            ),
            (
                "drift",
                EncoderFigures(drift_ms=99),
                EncoderFigures(drift_ms=100),
                ["100 ms more of sound", "48 kHz"],
            ),
            (
                "drift",
                EncoderFigures(drift_ms=-99),
                EncoderFigures(drift_ms=-250),
                ["250 ms less of sound"],
            ),
            (
                "bitrate",
                EncoderFigures(lowest_bitrate_kbps=400, highest_bitrate_kbps=1000),
                EncoderFigures(lowest_bitrate_kbps=399, highest_bitrate_kbps=1000),
                ["between 399 and 1000 kbps", "constant bitrate (CBR)"],
            ),
            (
                "bitrate",
                EncoderFigures(lowest_bitrate_kbps=10, highest_bitrate_kbps=999),
                EncoderFigures(lowest_bitrate_kbps=0, highest_bitrate_kbps=1000),
                ["between 0 and 1000"],
            ),
        ]:
            with self.subTest(name=name, bad=bad):
                self.assertEqual(encoder_problems(good), ())
                (problem,) = encoder_problems(bad)
                self.assertEqual(problem.name, name)
                for part in parts:
                    self.assertIn(part, problem.message)

    def test_order(self) -> None:
        """
        What viewers see at once comes first.
        """
        everything = EncoderFigures(
            key_frame_seconds=9.0,
            lowest_bitrate_kbps=1,
            highest_bitrate_kbps=9000,
            frame_rate=30.0,
            dropped_frames=99,
            late_messages=99,
            delay_ms=900,
            drift_ms=500,
            speed=0.5,
        )
        problems = encoder_problems(everything)
        self.assertEqual(len(problems), 6)
        self.assertEqual([each.grave for each in problems], [True] * 3 + [False] * 3)
