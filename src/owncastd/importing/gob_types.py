"""
How a gob stream describes the types of its values.

Source: pkg.go.dev/encoding/gob, "Encoding Details" (the C{wireType} structures and their ids).
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from .gob_stream import GobError

BOOL: Final = 1
INT: Final = 2
UINT: Final = 3
FLOAT: Final = 4
BYTES: Final = 5
STRING: Final = 6
COMPLEX: Final = 7
INTERFACE: Final = 8
WIRE_TYPE: Final = 16
_ARRAY_TYPE: Final = 17
_COMMON_TYPE: Final = 18
_SLICE_TYPE: Final = 19
_STRUCT_TYPE: Final = 20
_FIELD_TYPE: Final = 21
_FIELD_TYPES: Final = 22
_MAP_TYPE: Final = 23
#: Has no id of its own in the documentation; ours is out of the way.
_OPAQUE_TYPE: Final = -1
#: Ids below this are not for definitions.
FIRST_DEFINED: Final = 64


@frozen
class SliceType:
    """
    Any number of elements.
    """

    element: int


@frozen
class ArrayType:
    """
    So many elements, no more and no fewer.
    """

    element: int
    length: int


@frozen
class MapType:
    """
    Pairs of keys and elements.
    """

    key: int
    element: int


@frozen
class StructType:
    """
    Named fields, numbered from 0.
    """

    fields: tuple[tuple[str, int], ...]


@frozen
class OpaqueType:
    """
    Something that encodes itself into bytes, such as Go's C{time.Time}.
    """

    name: str


GobType = SliceType | ArrayType | MapType | StructType | OpaqueType


def _struct(*fields: tuple[str, int]) -> StructType:
    return StructType(fields)


#: The types of the descriptions themselves, which no stream defines.
PREDEFINED: Final[Mapping[int, GobType]] = {
    WIRE_TYPE: _struct(
        ("ArrayT", _ARRAY_TYPE),
        ("SliceT", _SLICE_TYPE),
        ("StructT", _STRUCT_TYPE),
        ("MapT", _MAP_TYPE),
        ("GobEncoderT", _OPAQUE_TYPE),
        ("BinaryMarshalerT", _OPAQUE_TYPE),
        ("TextMarshalerT", _OPAQUE_TYPE),
    ),
    _ARRAY_TYPE: _struct(("CommonType", _COMMON_TYPE), ("Elem", INT), ("Len", INT)),
    _COMMON_TYPE: _struct(("Name", STRING), ("Id", INT)),
    _SLICE_TYPE: _struct(("CommonType", _COMMON_TYPE), ("Elem", INT)),
    _STRUCT_TYPE: _struct(("CommonType", _COMMON_TYPE), ("Field", _FIELD_TYPES)),
    _FIELD_TYPE: _struct(("Name", STRING), ("Id", INT)),
    _FIELD_TYPES: SliceType(_FIELD_TYPE),
    _MAP_TYPE: _struct(("CommonType", _COMMON_TYPE), ("Key", INT), ("Elem", INT)),
    _OPAQUE_TYPE: _struct(("CommonType", _COMMON_TYPE)),
}


def described(description: Mapping[str, Any]) -> GobType:
    """
    The type that a C{wireType} value describes.

    @param description: the value, with what it leaves out left out.
    @raise GobError: it describes none, or several.
    """
    if len(description) != 1:
        raise GobError("a type is not described in exactly one way")
    ((kind, details),) = description.items()
    # What a struct leaves out is zero; there is no type 0, so an element without one is noticed.
    element = details.get("Elem", 0)
    if kind == "SliceT":
        return SliceType(element)
    if kind == "ArrayT":
        return ArrayType(element, details.get("Len", 0))
    if kind == "MapT":
        return MapType(details.get("Key", 0), element)
    if kind == "StructT":
        fields = details.get("Field", ())
        return StructType(tuple((each.get("Name", ""), each.get("Id", 0)) for each in fields))
    return OpaqueType(details.get("CommonType", {}).get("Name", ""))
