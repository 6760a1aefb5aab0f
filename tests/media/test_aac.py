"""
AudioSpecificConfig.
"""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.aac import MAX_CONFIG_SIZE, parse_aac_configuration
from owncastd.media.errors import MalformedConfiguration, MediaError, UnsupportedCodec

from .samples import BitWriter, asc


def program(front: str = "", side: str = "", back: str = "", lfe: int = 0, **more: int) -> bytes:
    """
    A configuration with a program configuration element.

    @param front: a letter per element: C{p} for a pair, C{s} for a single channel.
    """
    w = BitWriter().bits(5, 2).bits(4, 3).bits(4, 0).bits(3, 0)
    w.bits(10, 0).bits(4, len(front)).bits(4, len(side)).bits(4, len(back)).bits(2, lfe)
    w.bits(3, more.get("associated", 0)).bits(4, more.get("coupling", 0))
    w.bits(1, 1).bits(4, 5).bits(1, 0).bits(1, 1).bits(3, 2)
    for element in front + side + back:
        w.bits(1, element == "p").bits(4, 0)
    w.bits(4 * lfe, 0)
    w.bits(4 * more.get("associated", 0), 0).bits(5 * more.get("coupling", 0), 0)
    return w.done() + bytes((more.get("comment", 0),)) + b"c" * more.get("comment", 0)


#: name, config, object type, sample rate, channels, samples per frame
CONFIGS = [
    ("LC 48 kHz stereo", bytes.fromhex("1190"), 2, 48_000, 2, 1024),
    ("LC 44.1 kHz stereo", bytes.fromhex("1210"), 2, 44_100, 2, 1024),
    ("LC 44.1 kHz mono", bytes.fromhex("1208"), 2, 44_100, 1, 1024),
    ("Main", asc(object_type=1), 1, 48_000, 2, 1024),
    ("5.1", asc(channels=6), 2, 48_000, 6, 1024),
    ("7.1", asc(channels=7), 2, 48_000, 8, 1024),
    ("7.1 back", asc(channels=12), 2, 48_000, 8, 1024),
    ("960 samples", asc(short=True), 2, 48_000, 2, 960),
    (
        "core coder delay",
        BitWriter().bits(5, 2).bits(4, 4).bits(4, 2).bits(2, 1).bits(14, 9).bits(1, 0).done(),
        *(2, 44_100, 2, 1024),
    ),
    (
        "explicit frequency",
        BitWriter().bits(5, 2).bits(4, 15).bits(24, 44_000).bits(4, 2).bits(3, 0).done(),
        *(2, 44_000, 2, 1024),
    ),
    (
        "HE-AAC, hierarchical",
        BitWriter().bits(5, 5).bits(4, 6).bits(4, 2).bits(4, 3).bits(5, 2).bits(3, 0).done(),
        *(5, 24_000, 2, 1024),
    ),
    (
        "HE-AAC, hierarchical with a frequency in full",
        BitWriter().bits(5, 5).bits(4, 6).bits(4, 2).bits(4, 15).bits(24, 48_000).bits(5, 2)
        .bits(3, 0).done(),
        *(5, 24_000, 2, 1024),
    ),
    (
        "HE-AAC v2, hierarchical",
        BitWriter().bits(5, 29).bits(4, 6).bits(4, 1).bits(4, 3).bits(5, 2).bits(3, 0).done(),
        *(29, 24_000, 1, 1024),
    ),
    ("HE-AAC, backward compatible", bytes.fromhex("131056e598"), 5, 24_000, 2, 1024),
    (
        "HE-AAC v2, backward compatible",
        asc(24_000, 1)
        + BitWriter().bits(11, 0x2B7).bits(5, 5).bits(1, 1).bits(4, 3).bits(11, 0x548).bits(1, 1)
        .done(),
        *(29, 24_000, 1, 1024),
    ),
    (
        "an extension that denies SBR",
        asc() + BitWriter().bits(11, 0x2B7).bits(5, 5).bits(1, 0).done(),
        *(2, 48_000, 2, 1024),
    ),
    ("padding", asc() + bytes(8), 2, 48_000, 2, 1024),
    ("a program: 2.0", program("p"), 2, 48_000, 2, 1024),
    ("a program: 5.1", program("sp", "", "p", lfe=1), 2, 48_000, 6, 1024),
    (
        "a program with everything",
        program("sp", "s", "ps", lfe=1, associated=2, coupling=3, comment=20),
        *(2, 48_000, 8, 1024),
    ),
]  # fmt: skip


class AACConfigurationTests(SynchronousTestCase):
    """
    L{parse_aac_configuration}.
    """

    def test_cases(self) -> None:
        """
        Rate, channels, frame length and codec of the table.
        """
        for name, config, object_type, rate, channels, samples in CONFIGS:
            got = parse_aac_configuration(config)
            self.assertEqual(got.codecs, f"mp4a.40.{object_type}", name)
            self.assertEqual(
                (got.sample_rate, got.channels, got.samples_per_frame),
                (rate, channels, samples),
                name,
            )
            self.assertEqual(got.config, config, name)

    BAD = [
        ("empty", b""),
        ("cut short", b"\x11"),
        ("reserved frequency", BitWriter().bits(5, 2).bits(4, 13).bits(4, 2).bits(3, 0).done()),
        ("no frequency", BitWriter().bits(5, 2).bits(4, 15).bits(24, 0).bits(7, 16).done()),
        ("absurd frequency", BitWriter().bits(5, 2).bits(4, 15).bits(31, 0x7FFFFF10).done()),
        ("reserved channels", asc(channels=9)),
        ("a program without channels", program()),
        ("a program cut short", program("sp", "", "p", lfe=1, comment=5)[:-1]),
        ("too large", asc() + bytes(MAX_CONFIG_SIZE)),
    ]

    def test_bad_input(self) -> None:
        """
        What is no configuration is malformed.
        """
        for name, config in self.BAD:
            with self.assertRaises(MalformedConfiguration, msg=name):
                parse_aac_configuration(config)

    def test_unsupported(self) -> None:
        """
        AAC that is no general AAC is told apart from nonsense.
        """
        for object_type in (0, 6, 17, 23, 30):
            self.assertRaises(
                UnsupportedCodec, parse_aac_configuration, asc(object_type=object_type)
            )
        extended = BitWriter().bits(5, 31).bits(6, 10).bits(4, 3).bits(4, 2).bits(8, 0).done()
        error = self.assertRaises(UnsupportedCodec, parse_aac_configuration, extended)
        self.assertIn("42", str(error))

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=60))
    def test_fuzz(self, config: bytes) -> None:
        """
        Any bytes parse to something sensible or are refused, nothing else.
        """
        with contextlib.suppress(MediaError):
            got = parse_aac_configuration(config)
            self.assertTrue(0 < got.sample_rate <= 192_000)
            self.assertTrue(0 < got.channels <= 128)
