"""
Words and links that nobody may post.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.logger import Logger

from owncastd.patterns.errors import TooMuchWork
from owncastd.patterns.hosts import HostList
from owncastd.patterns.words import WordList
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .rendering import linked_hosts, visible_text

#: Different hosts of one message that are looked at; links to more than that are refused.
MAX_HOSTS: Final = 20


@define(eq=False)
class Blocklist:
    """
    Looks for what the administrator has blocked.
    """

    _settings: Settings
    _words: WordList = field(init=False)
    _hosts: HostList = field(init=False)
    _unsubscribe: tuple[Callable[[], None], ...] = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._take_words(self._settings.get(catalogue.CHAT_BLOCKED_WORDS))
        self._take_hosts(self._settings.get(catalogue.CHAT_BLOCKED_LINKS))
        self._unsubscribe = (
            self._settings.subscribe(catalogue.CHAT_BLOCKED_WORDS, self._take_words),
            self._settings.subscribe(catalogue.CHAT_BLOCKED_LINKS, self._take_hosts),
        )

    def objection(self, body: str) -> str | None:
        """
        What is wrong with a message, in words for whoever wrote it; C{None} if nothing is.

        @param body: its HTML, since that is what others would see.
        """
        try:
            if self._words.find(visible_text(body)) is not None:
                return "Your message has a word in it that is not allowed here."
            if self._hosts:
                hosts = set(linked_hosts(body))
                if len(hosts) > MAX_HOSTS or any(self._hosts.has(host) for host in hosts):
                    return "Your message has a link in it that is not allowed here."
        except TooMuchWork:
            self._log.warn(
                "A chat message could not be held against the blocked words in time;"
                " fewer or simpler regular expressions would help"
            )
        return None

    def stop(self) -> None:
        """
        Follow the settings no more.
        """
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _take_words(self, entries: tuple[str, ...]) -> None:
        self._words = WordList(entries)

    def _take_hosts(self, entries: tuple[str, ...]) -> None:
        self._hosts = HostList(entries)
