"""
The stream that figures are measured against.
"""

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

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
