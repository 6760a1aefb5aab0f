"""
A writer of Go's gob format, to build databases with.

Source: pkg.go.dev/encoding/gob, "Encoding Details". Unlike Go, it defines inner types before outer
ones; both are allowed.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

_FIRST_ID = 65


@frozen
class Basic:
    """
    A type that needs no definition.
    """

    type_id: int


@frozen
class Slice:
    """
    A list.
    """

    element: "Kind"


@frozen
class Map:
    """
    A dictionary.
    """

    key: "Kind"
    element: "Kind"


@frozen
class Struct:
    """
    A dictionary with these fields; what is missing is zero.
    """

    name: str
    fields: tuple[tuple[str, "Kind"], ...]


@frozen
class SelfEncoded:
    """
    Bytes that a value of Go made of itself.
    """

    name: str


Kind = Basic | Slice | Map | Struct | SelfEncoded

BOOL, INT, UINT, FLOAT, BYTES, STRING = (Basic(number) for number in range(1, 7))
STRINGS = Slice(STRING)
STRING_MAP = Map(STRING, STRING)
TIME = SelfEncoded("Time")


def unsigned(number: int) -> bytes:
    """
    An unsigned number.
    """
    if number < 0x80:
        return bytes([number])
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([0x100 - len(digits)]) + digits


def signed(number: int) -> bytes:
    """
    A signed number.
    """
    return unsigned((~number << 1) | 1 if number < 0 else number << 1)


def counted(data: bytes) -> bytes:
    """
    Bytes with their count before them.
    """
    return unsigned(len(data)) + data


def go_time(moment: datetime, offset_minutes: int = -1) -> bytes:
    """
    A time as Go's C{time.Time} encodes itself, version 1.

    @param offset_minutes: of the zone; -1 is UTC.
    """
    since = moment - datetime(1, 1, 1, tzinfo=UTC)
    seconds = since.days * 86_400 + since.seconds
    return struct.pack(">BqLh", 1, seconds, since.microseconds * 1000, offset_minutes)


def encode(kind: Kind, value: Any) -> bytes:
    """
    The stream that has one value.
    """
    return _Writer().stream(kind, value)


@define
class _Writer:
    """
    Writes one stream.
    """

    _ids: dict[Kind, int] = field(init=False, factory=dict)
    _definitions: list[bytes] = field(init=False, factory=list)

    def stream(self, kind: Kind, value: Any) -> bytes:
        """
        All definitions, then the value.
        """
        type_id = self._id(kind)
        start = b"" if isinstance(kind, Struct) else b"\0"
        message = signed(type_id) + start + self._value(kind, value)
        return b"".join(counted(each) for each in [*self._definitions, message])

    def _id(self, kind: Kind) -> int:
        if isinstance(kind, Basic):
            return kind.type_id
        if kind not in self._ids:
            description = self._description(kind)
            self._ids[kind] = type_id = _FIRST_ID + len(self._ids)
            definition = description.replace(b"ID", signed(type_id))
            self._definitions.append(signed(-type_id) + definition)
        return self._ids[kind]

    def _description(self, kind: Kind) -> bytes:
        """
        The value that describes a type, with a place for its id.
        """
        name = kind.name if isinstance(kind, Struct | SelfEncoded) else ""
        common = (b"\1" + counted(name.encode()) + b"\1" if name else b"\2") + b"ID\0"
        if isinstance(kind, Slice):
            return b"\2\1" + common + b"\1" + signed(self._id(kind.element)) + b"\0\0"
        if isinstance(kind, Map):
            key, element = signed(self._id(kind.key)), signed(self._id(kind.element))
            return b"\4\1" + common + b"\1" + key + b"\1" + element + b"\0\0"
        if isinstance(kind, SelfEncoded):
            return b"\5\1" + common + b"\0\0"
        assert isinstance(kind, Struct)
        fields = b"".join(
            b"\1" + counted(each.encode()) + b"\1" + signed(self._id(inner)) + b"\0"
            for each, inner in kind.fields
        )
        listed = b"\1" + unsigned(len(kind.fields)) + fields if fields else b""
        return b"\3\1" + common + listed + b"\0\0"

    def _value(self, kind: Kind, value: Any) -> bytes:
        if isinstance(kind, Basic):
            return _basic(kind, value)
        if isinstance(kind, SelfEncoded):
            return counted(value)
        if isinstance(kind, Slice):
            elements: Sequence[Any] = value
            return unsigned(len(elements)) + b"".join(
                self._value(kind.element, each) for each in elements
            )
        pairs: Mapping[Any, Any] = value
        if isinstance(kind, Map):
            return unsigned(len(pairs)) + b"".join(
                self._value(kind.key, key) + self._value(kind.element, element)
                for key, element in pairs.items()
            )
        written, last = b"", -1
        for number, (name, inner) in enumerate(kind.fields):
            # Zero is not sent, be it a number, a text or a list.
            if pairs.get(name):
                written += unsigned(number - last) + self._value(inner, pairs[name])
                last = number
        return written + b"\0"


def _basic(kind: Basic, value: Any) -> bytes:
    if kind == BOOL:
        return unsigned(int(value))
    if kind == INT:
        return signed(value)
    if kind == UINT:
        return unsigned(value)
    if kind == FLOAT:
        return unsigned(int.from_bytes(struct.pack("<d", value), "big"))
    return counted(value.encode() if kind == STRING else value)
