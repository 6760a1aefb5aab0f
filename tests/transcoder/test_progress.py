"""
What is made of ffmpeg's lines.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.transcoder.progress import (
    MAX_LINE,
    MAX_REMEMBERED,
    Complaints,
    LineKind,
    LineSplitter,
    classify,
)

#: line, level, text, a word of the meaning
EXPLAINED = [
    ("[fatal] Unknown encoder 'libx264'", "fatal", "Unknown encoder 'libx264'", "x264"),
    (
        "[vost#0:0 @ 0x5557b732bac0] [fatal] Unknown encoder 'aac'",
        "fatal",
        "Unknown encoder 'aac'",
        "lacks an encoder",
    ),
    (
        "[libx264 @ 0x55dcd5ea47c0] [error] width not divisible by 2 (101x51)",
        "error",
        "width not divisible by 2 (101x51)",
        "even",
    ),
    (
        "[vost#0:0/libx264 @ 0xaa] [enc:libx264 @ 0xbb] [error] Error while opening encoder - maybe"
        " incorrect parameters such as bit_rate, rate, width or height.",
        "error",
        "Error while opening encoder - maybe"
        " incorrect parameters such as bit_rate, rate, width or height.",
        "settings",
    ),
    (
        "[VAAPI @ 0x5636d6721340] [error] No VA display found for device /dev/dri/renderD128.",
        "error",
        "No VA display found for device /dev/dri/renderD128.",
        "VA-API",
    ),
    (
        "[error] Failed to set value '/dev/dri/renderD128' for option 'vaapi_device': Invalid",
        "error",
        "Failed to set value '/dev/dri/renderD128' for option 'vaapi_device': Invalid",
        "VA-API",
    ),
    (
        "[h264_nvenc @ 0x55e18c9cda40] [error] Cannot load libcuda.so.1",
        "error",
        "Cannot load libcuda.so.1",
        "NVIDIA",
    ),
    (
        "[h264_nvenc @ 0x55e1] [error] OpenEncodeSessionEx failed: out of memory (10)",
        "error",
        "OpenEncodeSessionEx failed: out of memory (10)",
        "remove a rendition",
    ),
    (
        "[h264_qsv @ 0x5599] [error] Error initializing an internal MFX session: unsupported (-3)",
        "error",
        "Error initializing an internal MFX session: unsupported (-3)",
        "Quick Sync",
    ),
    (
        "[h264_qsv @ 0x558a32ad9c00] [error] Error creating a MFX session: -9.",
        "error",
        "Error creating a MFX session: -9.",
        "Quick Sync",
    ),
    (
        "[h264_v4l2m2m @ 0x559f6d4ec3c0] [error] Could not find a valid device",
        "error",
        "Could not find a valid device",
        "Video4Linux",
    ),
    (
        "[h264_omx @ 0x55ab61d0a700] [warning] libOMX_Core.so not found",
        "warning",
        "libOMX_Core.so not found",
        "OpenMAX",
    ),
    (
        "[vost#0:0 @ 0x55d5cb6c2ac0] [fatal] Unknown encoder 'h264_rkmpp'",
        "fatal",
        "Unknown encoder 'h264_rkmpp'",
        "hardware encoder",
    ),
    ("[h264 @ 0x56] [error] no frame!", "error", "no frame!", "Damaged pictures"),
    (
        "[fatal] pipe:0: could not find codec parameters",
        "fatal",
        "pipe:0: could not find codec parameters",
        "H.264",
    ),
]
IGNORED = [
    "",
    "[info] ",
    "    Last message repeated 12 times",
    "[flv @ 0x55] [warning] Non-monotonous DTS in output stream 0:0; previous: 2, current: 1",
    "[warning] Codec AVOption b (set bitrate (in bits/s)) specified for output file #2 has not been"
    " used for any stream. The most likely reason is either wrong type",
]


class ClassifyTests(SynchronousTestCase):
    """
    Single lines.
    """

    def test_explained(self) -> None:
        """
        Known lines have a meaning in our words; prefixes are taken off.
        """
        for line, level, text, word in EXPLAINED:
            found = classify(line)
            self.assertEqual(
                (found.kind, found.level, found.text), (LineKind.EXPLAINED, level, text)
            )
            self.assertIn(word, found.meaning)

    def test_ignored(self) -> None:
        """
        Noise is noise.
        """
        for line in IGNORED:
            self.assertIs(classify(line).kind, LineKind.IGNORED, line)

    def test_raw(self) -> None:
        """
        Anything else is kept as it is.
        """
        found = classify("[swscaler @ 0x1f] [warning] deprecated pixel format")
        self.assertEqual(
            (found.kind, found.level, found.text),
            (LineKind.RAW, "warning", "deprecated pixel format"),
        )
        self.assertFalse(found.is_error)

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=300))
    def test_anything_is_a_line(self, text: str) -> None:
        """
        No line upsets it, and what remains of a line is its end.
        """
        self.assertTrue(text.endswith(classify(text).text))
        self.assertTrue(("[fatal] " + text).endswith(classify("[fatal] " + text).text))


class LineSplitterTests(SynchronousTestCase):
    """
    Bytes into lines.
    """

    def test_pieces(self) -> None:
        """
        Lines are the same however the bytes come, both ends of line count, and empty ones do not.
        """
        data = b"one\r\ntwo\rthr\xffee\n\nrest"
        whole = LineSplitter()
        self.assertEqual(whole.feed(data), ["one", "two", "thr\ufffdee"])
        self.assertEqual(whole.flush(), "rest")
        single = LineSplitter()
        lines = [line for value in data for line in single.feed(bytes([value]))]
        self.assertEqual(lines, ["one", "two", "thr\ufffdee"])

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.binary(max_size=3 * MAX_LINE), max_size=6))
    def test_lines_are_bounded(self, pieces: list[bytes]) -> None:
        """
        A child that never ends a line costs no memory.
        """
        splitter = LineSplitter()
        lines = [line for piece in pieces for line in splitter.feed(piece)] + [splitter.flush()]
        self.assertLessEqual(max(map(len, lines)), MAX_LINE)

    def test_babble(self) -> None:
        """
        The limit bites.
        """
        splitter = LineSplitter()
        for _ in range(10):
            self.assertEqual(splitter.feed(b"x" * 1000), [])
        self.assertEqual(len(splitter.flush()), MAX_LINE)


class ComplaintsTests(SynchronousTestCase):
    """
    What is remembered of a child.
    """

    def test_the_most_specific_wins(self) -> None:
        """
        A sweeping meaning does not replace a specific one, whichever came first.
        """
        complaints = Complaints()
        self.assertTrue(complaints.add(classify("[h264 @ 0x1] [error] no frame!")))
        self.assertIn("Damaged", complaints.best())
        self.assertTrue(complaints.add(classify("[fatal] Unknown encoder 'libx264'")))
        self.assertFalse(complaints.add(classify("[h264 @ 0x1] [error] no frame!")))
        self.assertIn("x264", complaints.best())

    def test_last_words(self) -> None:
        """
        Without a meaning the last complaint is quoted, cut short; at most a few are kept.
        """
        complaints = Complaints()
        self.assertEqual(complaints.best(), "")
        for number in range(3 * MAX_REMEMBERED):
            self.assertFalse(complaints.add(classify(f"[error] trouble {number} " + "x" * 500)))
        self.assertTrue(complaints.best().startswith(f"its last words: trouble {number} x"))
        self.assertLess(len(complaints.best()), 250)
        self.assertEqual(len(complaints._raw), MAX_REMEMBERED)
