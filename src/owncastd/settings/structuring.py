"""
Settings from JSON and back: strict about types, exact about where something is wrong.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_origin

from attrs import fields, has
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import (
    make_dict_structure_fn,
    make_dict_unstructure_fn,
    mapping_structure_factory,
    override,
)

from owncastd.media.renditions import Rendition

#: Longest text that any setting may hold, in characters.
MAX_TEXT = 100_000
#: How many mistakes one message names.
MAX_REPORTED = 5
#: How much of a key of a stranger's object is repeated in a path, in characters.
MAX_PATH_STEP = 40


class InvalidSetting(ValueError):
    """
    A value that a setting cannot have. The text says where and why, and never repeats the value.
    """


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise InvalidSetting("must be text")
    if len(value) > MAX_TEXT:
        raise InvalidSetting(f"must not be longer than {MAX_TEXT} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # A surrogate alone, which JSON can say and a database cannot keep.
        raise InvalidSetting("must be valid Unicode text") from None
    return value


def _whole_number(value: object, _: object) -> int:
    # JavaScript knows one kind of number, so 8080.0 is as good as 8080.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidSetting("must be a whole number")
    return value


def _number(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidSetting("must be a number")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidSetting("must be a smaller number") from None
    if number - number != 0:  # infinite, or not a number
        raise InvalidSetting("must be a finite number")
    return number


def _truth(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidSetting("must be true or false")
    return value


#: The API's names that are not simply ours in camelCase.
RENAMED = {
    "video_bitrate_kbps": "videoBitrate",
    "audio_bitrate_kbps": "audioBitrate",
    "actor_iri": "actorIRI",
}
#: What a client means that leaves these out; our own values have friendlier defaults.
ABSENT_RENDITION = {
    "audioPassthrough": False,
    "videoBitrate": 0,
    "cpuUsageLevel": 0,
    # Ours alone: 0 said aloud is the source's own rate.
    "framerate": 24,
}


def api_name(attribute: str) -> str:
    """
    The API's spelling of an attribute: C{open_externally} becomes C{openExternally}.
    """
    first, *rest = attribute.split("_")
    return RENAMED.get(attribute, first + "".join(word.capitalize() for word in rest))


def _renamings(kind: type) -> dict[str, Any]:
    return {each.name: override(rename=api_name(each.name)) for each in fields(kind)}


def make_converter() -> Converter:
    """
    A converter between our values and the JSON of the API and of the database.

    Keys that are not known are ignored, since clients send more than they need; attributes that are
    missing have their defaults.
    """
    converter = Converter(detailed_validation=True)
    for kind, hook in ((str, _text), (int, _whole_number), (float, _number), (bool, _truth)):
        converter.register_structure_hook(kind, hook)

    def class_hook(kind: Any) -> Callable[[object, object], Any]:
        structure = make_dict_structure_fn(kind, converter, **_renamings(kind))
        return lambda value, _: structure(_object(value), kind)

    def tuple_hook(kind: Any) -> Callable[[object, object], Any]:
        elements = list[kind.__args__[0]]
        return lambda value, _: tuple(converter.structure(_list(value), elements))

    def dict_hook(kind: Any) -> Callable[[object, object], Any]:
        plain = mapping_structure_factory(kind, converter)
        return lambda value, _: plain(_object(value), kind)

    converter.register_structure_hook_factory(has, class_hook)
    converter.register_structure_hook_factory(_made_from(tuple), tuple_hook)
    converter.register_structure_hook_factory(_made_from(dict), dict_hook)
    rendition_hook = class_hook(Rendition)
    converter.register_structure_hook(
        Rendition, lambda value, _: rendition_hook({**ABSENT_RENDITION, **_object(value)}, _)
    )
    converter.register_unstructure_hook_factory(
        has, lambda kind: make_dict_unstructure_fn(kind, converter, **_renamings(kind))
    )
    return converter


def _made_from(origin: type) -> Callable[[Any], bool]:
    def matches(kind: Any) -> bool:
        made_from: object = get_origin(kind)
        return made_from is origin

    return matches


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidSetting("must be an object")
    return value


def _list(value: object) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidSetting("must be a list")
    return value


def describe(error: Exception, path: str = "") -> str:
    """
    Say where a value is wrong, in the words of the JSON that was given: C{[1].url: must be text}.

    @param path: where the value itself was.
    """
    found = list(_problems(error, path))
    shown = [f"{where}: {message}" if where else message for where, message in found[:MAX_REPORTED]]
    if len(found) > MAX_REPORTED:
        shown.append(f"and {len(found) - MAX_REPORTED} more")
    return "; ".join(shown)


def _problems(error: Exception, path: str) -> Iterator[tuple[str, str]]:
    """
    Each mistake with its path.
    """
    if isinstance(error, ClassValidationError | IterableValidationError):
        for each in error.exceptions:
            yield from _problems(each, path + _step(each))
    elif isinstance(error, InvalidSetting):
        yield path.removeprefix("."), str(error)
    elif isinstance(error, KeyError):
        yield path.removeprefix("."), "is missing"
    else:
        yield path.removeprefix("."), "is not valid"


def _step(error: BaseException) -> str:
    """
    The part of the path that cattrs noted on one error of a group.
    """
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return f".{api_name(note.name)}"
        if isinstance(note, IterableValidationNote):
            return f"[{json.dumps(note.index)[:MAX_PATH_STEP]}]"
    return ""
