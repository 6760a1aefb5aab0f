"""
Names of renditions.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.rendition_names import bitrate_name, display_name
from owncastd.media.renditions import Rendition


class NameTests(SynchronousTestCase):
    """
    What viewers read in the list of qualities.
    """

    def test_bitrates(self) -> None:
        """
        Few letters, nothing for nothing.
        """
        cases = {0: "", 800: "800Kbps", 1000: "1Mbps", 1200: "1.2Mbps", 6000: "6Mbps"}
        for kbps, name in cases.items():
            self.assertEqual(bitrate_name(kbps), name)

    def test_variants(self) -> None:
        """
        The given name first, then what is known.
        """
        cases = [
            (Rendition("Best", video_passthrough=True), "Best"),
            (Rendition(video_passthrough=True), "Source"),
            (Rendition(scaled_width=1080, scaled_height=720), "720p @1.2Mbps"),
            (Rendition(scaled_width=1280, scaled_height=720), "720p @1.2Mbps"),
            (
                Rendition(scaled_width=1920, scaled_height=1080, video_bitrate_kbps=5500),
                "1080p @5.5Mbps",
            ),
            (Rendition(scaled_height=480), "480h"),
            (Rendition(scaled_width=640), "640w"),
            (Rendition(framerate=24), "1.2Mbps@24fps"),
        ]
        for rendition, name in cases:
            self.assertEqual(display_name(rendition), name)
