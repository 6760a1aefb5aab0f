"""
Documents of strangers: JSON of bounded size and shape, and what can be read out of its many forms.

ActivityStreams 2.0 lets most properties be one value or several, and most values a string or an
object (4.2 and 4.5 of the vocabulary's core); JSON-LD names things by C{id} or C{@id}.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from owncastd.net.errors import BadURL
from owncastd.net.urls import outgoing_url

from .errors import InvalidDocument

#: Longest document that is read, in bytes: what comes in, and what is fetched.
MAX_BYTES: Final = 256 * 1024
#: How deep values may lie within each other, and how many there may be in all.
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 20_000
#: How many of several values are looked at.
MAX_SEVERAL: Final = 64
#: Longest address, in characters.
MAX_IRI: Final = 2_048

Document = Mapping[str, Any]

#: What cannot be seen, or changes how what follows is shown.
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Joins emoji, and letters of some scripts.
_JOINERS: Final = {"\u200c", "\u200d"}
_SPACES: Final = re.compile(r"\s+")


def read_document(data: bytes) -> Document:
    """
    A JSON object.

    @raise InvalidDocument: it is none, or too much.
    """
    if len(data) > MAX_BYTES:
        raise InvalidDocument("the document is too long")
    try:
        document = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidDocument("the document is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidDocument("the document is not a JSON object")
    _measure(document)
    return document


def _no_number(name: str) -> float:
    raise ValueError(name)


def _measure(document: object) -> None:
    """
    Raise L{InvalidDocument} for a document that is too deep or has too many values.
    """
    level: list[Any] = [document]
    depth = count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise InvalidDocument("the document is too deep, or holds too much")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        level = below


def several(value: object) -> list[Any]:
    """
    The values of a property: none, one or several, of which the first few count.
    """
    if value is None:
        return []
    return value[:MAX_SEVERAL] if isinstance(value, list) else [value]


def types_of(document: Document) -> frozenset[str]:
    """
    What something is, without a namespace.
    """
    names = several(document.get("type", document.get("@type")))
    return frozenset(
        name.removeprefix("as:").removeprefix("https://www.w3.org/ns/activitystreams#")
        for name in names
        if isinstance(name, str)
    )


def iri_of(value: object) -> str | None:
    """
    What names a thing: the string itself, or the C{id} of an object; of several, of the first.
    """
    for each in several(value):
        named = each.get("id", each.get("@id")) if isinstance(each, dict) else each
        return named if isinstance(named, str) and is_iri(named) else None
    return None


def iris_of(value: object) -> list[str]:
    """
    The names of several things.
    """
    return [iri for each in several(value) if (iri := iri_of(each)) is not None]


def needed_iri(document: Document, name: str = "id") -> str:
    """
    The name of a thing, or of what a property leads to.

    @raise InvalidDocument: there is none.
    """
    iri = iri_of(document) if name == "id" else iri_of(document.get(name))
    if iri is None:
        raise InvalidDocument(f"the document has no valid {name}")
    return iri


def object_of(value: object) -> Document | None:
    """
    The first value of a property, if it is an object.
    """
    for each in several(value):
        return each if isinstance(each, dict) else None
    return None


def is_iri(text: str) -> bool:
    """
    Whether this can name something in the fediverse: an https URL.
    """
    try:
        outgoing_url(text, plain_http=False)
    except BadURL:
        return False
    return True


def origin_of(iri: str) -> tuple[str, int]:
    """
    Host and port.

    @raise InvalidDocument: this is no IRI.
    """
    try:
        url = outgoing_url(iri, plain_http=False)
    except BadURL:
        raise InvalidDocument("the document names no valid address") from None
    return url.host, url.port or 443


def same_origin(*iris: str) -> bool:
    """
    Whether all these are of one server.

    @raise InvalidDocument: one of them is no IRI.
    """
    return len({origin_of(iri) for iri in iris}) == 1


def without_fragment(iri: str) -> str:
    """
    What is fetched to get at something.
    """
    return iri.partition("#")[0]


def link_of(value: object) -> str | None:
    """
    The address that something can be looked at, as it is written in links: the string itself, or
    what an object of the kinds C{Link}, C{Image} or C{Document} leads to. The first that is valid.
    """
    for each in several(value):
        if isinstance(each, dict):
            each = each.get("href", each.get("url"))
            if isinstance(each, list | dict):
                inner = several(each)[0] if several(each) else None
                each = inner.get("href") if isinstance(inner, dict) else inner
        if isinstance(each, str):
            try:
                return outgoing_url(each, plain_http=False).to_text()
            except BadURL:
                continue
    return None


def text_of(document: Document, name: str) -> str:
    """
    A text, or the first of its translations (C{nameMap}), as it came; or an empty one.
    """
    for each in several(document.get(name)):
        if isinstance(each, str):
            return each
    translations = document.get(f"{name}Map")
    if isinstance(translations, dict):
        for each in translations.values():
            if isinstance(each, str):
                return each
    return ""


def clean_line(text: str, most: int) -> str:
    """
    A text in one line, without what cannot be seen or turns the writing around.

    @param most: so many characters are kept.
    """
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text[: most * 8]))
    seen = "".join(
        character
        for character in text
        if character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
    )
    return seen.strip()[:most].rstrip()
