"""
A reader of CMAF, written apart from the writer, so that tests see what a player sees.
"""

import struct
from collections.abc import Iterator

from attrs import field, frozen

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"dinf"}


def boxes(data: bytes, path: str = "") -> Iterator[tuple[str, int, bytes]]:
    """
    Every box as its path, its offset in its parent, and its body; containers before their contents.
    """
    position = 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        assert 8 <= size <= len(data) - position, f"{path}/{kind!r} of {size} bytes"
        body = data[position + 8 : position + size]
        here = f"{path}/{kind.decode()}"
        yield here, position, body
        if kind in CONTAINERS:
            yield from boxes(body, here)
        position += size


@frozen
class Sample:
    """
    One sample of a chunk; times in the ticks of its track.
    """

    track: int
    decode_time: int
    duration: int
    composition_offset: int
    sync: bool
    payload: bytes = field(repr=False)

    @property
    def end(self) -> int:
        """
        Where the next sample begins.
        """
        return self.decode_time + self.duration


def samples(chunk: bytes) -> list[Sample]:
    """
    The samples of a chunk, found by the offsets in it.
    """
    found = []
    top = [(path, body) for path, _, body in boxes(chunk) if path.count("/") == 1]
    assert [path for path, _ in top] == ["/moof", "/mdat"]
    mdat_start = 8 + len(top[0][1]) + 8
    expected_offset = mdat_start
    for path, _, traf in boxes(chunk):
        if path != "/moof/traf":
            continue
        inner = {inner_path: body for inner_path, _, body in boxes(traf)}
        flags, track = struct.unpack_from(">II", inner["/tfhd"])
        assert flags & 0x020000, "offsets are not from the moof"
        duration = struct.unpack_from(">I", inner["/tfhd"], 8)[0] if flags & 0x8 else None
        version, decode_time = struct.unpack(">IQ", inner["/tfdt"])
        assert version == 0x01000000
        run = inner["/trun"]
        run_flags, count, offset = struct.unpack_from(">III", run)
        assert offset == expected_offset, "payloads of the tracks do not follow each other"
        position = 12
        for _ in range(count):
            values = {}
            for bit, name in (
                (0x100, "duration"),
                (0x200, "size"),
                (0x400, "flags"),
                (0x800, "cto"),
            ):
                if run_flags & bit:
                    code = ">i" if name == "cto" and run_flags >> 24 else ">I"
                    (values[name],) = struct.unpack_from(code, run, position)
                    position += 4
            size = values["size"]
            length = values.get("duration", duration)
            assert length is not None
            found.append(
                Sample(
                    track,
                    decode_time,
                    length,
                    values.get("cto", 0),
                    not values.get("flags", 0) & 0x00010000,
                    chunk[offset : offset + size],
                )
            )
            decode_time += length
            offset += size
        assert position == len(run)
        expected_offset = offset
    assert expected_offset == len(chunk), "bytes in the mdat that belong to no sample"
    return found


def sequence_number(chunk: bytes) -> int:
    """
    What the C{mfhd} of a chunk counts.
    """
    for path, _, body in boxes(chunk):
        if path == "/moof/mfhd":
            return int.from_bytes(body[4:8], "big")
    raise AssertionError("no mfhd")
