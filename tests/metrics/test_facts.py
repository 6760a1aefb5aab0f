"""
The stream that figures are measured against.
"""

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition

from .support import OFFLINE


class StreamFactsTests(SynchronousTestCase):
    """
    What follows from the facts of a stream.
    """

    def test_bitrates(self) -> None:
        """
        What is passed through has the encoder's bitrate, once that is known.
        """
        facts = evolve(OFFLINE, renditions=(SOURCE, Rendition(video_bitrate_kbps=800)))
        self.assertEqual(facts.bitrates(), (SOURCE.video_bitrate_kbps, 800))
        self.assertEqual(evolve(facts, inbound_kbps=6000).bitrates(), (6000, 800))

    def test_key_frame_interval(self) -> None:
        """
        Only a segment of more than twice its shortest length betrays the interval: up to that it
        may hold two.
        """
        for level, target_duration, expected in [
            (2, 0, None),
            (2, 2, None),
            (2, 4, None),
            (2, 5, 5),
            (2, 10, 10),
            (3, 8, None),
            (3, 9, 9),
        ]:
            with self.subTest(level=level, target_duration=target_duration):
                facts = evolve(
                    OFFLINE, latency=LATENCY_LEVELS[level], target_duration=target_duration
                )
                self.assertEqual(facts.key_frame_seconds, expected)
