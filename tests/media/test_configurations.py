"""
What is remembered of a broadcast for who begins in the middle.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.configurations import Configurations, is_key_frame
from owncastd.media.messages import MediaMessage, MessageKind

from .samples import frame, sound

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
        for message in (AAC, frame(1, key=True), AVC, sound(2), METADATA, newer, HEVC_KEY):
            known.note(message)
        self.assertTrue(known.has_video)
        self.assertEqual(known.repeated(), (METADATA, AVC, newer))
        self.assertIs(known.latest(MessageKind.AUDIO), newer)
        known.note(HEVC)
        self.assertEqual(known.repeated(), (METADATA, HEVC, newer))
        known.forget()
        self.assertIsNone(known.latest(MessageKind.AUDIO))
        self.assertEqual(known.repeated(), ())

    def test_what_a_decoder_begins_with(self) -> None:
        """
        A key frame, of any codec.
        """
        self.assertTrue(is_key_frame(frame(0, key=True)))
        self.assertTrue(is_key_frame(HEVC_KEY))
        for message in (AVC, HEVC, frame(0, key=False), sound(0), METADATA):
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
