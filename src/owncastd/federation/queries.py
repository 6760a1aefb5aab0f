"""
What a query asks for: which part of a list, and what about.
"""

import re
from typing import Final

from attrs import frozen
from twisted.web.iweb import IRequest

from owncastd.web.errors import Refused

#: As many as there are unless somebody says otherwise, and at most.
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
_NUMBER: Final = re.compile(rb"[0-9]{1,9}")


@frozen
class Part:
    """
    A part of a list.

    @ivar limit: how much of it, at most.
    @ivar offset: how much comes before.
    """

    limit: int
    offset: int


def part_of(request: IRequest) -> Part:
    """
    The part that the C{limit} and C{offset} of a query name.

    @raise Refused: they are no whole numbers.
    """
    return Part(
        min(_number(request, b"limit", DEFAULT_LIMIT), MAX_LIMIT), _number(request, b"offset", 0)
    )


def text_of_query(request: IRequest, name: bytes) -> str | None:
    """
    The one value of a name in a query; C{None} for none.

    @raise Refused: there are several, or it is no text.
    """
    values: list[bytes] = request.args.get(name, [])
    if not values:
        return None
    try:
        if len(values) == 1:
            return values[0].decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise Refused(f"{name.decode()}: must be a text")


def _number(request: IRequest, name: bytes, otherwise: int) -> int:
    values: list[bytes] = request.args.get(name, [])
    if not values:
        return otherwise
    if len(values) > 1 or not _NUMBER.fullmatch(values[0]):
        raise Refused(f"{name.decode()}: must be a whole number")
    return int(values[0])
