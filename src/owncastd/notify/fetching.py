"""
Handing messages over to others, and what can become of that.
"""

from collections.abc import Mapping
from typing import Final

from owncastd.net.errors import BadURL, OutgoingError, PeerNotAllowed
from owncastd.net.fetch import Fetch
from owncastd.net.outgoing import Bounds

#: What a service that takes notifications may cost: its answers are short, if there are any.
SHORT: Final = Bounds(max_bytes=16 * 1024, seconds=15.0)
#: There is nothing at an address any more (RFC 9110, 15.5.5 and 15.5.11).
_GONE: Final = frozenset({404, 410})
_TOO_MANY_REQUESTS: Final = 429


class NotTold(Exception):
    """
    A message could not be handed over. The text says why, and never repeats a secret.

    @ivar again: whether it may go better a little later.
    """

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Gone(NotTold):
    """
    There is nobody any more who could be told.
    """


async def hand_over(
    fetch: Fetch, receiver: str, url: str, headers: Mapping[str, str], data: bytes
) -> None:
    """
    Send a message by POST. Of the answer only the status counts.

    @param receiver: who is asked, in the words of an error.
    @raise Gone: there is nothing at this address.
    @raise NotTold: it was not taken.
    """
    try:
        answer = await fetch("POST", url, headers, data, SHORT)
    except (BadURL, PeerNotAllowed) as error:
        raise NotTold(f"{receiver} cannot be asked: {error}") from None
    except OutgoingError as error:
        raise NotTold(f"{receiver} cannot be reached: {error}", again=True) from None
    if answer.status in _GONE:
        raise Gone(f"{receiver} answers {answer.status}: there is nothing at this address")
    if not 200 <= answer.status < 300:
        again = answer.status == _TOO_MANY_REQUESTS or answer.status >= 500
        raise NotTold(f"{receiver} answers {answer.status}", again)
