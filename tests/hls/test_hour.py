"""
An hour of a broadcast, in seconds.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.audio_clock import RESYNC_MS

from .hour import Look, Stream, run_through

#: Cheap to send: what matters is how many parts and segments there are.
FRAME_RATE = 5
SAMPLE_RATE = 8_000
FRAME_MS = 1000 / FRAME_RATE


class HourTests(SynchronousTestCase):
    """
    Packagers and windows that have been at it for an hour.
    """

    def test_nothing_grows_and_nothing_drifts(self) -> None:
        """
        After an hour there is as much in memory as after ten minutes, dates are the clock's and the
        same in both renditions, and sound is where the pictures are, although the encoder's own
        clocks drift apart.
        """
        looks: list[Look] = []
        stream = Stream(
            frame_rate=FRAME_RATE, sample_rate=SAMPLE_RATE, drift_ppm=50.0, frame_bytes=20
        )
        run_through(stream, 600, looks.append)
        first, last = looks[0], looks[-1]
        self.assertEqual((len(looks), last.media_seconds), (5, 3000))
        self.assertLess(abs(last.objects - first.objects), 0.01 * first.objects)
        for look in looks:
            self.assertLessEqual(abs(look.names - first.names), 4)
            self.assertLessEqual(abs(look.stored - first.stored), 2)
            self.assertLess(abs(look.size - first.size), 0.05 * first.size)
            self.assertEqual(look.apart_ms, 0)
            self.assertLess(abs(look.behind_ms - first.behind_ms), FRAME_MS + 1)
            self.assertLess(abs(look.sound_off_ms), RESYNC_MS)
