"""
Which ffmpeg reads what.
"""

from twisted.internet.defer import Deferred, fail, succeed

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.transcoder.errors import FFmpegUnavailable
from owncastd.transcoder.locate import FFmpeg
from owncastd.transcoder.reading import ReadingNeed, greater, reading_need
from owncastd.transcoder.supervisor import Transcoder

from .fakes import video
from .test_supervisor import TranscoderCase

OLD = FFmpeg("/old/ffmpeg", "5.1.9", (5, 1, 9))
NEW = FFmpeg("/new/ffmpeg", "n9.0.2", (9, 0, 2))
HEVC = MediaMessage(MessageKind.VIDEO, 0, b"\x90hvc1record")
HEVC_KEY = MediaMessage(MessageKind.VIDEO, 0, b"\x91hvc1\0\0\0frame")
OPUS = MediaMessage(MessageKind.AUDIO, 0, b"\x90Opushead")
AAC = MediaMessage(MessageKind.AUDIO, 0, b"\xaf\0\x12\x10")


class ReadingNeedTests(TranscoderCase):
    """
    L{reading_need}, and a transcoder that obeys it.
    """

    def setUp(self) -> None:
        """
        Nobody has been asked for a newer ffmpeg.
        """
        super().setUp()
        self.needs: list[ReadingNeed] = []

    def start(self, found: FFmpeg, newer: Deferred[FFmpeg]) -> Transcoder:
        """
        A transcoder that finds one, and perhaps another when it asks for a newer one.
        """
        self.transcoder.stop()
        self.transcoder = self.make(lambda: succeed(found))

        def locate_reader(need: ReadingNeed) -> Deferred[FFmpeg]:
            self.needs.append(need)
            return newer

        self.transcoder._locate_reader = locate_reader
        return self.transcoder

    def test_table(self) -> None:
        """
        By the header, not by the codec: H.264 and AAC need nothing.
        """
        for message, oldest, codec in [
            (video(0, key=True), None, ""),
            (AAC, None, ""),
            (MediaMessage(MessageKind.METADATA, 0, b"\x90"), None, ""),
            (MediaMessage(MessageKind.VIDEO, 0, b"\x90"), None, ""),
            (HEVC, (6, 1), "HEVC"),
            (MediaMessage(MessageKind.VIDEO, 0, b"\x90vvc1"), (6, 1), "this"),
            (OPUS, (8, 0), "Opus"),
        ]:
            need = reading_need(message)
            self.assertEqual(need and need.oldest, oldest, message)
            self.assertEqual(need.codec if need else "", codec)

    def test_need(self) -> None:
        """
        A release is old enough or not, and a build without a number is; the greater need counts.
        """
        need, more = ReadingNeed((6, 1), "HEVC"), ReadingNeed((8, 0), "Opus")
        for version, met in [((5, 1, 9), False), ((6, 0), False), ((6, 1), True), (None, True)]:
            self.assertEqual(need.met_by(version), met)
        self.assertEqual([greater(need, more), greater(more, need)], [more, more])
        self.assertEqual([greater(None, need), greater(need, None)], [need, need])
        self.assertIsNone(greater(None, None))

    def test_new(self) -> None:
        """
        One that reads it is used.
        """
        transcoder = self.start(NEW, Deferred())
        transcoder.write(HEVC)
        self.assertEqual(self.child.argv[0], NEW.path)
        self.assertEqual(self.needs, [])

    def test_another_is_found(self) -> None:
        """
        Where the first does not read it, another is looked for, and gets what came meanwhile.
        """
        newer: Deferred[FFmpeg] = Deferred()
        transcoder = self.start(OLD, newer)
        transcoder.write(HEVC)
        transcoder.write(HEVC_KEY)
        self.assertEqual([need.oldest for need in self.needs], [(6, 1)])
        self.assertEqual(self.reactor.processes, [])
        newer.callback(NEW)
        self.assertEqual(self.child.argv[0], NEW.path)
        self.assertEqual([each.body for each in self.child.received()], [HEVC.body, HEVC_KEY.body])

    def test_none_is_found(self) -> None:
        """
        Then nothing is encoded, and the operator is told why.
        """
        transcoder = self.start(OLD, fail(FFmpegUnavailable("No usable ffmpeg was found (why).")))
        transcoder.write(HEVC)
        self.assertEqual(self.reactor.processes, [])
        self.assertEqual(
            self.report.failed, [(i, "No usable ffmpeg was found (why).") for i in (2, 5)]
        )
        (incident,) = transcoder.status.incidents
        self.assertIn("No rendition is encoded any more", incident.message)

    def test_it_turns_out_too_old(self) -> None:
        """
        Sound that comes late may ask for more than the pictures did.
        """
        transcoder = self.start(FFmpeg("/f", "6.1", (6, 1)), Deferred())
        transcoder.write(HEVC)
        transcoder.write(OPUS)
        reason = (
            "ffmpeg 6.1 at /f is too old: it cannot read Opus from an encoder; 8.0 is the oldest"
            " that can."
        )
        self.assertEqual(self.report.failed, [(2, reason), (5, reason)])
        self.child.exit()

    def test_next_encoder(self) -> None:
        """
        What one encoder needed is not asked of the ffmpeg for the next.
        """
        transcoder = self.start(OLD, Deferred())
        transcoder.discontinuity()
        transcoder.write(video(0, key=True))
        self.assertEqual(self.child.argv[0], OLD.path)
