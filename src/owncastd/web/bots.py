"""
The page for programs: metadata and links, without a player and its scripts.
"""

import re
from typing import Any, Final

from attrs import define, field
from jinja2 import Template

from .metadata import Metadata

#: Servers and apps that look at a link to show what is behind it.
_FETCHERS: Final = (
    *("mastodon", "pleroma", "akkoma", "misskey", "firefish", "gotosocial", "friendica"),
    *("lemmy", "peertube", "pixelfed", "hubzilla", "matrix", "synapse", "element"),
    *("applebot", "whatsapp", "rocket.chat", "mattermost", "duckduckbot", "facebookexternalhit"),
    *("facebookcatalog", "skypeuripreview", "embedly", "iframely", "bitlybot", "yandex"),
)
#: How others of their kind call themselves. Cubot makes telephones.
_BOT: Final = re.compile(r"(?<!cu)bot\b|crawler|spider|slurp|link ?preview|archiver")
#: How many addresses of this server are remembered; a stranger chooses what they ask for.
MAX_BASES: Final = 32


def is_bot(user_agent: str) -> bool:
    """
    Whether a program asks that shows no pages to people.

    @param user_agent: in lower case.
    """
    return any(name in user_agent for name in _FETCHERS) or _BOT.search(user_agent) is not None


@define(eq=False)
class BotPages:
    """
    Renders the page; one for each address of this server is kept for as long as nothing in it
    changes. A post in the fediverse makes hundreds of servers ask within a minute.
    """

    _template: Template
    _kept: dict[str, tuple[object, bytes]] = field(init=False, factory=dict, repr=False)

    def html(self, about: Metadata, links: list[dict[str, str]]) -> bytes:
        """
        The page.

        @param links: to profiles elsewhere, with C{url} and C{label}.
        """
        content: Any = (about, links)
        kept = self._kept.get(about.base)
        if kept is not None and kept[0] == content:
            return kept[1]
        if len(self._kept) >= MAX_BASES:
            self._kept.clear()
        html = self._template.render(about=about, links=links).encode()
        self._kept[about.base] = (content, html)
        return html
