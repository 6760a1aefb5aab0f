"""
Byte ranges (RFC 9110, 14): one at a time, which is what players and downloads ask for.
"""

import re
from typing import Final

#: More digits than any file has bytes are no range.
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


class Unsatisfiable(ValueError):
    """
    The range lies beyond the end of the file.
    """


def parse_range(value: str, size: int) -> tuple[int, int] | None:
    """
    Where a range begins and how many bytes it has.

    @param value: of the C{Range} header.
    @param size: of the whole file, in bytes.
    @return: C{None} if the header is malformed or names several ranges: then it is ignored, as the
        RFC allows.
    @raise Unsatisfiable: no byte of the range exists.
    """
    match = _RANGE.fullmatch(value.replace(" ", ""))
    if match is None:
        return None
    first_text, last_text = match.groups()
    if first_text:
        first = int(first_text)
        last = int(last_text) if last_text else size - 1
        if last_text and last < first:
            return None
    elif last_text:
        first = max(0, size - int(last_text))
        last = size - 1
    else:
        return None
    if first >= size:
        raise Unsatisfiable(value)
    return first, min(last, size - 1) - first + 1
