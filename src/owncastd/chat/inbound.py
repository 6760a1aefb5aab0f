"""
What clients say to the chat: JSON objects, told apart by their C{type}.
"""

import json
from typing import Any, Final

from attrs import frozen
from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.strategies import configure_tagged_union

from owncastd.settings.structuring import InvalidSetting, describe, make_converter

#: Longest frame that is looked at, in bytes; clients are told so in the public configuration.
MAX_PAYLOAD_BYTES: Final = 2_048
#: For a longer frame yet the socket is closed (code 1009).
MAX_FRAME_BYTES: Final = 2 * MAX_PAYLOAD_BYTES


@frozen
class Say:
    """
    C{CHAT}: say something.

    @ivar body: Markdown, in which there may be HTML.
    """

    body: str


@frozen
class Rename:
    """
    C{NAME_CHANGE}: be called something else.
    """

    new_name: str


@frozen
class Recolor:
    """
    C{COLOR_CHANGE}: have another colour.
    """

    new_color: int


@frozen
class Misunderstood:
    """
    Nothing that we know.

    @ivar reason: for people who look into it; never repeats what was sent.
    """

    reason: str


Request = Say | Rename | Recolor
_TYPES: Final[dict[type, str]] = {Say: "CHAT", Rename: "NAME_CHANGE", Recolor: "COLOR_CHANGE"}


def _converter() -> Converter:
    converter = make_converter()
    configure_tagged_union(Request, converter, tag_generator=_TYPES.__getitem__, tag_name="type")
    return converter


_requests: Final = _converter()


def decode(payload: bytes) -> Request | Misunderstood:
    """
    What one frame says. Keys that are not known are ignored.

    @param payload: at most L{MAX_PAYLOAD_BYTES}.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        return Misunderstood(f"longer than {MAX_PAYLOAD_BYTES} bytes")
    try:
        # Clients may format their JSON as they like.
        document: Any = json.loads(payload.decode("utf-8").replace("\n", " ").strip())
    except (ValueError, RecursionError):
        return Misunderstood("not JSON in UTF-8")
    if not isinstance(document, dict) or document.get("type") not in _TYPES.values():
        return Misunderstood("not of a known type")
    try:
        request: Request = _requests.structure(document, Request)  # type: ignore[arg-type]
    except (BaseValidationError, InvalidSetting) as error:
        return Misunderstood(describe(error))
    return request
