"""
The last entries, kept in memory for the administrator's page.
"""

from collections import deque
from typing import Final

from attrs import define, evolve, field

from .entries import Entry, Severity

#: How many entries, and how many warnings and worse, can be looked at.
KEPT_ENTRIES: Final = 500


def _ring() -> deque[Entry]:
    return deque(maxlen=KEPT_ENTRIES)


@define(eq=False)
class RecentEntries:
    """
    A sink with two rings, so that a talkative hour does not push out the warning before it.
    """

    _all: deque[Entry] = field(init=False, factory=_ring, repr=False)
    _warnings: deque[Entry] = field(init=False, factory=_ring, repr=False)

    def __call__(self, entry: Entry) -> None:
        """
        Keep an entry, but for its traceback: that is the largest part, and in the files.
        """
        entry = evolve(entry, traceback=None)
        self._all.append(entry)
        if entry.severity >= Severity.WARNING:
            self._warnings.append(entry)

    def entries(self) -> tuple[Entry, ...]:
        """
        The last entries, oldest first.
        """
        return tuple(self._all)

    def warnings(self) -> tuple[Entry, ...]:
        """
        The last entries that are warnings or worse, oldest first.
        """
        return tuple(self._warnings)
