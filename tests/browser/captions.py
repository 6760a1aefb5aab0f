"""
A stream with captions: CEA-608 in the pictures of a source, as broadcasters' encoders put them in.

Each second begins a new line of roll-up captions, and writes a word into it.
"""

import struct
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Final

from tests.integration.sources import Source

WORD: Final = "CAPTION"
#: Two lines that roll up, a carriage return, and the beginning of the last row (CEA-608, 8.4).
_BEGIN: Final = (b"\x14\x25", b"\x14\x25", b"\x14\x2d", b"\x14\x2d", b"\x14\x70", b"\x14\x70")
_NOTHING: Final = b"\0\0"
_FLV_HEADER_BYTES: Final = 13
_TAG_HEADER_BYTES: Final = 11
_VIDEO: Final = 9
_AVC: Final = 7
#: Of the body: kind of frame and codec, kind of packet, and the time from decoding to showing.
_VIDEO_HEADER_BYTES: Final = 5


def _with_parity(pair: bytes) -> bytes:
    """
    Odd parity in the highest bit.
    """
    return bytes(byte | (0x80 if byte.bit_count() % 2 == 0 else 0) for byte in pair)


def _pairs(frame_rate: int) -> Iterator[bytes]:
    """
    What each picture carries, in the order in which they are shown.
    """
    text = WORD if len(WORD) % 2 == 0 else f"{WORD} "
    words = [text[at : at + 2].encode() for at in range(0, len(text), 2)]
    second = [*_BEGIN, *words]
    return chain.from_iterable(
        repeat([*second, *([_NOTHING] * (frame_rate - len(second)))]),
    )


def _sei(pair: bytes) -> bytes:
    """
    A NAL unit with one pair of bytes for the first channel (ATSC A/53 part 4, 6.2.3), with its
    length before it.
    """
    data = bytes((0xB5, 0x00, 0x31)) + b"GA94" + bytes((0x03, 0x41, 0xFF, 0xFC)) + pair + b"\xff"
    unit = bytes((0x06, 0x04, len(data))) + data + b"\x80"
    return struct.pack(">I", len(unit)) + unit


def captioned(source: Source, folder: Path) -> Path:
    """
    A copy of a source that has captions.
    """
    flv = source.make().read_bytes()
    tags: list[tuple[bytes, bytes]] = []
    at = _FLV_HEADER_BYTES
    while at + _TAG_HEADER_BYTES <= len(flv):
        header = flv[at : at + _TAG_HEADER_BYTES]
        size = int.from_bytes(header[1:4], "big")
        body = flv[at + _TAG_HEADER_BYTES : at + _TAG_HEADER_BYTES + size]
        tags.append((header, body))
        at += _TAG_HEADER_BYTES + size + 4
    shown: dict[int, int] = {}
    for number, (header, body) in enumerate(tags):
        if header[0] == _VIDEO and body[0] & 0x0F == _AVC and body[1] == 1:
            decoded = int.from_bytes(header[7:8] + header[4:7], "big")
            shown[number] = decoded + int.from_bytes(body[2:5], "big", signed=True)
    order = sorted(shown, key=shown.__getitem__)
    pairs = dict(zip(order, _pairs(source.frame_rate), strict=False))
    made = [flv[:_FLV_HEADER_BYTES]]
    for number, (header, body) in enumerate(tags):
        if number in pairs:
            start, rest = body[:_VIDEO_HEADER_BYTES], body[_VIDEO_HEADER_BYTES:]
            body = start + _sei(_with_parity(pairs[number])) + rest
        whole = header[:1] + len(body).to_bytes(3, "big") + header[4:] + body
        made += [whole, struct.pack(">I", len(whole))]
    path = folder / "captioned.flv"
    path.write_bytes(b"".join(made))
    return path
