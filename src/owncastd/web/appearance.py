"""
The administrator's colours and style sheet, as the pages carry them.

Names and meanings of the variables are Owncast's; C{docs/appearance.md} lists them.
"""

import re
from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_COLOR: Final = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.I)
_BACKGROUND: Final = "theme-color-background-main"
_CHAT: Final = "theme-color-components-chat-background"
_ACTION: Final = "theme-color-action"
_ON_ACTION: Final = "theme-color-components-primary-button-text"
#: Of relative luminance: above it black is easier to read than white (WCAG 2, contrast ratio).
_MIDDLE: Final = 0.179


def luminance(color: str) -> float | None:
    """
    The relative luminance of a colour (WCAG 2), from 0 for black to 1 for white.

    @param color: in CSS; only the notations with C{#} are understood, C{None} stands for others.
    """
    match = _COLOR.fullmatch(color.strip())
    if match is None:
        return None
    digits = match[1]
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _follows(variables: Mapping[str, str]) -> str:
    """
    What has to fit to the administrator's choice: a page whose ground is dark is a dark page,
    whatever the visitor's browser prefers, and what is written on a bright button is black.
    """
    rules = []
    for name, selector in ((_BACKGROUND, ":root"), (_CHAT, "owncast-chat")):
        light = luminance(variables.get(name, ""))
        if light is not None:
            scheme = "light" if light > _MIDDLE else "dark"
            rules.append(f"{selector} {{color-scheme: {scheme};}}")
    action = luminance(variables.get(_ACTION, ""))
    if action is not None and not variables.get(_ON_ACTION):
        text = "#000" if action > _MIDDLE else "#fff"
        rules.append(f":root {{--on-accent: {text};}}")
    return "\n".join(rules)


def style_text(variables: Mapping[str, str], styles: str) -> Markup:
    """
    The administrator's colours and style sheet, safe within a style element.
    """
    fitting = {
        name: value
        for name, value in variables.items()
        if _NAME.fullmatch(name) and value.strip() and not set(value) & set("{};")
    }
    declared = "".join(f"--{name}: {value};" for name, value in fitting.items())
    parts = [f":root {{{declared}}}" if declared else "", _follows(fitting), styles]
    text = "\n".join(part for part in parts if part)
    # Nothing but an end tag ends the element; escaped, it means the same to CSS.
    return Markup(text.replace("</", "<\\/"))  # noqa: S704
