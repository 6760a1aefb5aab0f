"""
Silence at the end, where something follows.
"""

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink
from owncastd.media.aac import parse_aac_configuration
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.silence import silent_frame
from owncastd.slate.sound_tail import MAX_MISSING_MS, TAIL_MS, SoundTail
from tests.fakes import MemorySink
from tests.media.samples import asc, audio_configuration, frame, sound, video_configuration

FRAME_MS = 1024 / 48


class SoundTailTests(SynchronousTestCase):
    """
    L{SoundTail}.
    """

    def setUp(self) -> None:
        """
        A stream of 48 kHz.
        """
        self.sink = MemorySink()
        self.tail = SoundTail(self.sink)
        self.begin()

    def begin(self, configuration: MediaMessage | None = None) -> None:
        """
        Configurations come.
        """
        self.tail.write(video_configuration())
        self.tail.write(configuration or audio_configuration(asc(48_000)))

    def added(self, *messages: MediaMessage) -> list[MediaMessage]:
        """
        What is added to these at a discontinuity.
        """
        for message in messages:
            self.tail.write(message)
        before = len(self.sink.received)
        self.tail.discontinuity()
        *added, mark = self.sink.received[before:]
        self.assertIs(mark, None)
        return [message for message in added if message is not None]

    def test_interface(self) -> None:
        """
        It is a sink.
        """
        verifyObject(IMediaSink, self.tail)

    def test_added(self) -> None:
        """
        Silence follows the sound without a seam, to beyond the pictures.
        """
        added = self.added(frame(1000, key=True), sound(900, b"x"))
        self.assertEqual({message.kind for message in added}, {MessageKind.AUDIO})
        times = [message.timestamp_ms for message in added]
        self.assertEqual(times, [900 + round(n * FRAME_MS) for n in range(1, len(times) + 1)])
        self.assertTrue(1000 + TAIL_MS - FRAME_MS < times[-1] <= 1000 + TAIL_MS, times)
        silence = silent_frame(parse_aac_configuration(asc(48_000)))
        self.assertEqual({message.body for message in added}, {b"\xaf\x01" + (silence or b"")})

    def test_nothing_to_add(self) -> None:
        """
        Not without pictures or sound, after sound that fell silent or is ahead, nor at the end.
        """
        self.assertEqual(self.added(frame(1000, key=True)), [])
        self.begin()
        self.assertEqual(self.added(sound(1000, b"x")), [])
        self.begin()
        self.assertEqual(self.added(sound(0, b"x"), frame(MAX_MISSING_MS + 1, key=True)), [])
        self.begin()
        self.assertEqual(self.added(frame(1000, key=True), sound(1000 + TAIL_MS, b"x")), [])
        self.begin()
        self.tail.write(frame(1000, key=True))
        self.tail.write(sound(1000, b"x"))
        before = len(self.sink.received)
        self.tail.end()
        self.assertEqual((self.sink.received[before:], self.sink.ended), ([], True))

    def test_forgotten(self) -> None:
        """
        What was before a discontinuity counts no more.
        """
        self.added(frame(1000, key=True), sound(1000, b"x"))
        self.assertEqual(self.added(frame(2000, key=True), sound(2000, b"x")), [])

    def test_other_sound(self) -> None:
        """
        Only AAC whose configuration can be read has a silence that is known.
        """
        for configuration in (
            MediaMessage(MessageKind.AUDIO, 0, b"\xaf\x00\xff"),
            MediaMessage(MessageKind.AUDIO, 0, b"\xaf\x00"),
            MediaMessage(MessageKind.AUDIO, 0, b"\x90Opus"),
            MediaMessage(MessageKind.AUDIO, 0, b""),
        ):
            self.begin(configuration)
            added = self.added(frame(1000, key=True), sound(1000, b"x"))
            self.assertEqual(added, [], configuration)
