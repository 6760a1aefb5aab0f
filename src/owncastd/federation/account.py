"""
The server's one account in the fediverse: what it is called, and the addresses of all that is its.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

#: Where everything of the account is on this server.
PATH: Final = "/federation"
#: Bytes of randomness in the address of a post or activity: 12 letters of URL-safe base64.
_ID_BYTES: Final = 9


@frozen
class Account:
    """
    The account, as the settings have it right now.

    @ivar base: where the world reaches this server: https, without a slash behind it.
    @ivar username: first half of the handle.
    """

    base: str
    username: str

    @property
    def host(self) -> str:
        """
        Second half of the handle: the host, and the port if it is not the usual one.
        """
        return urlsplit(self.base).netloc.lower().removesuffix(":443")

    @property
    def handle(self) -> str:
        """
        The whole handle, such as C{streamer@live.example}.
        """
        return f"{self.username}@{self.host}"

    @property
    def actor(self) -> str:
        """
        The IRI of the actor.
        """
        return f"{self.base}{PATH}/user/{self.username}"

    @property
    def key_id(self) -> str:
        """
        The IRI of the actor's key.
        """
        return f"{self.actor}#main-key"

    @property
    def inbox(self) -> str:
        """
        Where others send what is for this account.
        """
        return f"{self.actor}/inbox"

    @property
    def shared_inbox(self) -> str:
        """
        Where others send what is for anybody on this server.
        """
        return f"{self.base}{PATH}/inbox"

    @property
    def outbox(self) -> str:
        """
        The collection of what was posted.
        """
        return f"{self.actor}/outbox"

    @property
    def followers(self) -> str:
        """
        The collection of those who follow; to address it is to address them.
        """
        return f"{self.actor}/followers"

    @property
    def following(self) -> str:
        """
        The collection of those whom this account follows: nobody.
        """
        return f"{self.actor}/following"

    @property
    def featured(self) -> str:
        """
        The collection of posts that are pinned.
        """
        return f"{self.actor}/featured"

    def object(self, name: str) -> str:
        """
        The IRI of a post or an activity.
        """
        return f"{self.base}{PATH}/{name}"

    def mint(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """
        An IRI that nothing has yet.
        """
        return self.object(urlsafe_b64encode(random_bytes(_ID_BYTES)).decode("ascii"))


def account_of(settings: Settings) -> Account | None:
    """
    The account of this server; C{None} while federation is off, or the world has no way to reach
    this server over https.
    """
    if not settings.get(catalogue.FEDERATION_ENABLED):
        return None
    base = settings.get(catalogue.SERVER_URL)
    if not is_fit(base):
        return None
    return Account(base, settings.get(catalogue.FEDERATION_USERNAME))


def is_fit(server_url: str) -> bool:
    """
    Whether others can talk to a server with this URL: they insist on https; any port will do.
    """
    return server_url.startswith("https://") and bool(urlsplit(server_url).hostname)
