"""
Putting messages together from chunks (RTMP specification 1.0, 5.3).

Reading costs per message, not per chunk. An encoder nearly always sends the chunks of one message
back to back; then what separates them, the header of a type 3 chunk, recurs at a fixed distance. So
once the message is there in full, one strided comparison proves all separators (each proves where
the next one must be) and one strided deletion removes them, both in C. Only where another chunk
stream cuts in are chunks taken one at a time.
"""

from collections.abc import Iterator

from attrs import define, field

from .chunks import (
    DEFAULT_CHUNK_SIZE,
    EXTENDED,
    HEADER_SIZES,
    LOWEST_CHUNK_STREAM_ID,
    TIMESTAMP_MASK,
    Header,
    Message,
)
from .errors import RemoteProtocolError

#: Chunk streams whose last header is remembered.
MAX_CHUNK_STREAMS = 64

#: Some clients begin a chunk stream with a type 1 chunk; it can only mean these values.
_FRESH = Header(timestamp=0, delta=0, length=0, type_id=0, stream_id=0, extended=None)


@define
class _Run:
    """
    The chunks of one message, expected back to back, while not all of them are there.

    @ivar separator: what stands between two chunks: the header of a type 3 chunk.
    @ivar stride: from one separator to the next.
    @ivar unchecked: where the first separator stands that was not compared yet.
    """

    separator: bytes
    stride: int
    unchecked: int

    def unbroken(self, source: bytes | bytearray) -> bool:
        """
        Whether all separators that have arrived are what they must be.

        @param source: ends within the run.
        """
        first = self.unchecked
        room = len(source) - first - len(self.separator)
        count = max(room // self.stride + 1, 0)
        self.unchecked = first + count * self.stride
        return _recurs(self.separator, source, first, self.stride, count)


def _recurs(
    separator: bytes, source: bytes | bytearray, first: int, stride: int, count: int
) -> bool:
    """
    Whether C{count} times the separator stands in the source, C{stride} apart.
    """
    stop = first + count * stride
    for index in range(len(separator)):
        if source[first + index : stop : stride] != separator[index : index + 1] * count:
            return False
    return True


def _joined(
    source: bytes | bytearray, start: int, stop: int, chunk_size: int, separator_size: int
) -> bytes:
    """
    The chunks between C{start} and C{stop} without their separators.
    """
    body = bytearray(memoryview(source)[start:stop])
    for size in range(separator_size, 0, -1):
        del body[chunk_size :: chunk_size + size]
    return bytes(body)


class _Incomplete(Exception):
    """
    More bytes are needed to go on.
    """

    def __init__(self, needed: int, run: _Run | None = None) -> None:
        super().__init__(needed)
        self.needed = needed
        self.run = run


@define
class ChunkReader:
    """
    Puts messages together from chunks.

    @ivar chunk_size: what the peer has set (5.4.1).
    @ivar max_message_size: longer messages are refused by their header. At most about twice as much
        is held while one message is waited for.
    @ivar max_partial_size: bytes that interleaved messages may have between them before any of them
        is complete.
    """

    max_message_size: int
    max_partial_size: int
    chunk_size: int = DEFAULT_CHUNK_SIZE
    _headers: dict[int, Header] = field(factory=dict, init=False)
    _partial: dict[int, bytearray] = field(factory=dict, init=False)
    _partial_size: int = field(default=0, init=False)
    #: Bytes of an unfinished chunk or run, and how many must be there before looking at them again.
    _held: bytearray = field(factory=bytearray, init=False)
    _needed: int = field(default=0, init=False)
    _run: _Run | None = field(default=None, init=False)

    @property
    def held_size(self) -> int:
        """
        How many bytes are kept for messages that are not complete.
        """
        return len(self._held) + self._partial_size

    def abort(self, chunk_stream_id: int) -> None:
        """
        Forget the unfinished message of a chunk stream, if there is one (5.4.2).
        """
        self._partial_size -= len(self._partial.pop(chunk_stream_id, b""))

    def receive(self, data: bytes) -> Iterator[Message]:
        """
        Take bytes from the peer and give every message that they complete.

        What a message changes (L{chunk_size}, L{abort}, the limits) takes effect if it is done
        before the next message is asked for.

        @raise RemoteProtocolError: a broken header, or a limit passed.
        """
        position = 0
        while self._held:
            # Only what finishes the held message is joined to it; the rest is parsed in place.
            missing = self._needed - len(self._held)
            self._held += memoryview(data)[position : position + missing]
            position = min(position + missing, len(data))
            broken = self._run is not None and not self._run.unbroken(self._held)
            if len(self._held) < self._needed and not broken:
                return
            held, self._held, self._run = self._held, bytearray(), None
            yield from self._messages(held, 0)
        if position < len(data):
            yield from self._messages(data, position)

    def _messages(self, source: bytes | bytearray, position: int) -> Iterator[Message]:
        end = len(source)
        try:
            while position < end:
                message, position = self._chunk(source, position)
                if message is not None:
                    yield message
        except _Incomplete as incomplete:
            self._held = bytearray(memoryview(source)[position:])
            self._needed = incomplete.needed - position
            self._run = incomplete.run
            if self._run is not None:
                self._run.unchecked -= position

    def _chunk(self, source: bytes | bytearray, position: int) -> tuple[Message | None, int]:
        """
        Take a message whole, or else one chunk.

        @return: the message that is complete now, if one is, and where the next chunk starts.
        """
        first = source[position]
        chunk_type = first >> 6
        chunk_stream_id = first & 0x3F
        start = position + 1
        if chunk_stream_id < LOWEST_CHUNK_STREAM_ID:
            start += chunk_stream_id + 1
            if start > len(source):
                raise _Incomplete(start)
            chunk_stream_id = 64 + int.from_bytes(source[position + 1 : start], "little")
        if self._partial and chunk_stream_id in self._partial:
            if chunk_type != 3:
                raise RemoteProtocolError("a message begins inside another of its chunk stream")
            return self._continue(source, start, chunk_stream_id)

        separator_tail = source[position + 1 : start]
        header, start = self._header(source, start, chunk_type, chunk_stream_id)
        whole: tuple[bytes, int] | None
        if header.length <= self.chunk_size:
            stop = start + header.length
            if stop > len(source):
                raise _Incomplete(stop)
            whole = bytes(source[start:stop]), stop
        else:
            separator = bytes((first | 0xC0, *separator_tail))
            whole = self._back_to_back(source, start, header, separator)
        if whole is not None:
            self._headers[chunk_stream_id] = header
            body, stop = whole
            return Message(header.type_id, header.stream_id, header.timestamp, body), stop

        stop = start + self.chunk_size
        if stop > len(source):
            raise _Incomplete(stop)
        self._headers[chunk_stream_id] = header
        self._partial[chunk_stream_id] = bytearray()
        self._add_partial(chunk_stream_id, source[start:stop])
        return None, stop

    def _back_to_back(
        self, source: bytes | bytearray, start: int, header: Header, separator: bytes
    ) -> tuple[bytes, int] | None:
        """
        Take the body of a message whose chunks follow each other without interruption.

        @param start: where the first chunk's part of the body begins.
        @param separator: the basic header of a type 3 chunk of this chunk stream.
        @return: the body and where it ends, or C{None} if another chunk stream cuts in.
        """
        chunk_size = self.chunk_size
        if header.extended is not None:
            separator += self._repeated_timestamp(source, start + chunk_size, separator, header)
        if len(separator) > chunk_size:
            # With more separators than body, waiting for all of it would hold too much.
            return None
        first = start + chunk_size
        stride = chunk_size + len(separator)
        count = (header.length - 1) // chunk_size
        stop = start + header.length + count * len(separator)
        if stop > len(source):
            run = _Run(separator, stride, first)
            if run.unbroken(source):
                raise _Incomplete(stop, run)
        elif _recurs(separator, source, first, stride, count):
            return _joined(source, start, stop, chunk_size, len(separator)), stop
        return None

    def _header(
        self, source: bytes | bytearray, start: int, chunk_type: int, chunk_stream_id: int
    ) -> tuple[Header, int]:
        """
        Read the header of a message's first chunk.

        @param start: where the message header begins, behind the basic header.
        @return: the header, not yet remembered, and where the body begins.
        """
        body = start + HEADER_SIZES[chunk_type]
        if body > len(source):
            raise _Incomplete(body)
        last = self._headers.get(chunk_stream_id)
        if last is None:
            if chunk_type > 1:
                raise RemoteProtocolError("a chunk stream begins without a message header")
            if len(self._headers) == MAX_CHUNK_STREAMS:
                raise RemoteProtocolError(f"more than {MAX_CHUNK_STREAMS} chunk streams")
            last = _FRESH

        length, type_id, stream_id = last.length, last.type_id, last.stream_id
        extended = None
        if chunk_type < 2:
            # Timestamp (3 bytes), length (3) and type (1), read as one number.
            fields = int.from_bytes(source[start : start + 7], "big")
            delta = fields >> 32
            length = fields >> 8 & 0xFFFFFF
            type_id = fields & 0xFF
            if length > self.max_message_size:
                raise RemoteProtocolError(
                    f"message of {length} bytes, but at most {self.max_message_size} are taken"
                )
        elif chunk_type == 2:
            delta = int.from_bytes(source[start : start + 3], "big")
        else:
            delta, extended = last.delta, last.extended
            if extended is not None:
                body += self._repeated_timestamp_size(source, body, last)
        if delta == EXTENDED and chunk_type != 3:
            if body + 4 > len(source):
                raise _Incomplete(body + 4)
            delta = extended = int.from_bytes(source[body : body + 4], "big")
            body += 4
        if chunk_type == 0:
            stream_id = int.from_bytes(source[start + 7 : start + 11], "little")
            timestamp = delta
        else:
            timestamp = (last.timestamp + delta) & TIMESTAMP_MASK
        return Header(timestamp, delta, length, type_id, stream_id, extended), body

    def _continue(
        self, source: bytes | bytearray, start: int, chunk_stream_id: int
    ) -> tuple[Message | None, int]:
        """
        Take a further chunk of a message that others interrupt.
        """
        header = self._headers[chunk_stream_id]
        if header.extended is not None:
            start += self._repeated_timestamp_size(source, start, header)
        partial = self._partial[chunk_stream_id]
        stop = start + min(self.chunk_size, header.length - len(partial))
        if stop > len(source):
            raise _Incomplete(stop)
        self._add_partial(chunk_stream_id, source[start:stop])
        if len(partial) < header.length:
            return None, stop
        self.abort(chunk_stream_id)
        body = bytes(partial)
        return Message(header.type_id, header.stream_id, header.timestamp, body), stop

    def _add_partial(self, chunk_stream_id: int, piece: bytes | bytearray) -> None:
        self._partial[chunk_stream_id] += piece
        self._partial_size += len(piece)
        if self._partial_size > self.max_partial_size:
            raise RemoteProtocolError(f"{self.max_partial_size} bytes in unfinished messages")

    def _repeated_timestamp(
        self, source: bytes | bytearray, position: int, basic_header: bytes, header: Header
    ) -> bytes:
        """
        What follows the basic header in the first separator of a run: the extended timestamp or
        nothing, as the peer does it.
        """
        position += len(basic_header)
        if position >= len(source):
            raise _Incomplete(position + 1)
        size = self._repeated_timestamp_size(source, position, header)
        return bytes(source[position : position + size])

    def _repeated_timestamp_size(
        self, source: bytes | bytearray, position: int, header: Header
    ) -> int:
        """
        Whether a type 3 chunk repeats the extended timestamp: 4 if it does, else 0.

        The specification wants it (5.3.1.3), but not all send it, so it is taken for one only if it
        is the one expected. What is expected is the field of the header before; some repeat the
        absolute timestamp instead.
        """
        assert header.extended is not None
        seen = source[position : position + 4]
        for value in (header.extended, header.timestamp):
            expected = value.to_bytes(4, "big")
            if seen == expected:
                return 4
            if len(seen) < 4 and expected.startswith(seen):
                raise _Incomplete(position + len(seen) + 1)
        return 0
