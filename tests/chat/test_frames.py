"""
Frames of a server.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.frames import PING, text_frame
from tests.chat import sockets


class FramesTests(SynchronousTestCase):
    """
    Frames are what RFC 6455, 5.2 says.
    """

    def test_examples(self) -> None:
        """
        The shortest form of the length is used.
        """
        for length, head in (
            (0, b"\x81\x00"),
            (5, b"\x81\x05"),
            (125, b"\x81\x7d"),
            (126, b"\x81\x7e\x00\x7e"),
            (65535, b"\x81\x7e\xff\xff"),
            (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
        ):
            payload = b"x" * length
            frame = text_frame(payload)
            self.assertEqual(frame[: len(head)], head)
            self.assertEqual(sockets.server_frames(frame), [sockets.Frame(sockets.TEXT, payload)])

    def test_ping(self) -> None:
        """
        A ping has no payload.
        """
        self.assertEqual(sockets.server_frames(PING), [sockets.Frame(sockets.PING, b"")])
