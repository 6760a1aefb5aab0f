"""
Websocket frames as a server sends them (RFC 6455, 5.2): unmasked, unfragmented, uncompressed.

A message to many sockets is the same bytes for all of them, so its frame is made once.
"""

import struct
from typing import Final

_TEXT: Final = 0x81
_LENGTH_IN_2_BYTES: Final = 126
_LENGTH_IN_8_BYTES: Final = 127

#: A ping without a payload (5.5.2): whatever comes back shows that somebody is there.
PING: Final = b"\x89\x00"


def text_frame(payload: bytes) -> bytes:
    """
    A whole text message in one frame.

    @param payload: UTF-8.
    """
    length = len(payload)
    if length < _LENGTH_IN_2_BYTES:
        return bytes((_TEXT, length)) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", _TEXT, _LENGTH_IN_2_BYTES, length) + payload
    return struct.pack("!BBQ", _TEXT, _LENGTH_IN_8_BYTES, length) + payload
