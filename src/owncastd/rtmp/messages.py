"""
What messages mean: type ids, protocol control, user control, aggregates and stream data.

Section numbers are those of Adobe's RTMP specification 1.0.
"""

from collections.abc import Iterator
from enum import IntEnum

from .chunks import MAX_CHUNK_SIZE, Message
from .errors import RemoteProtocolError

#: Protocol control travels here (5.4), and no media may.
CONTROL_CHUNK_STREAM_ID = 2
CONTROL_STREAM_ID = 0

#: The beginning of a data message that asks to keep what follows for later viewers.
_SET_DATA_FRAME = b"\x02\x00\x0d@setDataFrame"
_ON_META_DATA = b"\x02\x00\x0aonMetaData"
#: An FLV tag inside an aggregate: 11 bytes before its body, and its size repeated behind it.
_TAG_HEADER_SIZE = 11
_BACK_POINTER_SIZE = 4


class MessageType(IntEnum):
    """
    Message type ids (5.4, 6.2, 7.1).
    """

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACKNOWLEDGEMENT_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA_AMF0 = 18
    COMMAND_AMF0 = 20
    AGGREGATE = 22


class UserControlType(IntEnum):
    """
    The user control events that matter to a server that only receives (7.1.7).
    """

    STREAM_BEGIN = 0
    PING_REQUEST = 6
    PING_RESPONSE = 7


class BandwidthLimit(IntEnum):
    """
    How Set Peer Bandwidth is meant (5.4.5).
    """

    HARD = 0
    SOFT = 1
    DYNAMIC = 2


def number_control(type_id: MessageType, number: int) -> Message:
    """
    A protocol control message whose body is one 32 bit number: chunk size, acknowledgement, window.
    """
    return Message(type_id, CONTROL_STREAM_ID, 0, number.to_bytes(4, "big"))


def set_peer_bandwidth(window: int, limit: BandwidthLimit) -> Message:
    """
    Ask the peer to have no more than C{window} bytes unacknowledged (5.4.5).
    """
    body = window.to_bytes(4, "big") + bytes((limit,))
    return Message(MessageType.SET_PEER_BANDWIDTH, CONTROL_STREAM_ID, 0, body)


def user_control(event: UserControlType, data: bytes) -> Message:
    """
    A user control message (6.2).
    """
    body = event.to_bytes(2, "big") + data
    return Message(MessageType.USER_CONTROL, CONTROL_STREAM_ID, 0, body)


def control_number(message: Message) -> int:
    """
    The number that a protocol control message begins with.

    @raise RemoteProtocolError: the body is too short.
    """
    if len(message.body) < 4:
        raise RemoteProtocolError(f"protocol control message {message.type_id} cut short")
    return int.from_bytes(message.body[:4], "big")


def requested_chunk_size(message: Message) -> int:
    """
    What Set Chunk Size asks for, within what makes a difference (5.4.1).

    @raise RemoteProtocolError: not a chunk size.
    """
    size = control_number(message)
    if not 1 <= size <= 0x7FFFFFFF:
        raise RemoteProtocolError(f"{size} is not a chunk size")
    return min(size, MAX_CHUNK_SIZE)


def requested_pong(message: Message) -> Message | None:
    """
    The answer that a user control message asks for: there is one for a ping.

    @raise RemoteProtocolError: the body is too short.
    """
    if len(message.body) < 2:
        raise RemoteProtocolError("user control message cut short")
    event, data = int.from_bytes(message.body[:2], "big"), message.body[2:6]
    if event != UserControlType.PING_REQUEST:
        return None
    if len(data) < 4:
        raise RemoteProtocolError("ping request cut short")
    return user_control(UserControlType.PING_RESPONSE, data)


def amf0_body(message: Message) -> bytes:
    """
    The AMF0 values of a command or data message of either kind.

    The AMF3 kinds begin with a format byte; clients send 0 there and go on in AMF0.

    @raise RemoteProtocolError: the peer really means AMF3.
    """
    if message.type_id not in (MessageType.COMMAND_AMF3, MessageType.DATA_AMF3):
        return message.body
    if message.body[:1] not in (b"", b"\0"):
        raise RemoteProtocolError("AMF3 values are not understood; use AMF0")
    return message.body[1:]


def stream_metadata(data: bytes) -> bytes | None:
    """
    The body of an FLV script data tag with the stream's metadata, or C{None} for other data.

    @param data: AMF0 values of a data message, C{@setDataFrame} before them or not.
    """
    data = data.removeprefix(_SET_DATA_FRAME)
    return data if data.startswith(_ON_META_DATA) else None


def split_aggregate(message: Message) -> Iterator[Message]:
    """
    The messages that lie in an aggregate as FLV tags (7.1.6).

    @raise RemoteProtocolError: a tag does not fit, or is an aggregate again.
    """
    body = message.body
    position = 0
    shift = None
    while position < len(body):
        start = position + _TAG_HEADER_SIZE
        header = body[position:start]
        stop = start + int.from_bytes(header[1:4], "big")
        if len(header) < _TAG_HEADER_SIZE or stop > len(body):
            raise RemoteProtocolError("a message in an aggregate is cut short")
        if header[0] == MessageType.AGGREGATE:
            raise RemoteProtocolError("an aggregate inside an aggregate")
        timestamp = header[7] << 24 | int.from_bytes(header[4:7], "big")
        if shift is None:
            # The tags' own clock may begin anywhere; the first one's time is the aggregate's.
            shift = message.timestamp - timestamp
        timestamp = (timestamp + shift) & 0xFFFFFFFF
        yield Message(header[0], message.stream_id, timestamp, body[start:stop])
        # Some leave the last back pointer out; stepping past the end is harmless.
        position = stop + _BACK_POINTER_SIZE
