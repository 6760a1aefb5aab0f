"""
Structured fields of HTTP (RFC 8941): dictionaries, as far as signatures and digests use them.

Parsed strictly (RFC 8941, 4.2) and within bounds, and written in the one canonical way (4.1).
Decimals are refused: no parameter of ours has one.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Final

from attrs import define, field, frozen

#: Longest field that is read, in characters, and most members and items of it.
MAX_FIELD: Final = 8_192
MAX_ITEMS: Final = 64

_KEY: Final = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_TOKEN: Final = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*")
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BYTES: Final = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_ESCAPED: Final = re.compile(r'\\(["\\])')
_SPACES: Final = re.compile(r" *")
_WHITESPACE: Final = re.compile(r"[ \t]*")


class InvalidField(ValueError):
    """
    This is no structured field, or a too large one.
    """


@frozen
class Token:
    """
    A word without quotes.
    """

    name: str


Bare = str | int | bool | bytes | Token
Parameters = Mapping[str, Bare]


@frozen
class Item:
    """
    A value with parameters.
    """

    value: Bare
    parameters: Parameters = field(factory=dict)


@frozen
class InnerList:
    """
    Several values, with parameters of them all.
    """

    items: tuple[Item, ...]
    parameters: Parameters = field(factory=dict)


Dictionary = dict[str, Item | InnerList]


def parse_dictionary(text: str) -> Dictionary:
    """
    The members of a field; the last of one name counts.

    @raise InvalidField: it is none.
    """
    if len(text) > MAX_FIELD:
        raise InvalidField("the field is too long")
    return _Reader(text.strip(" ")).dictionary()


@define
class _Reader:
    """
    Reads from left to right.
    """

    _text: str
    _at: int = 0
    _items: int = 0

    def dictionary(self) -> Dictionary:
        members: Dictionary = {}
        while self._at < len(self._text):
            self._count()
            key = self._take(_KEY)
            if self._follows("="):
                members[key] = self._item_or_list()
            else:
                members[key] = Item(True, self._parameters())
            self._skip(_WHITESPACE)
            if self._at == len(self._text):
                return members
            if not self._follows(","):
                raise InvalidField("a comma is missing")
            self._skip(_WHITESPACE)
            if self._at == len(self._text):
                raise InvalidField("something is missing at the end")
        return members

    def _item_or_list(self) -> Item | InnerList:
        if not self._follows("("):
            return self._item()
        items: list[Item] = []
        while True:
            self._skip(_SPACES)
            if self._follows(")"):
                return InnerList(tuple(items), self._parameters())
            if items and self._text[self._at - 1] != " ":
                raise InvalidField("a space is missing")
            items.append(self._item())

    def _item(self) -> Item:
        self._count()
        return Item(self._bare(), self._parameters())

    def _parameters(self) -> dict[str, Bare]:
        parameters: dict[str, Bare] = {}
        while self._follows(";"):
            self._count()
            self._skip(_SPACES)
            key = self._take(_KEY)
            parameters[key] = self._bare() if self._follows("=") else True
        return parameters

    def _bare(self) -> Bare:
        start = self._text[self._at : self._at + 1]
        if start == '"':
            return _ESCAPED.sub(r"\1", self._take(_STRING)[1:-1])
        if start == ":":
            try:
                return b64decode(self._take(_BYTES)[1:-1], validate=True)
            except Base64Error:
                raise InvalidField("this is not base64") from None
        if start == "?":
            self._at += 1
            return self._take(_TRUTH) == "1"
        if start.isdigit() or start == "-":
            return int(self._take(_INTEGER))
        return Token(self._take(_TOKEN))

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise InvalidField("the field cannot be read")
        self._at = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _follows(self, character: str) -> bool:
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True

    def _count(self) -> None:
        self._items += 1
        if self._items > MAX_ITEMS:
            raise InvalidField("the field holds too much")


_TRUTH: Final = re.compile(r"[01]")


def write_bare(value: Bare) -> str:
    """
    A value as text. Strings must be printable ASCII.

    @raise InvalidField: they are not.
    """
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{b64encode(value).decode('ascii')}:"
    if isinstance(value, Token):
        return value.name
    if not (value.isascii() and value.isprintable()):
        raise InvalidField("a string must be printable ASCII")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_item(item: Item) -> str:
    """
    A value and its parameters as text.
    """
    return write_bare(item.value) + _write_parameters(item.parameters)


def write_list(inner: InnerList) -> str:
    """
    An inner list and its parameters as text.
    """
    items = " ".join(write_item(item) for item in inner.items)
    return f"({items})" + _write_parameters(inner.parameters)


def _write_parameters(parameters: Parameters) -> str:
    return "".join(
        f";{key}" if value is True else f";{key}={write_bare(value)}"
        for key, value in parameters.items()
    )
