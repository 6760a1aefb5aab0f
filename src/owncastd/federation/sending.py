"""
Sending one thing to one inbox: how that is done, and what the answer means.
"""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from .delivery_rows import Address


@frozen
class Sent:
    """
    What came of sending something.

    @ivar retry_after: the header of that name, or an empty text.
    """

    status: int
    retry_after: str = ""


class NotSendable(Exception):
    """
    An inbox that nothing can be sent to, now or later. The text says why.
    """


#: Signs and sends a body to an inbox. Raises L{NotSendable}, or anything else for what may work
#: later; may be cancelled.
Send = Callable[[str, bytes], Awaitable[Sent]]


class Verdict(Enum):
    """
    What an answer means for a delivery.
    """

    TAKEN = "taken"
    #: This will never be taken there.
    REFUSED = "refused"
    #: Nothing will ever be taken there.
    GONE = "gone"
    LATER = "later"


#: Refusals that may be none the next time: a key that could not be fetched, too early, too many.
_NOT_FINAL: Final = frozenset({401, 408, 425, 429})


def verdict(status: int) -> Verdict:
    """
    What a status means.
    """
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == 410:
        return Verdict.GONE
    if status in _NOT_FINAL or (status >= 500 and status != 501):
        return Verdict.LATER
    return Verdict.REFUSED


def address_of(inbox: str) -> Address | None:
    """
    Where an inbox is; C{None} for what is no URL.
    """
    try:
        host = urlsplit(inbox).hostname
    except ValueError:
        return None
    return None if host is None else Address(host.rstrip("."), inbox)
