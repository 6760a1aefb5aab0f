"""
Control messages, aggregates and stream data.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp import amf0
from owncastd.rtmp.chunks import MAX_CHUNK_SIZE, Message
from owncastd.rtmp.errors import RemoteProtocolError
from owncastd.rtmp.messages import (
    BandwidthLimit,
    MessageType,
    UserControlType,
    amf0_body,
    control_number,
    number_control,
    requested_chunk_size,
    requested_pong,
    set_peer_bandwidth,
    split_aggregate,
    stream_metadata,
    user_control,
)


def flv_tag(type_id: int, timestamp: int, body: bytes, back_pointer: bool = True) -> bytes:
    """
    A message as it lies in an aggregate.
    """
    head = bytes((type_id,)) + len(body).to_bytes(3, "big")
    time = (timestamp & 0xFFFFFF).to_bytes(3, "big") + bytes((timestamp >> 24,))
    tail = (11 + len(body)).to_bytes(4, "big") if back_pointer else b""
    return head + time + bytes(3) + body + tail


def aggregate(timestamp: int, *tags: bytes) -> Message:
    """
    An aggregate message.
    """
    return Message(MessageType.AGGREGATE, 1, timestamp, b"".join(tags))


class ControlTests(SynchronousTestCase):
    """
    Protocol control and user control.
    """

    def test_bodies(self) -> None:
        """
        What we send has these bodies.
        """
        cases = [
            (number_control(MessageType.SET_CHUNK_SIZE, 60000), 1, b"\0\0\xea\x60"),
            (number_control(MessageType.ACKNOWLEDGEMENT, 0xFFFFFFFF), 3, b"\xff\xff\xff\xff"),
            (set_peer_bandwidth(2500000, BandwidthLimit.DYNAMIC), 6, b"\x00\x26\x25\xa0\x02"),
            (user_control(UserControlType.STREAM_BEGIN, b"\0\0\0\x01"), 4, b"\0\0\0\0\0\x01"),
        ]
        for message, type_id, body in cases:
            self.assertEqual(message, Message(type_id, 0, 0, body))

    def test_numbers(self) -> None:
        """
        The number is read back; a body that is too short is refused.
        """
        message = number_control(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, 77)
        self.assertEqual(control_number(message), 77)
        for body in (b"", b"\0\0\0"):
            self.assertRaises(RemoteProtocolError, control_number, Message(5, 0, 0, body))

    def test_chunk_sizes(self) -> None:
        """
        Sizes are taken as far as they make a difference; 0 and the forbidden bit are refused.
        """
        for size, taken in [
            (1, 1),
            (128, 128),
            (0xFFFFFF, MAX_CHUNK_SIZE),
            (0x1000000, MAX_CHUNK_SIZE),
            (0x7FFFFFFF, MAX_CHUNK_SIZE),
        ]:
            message = number_control(MessageType.SET_CHUNK_SIZE, size)
            self.assertEqual(requested_chunk_size(message), taken)
        for size in (0, 0x80000000, 0xFFFFFFFF):
            message = number_control(MessageType.SET_CHUNK_SIZE, size)
            self.assertRaises(RemoteProtocolError, requested_chunk_size, message)

    def test_ping(self) -> None:
        """
        A ping is answered with its own timestamp; other events are not answered.
        """
        ping = user_control(UserControlType.PING_REQUEST, b"\1\2\3\4")
        self.assertEqual(
            requested_pong(ping), user_control(UserControlType.PING_RESPONSE, b"\1\2\3\4")
        )
        self.assertIsNone(requested_pong(Message(4, 0, 0, b"\0\x03\0\0\0\x01\0\0\x0b\xb8")))
        for body in (b"", b"\0", b"\0\x06", b"\0\x06\1\2\3"):
            self.assertRaises(RemoteProtocolError, requested_pong, Message(4, 0, 0, body))


class DataTests(SynchronousTestCase):
    """
    AMF3 wrapping and metadata.
    """

    def test_amf0_body(self) -> None:
        """
        The AMF3 kinds carry AMF0 behind a zero; real AMF3 is refused in words.
        """
        values = amf0.encode("x")
        self.assertEqual(amf0_body(Message(20, 0, 0, values)), values)
        self.assertEqual(amf0_body(Message(17, 0, 0, b"\0" + values)), values)
        self.assertEqual(amf0_body(Message(15, 0, 0, b"\0" + values)), values)
        self.assertEqual(amf0_body(Message(17, 0, 0, b"")), b"")
        error = self.assertRaises(
            RemoteProtocolError, amf0_body, Message(17, 0, 0, b"\x03" + values)
        )
        self.assertIn("AMF3", str(error))

    def test_metadata(self) -> None:
        """
        Metadata is found with and without its wrapper; other data is not metadata.
        """
        metadata = amf0.encode("onMetaData", {"width": 1280.0})
        self.assertEqual(stream_metadata(metadata), metadata)
        self.assertEqual(stream_metadata(amf0.encode("@setDataFrame") + metadata), metadata)
        for data in (
            b"",
            amf0.encode("@setDataFrame"),
            amf0.encode("@clearDataFrame", "onMetaData"),
            amf0.encode("onTextData", {}),
            amf0.encode("@setDataFrame", "onCuePoint", {}),
        ):
            self.assertIsNone(stream_metadata(data))


class AggregateTests(SynchronousTestCase):
    """
    Messages within a message.
    """

    def test_split(self) -> None:
        """
        Each tag becomes a message; times are shifted so that the first has the aggregate's.
        """
        tags = (
            flv_tag(9, 0x01000005, b"video"),
            flv_tag(8, 0x01000009, b""),
            flv_tag(18, 0x01000001, b"data"),
        )
        self.assertEqual(
            list(split_aggregate(aggregate(1000, *tags))),
            [
                Message(9, 1, 1000, b"video"),
                Message(8, 1, 1004, b""),
                Message(18, 1, 996, b"data"),
            ],
        )

    def test_times_wrap(self) -> None:
        """
        Shifted times stay in 32 bits.
        """
        tags = flv_tag(9, 100, b"a") + flv_tag(9, 90, b"b")
        times = [message.timestamp for message in split_aggregate(aggregate(5, tags))]
        self.assertEqual(times, [5, 0xFFFFFFFB])

    def test_empty_and_last_back_pointer(self) -> None:
        """
        Nothing inside is fine, and so is a missing last back pointer.
        """
        self.assertEqual(list(split_aggregate(aggregate(0))), [])
        tag = flv_tag(9, 0, b"a", back_pointer=False)
        self.assertEqual(len(list(split_aggregate(aggregate(0, tag)))), 1)

    def test_refused(self) -> None:
        """
        Tags that do not fit and aggregates in aggregates are refused.
        """
        for tags in (b"\x09", flv_tag(9, 0, b"abc")[:13], flv_tag(22, 0, flv_tag(9, 0, b"a"))):
            self.assertRaises(RemoteProtocolError, list, split_aggregate(aggregate(0, tags)))

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=80), st.integers(0, 2**32 - 1))
    def test_any_bytes(self, body: bytes, timestamp: int) -> None:
        """
        Nothing but messages or a protocol error comes of any bytes.
        """
        try:
            for message in split_aggregate(aggregate(timestamp, body)):
                self.assertLessEqual(message.timestamp, 0xFFFFFFFF)
        except RemoteProtocolError:
            return
