"""
FLV tags and their codec headers, read and written.
"""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.errors import MalformedFLV
from owncastd.media.flv import (
    MAX_TAG_SIZE,
    AudioTagHeader,
    FLVDemuxer,
    VideoTagHeader,
    flv_header,
    flv_tag,
    parse_audio_tag,
    parse_video_tag,
)
from owncastd.media.messages import MediaMessage, MessageKind

#: name, message, the tag with the PreviousTagSize after it
TAGS = [
    (
        "video",
        MediaMessage(MessageKind.VIDEO, 0x010203, b"\x17\x01\x00\x00\x00abc"),
        "09 000008 010203 00 000000 17010000 00616263 00000013",
    ),
    (
        "audio past 24 bits of timestamp",
        MediaMessage(MessageKind.AUDIO, 0x12345678, b"\xaf\x01!"),
        "08 000003 345678 12 000000 af0121 0000000e",
    ),
    (
        "metadata without a body",
        MediaMessage(MessageKind.METADATA, 0x12345679, b""),
        "12 000000 345679 12 000000 0000000b",
    ),
]
MESSAGES = [message for _, message, _ in TAGS]
STREAM = flv_header() + b"".join(bytes.fromhex(tag) for _, _, tag in TAGS)


class FLVTagTests(SynchronousTestCase):
    """
    One table, both directions.
    """

    def test_headers(self) -> None:
        """
        The file header tells which tracks there are.
        """
        rest = bytes.fromhex("00000009 00000000")
        self.assertEqual(flv_header(), b"FLV\x01\x05" + rest)
        self.assertEqual(flv_header(has_audio=False), b"FLV\x01\x01" + rest)
        self.assertEqual(flv_header(has_video=False), b"FLV\x01\x04" + rest)

    def test_write(self) -> None:
        """
        A message becomes the tag of the table.
        """
        for name, message, tag in TAGS:
            self.assertEqual(flv_tag(message), bytes.fromhex(tag), name)

    def test_write_wraps(self) -> None:
        """
        A timestamp past 32 bits, or a negative one, is written modulo 2**32.
        """
        for timestamp, written in [((1 << 32) + 7, "00000700"), (-1, "ffffffff")]:
            tag = flv_tag(MediaMessage(MessageKind.AUDIO, timestamp, b""))
            self.assertEqual(tag[4:8].hex(), written)

    def test_write_too_long(self) -> None:
        """
        What the length field cannot say is our own mistake.
        """
        message = MediaMessage(MessageKind.VIDEO, 0, bytes(1 << 24))
        self.assertRaises(ValueError, flv_tag, message)

    def test_read_whole(self) -> None:
        """
        A stream in one piece gives the messages of the table.
        """
        self.assertEqual(FLVDemuxer().feed(STREAM), MESSAGES)

    def test_read_byte_by_byte(self) -> None:
        """
        The pieces do not matter, and a message is given with the last byte of its body.
        """
        demuxer = FLVDemuxer()
        ends = {}
        for index in range(len(STREAM)):
            for message in demuxer.feed(STREAM[index : index + 1]):
                ends[index + 1] = message
        self.assertEqual(list(ends.values()), MESSAGES)
        end = len(flv_header())
        for (_, message, tag), given_at in zip(TAGS, ends, strict=True):
            end += len(bytes.fromhex(tag))
            self.assertEqual(given_at, end - 4, message)

    def test_read_long_header(self) -> None:
        """
        DataOffset is obeyed.
        """
        stream = b"FLV\x01\x05\x00\x00\x00\x0cxyz" + STREAM[9:]
        self.assertEqual(FLVDemuxer().feed(stream), MESSAGES)

    def test_timestamps_unwrap(self) -> None:
        """
        Timestamps go on past 2**32.
        """
        tags = [flv_tag(MediaMessage(MessageKind.AUDIO, t, b"x")) for t in (2**32 - 5, 2**32 + 5)]
        messages = FLVDemuxer().feed(flv_header() + b"".join(tags))
        self.assertEqual([m.timestamp_ms for m in messages], [2**32 - 5, 2**32 + 5])

    BAD = [
        ("not FLV", b"\x00"),
        ("not FLV after a good start", b"FLX"),
        ("another version", b"FLV\x02"),
        ("header too small", b"FLV\x01\x05\x00\x00\x00\x08"),
        ("header too large", b"FLV\x01\x05\xff\xff\xff\xff"),
        ("unknown tag", flv_header() + b"\x07" + bytes(10)),
        ("encrypted tag", flv_header() + b"\x29" + bytes(10)),
        ("too large", flv_header() + b"\x09" + (MAX_TAG_SIZE + 1).to_bytes(3, "big") + bytes(7)),
    ]

    def test_bad_input(self) -> None:
        """
        What is no FLV is refused, whole and byte by byte, and stays refused.
        """
        for name, data in self.BAD:
            demuxer = FLVDemuxer()
            self.assertRaises(MalformedFLV, demuxer.feed, data)
            self.assertRaises(MalformedFLV, demuxer.feed, STREAM)
            demuxer = FLVDemuxer()
            for byte in data[:-1]:
                self.assertEqual(demuxer.feed(bytes((byte,))), [], name)
            self.assertRaises(MalformedFLV, demuxer.feed, data[-1:])

    @settings(max_examples=150, deadline=None)
    @given(
        st.booleans(),
        st.lists(
            st.builds(
                MediaMessage,
                st.sampled_from(list(MessageKind)),
                st.integers(0, 100_000),
                st.binary(max_size=40),
            ),
            max_size=6,
        ),
        st.binary(max_size=60),
        st.lists(st.integers(1, 50), max_size=10),
    )
    def test_fuzz(
        self, framed: bool, messages: list[MediaMessage], junk: bytes, cuts: list[int]
    ) -> None:
        """
        Well-formed messages come back before any junk; junk gives messages or the one error, and
        never more is kept than was fed.
        """
        data = b"".join(map(flv_tag, messages)) + junk
        if framed:
            data = flv_header() + data
        demuxer = FLVDemuxer()
        got: list[MediaMessage] = []
        failed = False
        for cut in [*cuts, len(data)]:
            piece, data = data[:cut], data[cut:]
            try:
                got += demuxer.feed(piece)
            except MalformedFLV:
                failed = True
        if framed and not failed:
            self.assertEqual(got[: len(messages)], messages)


class TagBodyTests(SynchronousTestCase):
    """
    The codec headers inside the bodies.
    """

    VIDEO = [
        ("17 00 000000 01", VideoTagHeader(1, 7, 0, 0, 5)),
        ("27 01 000042 ff", VideoTagHeader(2, 7, 1, 66, 5)),
        ("27 01 ffffbe", VideoTagHeader(2, 7, 1, -66, 5)),
        ("17 02 800000", VideoTagHeader(1, 7, 2, -0x800000, 5)),
        ("12", VideoTagHeader(1, 2, 1, 0, 1)),
        ("90 68766331 01", VideoTagHeader(1, 0x68766331, 0, 0, 5)),
        ("91 68766331 ffffbe", VideoTagHeader(1, 0x68766331, 1, -66, 8)),
        ("a3 68766331", VideoTagHeader(2, 0x68766331, 1, 0, 5)),
        ("91 61763031 ffff", VideoTagHeader(1, 0x61763031, 1, 0, 5)),
        ("92 61763031", VideoTagHeader(1, 0x61763031, 2, 0, 5)),
        ("94 61763031", VideoTagHeader(1, 0x61763031, 255, 0, 5)),
        ("d0 61763031", VideoTagHeader(5, 0x61763031, 255, 0, 5)),
    ]
    AUDIO = [
        ("af 00 1190", AudioTagHeader(10, 0, 2)),
        ("af 01", AudioTagHeader(10, 1, 2)),
        ("2f", AudioTagHeader(2, 1, 1)),
        ("90 4f707573", AudioTagHeader(0x4F707573, 0, 5)),
        ("91 4f707573 00", AudioTagHeader(0x4F707573, 1, 5)),
        ("94 4f707573", AudioTagHeader(0x4F707573, 255, 5)),
    ]

    def test_read(self) -> None:
        """
        Frame type, codec, packet type and the signed composition time.
        """
        for text, header in self.VIDEO:
            self.assertEqual(parse_video_tag(bytes.fromhex(text)), header, text)
        for text, audio in self.AUDIO:
            self.assertEqual(parse_audio_tag(bytes.fromhex(text)), audio, text)

    def test_bad_input(self) -> None:
        """
        A header cut short is malformed.
        """
        for text in ("", "17", "17010000", "91", "91687663"):
            self.assertRaises(MalformedFLV, parse_video_tag, bytes.fromhex(text))
        for text in ("", "af"):
            self.assertRaises(MalformedFLV, parse_audio_tag, bytes.fromhex(text))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=8))
    def test_fuzz(self, body: bytes) -> None:
        """
        Any body parses or is malformed, nothing else.
        """
        for parse in (parse_video_tag, parse_audio_tag):
            with contextlib.suppress(MalformedFLV):
                parse(body)
