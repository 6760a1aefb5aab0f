"""
Chunk streams: bytes to messages and back, however the bytes arrive.
"""

from collections.abc import Iterable
from random import Random

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp.chunk_reader import MAX_CHUNK_STREAMS, ChunkReader
from owncastd.rtmp.chunk_writer import ChunkWriter
from owncastd.rtmp.chunks import HIGHEST_CHUNK_STREAM_ID, Message
from owncastd.rtmp.errors import LocalProtocolError, RemoteProtocolError

from .feeding import byte_by_byte, read, reader, split, without_repeated_timestamps, written


def video(timestamp: int, body: bytes, stream_id: int = 1) -> Message:
    """
    A video message.
    """
    return Message(9, stream_id, timestamp, body)


A200 = bytes(range(200))

#: name, messages with their chunk stream ids, their bytes at chunk size 128. True both ways.
BOTH_WAYS: list[tuple[str, list[tuple[int, Message]], bytes]] = [
    (
        "type 0",
        [(3, video(0x010203, b"ab", 0x04030201))],
        b"\x03\x01\x02\x03\0\0\x02\x09\x01\x02\x03\x04ab",
    ),
    ("empty body", [(2, Message(1, 0, 0, b""))], b"\x02\0\0\0\0\0\0\x01\0\0\0\0"),
    (
        "types 1 and 2",
        [(3, video(10, b"a")), (3, video(30, b"bc")), (3, video(70, b"de"))],
        b"\x03\0\0\x0a\0\0\x01\x09\x01\0\0\0a\x43\0\0\x14\0\0\x02\x09bc\x83\0\0\x28de",
    ),
    (
        "type 3 after a delta",
        [(3, video(10, b"a")), (3, video(30, b"b")), (3, video(50, b"c"))],
        b"\x03\0\0\x0a\0\0\x01\x09\x01\0\0\0a\x83\0\0\x14b\xc3c",
    ),
    (
        "type 3 after type 0: its timestamp is the delta",
        [(3, video(20, b"a")), (3, video(40, b"b"))],
        b"\x03\0\0\x14\0\0\x01\x09\x01\0\0\0a\xc3b",
    ),
    (
        "another stream begins with type 0",
        [(3, video(20, b"a")), (3, video(20, b"b", 2))],
        b"\x03\0\0\x14\0\0\x01\x09\x01\0\0\0a\x03\0\0\x14\0\0\x01\x09\x02\0\0\0b",
    ),
    (
        "a step back in time is absolute",
        [(3, video(20, b"a")), (3, video(10, b"b"))],
        b"\x03\0\0\x14\0\0\x01\x09\x01\0\0\0a\x03\0\0\x0a\0\0\x01\x09\x01\0\0\0b",
    ),
    (
        "two chunks",
        [(3, video(0, A200))],
        b"\x03\0\0\0\0\0\xc8\x09\x01\0\0\0" + A200[:128] + b"\xc3" + A200[128:],
    ),
    (
        "exactly one chunk",
        [(3, video(0, A200[:128]))],
        b"\x03\0\0\0\0\0\x80\x09\x01\0\0\0" + A200[:128],
    ),
    (
        "id of two bytes",
        [(64, video(0, A200))],
        b"\0\0\0\0\0\0\0\xc8\x09\x01\0\0\0" + A200[:128] + b"\xc0\0" + A200[128:],
    ),
    (
        "highest id of two bytes",
        [(319, video(0, b"a"))],
        b"\0\xff\0\0\0\0\0\x01\x09\x01\0\0\0a",
    ),
    (
        "id of three bytes",
        [(320, video(0, A200))],
        b"\x01\0\x01\0\0\0\0\0\xc8\x09\x01\0\0\0" + A200[:128] + b"\xc1\0\x01" + A200[128:],
    ),
    (
        "highest id",
        [(HIGHEST_CHUNK_STREAM_ID, video(0, b"a"))],
        b"\x01\xff\xff\0\0\0\0\0\x01\x09\x01\0\0\0a",
    ),
    (
        "extended timestamp, repeated in type 3 chunks",
        [(3, video(0x01000000, A200))],
        b"\x03\xff\xff\xff\0\0\xc8\x09\x01\0\0\0\x01\0\0\0"
        + A200[:128]
        + b"\xc3\x01\0\0\0"
        + A200[128:],
    ),
    (
        "the least that is extended",
        [(3, video(0xFFFFFF, b"a"))],
        b"\x03\xff\xff\xff\0\0\x01\x09\x01\0\0\0\0\xff\xff\xffa",
    ),
    (
        "extended delta, and again",
        [(3, video(0, b"a")), (3, video(0x1000000, b"b")), (3, video(0x2000000, b"c"))],
        b"\x03\0\0\0\0\0\x01\x09\x01\0\0\0a\x83\xff\xff\xff\x01\0\0\0b\xc3\x01\0\0\0c",
    ),
    (
        "the wrap is a step forward",
        [(3, video(0xFFFFFFF0, b"a")), (3, video(0x10, b"b"))],
        b"\x03\xff\xff\xff\0\0\x01\x09\x01\0\0\0\xff\xff\xff\xf0a\x83\0\0\x20b",
    ),
]

_HEAD = b"\x03\0\0\0\0\0\xc8\x09\x01\0\0\0"
#: name, bytes at chunk size 128, messages: other ways to write them.
READ_ONLY: list[tuple[str, bytes, list[Message]]] = [
    (
        "interrupted by another chunk stream",
        _HEAD + A200[:128] + b"\x02\0\0\0\0\0\x01\x03\0\0\0\0x" + b"\xc3" + A200[128:],
        [Message(3, 0, 0, b"x"), video(0, A200)],
    ),
    (
        "interrupted by one whose id has the same first byte",
        b"\0\x01"
        + _HEAD[1:]
        + A200[:128]
        + b"\0\x02\0\0\0\0\0\x01\x03\0\0\0\0x"
        + b"\xc0\x01"
        + A200[128:],
        [Message(3, 0, 0, b"x"), video(0, A200)],
    ),
    (
        "a chunk stream that begins with type 1",
        b"\x42\0\0\x05\0\0\x01\x04x",
        [Message(4, 0, 5, b"x")],
    ),
    (
        "extended timestamp below 0xffffff",
        b"\x03\xff\xff\xff\0\0\x01\x09\x01\0\0\0\0\0\0\x05a",
        [video(5, b"a")],
    ),
    (
        "extended timestamp not repeated",
        b"\x03\xff\xff\xff\0\0\xc8\x09\x01\0\0\0\x01\0\0\0" + A200[:128] + b"\xc3" + A200[128:],
        [video(0x1000000, A200)],
    ),
    (
        "extended timestamp not repeated by a new message",
        b"\x03\0\0\0\0\0\x02\x09\x01\0\0\0aa\x83\xff\xff\xff\x01\0\0\0bb\xc3cc",
        [video(0, b"aa"), video(0x1000000, b"bb"), video(0x2000000, b"cc")],
    ),
    (
        "absolute timestamp repeated where the header had a delta",
        b"\x03\0\0\x07\0\0\xc8\x09\x01\0\0\0"
        + A200[:128]
        + b"\xc3"
        + A200[128:]
        + b"\x83\xff\xff\xff\x01\0\0\0"
        + A200[:128]
        + b"\xc3\x01\0\0\x07"
        + A200[128:],
        [video(7, A200), video(0x1000007, A200)],
    ),
    (
        "an id written longer than needed",
        b"\x01\0\0\0\0\0\0\0\x01\x09\x01\0\0\0a",
        [video(0, b"a")],
    ),
]

#: name, bytes, what the error says.
REFUSED = [
    ("type 3 first", b"\xc3", "without a message header"),
    ("type 2 first", b"\x83\0\0\x01", "without a message header"),
    ("too long", b"\x03\0\0\0\xff\xff\xff\x09\x01\0\0\0", "16777215 bytes"),
    (
        "message inside a message",
        _HEAD + A200[:128] + b"\x02\0\0\0\0\0\0\x03\0\0\0\0" + _HEAD,
        "begins inside",
    ),
    (
        "many chunk streams",
        b"".join(
            ChunkWriter().write(2 + number, video(0, b""))
            for number in range(MAX_CHUNK_STREAMS + 1)
        ),
        "chunk streams",
    ),
]


class TableTests(SynchronousTestCase):
    """
    Each case of the tables.
    """

    def test_write(self) -> None:
        """
        Messages have these bytes.
        """
        for name, messages, data in BOTH_WAYS:
            self.assertEqual(written(messages).hex(), data.hex(), name)

    def test_read_whole(self) -> None:
        """
        These bytes are those messages, and nothing is held back.
        """
        for name, messages, data in BOTH_WAYS:
            chunk_reader = reader()
            self.assertEqual(read(chunk_reader, [data]), [m for _, m in messages], name)
            self.assertEqual(chunk_reader.held_size, 0, name)
        for name, data, expected in READ_ONLY:
            self.assertEqual(read(reader(), [data]), expected, name)

    def test_read_byte_by_byte(self) -> None:
        """
        The same in the smallest pieces; each message comes with its last byte.
        """
        for name, messages, data in BOTH_WAYS:
            chunk_reader = reader()
            before = read(chunk_reader, byte_by_byte(data[:-1]))
            self.assertEqual(len(before), len(messages) - 1, name)
            after = read(chunk_reader, [data[-1:]])
            self.assertEqual([*before, *after], [m for _, m in messages], name)
        for name, data, expected in READ_ONLY:
            self.assertEqual(read(reader(), byte_by_byte(data)), expected, name)

    def test_trailing(self) -> None:
        """
        What follows is kept for later, wherever it is cut.
        """
        for name, messages, data in BOTH_WAYS:
            follower = ChunkWriter().write(5, video(9, A200))
            for cut in (1, 2, 5, 12, 140, 141, 142):
                chunk_reader = reader()
                got = read(chunk_reader, [data + follower[:cut]])
                self.assertEqual(got, [m for _, m in messages], name)
                got = read(chunk_reader, [follower[cut:]])
                self.assertEqual(got, [video(9, A200)], name)

    def test_refused(self) -> None:
        """
        What breaks the protocol or a limit is refused with a reason, whole or byte by byte.
        """
        for name, data, message in REFUSED:
            for pieces in ([data], list(byte_by_byte(data))):
                with self.assertRaises(RemoteProtocolError, msg=name) as caught:
                    read(reader(), pieces)
                self.assertIn(message, str(caught.exception), name)

    def test_not_writable(self) -> None:
        """
        Ids and lengths that do not fit are our own mistake.
        """
        for chunk_stream_id in (0, 1, HIGHEST_CHUNK_STREAM_ID + 1):
            self.assertRaises(
                LocalProtocolError, ChunkWriter().write, chunk_stream_id, video(0, b"")
            )
        self.assertRaises(LocalProtocolError, ChunkWriter().write, 3, video(0, bytes(1 << 24)))


class ReaderTests(SynchronousTestCase):
    """
    What the owner of a reader does to it, and what it holds.
    """

    def test_chunk_size_changes_between_messages(self) -> None:
        """
        A new chunk size holds from the next message on, even within the same bytes.
        """
        data = written([(3, video(0, A200))]) + written([(4, video(0, A200))], 50)
        chunk_reader = reader()
        messages = chunk_reader.receive(data)
        self.assertEqual(next(messages), video(0, A200))
        chunk_reader.chunk_size = 50
        self.assertEqual(list(messages), [video(0, A200)])

    def test_abort(self) -> None:
        """
        An aborted message is forgotten, though its bytes were expected back to back.
        """
        chunks = ChunkWriter().chunks(3, video(0, A200 * 3))
        other = written([(2, Message(2, 0, 0, b"\0\0\0\x03"))])
        for pieces in ([chunks[0] + chunks[1] + other], [chunks[0], chunks[1], other]):
            chunk_reader = reader()
            self.assertEqual(len(read(chunk_reader, pieces)), 1)
            self.assertEqual(chunk_reader.held_size, 256)
            chunk_reader.abort(3)
            chunk_reader.abort(3)
            chunk_reader.abort(77)
            self.assertEqual(chunk_reader.held_size, 0)
            self.assertEqual(read(chunk_reader, [chunks[0], *chunks[1:]]), [video(0, A200 * 3)])

    def test_interruption_is_seen_at_once(self) -> None:
        """
        A message that cuts into a long one does not wait for the end of it.
        """
        for chunk_stream_id in (3, 64, 320):
            chunks = ChunkWriter().chunks(chunk_stream_id, video(0, A200 * 20))
            for first in (1, 2, 9):
                chunk_reader = reader()
                self.assertEqual(read(chunk_reader, chunks[:first]), [])
                # An id of the same size, whose basic header begins with the same byte.
                ping = Message(4, 0, 0, b"123456")
                self.assertEqual(
                    read(chunk_reader, [ChunkWriter().write(chunk_stream_id + 1, ping)]), [ping]
                )
                self.assertEqual(read(chunk_reader, chunks[first:]), [video(0, A200 * 20)])

    def test_limit_of_unfinished_messages(self) -> None:
        """
        Interleaved messages may not pile up.
        """
        chunk_reader = ChunkReader(max_message_size=1000, max_partial_size=300)
        with self.assertRaises(RemoteProtocolError):
            read(
                chunk_reader,
                (ChunkWriter().chunks(number, video(0, bytes(1000)))[0] for number in range(2, 60)),
            )
        self.assertLess(chunk_reader.held_size, 2500)

    def test_limit_of_message_size(self) -> None:
        """
        The header is enough to refuse a message, and the limit may be raised later.
        """
        data = written([(3, video(0, bytes(1001)))])
        chunk_reader = ChunkReader(max_message_size=1000, max_partial_size=1000)
        self.assertRaises(RemoteProtocolError, read, chunk_reader, [data[:12]])
        chunk_reader = ChunkReader(max_message_size=1000, max_partial_size=1000)
        chunk_reader.max_message_size = 1001
        self.assertEqual(read(chunk_reader, [data]), [video(0, bytes(1001))])

    def test_tiny_chunks_do_not_multiply_what_is_held(self) -> None:
        """
        With chunks of one byte and long separators, only the body is kept.
        """
        message = video(0x1000000, A200 * 5)
        data = ChunkWriter(chunk_size=1).write(HIGHEST_CHUNK_STREAM_ID, message)
        chunk_reader = reader(chunk_size=1)
        most = 0
        for piece in byte_by_byte(data[:-1]):
            self.assertEqual(read(chunk_reader, [piece]), [])
            most = max(most, chunk_reader.held_size)
        self.assertLess(most, 1100)
        self.assertEqual(read(chunk_reader, [data[-1:]]), [message])


CHUNK_SIZES = (1, 128, 4096, 65536)
TIMESTAMPS = st.sampled_from(
    [0, 1, 20, 40, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
)
CHUNK_STREAM_IDS = st.sampled_from([2, 3, 63, 64, 65, 319, 320, 321, 576, HIGHEST_CHUNK_STREAM_ID])
#: Bytes that look like separators and extended timestamps, and the sizes around chunk sizes.
BODIES = st.builds(
    lambda pattern, size: (pattern * (size // len(pattern) + 1))[:size],
    st.sampled_from([b"\xc3", b"\xc0\0", b"\0\xff\xff\xff", b"\x01\0\0\0", A200]),
    st.sampled_from([0, 1, 2, 3, 4, 5, 127, 128, 129, 256, 257, 700, 4096, 4097, 9000]),
)
MESSAGES = st.builds(
    Message,
    type_id=st.sampled_from([8, 9, 18, 20]),
    stream_id=st.sampled_from([0, 1, 0x01020304]),
    timestamp=TIMESTAMPS,
    body=BODIES,
)
PIECES = st.lists(st.sampled_from([1, 2, 3, 11, 12, 100, 128, 129, 1460, 5000]), max_size=30)


class PropertyTests(SynchronousTestCase):
    """
    Any messages in any chunks, arriving in any pieces.
    """

    @settings(max_examples=120, deadline=None)
    @given(
        st.lists(st.tuples(CHUNK_STREAM_IDS, MESSAGES), max_size=8),
        st.sampled_from(CHUNK_SIZES),
        PIECES,
    )
    def test_back_to_back(
        self, messages: list[tuple[int, Message]], chunk_size: int, sizes: list[int]
    ) -> None:
        """
        What is written is read again.
        """
        data = written(messages, chunk_size)
        chunk_reader = reader(chunk_size)
        self.assertEqual(read(chunk_reader, split(data, sizes)), [m for _, m in messages])
        self.assertEqual(chunk_reader.held_size, 0)

    @settings(max_examples=120, deadline=None)
    @given(
        st.dictionaries(CHUNK_STREAM_IDS, st.lists(MESSAGES, min_size=1, max_size=3), max_size=4),
        st.sampled_from(CHUNK_SIZES[1:]),
        PIECES,
        st.randoms(use_true_random=False),
        st.booleans(),
    )
    def test_interleaved(
        self,
        streams: dict[int, list[Message]],
        chunk_size: int,
        sizes: list[int],
        random: Random,
        repeats: bool,
    ) -> None:
        """
        Chunks of several chunk streams mixed at random, from peers that repeat the extended
        timestamp and from those that do not.
        """
        writer = ChunkWriter(chunk_size)
        queues: list[list[bytes]] = []
        for chunk_stream_id, messages in streams.items():
            queue: list[bytes] = []
            for message in messages:
                # Without repetition, a body that looks like the timestamp cannot be told from it.
                if not repeats:
                    message = evolve(message, body=message.body.translate(bytes([0x55] * 256)))
                chunks = writer.chunks(chunk_stream_id, message)
                extended = writer._headers[chunk_stream_id].extended
                if not repeats and extended is not None:
                    chunks = without_repeated_timestamps(chunks, chunk_stream_id, extended)
                queue += chunks
            queues.append(queue)
        data = b""
        while any(queues):
            data += random.choice([queue for queue in queues if queue]).pop(0)
        got: dict[tuple[int, int, int, int], int] = {}
        wanted: dict[tuple[int, int, int, int], int] = {}
        for message in read(reader(chunk_size), split(data, sizes)):
            key = (message.type_id, message.stream_id, message.timestamp, len(message.body))
            got[key] = got.get(key, 0) + 1
            self.assertIn(
                message.body,
                [
                    m.body if repeats else m.body.translate(bytes([0x55] * 256))
                    for ms in streams.values()
                    for m in ms
                ],
            )
        for messages in streams.values():
            for message in messages:
                key = (message.type_id, message.stream_id, message.timestamp, len(message.body))
                wanted[key] = wanted.get(key, 0) + 1
        self.assertEqual(got, wanted)

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.binary(max_size=300), max_size=6), st.sampled_from(CHUNK_SIZES))
    def test_any_bytes(self, pieces: list[bytes], chunk_size: int) -> None:
        """
        Nothing but messages or a protocol error comes of any bytes.
        """
        try:
            read(reader(chunk_size), pieces)
        except RemoteProtocolError:
            return

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(st.tuples(CHUNK_STREAM_IDS, MESSAGES), min_size=1, max_size=4),
        st.sampled_from(CHUNK_SIZES[1:]),
        st.lists(st.tuples(st.integers(0, 20000), st.integers(0, 255)), min_size=1, max_size=5),
        PIECES,
    )
    def test_bytes_changed(
        self,
        messages: list[tuple[int, Message]],
        chunk_size: int,
        changes: list[tuple[int, int]],
        sizes: list[int],
    ) -> None:
        """
        Nor of bytes that are nearly right; and how they arrive makes no difference.
        """
        data = bytearray(written(messages, chunk_size))
        for position, value in changes:
            data[position % len(data)] = value

        def outcome(pieces: Iterable[bytes]) -> list[Message | str]:
            outcome: list[Message | str] = []
            chunk_reader = reader(chunk_size)
            try:
                for piece in pieces:
                    # What comes before an error stays in the list.
                    outcome.extend(chunk_reader.receive(piece))
                    self.assertLess(chunk_reader.held_size, 3 << 20)
            except RemoteProtocolError as error:
                outcome.append(str(error))
            return outcome

        self.assertEqual(outcome(split(bytes(data), sizes)), outcome([bytes(data)]))
