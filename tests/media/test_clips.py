"""
Clips out of what an encoder wrote.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.clips import clip_of, still_clip
from owncastd.media.errors import MalformedFLV, MediaError
from owncastd.media.messages import MediaMessage, MessageKind

from .samples import frame, on_metadata, sound, video_configuration

CONFIGURATION = video_configuration()
END_OF_SEQUENCE = MediaMessage(MessageKind.VIDEO, 99, b"\x17\2\0\0\0")


class ClipTests(SynchronousTestCase):
    """
    L{clip_of} and L{still_clip}.
    """

    def test_pictures(self) -> None:
        """
        Pictures and their configuration are kept, in order, and nothing else.
        """
        pictures = [frame(0, key=True), frame(33, key=False), frame(67, key=False)]
        messages = [on_metadata(a=1.0), CONFIGURATION, *pictures, sound(0), END_OF_SEQUENCE]
        clip = clip_of(messages, 33.0)
        self.assertEqual(clip.configuration, CONFIGURATION.body)
        self.assertEqual(clip.frames, tuple(picture.body for picture in pictures))
        self.assertEqual(clip.frame_ms, 33.0)

    def test_not_a_clip(self) -> None:
        """
        Without configuration, pictures or a key frame at the beginning there is none; nor in
        another codec.
        """
        for messages in (
            [],
            [CONFIGURATION],
            [frame(0, key=True)],
            [CONFIGURATION, frame(0, key=False)],
            [CONFIGURATION, MediaMessage(MessageKind.VIDEO, 0, b"\x90hvc1")],
            [MediaMessage(MessageKind.VIDEO, 0, b"")],
        ):
            with self.assertRaises(MalformedFLV):
                clip_of(messages, 33.0)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.builds(MediaMessage, st.sampled_from(MessageKind), st.just(0), st.binary())))
    def test_anything(self, messages: list[MediaMessage]) -> None:
        """
        Whatever an encoder writes is a clip or an error.
        """
        try:
            clip = clip_of(messages, 40.0)
        except MediaError:
            return
        self.assertTrue(clip.frames)

    def test_still(self) -> None:
        """
        A repeated picture waits for no other.
        """
        clip = still_clip(CONFIGURATION.body, frame(7, composition_ms=67, payload=b"x").body, 500.0)
        self.assertEqual(clip.frames, (frame(0, payload=b"x").body,))
