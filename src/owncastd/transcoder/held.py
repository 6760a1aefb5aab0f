"""
What waits while no child can take it.
"""

from collections import deque
from enum import Enum

from attrs import define, field

from owncastd.media.messages import MediaMessage

from .pressure import MESSAGE_OVERHEAD


class Mark(Enum):
    """
    What may stand between messages.
    """

    DISCONTINUITY = "discontinuity"
    END = "end"


@define(eq=False)
class HeldInput:
    """
    Messages and marks in order, and how much memory they stand for.

    @ivar size: in bytes, each item counting a little besides its body.
    """

    _items: deque[MediaMessage | Mark] = field(factory=deque, init=False, repr=False)
    size: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._items)

    def append(self, item: MediaMessage | Mark) -> None:
        """
        Keep an item.
        """
        self._items.append(item)
        self.size += self._cost(item)

    def popleft(self) -> MediaMessage | Mark:
        """
        Take the oldest.
        """
        item = self._items.popleft()
        self.size -= self._cost(item)
        return item

    def clear(self) -> None:
        """
        Drop all.
        """
        self._items.clear()
        self.size = 0

    @staticmethod
    def _cost(item: MediaMessage | Mark) -> int:
        body = len(item.body) if isinstance(item, MediaMessage) else 0
        return body + MESSAGE_OVERHEAD
