"""
Extended messages on their way into a broadcast.
"""

from owncastd.interfaces import StreamState
from owncastd.media.messages import MediaMessage, MessageKind

from .test_session import BroadcastTestCase


def video(body: bytes) -> MediaMessage:
    """
    A video message.
    """
    return MediaMessage(MessageKind.VIDEO, 40, body)


class ExtendedTests(BroadcastTestCase):
    """
    What sinks see of Enhanced RTMP, and what the encoder is told.
    """

    def bodies(self) -> list[bytes]:
        """
        What the sink got.
        """
        (sink,) = self.sinks
        return [message.body for message in sink.received if message is not None]

    def test_plain(self) -> None:
        """
        Sinks get messages without wrappers, and none that are of no use to them.
        """
        publication = self.publish("a1")
        for body in (
            b"\x90hvc1record",
            b"\x97\x00\x00\x01hvc1\0\0\0frame",
            b"\xd4hvc1colorInfo",
            b"\x96\x01hvc1\x01another track",
            b"\xa3avc1frame",
            b"\x91hv",
        ):
            publication.write(video(body))
        self.assertEqual(
            self.bodies(), [b"\x90hvc1record", b"\x91hvc1\0\0\0frame", b"\x27\x01\0\0\0frame"]
        )
        self.assertEqual(self.broadcast.stream_state, StreamState.LIVE)

    def test_unknown(self) -> None:
        """
        A codec that we do not know ends the broadcast at once, and the encoder is told why.
        """
        publication = self.publish("a1")
        publication.write(video(b"\x90vvc1record"))
        reason = self.publishers["a1"].disconnected
        assert reason is not None
        self.assertIn("'vvc1': send H.264, HEVC, AV1 or VP9", reason)
        self.assertEqual(self.broadcast.stream_state, StreamState.OFFLINE)
        self.assertEqual(self.told(), ["started 1", "ended 1"])
        self.assertEqual(self.received(), "E")
        publication.write(video(b"\x90vvc1record"))
        publication.lost("gone")
        self.assertEqual(self.told(), ["started 1", "ended 1"])
