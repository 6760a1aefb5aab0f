"""
The languages of the pages: their texts, and which language suits a visitor.

A catalogue is a JSON file of texts by key. C{static/languages/en.json} has those of the viewers'
pages, C{static/languages/admin.en.json} those of the administrator's, and so on for each language;
keys are unique among all. A text may have C{{places}} for values; one with several forms is an
object with a form for each plural category (Unicode CLDR) of the language.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from attrs import define, field, frozen
from twisted.web.iweb import IRequest

FOLDER: Final = Path(__file__).parent / "static" / "languages"
DEFAULT: Final = "en"
#: Where a visitor's choice is kept; C{static/language.js} writes it.
COOKIE: Final = b"owncast_language"
#: In the address it counts more: for frames, and for those who look at translations.
QUERY: Final = b"lang"
#: For the pages that are rendered in the language that suits.
VARY: Final = "Accept-Language, Cookie"
#: Made from the English texts, for tests: longer and with accents, and from right to left.
ACCENTED, MIRRORED = "en-XA", "ar-XB"

#: Of what a stranger sent, this many signs and fields are looked at.
_MAX_HEADER: Final = 300
_MAX_FIELDS: Final = 20
_RIGHT_TO_LEFT: Final = {"ar", "dv", "fa", "he", "ps", "ur", "yi"}
_PLACE: Final = re.compile(r"(\{\w+\})")
_ACCENTS: Final = str.maketrans(
    "aceginorsuyzACEGINORSUYZ",
    "\u00e5\u00e7\u00e9\u011f\u00ee\u00f1\u00f6\u0155\u0161\u00fb\u00fd\u017e"
    "\u00c5\u00c7\u00c9\u011e\u00ce\u00d1\u00d6\u0154\u0160\u00db\u00dd\u017d",
)

_FILLING: Final = "\u00b7"

Text = str | dict[str, str]


@frozen
class Language:
    """
    One language.

    @ivar tag: its name for programs (BCP 47).
    @ivar texts: by key.
    """

    tag: str
    texts: Mapping[str, Text] = field(repr=False)

    @property
    def direction(self) -> str:
        """
        Of its writing, as HTML's C{dir} has it.
        """
        return "rtl" if self.tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"

    @property
    def name(self) -> str:
        """
        What it calls itself.
        """
        return self.text("language.name")

    def text(self, key: str, **values: object) -> str:
        """
        A text for a page that is rendered here.

        @param values: for its places. Of the forms of a plural the one for C{count} is taken, by
            the rule that most languages share: one, or another number.
        @raise KeyError: there is no such text.
        """
        text = self.texts[key]
        if not isinstance(text, str):
            text = text["one" if values.get("count") == 1 and "one" in text else "other"]
        return _PLACE.sub(lambda place: str(values.get(place[0][1:-1], place[0])), text)


@define(eq=False)
class Languages:
    """
    All languages, by tag.

    @ivar _pseudo: those that nobody is offered.
    """

    _known: Mapping[str, Language] = field(repr=False)
    _pseudo: frozenset[str] = frozenset((ACCENTED, MIRRORED))

    @property
    def offered(self) -> list[Language]:
        """
        From which a visitor may choose.
        """
        return [each for tag, each in sorted(self._known.items()) if tag not in self._pseudo]

    def __getitem__(self, tag: str) -> Language:
        return self._known[tag]

    def __iter__(self) -> Iterator[Language]:
        return iter(self._known.values())

    def suiting(self, request: IRequest) -> Language:
        """
        The language for who asks: as the address says, as they chose, as their browser prefers.
        """
        for tag in (_from_query(request), _from_cookie(request)):
            if tag in self._known:
                return self._known[tag]
        accepted = request.requestHeaders.getRawHeaders("Accept-Language", [])
        return self.preferred(",".join(accepted))

    def preferred(self, accepted: str) -> Language:
        """
        The best language for an C{Accept-Language} header (RFC 9110, 12.5.4); a regional form is as
        good as its language.
        """
        for tag in _by_weight(accepted[:_MAX_HEADER]):
            found = self._known.get(tag.partition("-")[0].lower())
            if found is not None:
                return found
        return self._known[DEFAULT]


def _from_query(request: IRequest) -> str:
    try:
        fields = parse_qs(request.uri.partition(b"?")[2], max_num_fields=_MAX_FIELDS)
    except ValueError:
        return ""
    values: list[bytes] = fields.get(QUERY, [b""])
    return values[0].decode("latin-1")


def _from_cookie(request: IRequest) -> str:
    value: bytes | None = request.getCookie(COOKIE)  # type: ignore[no-untyped-call]
    return (value or b"").decode("latin-1")


def _by_weight(accepted: str) -> list[str]:
    """
    The tags of a header, the best first.
    """
    weighted = []
    for item in accepted.split(",")[:_MAX_FIELDS]:
        tag, _, parameters = item.partition(";")
        weight = parameters.replace(" ", "").lower().removeprefix("q=") or "1"
        try:
            quality = float(weight)
        except ValueError:
            continue
        if quality > 0:
            weighted.append((quality, tag.strip()))
    # Sorting is stable: of equal ones the first.
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _around_places(text: str, change: Iterable[str]) -> str:
    before, after = change
    return "".join(
        part if _PLACE.fullmatch(part) or not part.strip() else f"{before}{part}{after}"
        for part in _PLACE.split(text)
    )


def _accented(text: str) -> str:
    """
    Half as long again, and of letters that nobody types: what is not so comes from no catalogue.
    """
    parts = _PLACE.split(text)
    longer = "".join(part if _PLACE.fullmatch(part) else part.translate(_ACCENTS) for part in parts)
    return f"[{longer}{_FILLING * (len(text) // 3)}]"


def _mirrored(text: str) -> str:
    """
    Shown from right to left, whatever the letters (Unicode, RLO and PDF).
    """
    return _around_places(text, "\u202e\u202c")


def _pseudo(tag: str, english: Mapping[str, Text]) -> dict[str, Text]:
    change = {ACCENTED: _accented, MIRRORED: _mirrored}[tag]
    return {
        key: change(text)
        if isinstance(text, str)
        else {category: change(form) for category, form in text.items()}
        for key, text in english.items()
    }


@cache
def parts() -> Mapping[str, Mapping[str, Mapping[str, Text]]]:
    """
    The catalogues, by part (C{""} for the viewers', C{"admin"}) and tag.
    """
    read: dict[str, dict[str, Mapping[str, Text]]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        part, _, tag = path.stem.rpartition(".")
        read.setdefault(part, {})[tag] = json.loads(path.read_text("utf-8"))
    for catalogues in read.values():
        for tag in (ACCENTED, MIRRORED):
            catalogues[tag] = _pseudo(tag, catalogues[DEFAULT])
    return read


@cache
def languages() -> Languages:
    """
    The languages of this release.
    """
    texts: dict[str, dict[str, Text]] = {}
    for catalogues in parts().values():
        for tag, catalogue in catalogues.items():
            texts.setdefault(tag, {}).update(catalogue)
    return Languages({tag: Language(tag, table) for tag, table in texts.items()})


def scripts() -> Iterator[tuple[str, bytes]]:
    """
    Path and content of a script for each catalogue, which leaves it for C{static/language.js}.

    A page names it before its modules, without C{async}: so it has run when they do.
    """
    for part, catalogues in parts().items():
        for tag, catalogue in catalogues.items():
            name = f"{part}.{tag}" if part else tag
            texts = json.dumps(catalogue, ensure_ascii=False, separators=(",", ":"))
            yield (
                f"languages/{name}.js",
                f"(globalThis.owncastTexts ??= []).push({texts});\n".encode(),
            )
