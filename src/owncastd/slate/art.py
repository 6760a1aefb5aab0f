"""
The picture that is shown while the encoder is away: drawn by us, with its words in it, so that no
font is needed where it is used.

It is the SVG of the same name, drawn by a browser at its own size.
"""

from pathlib import Path
from typing import Final

_OWN: Final = Path(__file__).parent / "pictures" / "coming_back.png"


def own_picture() -> bytes:
    """
    The picture, read before the reactor runs (PNG).
    """
    return _OWN.read_bytes()
