"""
A look at folders that somebody else is changing meanwhile.
"""

import os
from contextlib import suppress
from pathlib import Path


def files_below(root: Path) -> dict[str, bytes]:
    """
    The files below a folder, by relative path; those that go while we look are not there.
    """
    found = {}
    for folder, _, names in os.walk(root):
        for path in (Path(folder, name) for name in names):
            with suppress(FileNotFoundError):
                found[str(path.relative_to(root))] = path.read_bytes()
    return dict(sorted(found.items()))
