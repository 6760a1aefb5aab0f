"""
A part of the usual notation of regular expressions, parsed into a tree.

There is what can be matched in one pass over a text: characters, classes, groups, alternatives,
repetitions, and the assertions C{^}, C{$}, C{\\b} and C{\\B}. There is nothing that looks back or
ahead. Case never matters: patterns and texts are folded.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, NoReturn

from attrs import frozen

from .errors import InvalidPattern

#: Longest pattern, in characters.
MAX_PATTERN: Final = 200
#: Largest number in a repetition C{{m,n}}.
MAX_REPEAT: Final = 50
#: How deep groups may be nested.
MAX_DEPTH: Final = 20

#: Whether a character is meant.
Test = Callable[[str], bool]


def is_word(character: str) -> bool:
    """
    Whether a character is part of a word.
    """
    return character.isalnum() or character == "_"


class Place(Enum):
    """
    What an assertion asserts.
    """

    START = "^"
    END = "$"
    BOUNDARY = "b"
    NO_BOUNDARY = "B"


@frozen
class One:
    """
    One character.
    """

    test: Test


@frozen
class At:
    """
    A place between two characters.
    """

    place: Place


@frozen
class Several:
    """
    One after the other.
    """

    parts: tuple["Node", ...]


@frozen
class Either:
    """
    One of several.
    """

    parts: tuple["Node", ...]


@frozen
class Repeat:
    """
    As often as said.

    @ivar most: C{None} for any number.
    """

    part: "Node"
    least: int
    most: int | None


Node = One | At | Several | Either | Repeat

_CLASSES: Final[dict[str, Test]] = {
    "d": str.isdecimal,
    "D": lambda each: not each.isdecimal(),
    "w": is_word,
    "W": lambda each: not is_word(each),
    "s": str.isspace,
    "S": lambda each: not each.isspace(),
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r"}
_REPEATS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def literal(character: str) -> One:
    """
    Exactly one character.
    """
    return One(character.__eq__)


def parse(pattern: str) -> Node:
    """
    The tree of a pattern.

    @param pattern: folded already, apart from the letters of its escapes.
    @raise InvalidPattern: it is malformed, or not of this notation.
    """
    if len(pattern) > MAX_PATTERN:
        raise InvalidPattern(f"must not be longer than {MAX_PATTERN} characters")
    parser = _Parser(pattern)
    node = parser.alternatives(0)
    if parser.at < len(pattern):
        parser.fail("there is a ) without a (")
    return node


class _Parser:
    """
    Reads a pattern from left to right.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def fail(self, reason: str) -> NoReturn:
        """
        Refuse the pattern.
        """
        raise InvalidPattern(f"at character {self.at + 1}: {reason}")

    def _next(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def _take(self) -> str:
        character = self._next()
        self.at += 1
        return character

    def _skip(self, text: str) -> bool:
        if self._pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def alternatives(self, depth: int) -> Node:
        """
        All up to the end of the group.
        """
        if depth > MAX_DEPTH:
            self.fail("groups are nested too deeply")
        parts = [self._sequence(depth)]
        while self._skip("|"):
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom(depth)))
        return Several(tuple(parts))

    def _atom(self, depth: int) -> Node:
        character = self._take()
        if character == "(":
            if self._next() == "?" and not self._skip("?:"):
                self.fail("of groups with ? there is only (?:")
            group = self.alternatives(depth + 1)
            if not self._skip(")"):
                self.fail("a ) is missing")
            return group
        if character == "[":
            return One(self._class())
        if character == ".":
            return One(lambda each: each != "\n")
        if character in ("^", "$"):
            return At(Place(character))
        if character == "\\":
            if self._next() in ("b", "B"):
                return At(Place(self._take()))
            return One(self._escape())
        if character in "*+?{":
            self.fail(f"there is nothing before {character} to repeat")
        return literal(character)

    def _repeated(self, atom: Node) -> Node:
        character = self._next()
        if character == "{":
            self.at += 1
            least, most = self._counts()
        elif character in _REPEATS and character:
            self.at += 1
            least, most = _REPEATS[character]
        else:
            return atom
        if isinstance(atom, At):
            self.fail("a place cannot be repeated")
        # Whether as much or as little as possible: it matches all the same.
        self._skip("?")
        if self._next() in ("*", "+", "?", "{") and self._next():
            self.fail("a repetition cannot be repeated")
        return Repeat(atom, least, most)

    def _counts(self) -> tuple[int, int | None]:
        end = self._pattern.find("}", self.at)
        low, comma, high = self._pattern[self.at : max(end, self.at)].partition(",")
        numbers = (low or "0", high or "0")
        if end < 0 or not (low or high) or not all(n.isascii() and n.isdecimal() for n in numbers):
            self.fail("after { there must be numbers and a }")
        self.at = end + 1
        least = int(numbers[0])
        most = (int(high) if high else None) if comma else least
        if max(least, most or 0) > MAX_REPEAT:
            self.fail(f"nothing can be repeated more than {MAX_REPEAT} times")
        if most is not None and most < least:
            self.fail("the numbers are in the wrong order")
        return least, most

    def _escape(self) -> Test:
        character = self._take()
        if not character:
            self.fail("there is nothing after the backslash")
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return _CONTROLS[character].__eq__
        if character.isalnum():
            self.fail(f"there is no \\{character}")
        return character.__eq__

    def _class(self) -> Test:
        negated = self._skip("^")
        tests: list[Test] = []
        while not (self._next() == "]" and tests):
            character = self._take()
            if not character:
                self.fail("a ] is missing")
            if character == "\\":
                tests.append(self._escape())
            elif self._next() == "-" and self._pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                tests.append(self._range(character, self._take()))
            else:
                tests.append(character.__eq__)
        self.at += 1
        alternatives = tuple(tests)
        if negated:
            return lambda each: not any(test(each) for test in alternatives)
        return lambda each: any(test(each) for test in alternatives)

    def _range(self, first: str, last: str) -> Test:
        if last == "\\" or first > last:
            self.fail("the range is in the wrong order")
        return lambda each: first <= each <= last
