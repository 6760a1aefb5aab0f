"""
What waits for somebody to come back: few, not for long, and each for once.
"""

from collections import OrderedDict
from hashlib import sha256
from typing import Generic, TypeVar

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

T = TypeVar("T")


@define(eq=False)
class Pending(Generic[T]):
    """
    Keeps things by a secret name. Names are kept as digests: to compare them takes the same time
    whatever is tried.

    No timer: what is too old is dropped when somebody looks, or makes room.
    """

    _clock: IReactorTime
    _max_count: int
    _max_seconds: float
    _things: OrderedDict[bytes, tuple[float, T]] = field(
        init=False, factory=OrderedDict, repr=False
    )

    @property
    def full(self) -> bool:
        """
        Whether there is no room for another.
        """
        self._drop_old()
        return len(self._things) >= self._max_count

    def add(self, name: str, thing: T) -> None:
        """
        Keep something; if there are too many, the oldest is forgotten.
        """
        self._drop_old()
        self._things[_digest(name)] = (self._clock.seconds(), thing)
        if len(self._things) > self._max_count:
            self._things.popitem(last=False)

    def take(self, name: str) -> T | None:
        """
        What was kept by this name, once; C{None} if there is nothing, or not any more.
        """
        self._drop_old()
        found = self._things.pop(_digest(name), None)
        return None if found is None else found[1]

    def _drop_old(self) -> None:
        since = self._clock.seconds() - self._max_seconds
        while self._things:
            digest, (at, _) = next(iter(self._things.items()))
            if at > since:
                return
            del self._things[digest]


def _digest(name: str) -> bytes:
    return sha256(name.encode("utf-8", "surrogatepass")).digest()
