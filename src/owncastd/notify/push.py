"""
One notification to one browser, through the push service of its maker (RFC 8030).
"""

import json
import secrets
from collections.abc import Callable
from typing import Final

from attrs import define, field

from owncastd.net.fetch import Fetch

from .fetching import hand_over
from .push_encryption import MAX_PLAIN_BYTES, SALT_BYTES, encrypt, new_key
from .subscriptions import Subscription
from .vapid import Voucher

#: How long a push service keeps a message for a browser that is not reachable, in seconds: a good
#: part of a broadcast, so that a phone that wakes up is told while there is something to see.
TIME_TO_LIVE: Final = 3_600
#: A later message on the same topic replaces one that has not been delivered (RFC 8030, 5.4).
TOPIC: Final = "owncast-go-live"
#: Longest texts in a message, in characters; a screen shows less.
MAX_TITLE: Final = 200
MAX_BODY: Final = 500


def payload(title: str, body: str) -> bytes:
    """
    What the service worker of the page is told, with the keys that Owncast's understands.
    """
    document = {
        "title": _shown(title)[:MAX_TITLE],
        "body": _shown(body)[:MAX_BODY],
        "icon": "/logo/external",
        "tag": TOPIC,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    raw = text.encode("utf-8", "replace")
    # A character that is shown has four bytes at most, whether or not it is escaped.
    assert len(raw) <= MAX_PLAIN_BYTES, "the texts are bounded"
    return raw


def _shown(text: str) -> str:
    return "".join(each for each in text if each.isprintable() or each == "\n")


@define(eq=False)
class PushSender:
    """
    Writes to browsers in the name of this server.

    @ivar _voucher: makes what vouches for us.
    @ivar _server_url: where the world reaches it, or empty.
    """

    _voucher: Voucher
    _fetch: Fetch
    _server_url: Callable[[], str]
    _random_bytes: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    async def send(self, subscription: Subscription, message: bytes) -> None:
        """
        Hand one message to a push service.

        @raise owncastd.notify.fetching.Gone: there is no such browser any more (RFC 8030, 7.3).
        @raise NotTold: it was not taken.
        """
        salt = self._random_bytes(SALT_BYTES)
        body = encrypt(message, subscription.key, subscription.secret, new_key(), salt)
        headers = {
            "Authorization": self._voucher.authorization(subscription.endpoint, self._server_url()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TIME_TO_LIVE),
            "Topic": TOPIC,
            "Urgency": "high",
        }
        await hand_over(self._fetch, "the push service", subscription.endpoint, headers, body)
