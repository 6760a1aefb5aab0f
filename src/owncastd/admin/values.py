"""
What setters are given in shapes other than the usual C{{"value": ...}}.
"""

from typing import TypeVar

from twisted.web.iweb import IRequest

from owncastd.settings.setting import Setting
from owncastd.settings.structuring import InvalidSetting
from owncastd.web.body import read_json
from owncastd.web.errors import Refused

T = TypeVar("T")


def read_value_or_list(request: IRequest, setting: Setting[T]) -> T:
    """
    The value of a setting that is a list: in the usual shape, or as the whole body.

    @raise Refused: as for L{owncastd.web.body.read_value}.
    """
    document = read_json(request)
    if isinstance(document, dict):
        if "value" not in document:
            raise Refused("value: is missing")
        return structured(document["value"], setting, "value")
    return structured(document, setting, "")


def structured(raw: object, setting: Setting[T], path: str) -> T:
    """
    The value that JSON, already parsed, stands for.

    @param path: where it was in the body.
    @raise Refused: with the path of each mistake.
    """
    try:
        return setting.structure(raw, path)
    except InvalidSetting as error:
        raise Refused(str(error)) from None
