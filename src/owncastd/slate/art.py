"""
Our own pictures: drawn by us, with their words in them, so that no font is needed where they are
used.

Each is the SVG of the same name, drawn by a browser at its own size.
"""

from pathlib import Path
from typing import Final

_PICTURES: Final = Path(__file__).parent / "pictures"


def coming_back() -> bytes:
    """
    What is shown while the encoder is away; read before the reactor runs (PNG).
    """
    return (_PICTURES / "coming_back.png").read_bytes()


def offline() -> bytes:
    """
    What is shown while there is no stream; read before the reactor runs (PNG).
    """
    return (_PICTURES / "offline.png").read_bytes()
