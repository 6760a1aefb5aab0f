"""
Whether somebody wants a page or a document: the C{Accept} header (RFC 9110, 12.5.1).
"""

import re
from collections.abc import Iterable
from typing import Final

#: Longest header, and most media ranges, that are looked at.
MAX_ACCEPT: Final = 4_096
MAX_RANGES: Final = 64

#: What documents are served to, and what pages are.
_DOCUMENTS: Final = ("application/activity+json", "application/ld+json", "application/json")
_PAGES: Final = ("text/html", "application/xhtml+xml")
_WEIGHT: Final = re.compile(r"(?:1(?:\.0{0,3})?|0(?:\.[0-9]{0,3})?)")
#: Commas and semicolons outside of quotes part a header.
_PIECE: Final = r'(?:[^{0}"]|"(?:[^"\\]|\\.)*"?)+'
_RANGES: Final = re.compile(_PIECE.format(","))
_PARAMETERS: Final = re.compile(_PIECE.format(";"))


def weight_of(accept: str, media_types: Iterable[str]) -> float:
    """
    How much somebody wants the best of some media types, from 0 to 1. The most exact range of the
    header decides for each; parameters other than C{q} do not matter.
    """
    exact: dict[str, float] = {}
    for position, text in enumerate(_RANGES.findall(accept[:MAX_ACCEPT])):
        if position >= MAX_RANGES:
            break
        name, *parameters = [part.strip().lower() for part in _PARAMETERS.findall(text)] or [""]
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                value = value.strip()
                weight = float(value) if _WEIGHT.fullmatch(value) else 0.0
        exact[name] = max(weight, exact.get(name, 0.0))
    return max(
        (
            exact.get(kind, exact.get(kind.partition("/")[0] + "/*", exact.get("*/*", 0.0)))
            for kind in media_types
        ),
        default=0.0,
    )


def wants_document(accept: str | None) -> bool:
    """
    Whether an ActivityStreams document is what somebody wants, rather than a page. Who does not
    say, or takes anything, is a program.
    """
    if accept is None or not accept.strip():
        return True
    document = weight_of(accept, _DOCUMENTS)
    return document > 0 and document >= weight_of(accept, _PAGES)
