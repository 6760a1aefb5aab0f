"""
The codecs of extended headers: configurations of real encoders, and anything else.
"""

import contextlib
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.ac3 import ac3_track
from owncastd.media.av1 import av1_completed, av1_track, without_delimiter
from owncastd.media.avc import MAX_RECORD_SIZE
from owncastd.media.cmaf import header
from owncastd.media.codecs import AUDIO_CODECS, VIDEO_CODECS
from owncastd.media.errors import MalformedConfiguration, MediaError, UnsupportedCodec
from owncastd.media.flac import flac_track
from owncastd.media.hevc import hevc_track
from owncastd.media.opus import opus_completed, opus_track
from owncastd.media.tracks import AudioTrack, VideoTrack
from owncastd.media.vp9 import vp9_completed, vp9_track

from .samples import BitWriter

#: x265: 320x180, Main, level 2.0.
HVCC = bytes.fromhex(
    "0101600000009000000000003cf000fcfdf8f800000f03200001001840010c01ffff0160000003009000000300000300"
    "3c959009210001002b42010101600000030090000003000003003ca00a080c1f3e595912930bc05a0200000300020000"
    "03003c1022000100064401c073c189"
)
#: SVT-AV1: 320x180, Main, level 2.0.
AV1C = bytes.fromhex("81000c000a0b0200000521e7f66017c002")
AV1_KEY_FRAME = memoryview(bytes.fromhex("12000a0b0200000521e7f66257c802329d29100086"))
#: libvpx: profile 0, level 1.1.
VPCC = bytes.fromhex("01000000000b820202020000")
VP9_KEY_FRAME = memoryview(bytes.fromhex("824983420013f00b360638241c184a000b"))
OPUS_HEAD = bytes.fromhex("4f707573486561640101380180bb0000000000")
AC3_FRAME = memoryview(bytes.fromhex("0b77480d0c402f842bc1"))


def stream_information(
    block: int = 1024, rate: int = 48_000, channels: int = 1, size: int = 16
) -> bytes:
    """
    FLAC's description of a stream.
    """
    writer = BitWriter().bits(16, 16).bits(16, block).bits(48, 0)
    return writer.bits(20, rate).bits(3, channels - 1).bits(5, size - 1).bits(36, 0).done() + bytes(
        16
    )


def sequence_parameters(
    width: int = 1920,
    height: int = 1088,
    chroma: int = 1,
    sub_layers: int = 0,
    crop: tuple[int, int, int, int] | None = (0, 0, 0, 4),
) -> bytes:
    """
    An HEVC sequence parameter set.
    """
    writer = BitWriter().bits(16, 33 << 9 | 1).bits(4, 0).bits(3, sub_layers).bits(1, 1)
    writer.bits(88, 0x01_60000000_900000000000).bits(8, 120)
    for _ in range(sub_layers):
        writer.bits(2, 3)
    if sub_layers:
        writer.bits(2 * (8 - sub_layers), 0)
    for _ in range(sub_layers):
        writer.bits(88, 0x01_60000000_900000000000).bits(8, 93)
    writer.unsigned(0, chroma)
    if chroma == 3:
        writer.bits(1, 0)
    writer.unsigned(width, height)
    writer.bits(1, crop is not None)
    if crop is not None:
        writer.unsigned(*crop)
    return writer.done(stop_bit=True).replace(b"\0\0\0", b"\0\0\3\0")


def hvcc(unit: bytes, profile: int = 1, level: int = 120) -> bytes:
    """
    A record with one parameter set.
    """
    head = bytes((1, profile)) + bytes.fromhex("60000000 9000 0000 0000") + bytes((level,))
    head += bytes.fromhex("f000 fc fd f8 f8 0000 0f 01")
    return head + b"\x21\0\1" + struct.pack(">H", len(unit)) + unit


class HEVCTests(SynchronousTestCase):
    """
    L{hevc_track}.
    """

    def test_real(self) -> None:
        """
        What x265 writes.
        """
        track = hevc_track(HVCC)
        self.assertEqual((track.width, track.height), (320, 180))
        self.assertEqual(track.codecs, "hvc1.1.6.L60.90")
        self.assertEqual(track.entry, (b"hvc1", b"hvcC", HVCC))

    def test_names(self) -> None:
        """
        Profile space, tier and constraints are part of the name.
        """
        unit = sequence_parameters()
        self.assertEqual(hevc_track(hvcc(unit)).codecs, "hvc1.1.6.L120.90")
        self.assertEqual(hevc_track(hvcc(unit, 0x62, 153)).codecs, "hvc1.A2.6.H153.90")

    def test_sizes(self) -> None:
        """
        Cropping counts in units of the chroma format; sub-layers are passed over.
        """
        for unit, size in [
            (sequence_parameters(), (1920, 1080)),
            (sequence_parameters(crop=None), (1920, 1088)),
            (sequence_parameters(chroma=2), (1920, 1084)),
            (sequence_parameters(chroma=3), (1920, 1084)),
            (sequence_parameters(sub_layers=3, crop=(1, 1, 0, 4)), (1916, 1080)),
        ]:
            track = hevc_track(hvcc(unit))
            self.assertEqual((track.width, track.height), size)

    def test_bad(self) -> None:
        """
        What is no record is malformed.
        """
        unit = sequence_parameters()
        for name, record in [
            ("empty", b""),
            ("Annex B", b"\0\0\0\1" + HVCC),
            ("lengths of three bytes", HVCC[:21] + b"\x0e" + HVCC[22:]),
            ("no sequence parameter set", HVCC[:22] + b"\0"),
            ("cut short", HVCC[:-1]),
            ("cut in an array", HVCC[:24]),
            ("too large", HVCC + bytes(MAX_RECORD_SIZE)),
            ("no picture left", hvcc(sequence_parameters(crop=(500, 500, 0, 0)))),
            ("too wide", hvcc(sequence_parameters(width=20_000))),
            ("unknown chroma", hvcc(sequence_parameters(chroma=4))),
            ("another unit", hvcc(b"\x40" + unit[1:])),
        ]:
            with self.assertRaises(MalformedConfiguration, msg=name):
                hevc_track(record)


class AV1Tests(SynchronousTestCase):
    """
    L{av1_track} and L{av1_completed}.
    """

    def test_real(self) -> None:
        """
        What SVT-AV1 writes; a key frame has nothing to add.
        """
        track = av1_track(AV1C)
        self.assertEqual((track.width, track.height), (320, 180))
        self.assertEqual(track.codecs, "av01.0.00M.08")
        self.assertIs(av1_completed(track, AV1_KEY_FRAME), track)

    def test_size_from_a_frame(self) -> None:
        """
        A record may leave the sequence header to the frames.
        """
        track = av1_track(AV1C[:4])
        self.assertEqual((track.width, track.height), (0, 0))
        completed = av1_completed(track, AV1_KEY_FRAME)
        self.assertEqual((completed.width, completed.height), (320, 180))
        self.assertEqual(completed.entry, track.entry)
        inter = memoryview(bytes.fromhex("32042b281000"))
        self.assertRaises(MalformedConfiguration, av1_completed, track, inter)

    def test_names(self) -> None:
        """
        Profile, level, tier and depth.
        """
        for head, name in [
            ("81 05 0c 00", "av01.0.05M.08"),
            ("81 28 c0 00", "av01.1.08H.10"),
            ("81 53 60 00", "av01.2.19M.12"),
        ]:
            self.assertEqual(av1_track(bytes.fromhex(head)).codecs, name)

    def test_every_field(self) -> None:
        """
        A sequence header with all that may stand before the size; the timing gives a frame rate.
        """
        writer = BitWriter().bits(3, 0).bits(2, 0)
        writer.bits(1, 1).bits(32, 1001).bits(32, 60_000).bits(1, 1).unsigned(0)
        writer.bits(1, 1).bits(5, 9).bits(32, 1).bits(5, 3).bits(5, 3)
        writer.bits(1, 1).bits(5, 1)
        for level in (9, 4):
            writer.bits(12, 0).bits(5, level)
            if level > 7:
                writer.bits(1, 1)
            writer.bits(1, 1).bits(21, 0).bits(1, 1).bits(4, 5)
        writer.bits(4, 11).bits(4, 10).bits(12, 2559).bits(11, 1439)
        unit = writer.done()
        track = av1_track(AV1C[:4] + bytes((0x0A, len(unit))) + unit)
        self.assertEqual((track.width, track.height), (2560, 1440))
        self.assertEqual(round(track.frame_rate or 0, 2), 59.94)

    def test_delimiter(self) -> None:
        """
        A temporal delimiter is not stored; nothing else is taken away.
        """
        self.assertEqual(bytes(without_delimiter(AV1_KEY_FRAME)), bytes(AV1_KEY_FRAME[2:]))
        self.assertEqual(bytes(without_delimiter(AV1_KEY_FRAME[2:])), bytes(AV1_KEY_FRAME[2:]))

    def test_bad(self) -> None:
        """
        What is no record is malformed.
        """
        for name, record in [
            ("empty", b""),
            ("version 0", b"\x80" + AV1C[1:]),
            ("unit cut short", AV1C[:-1]),
            ("header cut short", AV1C[:4] + b"\x0a\x02\x02\x00"),
            ("endless length", AV1C[:4] + b"\x0a" + b"\xff" * 9),
            ("forbidden bit", AV1C[:4] + b"\x8a\x00"),
            ("too large", AV1C + bytes(MAX_RECORD_SIZE)),
        ]:
            with self.assertRaises(MalformedConfiguration, msg=name):
                av1_track(record)


class VP9Tests(SynchronousTestCase):
    """
    L{vp9_track} and L{vp9_completed}.
    """

    def test_real(self) -> None:
        """
        What ffmpeg writes, with the head of a box or without; the size comes from a key frame.
        """
        for record in (VPCC, VPCC[4:]):
            track = vp9_track(record)
            self.assertEqual(track.codecs, "vp09.00.11.08")
            self.assertEqual(track.entry, (b"vp09", b"vpcC", VPCC))
            completed = vp9_completed(track, VP9_KEY_FRAME)
            self.assertEqual((completed.width, completed.height), (320, 180))

    def test_unknown_level(self) -> None:
        """
        A level that is not told must not make the name unreadable.
        """
        self.assertEqual(vp9_track(bytes(1) + bytes(1) + VPCC[6:]).codecs, "vp09.00.10.08")

    def test_profiles(self) -> None:
        """
        The head of a key frame is another in each profile, and for RGB.
        """
        track = vp9_track(VPCC)
        for profile in range(4):
            for rgb in (False, True):
                if rgb and not profile & 1:
                    continue
                writer = BitWriter().bits(2, 2).bits(1, profile & 1).bits(1, profile >> 1)
                if profile == 3:
                    writer.bits(1, 0)
                writer.bits(4, 2).bits(24, 0x498342)
                if profile >= 2:
                    writer.bits(1, 0)
                writer.bits(3, 7 if rgb else 2)
                writer.bits(1 if rgb or not profile & 1 else 4, 0)
                frame = writer.bits(16, 1279).bits(16, 719).done()
                completed = vp9_completed(track, memoryview(frame))
                self.assertEqual((completed.width, completed.height), (1280, 720), profile)

    def test_bad(self) -> None:
        """
        Neither a record nor a key frame.
        """
        for record in (
            b"",
            VPCC[:-1],
            VPCC + b"\0",
            b"\2" + VPCC[1:],
            VPCC[:6] + b"\xf2" + VPCC[7:],
        ):
            self.assertRaises(MalformedConfiguration, vp9_track, record)
        for frame in ("", "8600409c", "02498342", "824983430013f00b36", "8249834200"):
            with self.assertRaises(MalformedConfiguration, msg=frame):
                vp9_completed(vp9_track(VPCC), memoryview(bytes.fromhex(frame)))


class OpusTests(SynchronousTestCase):
    """
    L{opus_track} and L{opus_completed}.
    """

    def test_real(self) -> None:
        """
        What libopus writes: the numbers change their byte order.
        """
        track = opus_track(OPUS_HEAD)
        self.assertEqual((track.codecs, track.sample_rate, track.channels), ("opus", 48_000, 1))
        self.assertEqual(track.samples_per_frame, 960)
        box = bytes.fromhex("00 01 0138 0000bb80 0000 00")
        self.assertEqual(track.entry, (b"Opus", b"dOps", box))

    def test_surround(self) -> None:
        """
        More than two channels come with a mapping, which is kept.
        """
        mapping = bytes.fromhex("04 02 000401020305")
        track = opus_track(OPUS_HEAD[:9] + b"\x06" + OPUS_HEAD[10:-1] + b"\x01" + mapping)
        self.assertEqual(track.channels, 6)
        self.assertTrue(track.entry.configuration.endswith(b"\x01" + mapping))

    def test_durations(self) -> None:
        """
        A packet tells how long it lasts.
        """
        track = opus_track(OPUS_HEAD)
        for packet, samples in [
            ("fc", 960),
            ("f4", 480),
            ("e0", 120),
            ("18", 2880),
            ("68", 960),
            ("fd", 1920),
            ("ff06", 5760),
            ("ff08", 960),
            ("ff", 960),
            ("fb00", 960),
        ]:
            got = opus_completed(track, memoryview(bytes.fromhex(packet)))
            self.assertEqual(got.samples_per_frame, samples, packet)

    def test_bad(self) -> None:
        """
        What is no identification header is malformed.
        """
        for name, head in [
            ("empty", b""),
            ("tags", b"OpusTags" + OPUS_HEAD[8:]),
            ("cut short", OPUS_HEAD[:-1]),
            ("version 16", OPUS_HEAD[:8] + b"\x10" + OPUS_HEAD[9:]),
            ("no channels", OPUS_HEAD[:9] + b"\0" + OPUS_HEAD[10:]),
            ("three channels", OPUS_HEAD[:9] + b"\3" + OPUS_HEAD[10:]),
            ("mapping cut short", OPUS_HEAD[:-1] + b"\1\1\0"),
        ]:
            with self.assertRaises(MalformedConfiguration, msg=name):
                opus_track(head)


class FLACTests(SynchronousTestCase):
    """
    L{flac_track}.
    """

    def test_forms(self) -> None:
        """
        Stream information alone, as a block, and at the beginning of a stream.
        """
        information = stream_information(4608, 96_000, 2, 24)
        for head in (b"", b"\0\0\0\x22", b"\x80\0\0\x22", b"fLaC\0\0\0\x22"):
            track = flac_track(head + information)
            self.assertEqual(
                (track.codecs, track.sample_rate, track.channels, track.sample_size),
                ("flac", 96_000, 2, 24),
            )
            self.assertEqual(track.samples_per_frame, 4608)
            box = bytes(4) + b"\x80\0\0\x22" + information
            self.assertEqual(track.entry, (b"fLaC", b"dfLa", box))
        # Blocks of other kinds may follow.
        self.assertEqual(flac_track(b"fLaC\0\0\0\x22" + information + b"\x84\0\0\0"), track)

    def test_bad(self) -> None:
        """
        What is no stream information is malformed.
        """
        for head in (
            b"",
            b"fLaC",
            stream_information()[:-1],
            stream_information() + b"\0",
            stream_information(block=0),
            stream_information(rate=0),
            stream_information(rate=655_350),
        ):
            self.assertRaises(MalformedConfiguration, flac_track, head)


class AC3Tests(SynchronousTestCase):
    """
    L{ac3_track}.
    """

    def test_real(self) -> None:
        """
        What ffmpeg writes: mono at 96 kbit/s.
        """
        track = ac3_track(AC3_FRAME)
        self.assertEqual((track.codecs, track.sample_rate, track.channels), ("ac-3", 48_000, 1))
        self.assertEqual(track.samples_per_frame, 1536)
        # 00 01000 000 001 0 00110 00000
        self.assertEqual(track.entry, (b"ac-3", b"dac3", bytes.fromhex("1008c0")))

    def test_layouts(self) -> None:
        """
        Where the bit for low frequencies stands depends on the channels.
        """
        for layout, skipped, channels in [
            (0, 0, 2),
            (1, 0, 1),
            (2, 2, 2),
            (3, 2, 3),
            (4, 2, 3),
            (5, 4, 4),
            (6, 2, 4),
            (7, 4, 5),
        ]:
            for low in (0, 1):
                writer = BitWriter().bits(16, 0x0B77).bits(16, 0).bits(2, 1).bits(6, 28)
                writer.bits(5, 8).bits(3, 0).bits(3, layout).bits(skipped, 0).bits(1, low)
                track = ac3_track(memoryview(writer.bits(16, 0).done()))
                self.assertEqual((track.sample_rate, track.channels), (44_100, channels + low))

    def test_bad(self) -> None:
        """
        Neither another sync word nor E-AC-3 nor a reserved rate.
        """
        for text in ("", "0b76480d0c402f84", "0b77480dc0402f84", "0b77480d3f402f84", "0b77480d"):
            with self.assertRaises(MalformedConfiguration, msg=text):
                ac3_track(memoryview(bytes.fromhex(text)))
        frame = memoryview(bytes.fromhex("0b77480d0c802f84"))
        self.assertRaises(UnsupportedCodec, ac3_track, frame)


class TableTests(SynchronousTestCase):
    """
    What holds for every codec of the tables.
    """

    SOUND = (HVCC, AV1C, VPCC, OPUS_HEAD, b"fLaC" + stream_information(), bytes(AC3_FRAME))

    @settings(max_examples=150, deadline=None)
    @given(
        st.binary(max_size=80),
        st.integers(0, 120),
        st.binary(max_size=12),
        st.binary(min_size=1, max_size=60),
    )
    def test_fuzz(self, junk: bytes, position: int, more: bytes, frame: bytes) -> None:
        """
        Any bytes, and any damage to a sound configuration, parse or are malformed, nothing else;
        what parses goes into a header.
        """
        damaged = [one[:position] + more + one[position + 1 :] for one in self.SOUND]
        for data in (junk, *damaged):
            for video in VIDEO_CODECS.values():
                with contextlib.suppress(MediaError):
                    track: VideoTrack = video.parse(data)
                    if video.completed is not None:
                        track = video.completed(track, memoryview(frame))
                    header(track, None)
                if video.trimmed is not None:
                    video.trimmed(memoryview(data))
            for audio in AUDIO_CODECS.values():
                sound: AudioTrack
                with contextlib.suppress(MediaError):
                    if audio.parse is not None:
                        sound = audio.parse(data)
                    else:
                        assert audio.described is not None
                        sound = audio.described(memoryview(data))
                    if audio.completed is not None:
                        sound = audio.completed(sound, memoryview(frame))
                    header(None, sound)
