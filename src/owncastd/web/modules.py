"""
Which modules of the front end need which others: named in a page, all are fetched at once.
"""

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
#: The one that is large, and of no use without a stream; the player imports it when there is one.
PLAYBACK: Final = "vendor/hls.min.mjs"
#: An import that is carried out before the module runs. Those in the middle of it, in brackets,
#: come later or never.
_IMPORT: Final = re.compile(r'^(?:import|export|\} from)\b.*?"(\.[^"]+)";', re.M)


@cache
def needed_by(*entries: str) -> tuple[str, ...]:
    """
    Modules, and all that they import before they run. Reads files: call it before the reactor runs.

    @param entries: paths below the folder of static files; so are those that are returned, each
        once, the nearest first.
    """
    found = list(dict.fromkeys(entries))
    # It grows while it is walked.
    for module in found:
        text = (STATIC / module).read_text("utf-8")
        for name in _IMPORT.findall(text):
            path = normpath(join(dirname(module), name))
            if path not in found:
                found.append(path)
    return tuple(found)
