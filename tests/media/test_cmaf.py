"""
CMAF headers and chunks, read back.
"""

import struct

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.aac import aac_track
from owncastd.media.avc import avc_track
from owncastd.media.cmaf import (
    NON_SYNC_SAMPLE,
    SYNC_SAMPLE,
    AudioSamples,
    VideoSamples,
    chunk,
    header,
)

from .boxes import Sample, boxes, samples, sequence_number
from .samples import asc, avcc

VIDEO = avc_track(avcc())
AUDIO = aac_track(asc())


class HeaderTests(SynchronousTestCase):
    """
    L{header}.
    """

    def test_structure(self) -> None:
        """
        Every box that CMAF asks for is there once per track, in order, with its size right.
        """
        paths = [path for path, _, _ in boxes(header(VIDEO, AUDIO))]
        track = [
            "/moov/trak",
            "/moov/trak/tkhd",
            "/moov/trak/mdia",
            "/moov/trak/mdia/mdhd",
            "/moov/trak/mdia/hdlr",
            "/moov/trak/mdia/minf",
            None,
            "/moov/trak/mdia/minf/dinf",
            "/moov/trak/mdia/minf/dinf/dref",
            "/moov/trak/mdia/minf/stbl",
            *(
                f"/moov/trak/mdia/minf/stbl/{name}"
                for name in ("stsd", "stts", "stsc", "stsz", "stco")
            ),
        ]
        expected = ["/ftyp", "/moov", "/moov/mvhd"]
        for media_header in ("vmhd", "smhd"):
            expected += [path or f"/moov/trak/mdia/minf/{media_header}" for path in track]
        expected += ["/moov/mvex", "/moov/mvex/trex", "/moov/mvex/trex"]
        self.assertEqual(paths, expected)

    def test_sizes_of_boxes(self) -> None:
        """
        Boxes of a fixed layout have the length that the standard gives them.
        """
        lengths = {"mvhd": 100, "tkhd": 84, "mdhd": 24, "trex": 24, "vmhd": 12, "smhd": 8}
        for path, _, body in boxes(header(VIDEO, AUDIO)):
            name = path.rpartition("/")[2]
            if name in lengths:
                self.assertEqual(len(body), lengths[name], name)

    def test_sample_entries(self) -> None:
        """
        The configurations are carried as they are, with size, channels and rate beside them.
        """
        entries = [b for path, _, b in boxes(header(VIDEO, AUDIO)) if path.endswith("/stsd")]
        video, audio = entries
        self.assertEqual(video[12:16], b"avc1")
        self.assertEqual(struct.unpack_from(">HH", video, 16 + 24), (1280, 720))
        self.assertTrue(video.endswith(b"avcC" + avcc()))
        self.assertEqual(audio[12:16], b"mp4a")
        self.assertEqual(struct.unpack_from(">HH", audio, 16 + 16), (2, 16))
        self.assertEqual(struct.unpack_from(">I", audio, 16 + 24)[0], 48_000 << 16)
        self.assertIn(b"\x05\x80\x80\x80\x02" + asc(), audio)

    def test_single_tracks(self) -> None:
        """
        A track that is not there leaves no trace.
        """
        self.assertNotIn(b"mp4a", header(VIDEO, None))
        self.assertNotIn(b"avc1", header(None, AUDIO))

    def test_a_rate_beyond_sixteen_bits(self) -> None:
        """
        The sample entry cannot say 96 kHz, the time scale can.
        """
        audio = aac_track(asc(96_000))
        for path, _, body in boxes(header(None, audio)):
            if path.endswith("/stsd"):
                self.assertEqual(body[16 + 24 : 16 + 28], bytes(4))
            elif path.endswith("/mdhd"):
                self.assertEqual(struct.unpack_from(">I", body, 12)[0], 96_000)


class ChunkTests(SynchronousTestCase):
    """
    L{chunk}.
    """

    VIDEO_SAMPLES = VideoSamples(
        1 << 33,
        [3000, 4, SYNC_SAMPLE, 6000, 3000, 2, NON_SYNC_SAMPLE, -3000 & 0xFFFFFFFF],
        [b"KEY!", memoryview(b"in")],
    )
    AUDIO_SAMPLES = AudioSamples(48_000, 1024, [b"abc", b"", memoryview(b"d")])
    VIDEO_READ = [
        Sample(1, 1 << 33, 3000, 6000, True, b"KEY!"),
        Sample(1, (1 << 33) + 3000, 3000, -3000, False, b"in"),
    ]
    AUDIO_READ = [
        Sample(2, 48_000, 1024, 0, True, b"abc"),
        Sample(2, 49_024, 1024, 0, True, b""),
        Sample(2, 50_048, 1024, 0, True, b"d"),
    ]

    def test_read_back(self) -> None:
        """
        A reader finds each sample by the offsets in the chunk.
        """
        for video, audio, expected in (
            (self.VIDEO_SAMPLES, self.AUDIO_SAMPLES, self.VIDEO_READ + self.AUDIO_READ),
            (self.VIDEO_SAMPLES, None, self.VIDEO_READ),
            (None, self.AUDIO_SAMPLES, self.AUDIO_READ),
        ):
            self.assertEqual(samples(chunk(1, video, audio)), expected)

    def test_sequence_number(self) -> None:
        """
        Chunks are numbered, around the end of 32 bits too.
        """
        for number, written in ((7, 7), ((1 << 32) + 1, 1)):
            data = chunk(number, None, self.AUDIO_SAMPLES)
            self.assertEqual(sequence_number(data), written)
