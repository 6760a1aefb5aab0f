"""
Links in the head of an HTTP answer (RFC 8288, 3).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

#: How much of all C{Link} headers together is looked at, in characters, and how many links.
MAX_HEADER: Final = 16_384
MAX_LINKS: Final = 100
_SPACE: Final = " \t"
_DELIMITERS: Final = " \t;,="


@frozen
class Link:
    """
    One link.

    @ivar target: as it was written: it may be relative.
    @ivar relations: in lower case, each a word.
    """

    target: str
    relations: frozenset[str]


def parse_links(values: Sequence[str]) -> tuple[Link, ...]:
    """
    The links of an answer's C{Link} headers. What cannot be read is passed over (RFC 8288, B.2).

    @param values: each header's value.
    """
    return tuple(_parse(", ".join(values)[:MAX_HEADER]))


def _parse(text: str) -> Iterator[Link]:
    position = found = 0
    while found < MAX_LINKS:
        start = text.find("<", position)
        end = text.find(">", start)
        if start < 0 or end < 0:
            return
        parameters, position = _parameters(text, end + 1)
        found += 1
        relations = frozenset(parameters.get("rel", "").lower().split())
        yield Link(text[start + 1 : end].strip(), relations)


def _parameters(text: str, position: int) -> tuple[Mapping[str, str], int]:
    """
    What follows a target, and where the next link may begin. The first of a name counts.
    """
    parameters: dict[str, str] = {}
    while True:
        position = _skip(text, position)
        if position >= len(text) or text[position] != ";":
            comma = text.find(",", position)
            return parameters, len(text) if comma < 0 else comma + 1
        position = _skip(text, position + 1)
        name, position = _token(text, position)
        position = _skip(text, position)
        value = ""
        if position < len(text) and text[position] == "=":
            value, position = _value(text, _skip(text, position + 1))
        if name:
            parameters.setdefault(name.lower(), value)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _token(text: str, position: int) -> tuple[str, int]:
    start = position
    while position < len(text) and text[position] not in _DELIMITERS:
        position += 1
    return text[start:position], position


def _value(text: str, position: int) -> tuple[str, int]:
    """
    A token, or what is between quotes, where a backslash spares what follows it.
    """
    if position >= len(text) or text[position] != '"':
        return _token(text, position)
    position += 1
    letters: list[str] = []
    while position < len(text) and text[position] != '"':
        if text[position] == "\\":
            position += 1
        letters.append(text[position : position + 1])
        position += 1
    return "".join(letters), position + 1
