"""
What names and words may be: tags, names in the chat, accounts, domains, files.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from .structuring import InvalidSetting

MAX_TAGS = 100
MAX_TAG = 100
MAX_NAMES = 1_000
#: Longest word that the chat may forbid in names, in characters.
MAX_FORBIDDEN_NAME = 100
#: Longest name in the chat.
MAX_USERNAME = 30
#: Block lists that are shared among servers have thousands of entries.
MAX_DOMAINS = 5_000
MAX_ACCOUNT = 64
#: What nobody may call themselves unless the administrator says otherwise.
DEFAULT_FORBIDDEN: Final = ("owncast", "operator", "admin", "system")
DEFAULT_ACCOUNT: Final = "streamer"

#: What servers of the fediverse accept as the first half of a handle.
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
#: One or more labels (RFC 1123), or those of an international name as people write it.
_LABEL: Final = r"[^\s\x00-\x20\x7f-\xa0.,:/@?#\[\]\\]{1,63}"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_MAX_DOMAIN: Final = 253
#: The one file, in this directory and no other, that a logo can be.
_LOGO_FILE: Final = re.compile(r"logo(-[A-Za-z0-9_-]{1,40})?\.(svg|gif|png|jpeg|jpg)")
#: The same for the picture of the time without a stream.
_OFFLINE_IMAGE_FILE: Final = re.compile(r"offline-[A-Za-z0-9_-]{1,40}\.(svg|gif|png|jpeg|jpg)")


def tags(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    Tags without the number sign in front, each once, none empty.
    """
    return _short_and_few(
        (value.strip().lstrip("#").strip() for value in values), "tags", MAX_TAG, MAX_TAGS
    )


def _names(longest: int, otherwise: tuple[str, ...] = ()) -> Callable[..., tuple[str, ...]]:
    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        names = (value.strip() for value in values)
        return _short_and_few(names, "names", longest, MAX_NAMES) or otherwise

    return check


#: An empty list means the usual ones: clients know no other way back to them.
forbidden_names = _names(MAX_FORBIDDEN_NAME, DEFAULT_FORBIDDEN)
suggested_names = _names(MAX_USERNAME)


def _short_and_few(values: Iterable[str], what: str, longest: int, most: int) -> tuple[str, ...]:
    """
    Each value once, none empty, in the order that they came in.
    """
    kept = tuple(dict.fromkeys(value for value in values if value))
    if len(kept) > most:
        raise InvalidSetting(f"must not have more than {most} items")
    if any(len(value) > longest for value in kept):
        raise InvalidSetting(f"must have {what} of at most {longest} characters")
    return kept


def account_name(value: str) -> str:
    """
    The first half of a handle in the fediverse; an empty one means the usual.
    """
    value = value.strip().removeprefix("@") or DEFAULT_ACCOUNT
    if len(value) > MAX_ACCOUNT or not _ACCOUNT.fullmatch(value):
        raise InvalidSetting(
            f"must be at most {MAX_ACCOUNT} letters, digits and underscores,"
            " with dots and hyphens between them"
        )
    return value


def domains(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    Names of hosts, in lower case, each once; several may stand in one item, between commas.
    """
    names = (part.strip() for value in values for part in value.split(","))
    cleaned = tuple(name.lower().removeprefix("*.").rstrip(".") for name in names)
    for name in cleaned:
        if name and not _DOMAIN.fullmatch(name):
            raise InvalidSetting("must have names of hosts, such as social.example")
    return _short_and_few(cleaned, "names", _MAX_DOMAIN, MAX_DOMAINS)


def logo_file(value: str) -> str:
    """
    The name of a logo's file, without any folder.
    """
    if not _LOGO_FILE.fullmatch(value):
        raise InvalidSetting("must be the name of a logo's file")
    return value


def offline_image_file(value: str) -> str:
    """
    The name of the file of an offline image, without any folder; or nothing, for our own.
    """
    if value and not _OFFLINE_IMAGE_FILE.fullmatch(value):
        raise InvalidSetting("must be the name of an offline image's file")
    return value
