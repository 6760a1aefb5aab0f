"""
Feeding a chunk reader, and writing chunks the way other programs do.
"""

from collections.abc import Iterable, Iterator

from owncastd.rtmp.chunk_reader import ChunkReader
from owncastd.rtmp.chunk_writer import ChunkWriter
from owncastd.rtmp.chunks import Message

MEBIBYTE = 1 << 20


def reader(chunk_size: int = 128) -> ChunkReader:
    """
    A reader with room.
    """
    return ChunkReader(MEBIBYTE, MEBIBYTE, chunk_size)


def read(chunk_reader: ChunkReader, pieces: Iterable[bytes]) -> list[Message]:
    """
    All messages in the pieces.
    """
    return [message for piece in pieces for message in chunk_reader.receive(piece)]


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """
    The data in the smallest pieces.
    """
    return (data[at : at + 1] for at in range(len(data)))


def split(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """
    The data in pieces of these sizes, and the rest in one.
    """
    position = 0
    for size in sizes:
        yield data[position : position + size]
        position += size
    yield data[position:]


def written(messages: Iterable[tuple[int, Message]], chunk_size: int = 128) -> bytes:
    """
    Messages with their chunk stream ids, one after another.
    """
    writer = ChunkWriter(chunk_size)
    return b"".join(writer.write(chunk_stream_id, message) for chunk_stream_id, message in messages)


def without_repeated_timestamps(
    chunks: list[bytes], chunk_stream_id: int, extended: int
) -> list[bytes]:
    """
    The chunks of one message as written by a peer that has no extended timestamp on type 3 chunks.
    """
    basic_size = 1 if chunk_stream_id < 64 else 2 if chunk_stream_id < 320 else 3
    field = extended.to_bytes(4, "big")
    first, *others = chunks
    assert all(chunk[basic_size : basic_size + 4] == field for chunk in others)
    return [first, *(chunk[:basic_size] + chunk[basic_size + 4 :] for chunk in others)]
