"""
Silent AAC frames.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.aac import parse_aac_configuration
from owncastd.media.bits import BitReader
from owncastd.media.silence import silent_frame

from .samples import asc

SINGLE, PAIR, LOW_FREQUENCY, END = 0, 1, 3, 7


def elements(frame: bytes) -> list[tuple[int, int]]:
    """
    The elements of a frame with their tags, as a decoder finds them; every one is silent.
    """
    reader = BitReader(frame)
    found = []
    while (element := reader.bits(3)) != END:
        found.append((element, reader.bits(4)))
        channels = 1
        if element == PAIR:
            channels = 2
            assert not reader.flag(), "a common window"
        for _ in range(channels):
            reader.bits(8)  # global_gain
            assert (reader.flag(), reader.bits(2)) == (False, 0), "not a long window"
            reader.flag()  # window_shape
            assert reader.bits(6) == 0, "max_sfb: there are spectral data"
            assert reader.bits(4) == 0, "prediction, pulses, noise shaping or gain control"
    assert reader.left < 8
    assert reader.bits(reader.left) == 0
    return found


class SilenceTests(SynchronousTestCase):
    """
    L{silent_frame}.
    """

    def test_elements(self) -> None:
        """
        A frame has what its channel configuration says, each element with a tag of its own.
        """
        for channels, expected in [
            (1, [(SINGLE, 0)]),
            (2, [(PAIR, 0)]),
            (3, [(SINGLE, 0), (PAIR, 0)]),
            (4, [(SINGLE, 0), (PAIR, 0), (SINGLE, 1)]),
            (5, [(SINGLE, 0), (PAIR, 0), (PAIR, 1)]),
            (6, [(SINGLE, 0), (PAIR, 0), (PAIR, 1), (LOW_FREQUENCY, 0)]),
            (7, [(SINGLE, 0), (PAIR, 0), (PAIR, 1), (PAIR, 2), (LOW_FREQUENCY, 0)]),
        ]:
            frame = silent_frame(parse_aac_configuration(asc(channels=channels)))
            assert frame is not None
            self.assertEqual(elements(frame), expected)

    def test_unusual(self) -> None:
        """
        There is no silence for channels that are arranged otherwise.
        """
        self.assertIsNone(silent_frame(parse_aac_configuration(asc(channels=12))))
