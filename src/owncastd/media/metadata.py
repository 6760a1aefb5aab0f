"""
What an encoder says of itself: the C{onMetaData} of a metadata message.

The body is AMF0 (Action Message Format 0, 2007): the name, by some encoders behind
C{@setDataFrame}, then one object or ECMA array. Only numbers, booleans and texts at its top level
are of interest; everything else is stepped over. (Codec configuration never comes from here.)
"""

import struct
from collections.abc import Mapping

from attrs import define, field

from .errors import MediaError

#: Larger bodies are refused unread.
MAX_BYTES = 65_536
#: More properties than this, on all levels together, are refused.
MAX_PROPERTIES = 1_000
#: How deep objects may lie in each other.
MAX_DEPTH = 8

_NUMBER, _BOOLEAN, _STRING, _OBJECT = 0x00, 0x01, 0x02, 0x03
_NULL, _UNDEFINED, _REFERENCE, _ECMA_ARRAY = 0x05, 0x06, 0x07, 0x08
_OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING = 0x09, 0x0A, 0x0B, 0x0C
_UNSUPPORTED, _XML_DOCUMENT, _TYPED_OBJECT = 0x0D, 0x0F, 0x10

MetadataValue = float | bool | str


class MalformedMetadata(MediaError):
    """
    A metadata message that cannot be read, or that is not C{onMetaData}.
    """


def read_on_metadata(body: bytes) -> Mapping[str, MetadataValue]:
    """
    The plain properties of C{onMetaData}.

    @param body: the body of an FLV or RTMP data message.
    @raise MalformedMetadata: it is something else, too large, or broken.
    """
    if len(body) > MAX_BYTES:
        raise MalformedMetadata(f"The metadata has more than {MAX_BYTES} bytes.")
    reader = _Reader(body)
    name = reader.value()
    if name == "@setDataFrame":
        name = reader.value()
    if name != "onMetaData":
        raise MalformedMetadata("The data message is not onMetaData.")
    return reader.properties()


@define
class _Reader:
    """
    Reads AMF0 values one after the other.
    """

    _body: bytes = field(repr=False)
    _at: int = 0
    _properties: int = 0

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise MalformedMetadata("The metadata is cut off.")
        taken = self._body[self._at : end]
        self._at = end
        return taken

    def _unsigned(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _text(self, length_size: int) -> str:
        return self._take(self._unsigned(length_size)).decode("utf-8", "replace")

    def properties(self) -> dict[str, MetadataValue]:
        """
        The plain properties of the object or ECMA array that comes next.
        """
        marker = self._unsigned(1)
        if marker == _ECMA_ARRAY:
            self._take(4)  # a count that many encoders get wrong
        elif marker != _OBJECT:
            raise MalformedMetadata("The metadata holds no object.")
        return self._object(1)

    def _object(self, depth: int) -> dict[str, MetadataValue]:
        """
        Properties up to the end marker, or to the end of the body: some encoders forget it.
        """
        found: dict[str, MetadataValue] = {}
        while self._at < len(self._body):
            name = self._text(2)
            if not name and self._body[self._at : self._at + 1] == bytes([_OBJECT_END]):
                self._at += 1
                break
            self._count(1)
            value = self.value(depth)
            if value is not None:
                found[name] = value
        return found

    def _count(self, properties: int) -> None:
        self._properties += properties
        if self._properties > MAX_PROPERTIES:
            raise MalformedMetadata(f"The metadata has more than {MAX_PROPERTIES} properties.")

    def value(self, depth: int = 0) -> MetadataValue | None:
        """
        The next value, or C{None} in the place of one that is stepped over.
        """
        if depth > MAX_DEPTH:
            raise MalformedMetadata("The metadata is nested too deeply.")
        marker = self._unsigned(1)
        if marker == _NUMBER:
            (number,) = struct.unpack(">d", self._take(8))
            return float(number)
        if marker == _BOOLEAN:
            return self._unsigned(1) != 0
        if marker == _STRING:
            return self._text(2)
        if marker in (_LONG_STRING, _XML_DOCUMENT):
            return self._text(4)
        self._step_over(marker, depth)
        return None

    def _step_over(self, marker: int, depth: int) -> None:
        if marker == _OBJECT:
            self._object(depth + 1)
        elif marker == _TYPED_OBJECT:
            self._text(2)
            self._object(depth + 1)
        elif marker == _ECMA_ARRAY:
            self._take(4)
            self._object(depth + 1)
        elif marker == _STRICT_ARRAY:
            count = self._unsigned(4)
            self._count(count)
            for _ in range(count):
                self.value(depth + 1)
        elif marker == _DATE:
            self._take(10)
        elif marker == _REFERENCE:
            self._take(2)
        elif marker not in (_NULL, _UNDEFINED, _UNSUPPORTED):
            raise MalformedMetadata("The metadata has a value of an unknown type.")
