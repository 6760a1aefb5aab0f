"""
AVC decoder configuration records and sequence parameter sets.
"""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.avc import (
    MAX_RECORD_SIZE,
    parse_avc_configuration,
    parse_sequence_parameters,
)
from owncastd.media.bits import BitReader
from owncastd.media.errors import MalformedConfiguration, MediaError

from .samples import PPS, BitWriter, avcc, sps

#: name, set, width, height, frame rate, codecs
SETS = [
    ("720p high", sps(), 1280, 720, None, "avc1.64001f"),
    (
        "1080p crops eight lines",
        sps(macroblocks=(120, 68), crop=(0, 0, 0, 4), level=40),
        *(1920, 1080, None, "avc1.640028"),
    ),
    (
        "constrained baseline has no chroma format",
        sps(profile=66, constraints=0xC0, level=30, macroblocks=(40, 23), crop=(0, 0, 0, 4)),
        *(640, 360, None, "avc1.42c01e"),
    ),
    (
        "interlaced map units count twice, and so do crop units",
        sps(macroblocks=(120, 34), interlaced=True, crop=(0, 0, 0, 2)),
        *(1920, 1080, None, "avc1.64001f"),
    ),
    ("crop on all sides", sps(crop=(1, 2, 3, 4)), 1274, 706, None, "avc1.64001f"),
    ("monochrome", sps(chroma=0, crop=(1, 2, 3, 4)), 1277, 713, None, "avc1.64001f"),
    (
        "4:2:2",
        sps(profile=122, chroma=2, crop=(1, 2, 3, 4)),
        *(1274, 713, None, "avc1.7a001f"),
    ),
    (
        "4:4:4",
        sps(profile=244, chroma=3, crop=(1, 2, 3, 4), scaling=True),
        *(1277, 713, None, "avc1.f4001f"),
    ),
    (
        "4:4:4 in separate planes",
        sps(profile=244, chroma=3, separate_planes=True, crop=(1, 2, 3, 4)),
        *(1277, 713, None, "avc1.f4001f"),
    ),
    ("scaling lists", sps(scaling=True), 1280, 720, None, "avc1.64001f"),
    ("picture order type 0", sps(picture_order=0), 1280, 720, None, "avc1.64001f"),
    ("picture order type 1", sps(picture_order=1), 1280, 720, None, "avc1.64001f"),
    ("30 frames", sps(timing=(1, 60)), 1280, 720, 30.0, "avc1.64001f"),
    (
        "with emulation prevention",
        sps(timing=(1001, 60_000)),
        1280,
        720,
        30000 / 1001,
        "avc1.64001f",
    ),
    ("a full VUI", sps(timing=(1, 120), full_vui=True), 1280, 720, 60.0, "avc1.64001f"),
    ("a VUI without timing", sps(full_vui=True), 1280, 720, None, "avc1.64001f"),
    ("no ticks", sps(timing=(0, 60)), 1280, 720, None, "avc1.64001f"),
    ("no time", sps(timing=(1, 0)), 1280, 720, None, "avc1.64001f"),
    ("a microsecond clock", sps(timing=(1, 2_000_000)), 1280, 720, None, "avc1.64001f"),
    ("a VUI cut short", sps(timing=(1, 60))[:-8], 1280, 720, None, "avc1.64001f"),
]


class SequenceParametersTests(SynchronousTestCase):
    """
    L{parse_sequence_parameters}.
    """

    def test_cases(self) -> None:
        """
        Size, rate and codec of the table, alone and within a record.
        """
        for name, unit, width, height, frame_rate, codecs in SETS:
            record = avcc(unit)
            for got in (
                parse_sequence_parameters(unit),
                parse_avc_configuration(record).parameters,
            ):
                self.assertEqual((got.width, got.height), (width, height), name)
                self.assertEqual(got.frame_rate, frame_rate, name)
                self.assertEqual(got.codecs, codecs, name)

    def test_a_real_encoder(self) -> None:
        """
        The parameter set that x264 writes for 1280 by 720 at 30 frames.
        """
        unit = bytes.fromhex(
            "674d401feca02802dd8088000003000800000301e31300016e360002dc6f251803c60c6580"
        )
        got = parse_sequence_parameters(unit)
        self.assertEqual((got.width, got.height, got.frame_rate), (1280, 720, 30.0))

    BAD = [
        ("empty", b""),
        ("header only", b"\x67"),
        ("a picture parameter set", PPS),
        ("cut before the size", sps()[:7]),
        ("chroma format 4", sps(chroma=4)),
        ("all cropped away", sps(crop=(320, 320, 0, 0))),
        ("cropped below nothing", sps(crop=(0, 0, 4000, 4000))),
        ("too wide", sps(macroblocks=(1025, 45))),
        ("too high", sps(macroblocks=(80, 1025))),
        ("absurdly wide", sps(macroblocks=(1 << 31, 45))),
        ("an endless Exp-Golomb code", b"\x67\x42\x00\x1f" + b"\x00" * 5 + b"\xff" * 20),
        (
            "a long picture order cycle",
            b"\x67" + BitWriter().bits(24, 0x42001F).unsigned(0, 0, 1).bits(1, 0).signed(0, 0)
            .unsigned(256).done() + bytes(100),
        ),
    ]  # fmt: skip

    def test_bad_input(self) -> None:
        """
        What is no parameter set, or an impossible one, is malformed.
        """
        for name, unit in self.BAD:
            with self.assertRaises(MalformedConfiguration, msg=name):
                parse_sequence_parameters(unit)

    def test_every_cut(self) -> None:
        """
        A parameter set cut anywhere is malformed, or cut within its VUI.
        """
        unit = sps(scaling=True, picture_order=1, crop=(0, 0, 0, 4))
        for end in range(len(unit) - 1):
            with self.assertRaises(MalformedConfiguration, msg=str(end)):
                parse_sequence_parameters(unit[:end])

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=80))
    def test_fuzz(self, data: bytes) -> None:
        """
        Any bytes parse or are malformed, nothing else.
        """
        with contextlib.suppress(MediaError):
            parse_sequence_parameters(b"\x67" + data)


class AVCConfigurationTests(SynchronousTestCase):
    """
    L{parse_avc_configuration}.
    """

    def test_keeps_the_record(self) -> None:
        """
        The record is kept as it came, with several sets and with an extension at its end.
        """
        for record in (
            avcc(),
            avcc(sps(), sps(level=40), pictures=(PPS, PPS)),
            avcc(pictures=()),
            avcc() + bytes.fromhex("fdf8f800"),
            avcc(length_size=2),
        ):
            got = parse_avc_configuration(record)
            self.assertEqual(got.record, record)
            self.assertEqual(got.parameters.codecs, "avc1.64001f")

    BAD = [
        ("empty", b""),
        ("Annex B", b"\x00\x00\x00\x01" + sps()),
        ("version 2", b"\x02" + avcc()[1:]),
        ("lengths of three bytes", avcc(length_size=3)),
        ("no sequence parameter set", b"\x01\x64\x00\x1f\xff\xe0\x00"),
        ("cut after the sequence parameter set", avcc(pictures=())[:-1]),
        ("cut in the sequence parameter set", avcc(pictures=())[:-3]),
        ("cut in the picture parameter set", avcc()[:-1]),
        ("cut in a length", avcc()[: -len(PPS) - 1]),
        ("too large", avcc() + bytes(MAX_RECORD_SIZE)),
    ]

    def test_bad_input(self) -> None:
        """
        What is no record is malformed.
        """
        for name, record in self.BAD:
            with self.assertRaises(MalformedConfiguration, msg=name):
                parse_avc_configuration(record)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=60), st.integers(0, 40), st.binary(max_size=20))
    def test_fuzz(self, junk: bytes, position: int, more: bytes) -> None:
        """
        Any bytes, and any damage to a sound record, parse or are malformed, nothing else.
        """
        record = avcc(sps(timing=(1, 60), full_vui=True))
        for data in (junk, b"\x01" + junk, record[:position] + more + record[position + 1 :]):
            with contextlib.suppress(MediaError):
                parse_avc_configuration(data)


class BitReaderTests(SynchronousTestCase):
    """
    L{BitReader}.
    """

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("unsigned"), st.integers(0, 2**32 - 2)),
                st.tuples(st.just("signed"), st.integers(-(2**31) + 1, 2**31 - 1)),
                st.tuples(st.just("bits"), st.integers(0, 255)),
            ),
            max_size=20,
        )
    )
    def test_round_trip(self, codes: list[tuple[str, int]]) -> None:
        """
        What was written is read.
        """
        writer = BitWriter()
        for kind, value in codes:
            if kind == "bits":
                writer.bits(8, value)
            else:
                getattr(writer, kind)(value)
        reader = BitReader(writer.done())
        for kind, value in codes:
            got = reader.bits(8) if kind == "bits" else getattr(reader, kind)()
            self.assertEqual(got, value)
        self.assertLess(reader.left, 8)
