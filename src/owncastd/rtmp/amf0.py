"""
AMF0, the serialisation of RTMP commands (Action Message Format 0, Adobe 2007).

Objects, typed objects and ECMA arrays all become dictionaries; undefined and unsupported become
C{None}; an XML document becomes its text. References, movie clips, record sets and the switch to
AMF3 are refused: no encoder sends them in a command.
"""

import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TypeAlias

from attrs import define, field, frozen

from .errors import LocalProtocolError, RemoteProtocolError

#: Values may lie this deep inside each other.
MAX_DEPTH = 8
#: One message may hold this many values in all, members of objects and arrays included.
MAX_VALUES = 1024


class Marker(IntEnum):
    """
    The type markers (section 2.1).
    """

    NUMBER = 0x00
    BOOLEAN = 0x01
    STRING = 0x02
    OBJECT = 0x03
    NULL = 0x05
    UNDEFINED = 0x06
    ECMA_ARRAY = 0x08
    OBJECT_END = 0x09
    STRICT_ARRAY = 0x0A
    DATE = 0x0B
    LONG_STRING = 0x0C
    UNSUPPORTED = 0x0D
    XML_DOCUMENT = 0x0F
    TYPED_OBJECT = 0x10
    AVMPLUS_OBJECT = 0x11


@frozen
class Date:
    """
    A moment (section 2.13).

    @ivar milliseconds: since the epoch, UTC.
    @ivar time_zone: reserved; should be 0.
    """

    milliseconds: float
    time_zone: int = 0


AMFValue: TypeAlias = (
    float | bool | str | Date | Mapping[str, "AMFValue"] | Sequence["AMFValue"] | None
)

_DOUBLE = struct.Struct(">d")
_UINT16 = struct.Struct(">H")
_UINT32 = struct.Struct(">I")
_DATE = struct.Struct(">dh")


def decode(data: bytes) -> list[AMFValue]:
    """
    All values of a message body.

    @raise RemoteProtocolError: not AMF0, or beyond L{MAX_DEPTH} or L{MAX_VALUES}.
    """
    decoder = _Decoder(data)
    values = []
    while decoder.position < len(data):
        values.append(decoder.value(MAX_DEPTH))
    return values


@define
class _Decoder:
    """
    Reads one value after another; C{position} is where the next one starts.
    """

    _data: bytes
    position: int = field(default=0, init=False)
    _values_left: int = field(default=MAX_VALUES, init=False)

    def value(self, depth_left: int) -> AMFValue:
        if depth_left == 0:
            raise RemoteProtocolError(f"AMF0 values nested deeper than {MAX_DEPTH}")
        if self._values_left == 0:
            raise RemoteProtocolError(f"more than {MAX_VALUES} AMF0 values in a message")
        self._values_left -= 1
        match self._take(1)[0]:
            case Marker.NUMBER:
                number: float = _DOUBLE.unpack(self._take(8))[0]
                return number
            case Marker.BOOLEAN:
                return self._take(1) != b"\0"
            case Marker.STRING:
                return self._text(self._uint16())
            case Marker.OBJECT:
                return self._members(depth_left)
            case Marker.ECMA_ARRAY:
                # The count before the members is a hint that some encoders leave at 0.
                self._take(4)
                return self._members(depth_left)
            case Marker.TYPED_OBJECT:
                self._take(self._uint16())
                return self._members(depth_left)
            case Marker.NULL | Marker.UNDEFINED | Marker.UNSUPPORTED:
                return None
            case Marker.STRICT_ARRAY:
                count = self._uint32()
                return [self.value(depth_left - 1) for _ in range(count)]
            case Marker.DATE:
                return Date(*_DATE.unpack(self._take(10)))
            case Marker.LONG_STRING | Marker.XML_DOCUMENT:
                return self._text(self._uint32())
            case Marker.AVMPLUS_OBJECT:
                raise RemoteProtocolError("AMF3 values are not understood; use AMF0")
            case marker:
                raise RemoteProtocolError(f"AMF0 type {marker:#04x} is not understood")

    def _members(self, depth_left: int) -> dict[str, AMFValue]:
        members: dict[str, AMFValue] = {}
        while True:
            size = self._uint16()
            if size == 0 and self._data[self.position : self.position + 1] == b"\x09":
                self.position += 1
                return members
            name = self._text(size)
            members[name] = self.value(depth_left - 1)

    def _text(self, size: int) -> str:
        return self._take(size).decode("utf-8", "replace")

    def _uint16(self) -> int:
        number: int = _UINT16.unpack(self._take(2))[0]
        return number

    def _uint32(self) -> int:
        number: int = _UINT32.unpack(self._take(4))[0]
        return number

    def _take(self, size: int) -> bytes:
        start = self.position
        self.position = start + size
        taken = self._data[start : self.position]
        if len(taken) < size:
            raise RemoteProtocolError("AMF0 value cut short")
        return taken


def encode(*values: AMFValue) -> bytes:
    """
    The body of a message that holds these values.

    @raise LocalProtocolError: a value that AMF0 cannot hold.
    """
    return b"".join(_encoded(value) for value in values)


def _encoded(value: AMFValue) -> bytes:
    match value:
        case None:
            return bytes((Marker.NULL,))
        case bool():
            return bytes((Marker.BOOLEAN, value))
        case int() | float():
            return bytes((Marker.NUMBER,)) + _DOUBLE.pack(value)
        case str():
            text = value.encode("utf-8")
            if len(text) > 0xFFFF:
                return bytes((Marker.LONG_STRING,)) + _UINT32.pack(len(text)) + text
            return bytes((Marker.STRING,)) + _UINT16.pack(len(text)) + text
        case Date():
            return bytes((Marker.DATE,)) + _DATE.pack(value.milliseconds, value.time_zone)
        case Mapping():
            members = b"".join(_name(name) + _encoded(member) for name, member in value.items())
            return bytes((Marker.OBJECT,)) + members + b"\0\0" + bytes((Marker.OBJECT_END,))
        case list() | tuple():
            head = bytes((Marker.STRICT_ARRAY,)) + _UINT32.pack(len(value))
            return head + b"".join(_encoded(member) for member in value)
        case _:
            raise LocalProtocolError(f"AMF0 cannot hold a {type(value).__name__}")


def _name(name: str) -> bytes:
    text = name.encode("utf-8")
    if not 0 < len(text) <= 0xFFFF:
        raise LocalProtocolError("the name of an AMF0 member is empty or too long")
    return _UINT16.pack(len(text)) + text
