"""
Hashtags: in texts, as links, and as ActivityStreams has them.
"""

import re
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import quote

from .account import Account
from .vocabulary import Document

#: Longest hashtag that is taken for one, in characters.
MAX_HASHTAG: Final = 100
#: A sign, then letters and digits of any script, not digits alone; never inside of a word, an
#: entity or an address.
IN_TEXT: Final = re.compile(r"(?<![\w/&#])#(\w{1,100})(?!\w)")
_OUTSIDE: Final = re.compile(r"\W+")


def hashtag(text: str) -> str:
    """
    What is left of a text as a hashtag, without the sign; empty if nothing is.
    """
    tag = _OUTSIDE.sub("", text)[:MAX_HASHTAG]
    return "" if tag.isdigit() else tag


def hashtags_in(text: str) -> list[str]:
    """
    The hashtags in a text, without signs, as they are written, each once.
    """
    return distinct(tag for tag in IN_TEXT.findall(text) if not tag.isdigit())


def distinct(tags: Iterable[str]) -> list[str]:
    """
    Hashtags without those that differ from one before in capitals alone.
    """
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.casefold(), tag)
    return [*first.values()]


def address_of(account: Account, tag: str) -> str:
    """
    Where a hashtag leads: others put their own list of posts in its place.
    """
    return f"{account.base}/#{quote(tag)}"


def link(account: Account, tag: str) -> str:
    """
    The HTML of a hashtag.
    """
    href = escape(address_of(account, tag))
    return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escape(tag)}</span></a>'


def tag_documents(account: Account, tags: Iterable[str]) -> list[Document]:
    """
    Hashtags as objects.
    """
    return [
        {"type": "Hashtag", "name": f"#{tag}", "href": address_of(account, tag)}
        for tag in distinct(tags)
    ]
