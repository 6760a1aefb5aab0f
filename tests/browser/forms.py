"""
Filling the administrator's forms: each kind of field in the way that a person does.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator

_TEXTS: Final = (
    *("line", "area", "code", "markdown", "secret", "sealed", "password", "newkey", "platform"),
    *("number", "choice"),
)


def fill(field: Locator, kind: str, value: Any) -> None:
    """
    Bring a field to a value.

    @param field: what is around the field.
    @param kind: as C{settings.js} names it.
    """
    if kind in _TEXTS:
        _fill_text(field, value)
    else:
        _FILLERS[kind](field, value)


def _fill_text(field: Locator, value: Any) -> None:
    control = field.locator("input:not([type=color]), textarea, select").first
    if control.evaluate("(element) => element.tagName") == "SELECT":
        control.select_option(str(value))
    else:
        control.fill(str(value))


def _fill_switch(field: Locator, value: Any) -> None:
    field.locator("input[role=switch]").set_checked(bool(value))


def _fill_words(field: Locator, value: Any) -> None:
    gone = field.locator("li button")
    while gone.count():
        gone.first.click()
    for word in value:
        typed = field.locator("input")
        typed.fill(word)
        typed.press("Enter")


def _fill_lines(field: Locator, value: Any) -> None:
    field.locator("textarea").fill("\n".join(value))


def _fill_color(field: Locator, value: Any) -> None:
    field.locator("input:not([type=color])").fill(value)


def _fill_choice_card(field: Locator, value: Any) -> None:
    field.locator(f'input[type=radio][value="{value}"]').check()


def _fill_object(field: Locator, value: Any) -> None:
    for name, part in value.items():
        _fill_part(field, name, part)


def _fill_part(field: Locator, name: str, value: Any) -> None:
    part = field.locator(f'[data-part="{name}"]')
    if isinstance(value, bool):
        _fill_switch(part, value)
    elif isinstance(value, list):
        _fill_lines(part, value)
    elif part.locator("input[type=range]").count():
        part.locator("input[type=range]").fill(str(value))
    elif part.locator("input[type=color]").count():
        _fill_color(part, value)
    else:
        _fill_text(part, value)


def _remove_items(field: Locator) -> None:
    remove = field.locator(".item-tools button.danger")
    while remove.count():
        remove.first.click()


def _fill_items(field: Locator, value: Any) -> None:
    _remove_items(field)
    for item in value:
        field.locator(".group > button").last.click()
        _fill_object(field.locator(".items > li").last, item)


def _fill_renditions(field: Locator, value: Any) -> None:
    _remove_items(field)
    for rendition in value:
        field.locator(".group > .actions button").nth(1).click()
        shown = field.locator(".items > li").last
        # What is shown of the other parts depends on these.
        for name in ("videoPassthrough", "audioPassthrough"):
            _fill_part(shown, name, rendition[name])
        for name, part in rendition.items():
            if shown.locator(f'[data-part="{name}"]').count():
                _fill_part(shown, name, part)


def _fill_appearance(field: Locator, value: Any) -> None:
    field.locator(".presets button").last.click()
    names = field.locator(".color-grid .row")
    for name, color in value.items():
        assert name == "theme-color-action", name
        _fill_color(names.first, color)


def _upload(field: Locator, value: Any) -> None:
    assert isinstance(value, Path)
    setter = field.get_attribute("data-setter")
    # The answer says that it is stored.
    with field.page.expect_response(lambda answer: answer.url.endswith(f"/config/{setter}")):
        field.locator("input[type=file]").set_input_files(value)


_FILLERS: Final[Mapping[str, Callable[[Locator, Any], None]]] = {
    "switch": _fill_switch,
    "words": _fill_words,
    "lines": _fill_lines,
    "color": _fill_color,
    "latency": _fill_choice_card,
    "encoder": _fill_choice_card,
    "object": _fill_object,
    "items": _fill_items,
    "renditions": _fill_renditions,
    "appearance": _fill_appearance,
    "picture": _upload,
}
