"""
What a setting is: a name in the database, a type, a default, and when a change is felt.
"""

import json
from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from attrs import field, frozen
from cattrs.errors import BaseValidationError

from .structuring import InvalidSetting, describe, make_converter

T = TypeVar("T")

_converter = make_converter()


class Needs(Enum):
    """
    What must happen before a changed setting is felt.
    """

    NOW = "now"
    NEXT_BROADCAST = "next broadcast"
    RESTART = "restart"


def _unchanged(value: T) -> T:
    return value


@frozen(eq=False)
class Setting(Generic[T]):
    """
    The declaration of one setting.

    @ivar key: its name in the database.
    @ivar kind: the type, as L{make_converter} understands it.
    @ivar default: makes the value of a server on which it was never set.
    @ivar check: makes a value canonical, or raises L{InvalidSetting} about it.
    @ivar needs: when a change is felt.
    @ivar api_name: where the administrator's API shows it, keys joined by dots; empty if nowhere.
    @ivar secret: whether it is nobody's business but the administrator's.
    """

    key: str
    kind: type[T] = field(repr=False)
    default: Callable[[], T] = field(repr=False)
    check: Callable[[T], T] = field(default=_unchanged, repr=False)
    needs: Needs = Needs.NOW
    api_name: str = field(default="", kw_only=True)
    secret: bool = field(default=False, kw_only=True)

    def structure(self, raw: object, path: str = "") -> T:
        """
        The value that JSON, already parsed, stands for.

        @param path: where it was, for the text of errors.
        @raise InvalidSetting: wrong type or not allowed; the text has the path of each mistake.
        """
        try:
            return self.check(_converter.structure(raw, self.kind))
        except (BaseValidationError, InvalidSetting) as error:
            raise InvalidSetting(describe(error, path)) from None

    def unstructure(self, value: T) -> object:
        """
        The value as JSON has it: what L{structure} takes.
        """
        unstructured: object = _converter.unstructure(value, self.kind)
        return unstructured

    def from_text(self, text: str) -> T:
        """
        The value from its text in the database.

        @raise InvalidSetting: not JSON, or as for L{structure}.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidSetting("must be JSON") from None
        return self.structure(raw)

    def to_text(self, value: T) -> str:
        """
        The text for the database.
        """
        return json.dumps(self.unstructure(value), separators=(",", ":"))
