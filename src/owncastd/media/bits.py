"""
Bit fields of codec configurations.
"""

from typing import Final

from attrs import define, field

from .errors import MalformedConfiguration

#: The longest Exp-Golomb prefix that any syntax element needs (H.264 9.1: values below 2**32).
_MAX_LEADING_ZEROS: Final = 32


@define
class BitReader:
    """
    Reads a byte string from its first bit to its last, and never past it.
    """

    _data: bytes = field(repr=False)
    _value: int = field(init=False, repr=False)
    _left: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """
        Hold all the bits as one integer: configurations are short.
        """
        self._value = int.from_bytes(self._data, "big")
        self._left = 8 * len(self._data)

    @property
    def left(self) -> int:
        """
        How many bits have not been read.
        """
        return self._left

    def bits(self, count: int) -> int:
        """
        The next bits as an unsigned integer.

        @raise MalformedConfiguration: there are fewer.
        """
        if count > self._left:
            raise MalformedConfiguration("codec configuration cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """
        The next bit.

        @raise MalformedConfiguration: there is none.
        """
        return self.bits(1) == 1

    def unsigned(self) -> int:
        """
        The next unsigned Exp-Golomb code, C{ue(v)} (H.264 9.1).

        @raise MalformedConfiguration: there is none, or none that may occur.
        """
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _MAX_LEADING_ZEROS:
                raise MalformedConfiguration("Exp-Golomb code out of range")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """
        The next signed Exp-Golomb code, C{se(v)} (H.264 9.1.1).

        @raise MalformedConfiguration: there is none, or none that may occur.
        """
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
