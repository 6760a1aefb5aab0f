"""
Lists of hosts that are looked for in links.

An entry stands for a host and for all below it: C{spam.example} is C{www.spam.example} as well. A
star stands for any part of a name: C{*.zip}, C{casino*}. A star alone stands for every host.
"""

from collections.abc import Sequence
from typing import Final

from attrs import define, field

from .automaton import MAX_STATES, Automaton
from .syntax import At, Either, Node, One, Place, Repeat, Several, literal

#: Longest entry, in characters (RFC 1035, 2.3.4).
MAX_HOST: Final = 253

_BEGINNING: Final = Either((At(Place.START), literal(".")))


def _pattern(entry: str) -> Node:
    parts: list[Node] = [_BEGINNING]
    for character in entry:
        if character == "*":
            parts.append(Repeat(One(lambda each: True), 0, None))
        else:
            parts.append(literal(character))
    return Several((*parts, At(Place.END)))


@define(eq=False)
class HostList:
    """
    Entries, ready to be compared with hosts.

    @param entries: in lower case.
    @ivar refused: entries that were left out, because all together would be too much.
    """

    _entries: Sequence[str]
    refused: list[str] = field(init=False, factory=list)
    _plain: frozenset[str] = field(init=False)
    _starred: Automaton | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._plain = frozenset(entry for entry in self._entries if "*" not in entry)
        starred: list[Node] = []
        states = 0
        for entry in self._entries:
            if "*" not in entry:
                continue
            states += len(entry) * 2 + 5
            if states > MAX_STATES or len(entry) > MAX_HOST:
                self.refused.append(entry)
            else:
                starred.append(_pattern(entry))
        if starred:
            self._starred = Automaton(starred)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def has(self, host: str) -> bool:
        """
        Whether an entry stands for a host.

        @param host: in lower case.
        @raise owncastd.patterns.errors.TooMuchWork: it could not be found out in a bounded time.
        """
        if len(host) > MAX_HOST:
            return False
        labels = host.split(".")
        if any(".".join(labels[start:]) in self._plain for start in range(len(labels))):
            return True
        return self._starred is not None and self._starred.search(host) is not None
