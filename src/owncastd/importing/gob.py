"""
Values that a Go program wrote with C{encoding/gob}.

Source: pkg.go.dev/encoding/gob, "Encoding Details". A stream describes its own types, so values
come out without anybody knowing them before: structs as dictionaries, in which fields with their
zero value are missing, since they are not transmitted; pointers as what they point to.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from . import gob_types
from .gob_stream import GobError, GobStream
from .gob_types import ArrayType, GobType, MapType, OpaqueType, SliceType, StructType

__all__ = ["MAX_BYTES", "MAX_DEPTH", "GobError", "Opaque", "decode"]

#: Longest stream that is looked at. All else is in proportion to it: each element takes a byte.
MAX_BYTES: Final = 1024 * 1024
#: How deep values may lie in each other.
MAX_DEPTH: Final = 32


@frozen
class Opaque:
    """
    A value that encoded itself.

    @ivar type_name: Go's name of its type, without the package.
    """

    type_name: str
    data: bytes = field(repr=False)


def decode(data: bytes) -> object:
    """
    The one value of a stream.

    @raise GobError: it is too long, malformed, or has less or more than one value.
    """
    if len(data) > MAX_BYTES:
        raise GobError(f"it is longer than {MAX_BYTES} bytes")
    return _Decoder(GobStream(data)).only_value()


_BASIC: Final[Mapping[int, Callable[[GobStream], object]]] = {
    gob_types.BOOL: GobStream.truth,
    gob_types.INT: GobStream.signed,
    gob_types.UINT: GobStream.unsigned,
    gob_types.FLOAT: GobStream.floating,
    gob_types.BYTES: GobStream.counted_bytes,
    gob_types.STRING: GobStream.text,
    gob_types.COMPLEX: lambda stream: complex(stream.floating(), stream.floating()),
}


@define(eq=False)
class _Decoder:
    """
    Decodes one stream, learning types as it goes.
    """

    _stream: GobStream
    _types: dict[int, GobType] = field(init=False, factory=lambda: dict(gob_types.PREDEFINED))

    def only_value(self) -> object:
        self._stream.begin_message()
        value = self._value_alone(self._defined_id(within_interface=False), 0)
        if self._stream.left or not self._stream.finished:
            raise GobError("there is more than one value")
        return value

    def _defined_id(self, *, within_interface: bool) -> int:
        """
        Read definitions until the id of a value's type comes.
        """
        while (type_id := self._stream.signed()) < 0:
            self._define(-type_id)
            if not self._stream.left:
                self._stream.begin_message()
            elif within_interface:
                # The definition was a message within a message; the length of the next follows.
                self._stream.unsigned()
        return type_id

    def _define(self, type_id: int) -> None:
        if type_id < gob_types.FIRST_DEFINED or type_id in self._types:
            raise GobError("a type is defined twice")
        description = self._value(gob_types.WIRE_TYPE, 0)
        assert isinstance(description, dict)
        self._types[type_id] = gob_types.described(description)

    def _value_alone(self, type_id: int, depth: int) -> object:
        """
        A value that is not part of another: if it is no struct, a zero stands before it.
        """
        if not isinstance(self._types.get(type_id), StructType) and self._stream.unsigned() != 0:
            raise GobError("a value does not begin where it should")
        return self._value(type_id, depth)

    def _value(self, type_id: int, depth: int) -> object:
        """
        A value of a type.

        @param depth: how many values it lies in.
        """
        basic = _BASIC.get(type_id)
        if basic is not None:
            return basic(self._stream)
        if depth >= MAX_DEPTH:
            raise GobError(f"values lie deeper than {MAX_DEPTH} in each other")
        if type_id == gob_types.INTERFACE:
            return self._interface(depth + 1)
        kind = self._types.get(type_id)
        if isinstance(kind, StructType):
            return self._struct(kind, depth + 1)
        if isinstance(kind, SliceType):
            return self._elements(kind.element, self._stream.count(), depth + 1)
        if isinstance(kind, ArrayType):
            return self._array(kind, depth + 1)
        if isinstance(kind, MapType):
            return self._map(kind, depth + 1)
        if isinstance(kind, OpaqueType):
            return Opaque(kind.name, self._stream.counted_bytes())
        raise GobError("a type is not defined")

    def _struct(self, kind: StructType, depth: int) -> dict[str, object]:
        values = {}
        number = -1
        while (step := self._stream.unsigned()) != 0:
            number += step
            if number >= len(kind.fields):
                raise GobError("a struct has a field that its type does not have")
            name, type_id = kind.fields[number]
            values[name] = self._value(type_id, depth)
        return values

    def _elements(self, type_id: int, count: int, depth: int) -> list[object]:
        return [self._value(type_id, depth) for _ in range(count)]

    def _array(self, kind: ArrayType, depth: int) -> list[object]:
        count = self._stream.count()
        if count != kind.length:
            raise GobError("an array does not have its length")
        return self._elements(kind.element, count, depth)

    def _map(self, kind: MapType, depth: int) -> dict[Any, object]:
        values: dict[Any, object] = {}
        for _ in range(self._stream.count()):
            key = self._value(kind.key, depth)
            if isinstance(key, list | dict):
                raise GobError("a map has keys that are not plain values")
            values[key] = self._value(kind.element, depth)
        return values

    def _interface(self, depth: int) -> object:
        """
        A value whose type is told with it: Go's name of the type, its id, a length and the value.
        """
        if not self._stream.text():
            return None
        type_id = self._defined_id(within_interface=True)
        # The length is for whoever skips the value, and ends early where it defines further types.
        self._stream.unsigned()
        return self._value_alone(type_id, depth)
