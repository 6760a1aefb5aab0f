"""
What is offered beside a source that not every player plays.
"""

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition
from owncastd.transcoder.companion import (
    DECIDE_MS,
    MAX_HELD,
    MAX_HELD_BYTES,
    AccompaniedSource,
    companion_of,
)
from tests.fakes import MemorySink

METADATA = MediaMessage(MessageKind.METADATA, 0, b"\x02\0\x0aonMetaData")
AVC = MediaMessage(MessageKind.VIDEO, 0, b"\x17\0\0\0\0record")
AAC = MediaMessage(MessageKind.AUDIO, 0, b"\xaf\0\x12\x10")
HEVC = MediaMessage(MessageKind.VIDEO, 0, b"\x90hvc1record")
OPUS = MediaMessage(MessageKind.AUDIO, 0, b"\x90Opushead")


def picture(at_ms: int, head: bytes = b"\x91hvc1", size: int = 100) -> MediaMessage:
    """
    A frame.
    """
    return MediaMessage(MessageKind.VIDEO, at_ms, head + bytes(size))


class CompanionTests(SynchronousTestCase):
    """
    L{companion_of}.
    """

    def test_what(self) -> None:
        """
        Only what is not H.264 or AAC is encoded; nothing is offered where all is.
        """
        avc, aac, other = 7, 10, 0x61763031
        for video, audio, encoded in [
            (avc, aac, None),
            (avc, None, None),
            (None, aac, None),
            (None, None, None),
            (other, aac, (True, False)),
            (other, None, (True, False)),
            (avc, other, (False, True)),
            (None, other, (False, True)),
            (other, other, (True, True)),
            (avc, 2, (False, True)),
        ]:
            rendition = companion_of(video, audio)
            got = rendition and (not rendition.video_passthrough, not rendition.audio_passthrough)
            self.assertEqual(got, encoded, (video, audio))


class AccompaniedSourceTests(SynchronousTestCase):
    """
    L{AccompaniedSource}.
    """

    def setUp(self) -> None:
        """
        Nothing is known yet.
        """
        self.source = MemorySink()
        self.companion = MemorySink()
        self.offered: list[Rendition] = []
        self.realign: Callable[[], None] = lambda: None
        self.accompanied = AccompaniedSource(self.source, self.offer)

    def offer(self, rendition: Rendition, realign: Callable[[], None], /) -> MemorySink:
        """
        Offer a companion.
        """
        self.offered.append(rendition)
        self.realign = realign
        return self.companion

    def write(self, *messages: MediaMessage) -> None:
        """
        Several messages.
        """
        for message in messages:
            self.accompanied.write(message)

    def test_plain(self) -> None:
        """
        H.264 and AAC go through, alone.
        """
        verifyObject(IMediaSink, self.accompanied)
        sent = [METADATA, AVC, AAC, *(picture(each, b"\x27\1\0\0\0") for each in range(0, 400, 40))]
        self.write(*sent)
        self.accompanied.discontinuity()
        self.accompanied.end()
        self.assertEqual(self.source.received, [*sent, None])
        self.assertTrue(self.source.ended)
        self.assertEqual(self.offered, [])

    def test_foreign(self) -> None:
        """
        Otherwise both get everything, from the beginning to the end.
        """
        sent = [METADATA, HEVC, OPUS, picture(0), picture(33)]
        self.write(*sent)
        (rendition,) = self.offered
        self.assertEqual((rendition.video_passthrough, rendition.audio_passthrough), (False, False))
        self.assertEqual(self.companion.received, sent)
        self.accompanied.discontinuity()
        self.write(HEVC, OPUS)
        self.accompanied.end()
        expected = [*sent, None, HEVC, OPUS]
        self.assertEqual(self.source.received, expected)
        self.assertEqual(self.companion.received, expected)
        self.assertTrue(self.companion.ended and self.source.ended)
        self.assertEqual(len(self.offered), 1)

    def test_realign(self) -> None:
        """
        A companion that has a discontinuity of its own puts one into the source, with what a
        player must know after it.
        """
        self.write(METADATA, HEVC, OPUS, picture(0))
        self.realign()
        self.write(picture(33))
        expected = [METADATA, HEVC, OPUS, picture(0), None, METADATA, HEVC, OPUS, picture(33)]
        self.assertEqual(self.source.received, expected)

    def test_one_track(self) -> None:
        """
        A track that does not come is waited for a while, while the source goes on.
        """
        self.write(HEVC, *(picture(each) for each in range(0, DECIDE_MS, 40)))
        self.assertEqual(self.offered, [])
        self.assertEqual(len(self.source.received), 1 + DECIDE_MS // 40)
        self.write(picture(DECIDE_MS))
        self.assertTrue(self.offered[0].audio_passthrough)
        self.assertEqual(self.companion.received, self.source.received)

    def test_bounded(self) -> None:
        """
        Neither many messages nor large ones are held for long.
        """
        self.write(*[picture(0)] * MAX_HELD)
        self.assertEqual(len(self.offered), 1)
        self.accompanied = AccompaniedSource(MemorySink(), self.offer)
        self.write(*[picture(0, size=MAX_HELD_BYTES // 4)] * 4)
        self.assertEqual(len(self.offered), 2)

    def test_another_encoder(self) -> None:
        """
        What comes after an interruption may be something else.
        """
        self.write(AVC, AAC, picture(0, b"\x17\1\0\0\0"))
        self.accompanied.discontinuity()
        self.write(HEVC, AAC)
        (rendition,) = self.offered
        self.assertEqual((rendition.video_passthrough, rendition.audio_passthrough), (False, True))
        self.assertEqual(self.companion.received, [HEVC, AAC])

    def test_anything(self) -> None:
        """
        Messages that cannot be read decide nothing.
        """
        self.write(
            MediaMessage(MessageKind.VIDEO, 0, b""), MediaMessage(MessageKind.AUDIO, 0, b"\x90")
        )
        self.assertEqual(self.offered, [])
        self.assertEqual(len(self.source.received), 2)
