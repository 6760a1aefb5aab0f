"""
Codec configurations and messages made for tests, field by field.
"""

import struct

from owncastd.media.messages import MediaMessage, MessageKind


class BitWriter:
    """
    Writes bit fields and Exp-Golomb codes.
    """

    def __init__(self) -> None:
        self._bits = ""

    def bits(self, count: int, value: int) -> "BitWriter":
        """
        An unsigned integer.
        """
        self._bits += f"{value:0{count}b}" if count else ""
        return self

    def unsigned(self, *values: int) -> "BitWriter":
        """
        Unsigned Exp-Golomb codes.
        """
        for value in values:
            text = f"{value + 1:b}"
            self._bits += "0" * (len(text) - 1) + text
        return self

    def signed(self, *values: int) -> "BitWriter":
        """
        Signed Exp-Golomb codes.
        """
        return self.unsigned(*(2 * v - 1 if v > 0 else -2 * v for v in values))

    def done(self, *, stop_bit: bool = False) -> bytes:
        """
        The bytes, filled up with zeros.
        """
        bits = self._bits + ("1" if stop_bit else "")
        bits += "0" * (-len(bits) % 8)
        return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def escaped(payload: bytes) -> bytes:
    """
    Emulation prevention bytes put in (H.264 7.3.1).
    """
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def sps(
    *,
    profile: int = 100,
    constraints: int = 0,
    level: int = 31,
    chroma: int = 1,
    separate_planes: bool = False,
    scaling: bool = False,
    picture_order: int = 2,
    macroblocks: tuple[int, int] = (80, 45),
    interlaced: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    timing: tuple[int, int] | None = None,
    full_vui: bool = False,
) -> bytes:
    """
    A sequence parameter set.

    @param macroblocks: width in macroblocks, height in map units.
    @param crop: left, right, top, bottom in crop units.
    @param timing: num_units_in_tick and time_scale of the VUI.
    @param full_vui: fill every field that comes before the timing.
    """
    w = BitWriter().bits(8, profile).bits(8, constraints).bits(8, level).unsigned(0)
    if profile in (100, 110, 122, 244, 44, 83, 86, 118, 128):
        w.unsigned(chroma)
        if chroma == 3:
            w.bits(1, separate_planes)
        w.unsigned(0, 0).bits(1, 0).bits(1, scaling)
        if scaling:
            w.bits(1, 1).signed(8, -16)  # ends at once: 8 + 8 - 16 = 0
            w.bits(1, 1).signed(*([1, -1] * 8))
            w.bits(4, 0)
            w.bits(1, 1).signed(*([2, -2] * 32))
            w.bits(5 if chroma == 3 else 1, 0)
    w.unsigned(0, picture_order)
    if picture_order == 0:
        w.unsigned(2)
    elif picture_order == 1:
        w.bits(1, 0).signed(-1, 1).unsigned(3).signed(1, -2, 3)
    w.unsigned(4).bits(1, 0).unsigned(macroblocks[0] - 1, macroblocks[1] - 1)
    w.bits(1, not interlaced)
    if interlaced:
        w.bits(1, 1)
    w.bits(1, 1).bits(1, crop is not None)
    if crop is not None:
        w.unsigned(*crop)
    w.bits(1, timing is not None or full_vui)
    if timing is not None or full_vui:
        w.bits(1, full_vui)
        if full_vui:
            w.bits(8, 255).bits(16, 4).bits(16, 3)
        w.bits(1, full_vui)
        if full_vui:
            w.bits(1, 1)
        w.bits(1, full_vui)
        if full_vui:
            w.bits(3, 5).bits(1, 0).bits(1, 1).bits(24, 0x010101)
        w.bits(1, full_vui)
        if full_vui:
            w.unsigned(1, 2)
        w.bits(1, timing is not None)
        if timing is not None:
            w.bits(32, timing[0]).bits(32, timing[1]).bits(1, 1)
        w.bits(4, 0)
    return b"\x67" + escaped(w.done(stop_bit=True))


PPS = bytes.fromhex("68ebecb22c")


def avcc(*sets: bytes, pictures: tuple[bytes, ...] = (PPS,), length_size: int = 4) -> bytes:
    """
    An AVCDecoderConfigurationRecord.
    """
    sequences = sets or (sps(),)
    out = b"\x01" + sequences[0][1:4] + bytes((0xFC | length_size - 1, 0xE0 | len(sequences)))
    for unit in sequences:
        out += len(unit).to_bytes(2, "big") + unit
    out += bytes((len(pictures),))
    for unit in pictures:
        out += len(unit).to_bytes(2, "big") + unit
    return out


SAMPLE_RATE_INDEX = {8_000: 11, 96_000: 0, 48_000: 3, 44_100: 4, 24_000: 6, 22_050: 7, 16_000: 8}


def asc(
    rate: int = 48_000, channels: int = 2, *, object_type: int = 2, short: bool = False
) -> bytes:
    """
    An AudioSpecificConfig for plain AAC.
    """
    w = BitWriter().bits(5, object_type).bits(4, SAMPLE_RATE_INDEX[rate]).bits(4, channels)
    return w.bits(1, short).bits(2, 0).done()


def video_configuration(record: bytes | None = None, timestamp_ms: int = 0) -> MediaMessage:
    """
    An AVC sequence header message.
    """
    body = b"\x17\x00\x00\x00\x00" + (avcc() if record is None else record)
    return MediaMessage(MessageKind.VIDEO, timestamp_ms, body)


def audio_configuration(config: bytes | None = None, timestamp_ms: int = 0) -> MediaMessage:
    """
    An AAC sequence header message.
    """
    return MediaMessage(
        MessageKind.AUDIO, timestamp_ms, b"\xaf\x00" + (asc() if config is None else config)
    )


def frame(
    timestamp_ms: int, *, key: bool = False, composition_ms: int = 0, payload: bytes = b"frame"
) -> MediaMessage:
    """
    A video frame message.
    """
    composition = (composition_ms & 0xFFFFFF).to_bytes(3, "big")
    head = (b"\x17" if key else b"\x27") + b"\x01" + composition
    return MediaMessage(MessageKind.VIDEO, timestamp_ms, head + payload)


def sound(timestamp_ms: int, payload: bytes = b"sound") -> MediaMessage:
    """
    An AAC frame message.
    """
    return MediaMessage(MessageKind.AUDIO, timestamp_ms, b"\xaf\x01" + payload)


def on_metadata(**properties: float | bool | str) -> MediaMessage:
    """
    An C{onMetaData} message with an ECMA array.
    """
    body = b"\x02\x00\x0aonMetaData\x08" + struct.pack(">I", len(properties))
    for name, value in properties.items():
        body += struct.pack(">H", len(name)) + name.encode()
        if isinstance(value, bool):
            body += struct.pack(">B?", 1, value)
        elif isinstance(value, str):
            body += struct.pack(">BH", 2, len(value)) + value.encode()
        else:
            body += struct.pack(">Bd", 0, value)
    return MediaMessage(MessageKind.METADATA, 0, body + b"\x00\x00\x09")
