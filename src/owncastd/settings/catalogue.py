"""
Every setting there is. Names in the database are Owncast's where it has the setting as well.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .declared import chat, federation, machine, notifications, page, video
from .declared.chat import *  # noqa: F403 - a facade; each module says what it declares
from .declared.federation import *  # noqa: F403
from .declared.machine import *  # noqa: F403
from .declared.notifications import *  # noqa: F403
from .declared.page import *  # noqa: F403
from .declared.video import *  # noqa: F403
from .setting import Setting

#: In the order of the documentation.
_SUBJECTS = (machine, video, page, chat, federation, notifications)


def _declared(subjects: tuple[ModuleType, ...]) -> Iterator[Setting[Any]]:
    for subject in subjects:
        for name in subject.__all__:
            yield getattr(subject, name)


ALL: tuple[Setting[Any], ...] = tuple(_declared(_SUBJECTS))
