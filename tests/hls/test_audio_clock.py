"""
Counting samples, held to timestamps.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.audio_clock import RESYNC_MS, AudioClock


class AudioClockTests(SynchronousTestCase):
    """
    L{AudioClock}.
    """

    def test_counts(self) -> None:
        """
        Rounded timestamps leave no trace.
        """
        clock = AudioClock(44_100, 1024)
        for number in range(0, 5000, 9):
            timestamp = int(number * 1024 / 44.1)
            self.assertEqual(clock.place(timestamp, 9), (number * 1024, 1024))

    def test_resync(self) -> None:
        """
        Only what is further off than the limit is believed at once.
        """
        for off_ms, expected in ((RESYNC_MS, 1024), (RESYNC_MS + 1, None), (5000, None)):
            clock = AudioClock(48_000, 1024)
            clock.place(0, 1)
            timestamp = round(1024 / 48) + off_ms
            start, _ = clock.place(timestamp, 1)
            self.assertEqual(start, timestamp * 48 if expected is None else expected)

    def test_never_back(self) -> None:
        """
        Timestamps that fall back do not take the decode time with them.
        """
        clock = AudioClock(48_000, 1024)
        clock.place(10_000, 100)
        self.assertEqual(clock.place(0, 1)[0], 480_001)
        self.assertEqual(clock.place(20, 1)[0], 480_002)

    def test_stretch(self) -> None:
        """
        A lasting offset is worked off, one sample per frame; jitter is not.
        """
        clock = AudioClock(48_000, 1024)
        clock.place(0, 1)
        at = 1024
        durations = []
        for _ in range(200):
            start, duration = clock.place(round(at / 48) + 20, 9)
            durations.append(duration)
            at += 9 * 1024
        self.assertEqual(set(durations), {1024, 1025})
        self.assertLess(abs(start - at + 9 * 1024), 48 * 20)
        clock = AudioClock(48_000, 1024)
        for number in range(200):
            jitter = (0, 15, -15, 8, -8)[number % 5]
            _, duration = clock.place(round(number * 9 * 1024 / 48) + jitter, 9)
            self.assertEqual(duration, 1024)
