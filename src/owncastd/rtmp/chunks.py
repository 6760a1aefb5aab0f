"""
Chunk streams: what messages are cut into on the wire (RTMP specification 1.0, 5.3).
"""

from attrs import define, field, frozen

DEFAULT_CHUNK_SIZE = 128
#: A message length has 24 bits, so nothing larger makes a difference (5.4.1).
MAX_CHUNK_SIZE = 0xFFFFFF
LOWEST_CHUNK_STREAM_ID = 2
HIGHEST_CHUNK_STREAM_ID = 65599

#: Size of the message header by chunk type (5.3.1.2).
HEADER_SIZES = (11, 7, 3, 0)
#: In the timestamp field: the real value is in the extended timestamp, four bytes behind (5.3.1.3).
EXTENDED = 0xFFFFFF
TIMESTAMP_MASK = 0xFFFFFFFF


@frozen
class Message:
    """
    One RTMP message, whole.

    @ivar type_id: what it is (see L{messages.MessageType}).
    @ivar stream_id: the message stream; 0 carries control and connection commands.
    @ivar timestamp: milliseconds, 32 bits that wrap.
    """

    type_id: int
    stream_id: int
    timestamp: int
    body: bytes = field(repr=False)


@define
class Header:
    """
    A message header, complete: what a later chunk of the same chunk stream builds on.

    Never changed once made; not declared frozen because making one is in the hot loop.

    @ivar delta: what a type 3 chunk that begins a message adds to C{timestamp}: the last delta, or
        after a type 0 chunk its timestamp (5.3.1.2.4).
    @ivar extended: the extended timestamp as it was sent, or C{None}.
    """

    timestamp: int
    delta: int
    length: int
    type_id: int
    stream_id: int
    extended: int | None
