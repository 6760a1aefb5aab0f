"""
Links in a page, as far as its machines are meant by them: C{link} and C{a} with C{rel}.
"""

from contextlib import suppress
from html.parser import HTMLParser
from typing import Final

from .link_header import Link

#: How much of a page is looked at, in characters, and how many links. What is meant for machines is
#: near the beginning; the worst of pages of this length takes the parser about a second.
MAX_PAGE: Final = 200_000
MAX_LINKS: Final = 1_000
MAX_TARGET: Final = 2_048


class _Reader(HTMLParser):
    """
    Collects links, and the base that they are relative to.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self.base: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        An element begins.
        """
        if tag not in ("link", "a", "base") or len(self.links) >= MAX_LINKS:
            return
        # The first of a name counts, as in browsers.
        known = {name: value or "" for name, value in reversed(attrs)}
        target = known.get("href")
        if target is None or len(target) > MAX_TARGET:
            return
        if tag == "base":
            self.base = target.strip() if self.base is None else self.base
        elif relations := frozenset(known.get("rel", "").lower().split()):
            self.links.append(Link(target.strip(), relations))


def page_links(page: str) -> tuple[str | None, tuple[Link, ...]]:
    """
    The base of a page, if it names one, and its links in their order. To be called in a thread.
    """
    reader = _Reader()
    # It gives up by an assertion where a declaration makes no sense; what came before counts. It is
    # not closed: what is cut off has no links, and going back over it can take very long.
    with suppress(AssertionError):
        reader.feed(page[:MAX_PAGE])
    return reader.base, tuple(reader.links)
