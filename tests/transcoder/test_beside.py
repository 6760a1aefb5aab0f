"""
The source beside the encoded renditions.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink, IRenditionReport
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.transcoder.beside import AlignedSource, SpareSource
from owncastd.transcoder.configurations import Configurations, is_key_frame
from tests.fakes import MemorySink

from .fakes import MemoryReport, audio, video

METADATA = MediaMessage(MessageKind.METADATA, 0, b"\x02\0\x0aonMetaData")
AVC = MediaMessage(MessageKind.VIDEO, 5, b"\x17\0\0\0\0configuration")
AAC = MediaMessage(MessageKind.AUDIO, 5, b"\xaf\0\x12\x10")
#: The sequence start of an extended header (Enhanced RTMP), and a key frame.
HEVC = MediaMessage(MessageKind.VIDEO, 5, b"\x90hvc1configuration")
HEVC_KEY = MediaMessage(MessageKind.VIDEO, 5, b"\x91hvc1picture")


class ConfigurationsTests(SynchronousTestCase):
    """
    What is remembered.
    """

    def test_latest(self) -> None:
        """
        The newest of each kind, in the order in which it is needed; nothing else.
        """
        known = Configurations()
        self.assertFalse(known.has_video)
        newer = MediaMessage(MessageKind.AUDIO, 9, b"\xaf\0\x11\x90")
        for message in (AAC, video(1, key=True), AVC, audio(2), METADATA, newer, HEVC_KEY):
            known.note(message)
        self.assertTrue(known.has_video)
        self.assertEqual(known.repeated(), (METADATA, AVC, newer))
        known.note(HEVC)
        self.assertEqual(known.repeated(), (METADATA, HEVC, newer))
        known.forget()
        self.assertEqual(known.repeated(), ())

    def test_what_a_decoder_begins_with(self) -> None:
        """
        A key frame, of any codec.
        """
        self.assertTrue(is_key_frame(video(0, key=True)))
        self.assertTrue(is_key_frame(HEVC_KEY))
        for message in (AVC, HEVC, video(0), audio(0), METADATA):
            self.assertFalse(is_key_frame(message), message)

    def test_malformed(self) -> None:
        """
        What is cut short is neither.
        """
        known = Configurations()
        for kind in (MessageKind.VIDEO, MessageKind.AUDIO):
            for body in (b"", b"\x17", b"\xaf", b"\x90hv"):
                known.note(MediaMessage(kind, 0, body))
                self.assertFalse(is_key_frame(MediaMessage(kind, 0, body)))
        self.assertEqual(known.repeated(), ())

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(MessageKind), st.binary(max_size=16))
    def test_anything(self, kind: MessageKind, body: bytes) -> None:
        """
        Whatever a stranger sends is remembered or not, without an exception.
        """
        known = Configurations()
        message = MediaMessage(kind, 0, body)
        known.note(message)
        if is_key_frame(message):
            self.assertEqual(known.repeated(), ())


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
