"""
The bytes of a gob stream: messages, and the numbers and texts within them.

Source: pkg.go.dev/encoding/gob, "Encoding Details".
"""

import struct
from typing import Final

from attrs import define, field

#: Numbers below this stand for themselves; of others the first byte says how many bytes follow.
_ONE_BYTE: Final = 0x80
_MAX_NUMBER_BYTES: Final = 8


class GobError(ValueError):
    """
    The bytes are not a gob stream that is understood here. The text never repeats the data.
    """


@define(eq=False)
class GobStream:
    """
    Reads one message after the other, and nothing beyond the end of the present one.

    @ivar _end: where the present message ends.
    """

    _data: bytes = field(repr=False)
    _position: int = field(init=False, default=0)
    _end: int = field(init=False, default=0)

    @property
    def left(self) -> int:
        """
        How many bytes of the present message have not been read.
        """
        return self._end - self._position

    @property
    def finished(self) -> bool:
        """
        Whether there is nothing after what has been read.
        """
        return self._position == len(self._data)

    def begin_message(self) -> None:
        """
        Go on to the next message.

        @raise GobError: there is none, or less of it than it says.
        """
        self._end = len(self._data)
        length = self.unsigned()
        if length > self.left:
            raise GobError("a message is cut off")
        self._end = self._position + length

    def take(self, length: int) -> bytes:
        """
        So many bytes.

        @raise GobError: there are fewer.
        """
        if length > self.left:
            raise GobError("a value is cut off")
        start, self._position = self._position, self._position + length
        return self._data[start : self._position]

    def unsigned(self) -> int:
        """
        An unsigned number of up to 64 bits: one byte, or the complement of a count and big-endian
        bytes.

        @raise GobError: it is longer, or cut off.
        """
        (first,) = self.take(1)
        if first < _ONE_BYTE:
            return first
        length = 0x100 - first
        if length > _MAX_NUMBER_BYTES:
            raise GobError("a number is longer than 64 bits")
        return int.from_bytes(self.take(length), "big")

    def signed(self) -> int:
        """
        A signed number: the lowest bit says that the others are complemented.
        """
        number = self.unsigned()
        return ~(number >> 1) if number & 1 else number >> 1

    def truth(self) -> bool:
        """
        A truth value: 0 or 1.

        @raise GobError: anything else.
        """
        number = self.unsigned()
        if number > 1:
            raise GobError("a truth value is neither 0 nor 1")
        return number == 1

    def floating(self) -> float:
        """
        A number with a fraction: the bytes of its 64 bits in reverse, as an unsigned number.
        """
        (number,) = struct.unpack("<d", self.unsigned().to_bytes(8, "big"))
        assert isinstance(number, float)
        return number

    def count(self) -> int:
        """
        How many elements follow, each of which takes a byte at least.

        @raise GobError: there cannot be so many.
        """
        number = self.unsigned()
        if number > self.left:
            raise GobError("there are fewer elements than promised")
        return number

    def counted_bytes(self) -> bytes:
        """
        Bytes with their count before them.
        """
        return self.take(self.unsigned())

    def text(self) -> str:
        """
        Text with the count of its bytes before it.

        @raise GobError: it is not UTF-8.
        """
        try:
            return self.counted_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise GobError("a text is not UTF-8") from None
