"""
Parameters in queries and forms, each at most once, and not too many.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from twisted.web.iweb import IRequest

from owncastd.web.errors import Refused

#: Largest form, in bytes.
MAX_FORM_BYTES: Final = 16 * 1024
MAX_FIELDS: Final = 50


def query_of(request: IRequest) -> Mapping[str, str]:
    """
    The parameters of a request's query.

    @raise Refused: one is there twice, or there are too many.
    """
    return _once(request.uri.partition(b"?")[2])


def form_of(request: IRequest) -> Mapping[str, str]:
    """
    The fields of a form in a request's body, whatever its C{Content-Type} says.

    @raise Refused: it is too large, one is there twice, or there are too many.
    """
    raw = request.content.read(MAX_FORM_BYTES + 1)
    if len(raw) > MAX_FORM_BYTES:
        raise Refused(f"the body must not be larger than {MAX_FORM_BYTES} bytes", 413)
    return _once(raw)


def _once(raw: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refused("the parameters cannot be read, or are too many") from None
    fields = dict(pairs)
    # RFC 6749, 3.1: no parameter may be there twice.
    if len(fields) != len(pairs):
        raise Refused("a parameter is there twice")
    return fields


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """
    A URL with further parameters; those that it has stay.
    """
    parts = urlsplit(url)
    query = "&".join(each for each in (parts.query, urlencode(parameters)) if each)
    return urlunsplit((*parts[:3], query, ""))
