"""
Cutting messages into chunks (RTMP specification 1.0, 5.3).
"""

from attrs import define, field

from .chunks import (
    DEFAULT_CHUNK_SIZE,
    EXTENDED,
    HEADER_SIZES,
    HIGHEST_CHUNK_STREAM_ID,
    LOWEST_CHUNK_STREAM_ID,
    TIMESTAMP_MASK,
    Header,
    Message,
)
from .errors import LocalProtocolError


@define
class ChunkWriter:
    """
    Cuts messages into chunks, with the shortest headers that say what is needed.
    """

    chunk_size: int = DEFAULT_CHUNK_SIZE
    _headers: dict[int, Header] = field(factory=dict, init=False)

    def write(self, chunk_stream_id: int, message: Message) -> bytes:
        """
        The bytes of a message, its chunks back to back.
        """
        return b"".join(self.chunks(chunk_stream_id, message))

    def chunks(self, chunk_stream_id: int, message: Message) -> list[bytes]:
        """
        The chunks of a message. Chunks of other chunk streams may be sent between them.

        @raise LocalProtocolError: an id or a length that does not fit.
        """
        if not LOWEST_CHUNK_STREAM_ID <= chunk_stream_id <= HIGHEST_CHUNK_STREAM_ID:
            raise LocalProtocolError(f"there is no chunk stream {chunk_stream_id}")
        length = len(message.body)
        if length > 0xFFFFFF:
            raise LocalProtocolError("message longer than its length field can say")
        last = self._headers.get(chunk_stream_id)
        delta = None
        if last is not None and last.stream_id == message.stream_id:
            delta = (message.timestamp - last.timestamp) & TIMESTAMP_MASK
        # A step back is a huge step forward; an absolute timestamp is understood by more readers.
        if last is None or delta is None or delta > TIMESTAMP_MASK >> 1:
            chunk_type, delta = 0, message.timestamp & TIMESTAMP_MASK
        elif (last.length, last.type_id) != (length, message.type_id):
            chunk_type = 1
        elif last.delta != delta:
            chunk_type = 2
        else:
            chunk_type = 3

        extended = delta if delta >= EXTENDED else None
        self._headers[chunk_stream_id] = Header(
            timestamp=message.timestamp & TIMESTAMP_MASK,
            delta=delta,
            length=length,
            type_id=message.type_id,
            stream_id=message.stream_id,
            extended=extended,
        )
        header = (
            min(delta, EXTENDED).to_bytes(3, "big")
            + length.to_bytes(3, "big")
            + bytes((message.type_id,))
            + message.stream_id.to_bytes(4, "little")
        )[: HEADER_SIZES[chunk_type]]
        tail = b"" if extended is None else extended.to_bytes(4, "big")
        start = _basic_header(chunk_type, chunk_stream_id) + header + tail
        separator = _basic_header(3, chunk_stream_id) + tail
        size = self.chunk_size
        pieces = [message.body[at : at + size] for at in range(0, length, size)] or [b""]
        return [start + pieces[0], *[separator + piece for piece in pieces[1:]]]


def _basic_header(chunk_type: int, chunk_stream_id: int) -> bytes:
    """
    The first one to three bytes of a chunk (5.3.1.1).
    """
    if chunk_stream_id < 64:
        return bytes((chunk_type << 6 | chunk_stream_id,))
    if chunk_stream_id < 64 + 256:
        return bytes((chunk_type << 6, chunk_stream_id - 64))
    return bytes((chunk_type << 6 | 1,)) + (chunk_stream_id - 64).to_bytes(2, "little")
