"""
Lists of words that are looked for in texts.

An entry is a word (C{spam}), which matches whole words only; words with wildcards (C{spam*},
C{*coin}), where a star stands for any part of a word and a question mark for one letter of it; or
a regular expression between slashes (C{/buy (now|cheap)/}) in the notation of
L{owncastd.patterns.syntax}.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, field

from .automaton import MAX_STATES, Automaton
from .errors import InvalidPattern
from .skeleton import folded, word_skeleton
from .syntax import MAX_PATTERN, At, Node, One, Place, Repeat, Several, is_word, literal, parse

#: Entries that are more than one plain word.
MAX_COMPLEX: Final = 200

_WORD: Final = re.compile(r"\w+")
#: Letters of escapes, which mean something else in upper case.
_ESCAPE: Final = re.compile(r"(\\[A-Z])")


def parse_entry(entry: str) -> tuple[Node, ...]:
    """
    The patterns that an entry means: one or, where it can be spelled otherwise, two; none for a
    plain word.

    @raise InvalidPattern: it is malformed, or matches a text in which there is nothing.
    """
    if not entry.strip():
        raise InvalidPattern("must not be empty")
    if len(entry) > MAX_PATTERN + 2:
        raise InvalidPattern(f"must not be longer than {MAX_PATTERN} characters")
    if len(entry) > 2 and entry.startswith("/") and entry.endswith("/"):
        nodes: tuple[Node, ...] = (parse("".join(_folded_pieces(entry[1:-1]))),)
    elif _WORD.fullmatch(folded(entry)):
        return ()
    else:
        looks = dict.fromkeys((folded(entry).strip(), word_skeleton(entry).strip()))
        # Marks, joiners and the like alone are not there any more when look-alikes are compared.
        nodes = tuple(_wildcards(look) for look in looks if look)
        if not nodes:
            raise InvalidPattern("must have something that can be seen")
    if Automaton(nodes).search("") is not None:
        raise InvalidPattern("must not match every text")
    return nodes


def _folded_pieces(pattern: str) -> Iterable[str]:
    for piece in _ESCAPE.split(pattern):
        yield piece if _ESCAPE.fullmatch(piece) else folded(piece)


def _wildcards(entry: str) -> Node:
    parts: list[Node] = []
    if is_word(entry[0]) or entry[0] in "*?":
        parts.append(At(Place.BOUNDARY))
    for character in entry:
        if character == "*":
            parts.append(Repeat(One(is_word), 0, None))
        elif character == "?":
            parts.append(One(is_word))
        elif character.isspace():
            parts.append(Repeat(One(str.isspace), 1, None))
        else:
            parts.append(literal(character))
    if is_word(entry[-1]) or entry[-1] in "*?":
        parts.append(At(Place.BOUNDARY))
    if all(character in "*? " for character in entry):
        raise InvalidPattern("must have something besides stars and question marks")
    return Several(tuple(parts))


@define(eq=False)
class WordList:
    """
    Entries, ready to be looked for.

    @param entries: those that cannot be used are left out; L{parse_entry} says why.
    @ivar refused: which were left out.
    @ivar _words: plain words, in each spelling that is looked for, and the entries that they are.
    @ivar _complex: the entries of the automaton's patterns, by number.
    """

    _entries: Sequence[str]
    refused: list[str] = field(init=False, factory=list)
    _words: dict[str, str] = field(init=False, factory=dict)
    _complex: list[str] = field(init=False, factory=list)
    _automaton: Automaton | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        nodes: list[Node] = []
        states = 0
        for entry in self._entries:
            try:
                found = parse_entry(entry)
            except InvalidPattern:
                self.refused.append(entry)
                continue
            if not found:
                self._words[folded(entry)] = entry
                self._words[word_skeleton(entry)] = entry
                continue
            more = Automaton(found).size
            if states + more > MAX_STATES or len(nodes) + len(found) > MAX_COMPLEX:
                self.refused.append(entry)
                continue
            states += more
            nodes.extend(found)
            self._complex.extend([entry] * len(found))
        if nodes:
            self._automaton = Automaton(nodes)

    def find(self, text: str) -> str | None:
        """
        An entry that occurs in a text, or C{None}.

        @raise owncastd.patterns.errors.TooMuchWork: it could not be found out in a bounded time.
        """
        for look in dict.fromkeys((folded(text), word_skeleton(text))):
            for word in _WORD.findall(look):
                if word in self._words:
                    return self._words[word]
            if self._automaton is not None:
                number = self._automaton.search(look)
                if number is not None:
                    return self._complex[number]
        return None
