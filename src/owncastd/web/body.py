"""
Request bodies: bounded, strict JSON, into our own values.
"""

import json
from typing import Any, Final, NoReturn, TypeVar, overload

from cattrs import Converter
from cattrs.errors import BaseValidationError
from twisted.web.iweb import IRequest

from owncastd.settings.setting import Setting
from owncastd.settings.structuring import describe, make_converter

from .errors import Refused

T = TypeVar("T")

#: Largest JSON body, in bytes.
MAX_JSON_BYTES: Final = 1024 * 1024
#: Largest body of the operations that take pictures, in bytes: 4 MiB of picture as base64.
MAX_UPLOAD_BYTES: Final = 6 * 1024 * 1024

_converter: Final[Converter] = make_converter()


def _no_number(text: str) -> NoReturn:
    raise ValueError("JSON has no such number")


#: Python's own reader takes C{NaN} and C{Infinity} as well.
_decoder: Final = json.JSONDecoder(parse_constant=_no_number)


def read_json(request: IRequest, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """
    The JSON value that a request's body begins with, whatever its C{Content-Type} says.

    What follows the first value is ignored, as clients are used to.

    @raise Refused: it is too large (413), not UTF-8, not JSON or nested too deeply (400).
    """
    raw = request.content.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise Refused(f"the body must not be larger than {max_bytes} bytes", 413)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("the body must be UTF-8") from None
    try:
        value, _ = _decoder.raw_decode(text.lstrip(" \t\r\n"))
    except RecursionError:
        raise Refused("the body is nested too deeply") from None
    except ValueError:
        raise Refused("the body must be JSON") from None
    return value


def read_object(request: IRequest, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """
    The JSON object in a request's body.

    @raise Refused: as for L{read_json}, or it is something else.
    """
    document = read_json(request, max_bytes)
    if not isinstance(document, dict):
        raise Refused("the body must be a JSON object")
    return document


def read_as(request: IRequest, kind: type[T], max_bytes: int = MAX_JSON_BYTES) -> T:
    """
    The value of one of our classes in a request's body, with the API's names; unknown keys are
    ignored.

    @raise Refused: as for L{read_json}, or with the path of each mistake.
    """
    return _structured(read_object(request, max_bytes), kind, "")


@overload
def read_value(request: IRequest, kind: Setting[T], max_bytes: int = MAX_JSON_BYTES) -> T: ...


@overload
def read_value(request: IRequest, kind: type[T], max_bytes: int = MAX_JSON_BYTES) -> T: ...


def read_value(request: IRequest, kind: Setting[T] | type[T], max_bytes: int = MAX_JSON_BYTES) -> T:
    """
    What a setter is given: the body is C{{"value": ...}}.

    @param kind: the setting that it is for, or its type.
    @raise Refused: as for L{read_json}, or with the path of each mistake.
    """
    document = read_object(request, max_bytes)
    if "value" not in document:
        raise Refused("value: is missing")
    return _structured(document["value"], kind, "value")


def _structured(raw: object, kind: Setting[T] | type[T], path: str) -> T:
    try:
        if isinstance(kind, Setting):
            return kind.structure(raw, path)
        return _converter.structure(raw, kind)
    except (BaseValidationError, ValueError) as error:
        # A setting has told the path already.
        where = "" if isinstance(kind, Setting) else path
        raise Refused(describe(error, where)) from None
