"""
What the lists of the chat's moderation may hold.
"""

import re
from typing import Final

from owncastd.patterns.errors import InvalidPattern
from owncastd.patterns.hosts import MAX_HOST, HostList
from owncastd.patterns.syntax import MAX_PATTERN
from owncastd.patterns.words import WordList, parse_entry

from .structuring import InvalidSetting

MAX_WORDS: Final = 1_000
MAX_HOSTS: Final = 1_000
#: A host, with stars for any part of it; one star alone means every link.
_HOST: Final = re.compile(r"[\w*-]{1,63}(\.[\w*-]{1,63})*")


def blocked_words(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    Entries for L{WordList}, each of which can be used.
    """
    entries = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
    if len(entries) > MAX_WORDS:
        raise InvalidSetting(f"must not have more than {MAX_WORDS} items")
    for number, entry in enumerate(entries):
        if len(entry) > MAX_PATTERN + 2:
            raise InvalidSetting(f"[{number}]: must not be longer than {MAX_PATTERN} characters")
        try:
            parse_entry(entry)
        except InvalidPattern as error:
            raise InvalidSetting(f"[{number}]: {error}") from None
    if WordList(entries).refused:
        raise InvalidSetting("must have fewer or simpler wildcards and regular expressions")
    return entries


def blocked_links(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    Names of hosts, in lower case, each once.
    """
    hosts = tuple(dict.fromkeys(value.strip().lower() for value in values if value.strip()))
    if len(hosts) > MAX_HOSTS:
        raise InvalidSetting(f"must not have more than {MAX_HOSTS} items")
    if any(len(host) > MAX_HOST or not _HOST.fullmatch(host) for host in hosts):
        raise InvalidSetting("must have names of hosts, such as spam.example or *.example")
    if HostList(hosts).refused:
        raise InvalidSetting("must have fewer or shorter names with stars")
    return hosts
