"""
The source beside the encoded renditions.
"""

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink, IRenditionReport
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.transcoder.beside import AlignedSource, SpareSource
from tests.fakes import MemorySink

from .fakes import MemoryReport, video

METADATA = MediaMessage(MessageKind.METADATA, 0, b"\x02\0\x0aonMetaData")
AVC = MediaMessage(MessageKind.VIDEO, 5, b"\x17\0\0\0\0configuration")
AAC = MediaMessage(MessageKind.AUDIO, 5, b"\xaf\0\x12\x10")
#: The sequence start of an extended header (Enhanced RTMP), and a key frame.
HEVC = MediaMessage(MessageKind.VIDEO, 5, b"\x90hvc1configuration")
HEVC_KEY = MediaMessage(MessageKind.VIDEO, 5, b"\x91hvc1picture")


class AlignedSourceTests(SynchronousTestCase):
    """
    A source that is always offered.
    """

    def test_mark(self) -> None:
        """
        A mark is a discontinuity, after which all that is known is said again.
        """
        sink = MemorySink()
        source = AlignedSource(sink)
        verifyObject(IMediaSink, source)
        for message in (METADATA, AVC, AAC, video(10, key=True)):
            source.write(message)
        source.mark()
        source.write(video(20, key=True))
        source.discontinuity()
        source.mark()
        source.end()
        before = [METADATA, AVC, AAC]
        self.assertEqual(
            sink.received,
            [*before, video(10, key=True), None, *before, video(20, key=True), None, None],
        )
        self.assertTrue(sink.ended)


class SpareSourceTests(SynchronousTestCase):
    """
    A source that is the last resort.
    """

    def setUp(self) -> None:
        """
        Two renditions run.
        """
        self.report = MemoryReport()
        self.offered: list[MemorySink] = []
        self.spare = SpareSource(self.report, {0, 1}, self.offer)

    def offer(self) -> MemorySink:
        """
        Make room for it.
        """
        self.offered.append(MemorySink())
        return self.offered[-1]

    def test_offered_once(self) -> None:
        """
        When all have failed it is offered, and begins with what a decoder must know.
        """
        verifyObject(IMediaSink, self.spare)
        verifyObject(IRenditionReport, self.spare)
        for message in (AVC, AAC, video(10, key=True)):
            self.spare.write(message)
        self.spare.rendition_failed(1, "slow")
        self.spare.rendition_failed(1, "slow")
        self.assertEqual(self.offered, [])
        self.spare.rendition_failed(0, "dead")
        self.spare.rendition_failed(0, "dead")
        self.spare.write(video(20, key=True))
        self.spare.discontinuity()
        self.spare.end()
        (sink,) = self.offered
        self.assertEqual(sink.received, [AVC, AAC, video(20, key=True), None])
        self.assertTrue(sink.ended)
        self.assertEqual(self.report.failed[0], (1, "slow"))

    def test_not_needed(self) -> None:
        """
        As long as one is left, and after the end, nothing is offered.
        """
        self.spare.rendition_failed(0, "dead")
        self.spare.write(video(0, key=True))
        self.spare.discontinuity()
        self.spare.end()
        self.spare.rendition_failed(1, "dead")
        self.assertEqual(self.offered, [])
