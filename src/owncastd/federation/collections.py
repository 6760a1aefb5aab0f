"""
Collections and their pages (ActivityStreams, 5.2 and 5.3; ActivityPub, 5).
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from .vocabulary import Document

PAGE_SIZE: Final = 50
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


class NoSuchPage(LookupError):
    """
    A collection has no such page.
    """


def page_number(text: str) -> int:
    """
    The number of a page as it is in addresses.

    @raise NoSuchPage: it is no number of a page.
    """
    if not _NUMBER.fullmatch(text):
        raise NoSuchPage(text)
    return int(text)


def page_count(total: int) -> int:
    """
    How many pages a collection has; an empty one has an empty page.
    """
    return max(1, -(-total // PAGE_SIZE))


def collection(iri: str, total: int, *, listed: bool = True) -> Document:
    """
    A collection by itself: who wants what is in it asks for its pages.

    @param listed: whether there are pages at all; otherwise it only tells how many items it has.
    """
    document: Document = {"id": iri, "type": "OrderedCollection", "totalItems": total}
    if listed:
        document["first"] = f"{iri}?page=1"
        document["last"] = f"{iri}?page={page_count(total)}"
    return document


def page(iri: str, number: int, total: int, items: Sequence[Any]) -> Document:
    """
    One page, the newest items on the first.

    @raise NoSuchPage: the collection ends before.
    """
    last = page_count(total)
    if number > last:
        raise NoSuchPage(str(number))
    document: Document = {
        "id": f"{iri}?page={number}",
        "type": "OrderedCollectionPage",
        "partOf": iri,
        "totalItems": total,
    }
    if number > 1:
        document["prev"] = f"{iri}?page={number - 1}"
    if number < last:
        document["next"] = f"{iri}?page={number + 1}"
    document["orderedItems"] = [*items]
    return document


def whole(iri: str, items: Sequence[Any]) -> Document:
    """
    A small collection with all that is in it.
    """
    return {
        "id": iri,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": [*items],
    }
