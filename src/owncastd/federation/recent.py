"""
What was used lately: a bounded memory that forgets the rest.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from attrs import define, field

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@define(eq=False)
class Recent(Generic[K, V]):
    """
    Remembers so many values; what was not asked for longest gives way.
    """

    _most: int
    _values: OrderedDict[K, V] = field(init=False, factory=OrderedDict, repr=False)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """
        A value that is remembered.
        """
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: K, value: V) -> None:
        """
        Remember a value.
        """
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def forget(self, key: K) -> None:
        """
        Do not remember a value any more.
        """
        self._values.pop(key, None)
