"""
Extended messages and what is left of them.
"""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.errors import MalformedFLV, MediaError, UnsupportedCodec
from owncastd.media.extended import MAX_MODIFIERS, is_extended, plain
from owncastd.media.messages import MediaMessage, MessageKind


def video(*parts: bytes) -> MediaMessage:
    """
    A video message.
    """
    return MediaMessage(MessageKind.VIDEO, 40, b"".join(parts))


def audio(*parts: bytes) -> MediaMessage:
    """
    An audio message.
    """
    return MediaMessage(MessageKind.AUDIO, 40, b"".join(parts))


#: A modifier of two bytes (a finer timestamp), then coded frames; the same, with a long one.
MODIFIED = b"\x01\xaa\xbb\x01"
LONG_MODIFIED = b"\xff\x01\x2b" + bytes(300) + b"\x03"


class PlainTests(SynchronousTestCase):
    """
    L{is_extended} and L{plain}.
    """

    def test_is_extended(self) -> None:
        """
        By the first bit of a picture, by the format of a sound; nothing else.
        """
        for message, expected in [
            (video(b"\x17\x01\0\0\0"), False),
            (video(b"\x90hvc1"), True),
            (video(b"\xf7"), True),
            (audio(b"\xaf\x01"), False),
            (audio(b"\x2f"), False),
            (audio(b"\x91Opus"), True),
            (audio(b"\xb2"), False),
            (audio(), False),
            (video(), False),
        ]:
            self.assertEqual(is_extended(message), expected, message)

    def test_as_they_are(self) -> None:
        """
        Messages that are plain already stay the very same.
        """
        for message in [
            video(b"\x90hvc1record"),
            video(b"\x91hvc1\0\0\x20frame"),
            video(b"\xa3hvc1frame"),
            video(b"\x91av01frame"),
            video(b"\x91vp09frame"),
            audio(b"\x90Opushead"),
            audio(b"\x91fLaCframe"),
            audio(b"\x90ac-3"),
        ]:
            self.assertIs(plain(message), message)

    def test_nothing_for_us(self) -> None:
        """
        Colour information, channel layouts, commands, further tracks, and ends of sequences.
        """
        for message in [
            video(b"\xd4hvc1", b"\x02\0\x09colorInfo"),
            video(b"\x92hvc1"),
            video(b"\x95av01"),
            video(b"\xd1\x00"),
            video(b"\xd1"),
            video(b"\x96", b"\x01av01\x01frame"),
            video(b"\x96", b"\x11av01\x00\0\0\x05frame"),
            video(b"\x96", b"\x21av01\x00\0\0\x05frame"),
            video(b"\x98xxxx"),
            audio(b"\x94Opus", b"\x01\x01\0\0\0\x04"),
            audio(b"\x92Opus"),
            audio(b"\x95", b"\x01Opus\x02frame"),
            audio(b"\x9fxxxx"),
        ]:
            self.assertIsNone(plain(message), message)

    def test_unwrapped(self) -> None:
        """
        Modifiers go, and the frame around the first track when it comes alone.
        """
        for wrapped, expected in [
            (video(b"\xa7", MODIFIED, b"av01frame"), video(b"\xa1av01frame")),
            (video(b"\x97", LONG_MODIFIED, b"hvc1frame"), video(b"\x93hvc1frame")),
            (
                video(b"\x97", b"\x00\0\x07", MODIFIED, b"vp09frame"),
                video(b"\x91vp09frame"),
            ),
            (video(b"\x96", b"\x00av01\x00record"), video(b"\x90av01record")),
            (video(b"\x97", b"\x00\0\x06", b"\x03hvc1\x00frame"), video(b"\x93hvc1frame")),
            (audio(b"\x97", MODIFIED, b"Opusframe"), audio(b"\x91Opusframe")),
            (audio(b"\x95", b"\x01fLaC\x00frame"), audio(b"\x91fLaCframe")),
        ]:
            self.assertEqual(plain(wrapped), expected)

    def test_old_codecs(self) -> None:
        """
        AVC and AAC come out as they always were.
        """
        for message, expected in [
            (video(b"\x90avc1record"), video(b"\x17\0\0\0\0record")),
            (video(b"\xa1avc1\xff\xff\xbeframe"), video(b"\x27\x01\xff\xff\xbeframe")),
            (video(b"\x93avc1frame"), video(b"\x17\x01\0\0\0frame")),
            (audio(b"\x90mp4a\x11\x90"), audio(b"\xaf\x00\x11\x90")),
            (audio(b"\x91mp4aframe"), audio(b"\xaf\x01frame")),
        ]:
            self.assertEqual(plain(message), expected)

    def test_unknown(self) -> None:
        """
        What is not known is refused in words that say what to send instead.
        """
        for message, words in [
            (video(b"\x90vvc1"), "video of the codec 'vvc1': send H.264, HEVC, AV1 or VP9."),
            (video(b"\x91Opus"), "video of the codec 'Opus'"),
            (video(b"\x91\0\1\2\3"), "video of the codec 0x00010203"),
            (audio(b"\x90ec-3"), "audio of the codec 'ec-3': send AAC, Opus, FLAC or AC-3."),
            (audio(b"\x91av01"), "audio of the codec 'av01'"),
        ]:
            with self.assertRaises(UnsupportedCodec) as caught:
                plain(message)
            self.assertIn(words, str(caught.exception))

    def test_malformed(self) -> None:
        """
        What is cut short is malformed, as is one modifier too many.
        """
        for message in [
            video(b"\x91hvc"),
            video(b"\x97"),
            video(b"\x97\x01\xaa"),
            video(b"\x97\xff\x01"),
            video(b"\x96"),
            video(b"\x96\x01av01"),
            video(b"\x97", b"\x00\0\x07" * MAX_MODIFIERS, MODIFIED, b"av01"),
            audio(b"\x91Op"),
            audio(b"\x95\x01Opus"),
        ]:
            with self.assertRaises(MalformedFLV, msg=repr(message)):
                plain(message)

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from((MessageKind.AUDIO, MessageKind.VIDEO)),
        st.integers(0x80, 0xFF),
        st.binary(max_size=40),
        st.sampled_from((b"", b"hvc1", b"avc1", b"mp4a", b"Opus")),
    )
    def test_fuzz(self, kind: MessageKind, head: int, junk: bytes, codec: bytes) -> None:
        """
        Any bytes become a plain message, nothing, or an error of ours.
        """
        message = MediaMessage(kind, 0, bytes((head,)) + codec + junk)
        if is_extended(message):
            with contextlib.suppress(MediaError):
                once = plain(message)
                if once is not None and is_extended(once):
                    self.assertIs(plain(once), once)
