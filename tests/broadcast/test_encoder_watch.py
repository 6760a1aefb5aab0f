"""
What is measured of an encoder, on a clock of our own.
"""

from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.encoder_watch import (
    KEY_FRAMES,
    MAX_STEPS,
    WINDOW_SECONDS,
    WINDOWS,
    EncoderFigures,
    EncoderWatch,
)
from owncastd.broadcast.flow import Flow
from owncastd.media.messages import MediaMessage, MessageKind

#: AAC-LC, 48 kHz, stereo: 1024 samples last 64/3 ms.
SOUND_CONFIG = MediaMessage(MessageKind.AUDIO, 0, b"\xaf\x00\x11\x90")
SOUND_MS = 1024 / 48
FRAME_MS = 1000 / 30
KEY, INTER = b"\x17\x01\0\0\0", b"\x27\x01\0\0\0"
#: Of an extended header, whatever the codec.
EXTENDED_KEY, EXTENDED_INTER = b"\x91hvc1\0\0\0", b"\xa1hvc1\0\0\0"


def picture(at_ms: float, *, key: bool = False, size: int = 1000) -> MediaMessage:
    """
    A frame.
    """
    return MediaMessage(MessageKind.VIDEO, round(at_ms), (KEY if key else INTER) + bytes(size - 5))


def sound(at_ms: float, size: int = 300) -> MediaMessage:
    """
    A frame of sound.
    """
    return MediaMessage(MessageKind.AUDIO, round(at_ms), b"\xaf\x01" + bytes(size - 2))


def pictures(
    seconds: float,
    begin_ms: float = 0.0,
    key_every: int = 60,
    size: Callable[[float], int] = lambda at_ms: 1000,
) -> Iterator[MediaMessage]:
    """
    Frames of 30 per second.
    """
    for number in range(round(seconds * 30)):
        at_ms = begin_ms + number * FRAME_MS
        yield picture(at_ms, key=number % key_every == 0, size=size(at_ms))


def interleaved(seconds: float, sound_rate: float = 1.0) -> list[MediaMessage]:
    """
    Frames and sound in the order of their times.

    @param sound_rate: how much sound there is, compared with what its timestamps say.
    """
    step = SOUND_MS / sound_rate
    sounds = [sound(number * step) for number in range(round(1000 * seconds / step))]
    return sorted([*pictures(seconds), *sounds], key=lambda message: message.timestamp_ms)


class EncoderWatchTests(SynchronousTestCase):
    """
    L{EncoderWatch}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.flow = Flow(self.clock)
        self.watch = EncoderWatch(self.flow)
        self.watch.begin()

    def feed(
        self,
        messages: Iterator[MediaMessage] | list[MediaMessage],
        arrival: Callable[[int], float] = lambda at_ms: 1000 + at_ms / 1000,
    ) -> None:
        """
        Let messages come.

        @param arrival: when the one of that time does, in seconds.
        """
        for message in messages:
            self.watch.note(message, arrival(message.timestamp_ms))

    def near(self, value: float | None, expected: float, delta: float) -> None:
        """
        A figure is about what it should be.
        """
        assert value is not None
        self.assertLessEqual(abs(value - expected), delta, f"{value} for {expected}")

    def known(self) -> EncoderFigures:
        """
        What is known.
        """
        figures = self.watch.figures()
        assert figures is not None
        return figures

    def test_unknown(self) -> None:
        """
        Nothing is known before a window is complete.
        """
        self.assertIsNone(self.watch.figures())
        self.feed(pictures(WINDOW_SECONDS - 1))
        self.assertIsNone(self.watch.figures())

    def test_good(self) -> None:
        """
        An encoder that does everything right.
        """
        self.watch.note(SOUND_CONFIG, 1000)
        self.feed(interleaved(30))
        figures = self.known()
        self.assertEqual(figures.key_frame_seconds, 2.0)
        # 30 frames of 1000 bytes and 46.875 of 300 each second.
        self.near(figures.bitrate_kbps, 352, 5)
        self.near(figures.frame_rate, 30, 0.3)
        self.near(figures.speed, 1, 0.01)
        self.near(figures.drift_ms, 0, 40)
        self.assertEqual(
            (figures.dropped_frames, figures.late_messages, figures.delay_ms), (0, 0, 0)
        )

    def test_picture_alone(self) -> None:
        """
        Without sound there is no drift; without pictures there are neither frames nor key frames.
        """
        self.feed(pictures(20))
        self.assertIsNone(self.known().drift_ms)
        self.watch.begin()
        self.feed([sound(number * SOUND_MS) for number in range(600)])
        figures = self.known()
        self.assertIsNone(figures.key_frame_seconds)
        self.assertIsNone(figures.frame_rate)
        self.assertEqual(figures.dropped_frames, 0)

    def test_key_frames(self) -> None:
        """
        The longest interval counts, also one that is not over; old ones are forgotten.
        """
        self.feed(pictures(20, key_every=250))
        self.near(self.known().key_frame_seconds, 8.333, 0.002)
        self.watch.begin()
        self.feed(pictures(12, key_every=10_000))
        self.near(self.known().key_frame_seconds, 12, 0.05)
        self.feed(pictures(2 * KEY_FRAMES + 2, begin_ms=12_000))
        self.near(self.known().key_frame_seconds, 2, 0.01)

    def test_extended_headers(self) -> None:
        """
        Key frames are seen whatever the codec, and configurations are no frames.
        """
        for number in range(300):
            if number % 60 == 0:
                config = MediaMessage(
                    MessageKind.VIDEO, round(number * FRAME_MS), b"\x90hvc1config"
                )
                self.watch.note(config, number / 30)
            body = EXTENDED_INTER if number % 60 else EXTENDED_KEY
            message = MediaMessage(MessageKind.VIDEO, round(number * FRAME_MS), body)
            self.watch.note(message, number / 30)
        self.assertEqual(self.known().key_frame_seconds, 2.0)
        self.near(self.known().frame_rate, 30, 0.3)

    def test_swings(self) -> None:
        """
        The extremes of the bit rate, window by window.
        """
        self.feed(pictures(30, size=lambda at_ms: 4000 if 10_000 <= at_ms < 20_000 else 500))
        figures = self.known()
        self.near(figures.lowest_bitrate_kbps, 120, 5)
        self.near(figures.highest_bitrate_kbps, 960, 20)

    def test_dropped(self) -> None:
        """
        Gaps between frames are counted in frames, however long; a changing rate has none.
        """
        frames = [
            message
            for number, message in enumerate(pictures(20))
            if number not in (31, 75, 76, 77, 200)
        ]
        self.feed(frames)
        self.assertEqual(self.known().dropped_frames, 5)
        self.watch.begin()
        self.feed([picture(number * FRAME_MS + (number % 2) * 16) for number in range(600)])
        self.assertEqual(self.known().dropped_frames, 0)

    def test_late(self) -> None:
        """
        What waits on its way and then comes at once is late, by how much it waited.
        """

        def arrival(at_ms: int) -> float:
            seconds = at_ms / 1000
            return 8.0 if 6.0 <= seconds < 8.0 else seconds

        self.feed(pictures(20), arrival)
        figures = self.known()
        self.assertEqual(figures.delay_ms, 2000)
        self.near(figures.late_messages, 45, 1)
        self.near(figures.speed, 1, 0.02)

    def test_slow(self) -> None:
        """
        An encoder that does not keep up.
        """
        self.feed(pictures(40), lambda at_ms: at_ms / 800)
        self.near(self.known().speed, 0.8, 0.01)

    def test_drift(self) -> None:
        """
        Sound whose samples are fewer or more than its timestamps say.
        """
        for sound_rate, expected in [(1.01, 500), (0.99, -500)]:
            with self.subTest(sound_rate=sound_rate):
                self.watch.begin()
                self.watch.note(SOUND_CONFIG, 0)
                self.feed(interleaved(60, sound_rate))
                self.near(self.known().drift_ms, expected, 100)

    def test_paused(self) -> None:
        """
        While we keep the encoder waiting, it is neither slow nor late.
        """
        self.feed(pictures(20), lambda at_ms: at_ms / 1000)
        self.flow.pause()
        self.clock.advance(23)
        self.flow.resume()
        self.feed(pictures(20, begin_ms=20_000), lambda at_ms: at_ms / 1000 + 3)
        figures = self.known()
        self.assertEqual((figures.late_messages, figures.delay_ms), (0, 0))
        self.near(figures.speed, 1, 0.01)

    def test_jump(self) -> None:
        """
        A jump of the timestamps is another clock: no gap, no delay, no key-frame interval.
        """
        self.feed(pictures(20))
        self.feed(pictures(20, begin_ms=1e9), lambda at_ms: 1020 + (at_ms - 1e9) / 1000)
        figures = self.known()
        self.assertEqual(
            (figures.key_frame_seconds, figures.dropped_frames, figures.delay_ms), (2.0, 0, 0)
        )

    def test_bounded(self) -> None:
        """
        However long it goes on, and however much comes at once, little is kept.
        """
        self.feed(pictures(10 * WINDOWS * WINDOW_SECONDS, key_every=2))
        self.assertEqual(len(self.watch._windows), WINDOWS)
        self.assertEqual(len(self.watch._key_intervals), KEY_FRAMES)
        self.feed([picture(0)] * (2 * MAX_STEPS), lambda at_ms: 10_000)
        self.assertLessEqual(len(self.watch._steps), MAX_STEPS)

    @fuzz(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(MessageKind),
                st.integers(-(2**40), 2**40),
                st.binary(max_size=12),
                st.floats(0, 10),
            ),
            max_size=40,
        )
    )
    def test_anything(self, messages: list[tuple[MessageKind, int, bytes, float]]) -> None:
        """
        Nothing that an encoder sends makes it raise.
        """
        watch = EncoderWatch(Flow(Clock()))
        watch.begin()
        now = 0.0
        for kind, timestamp_ms, body, step in messages:
            now += step
            watch.note(MediaMessage(kind, timestamp_ms, body), now)
            watch.figures()
