"""
Who people have proved to be elsewhere, and what follows of it here.

The rooms that let people prove something, by whatever protocol, end at L{Proofs.accept}.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from attrs import define
from twisted.internet.defer import Deferred

from .chatter_rows import Proven
from .registry import Users
from .users import User

#: Where people can prove who they are: C{user_identities.provider} in the database.
INDIEAUTH: Final = "indieauth"
FEDIVERSE: Final = "fediverse"
#: Longest identity, in characters.
MAX_IDENTITY: Final = 1_000

#: Is told of each proof once it is durable, such as L{owncastd.chat.chat.Chat.proved}.
Told = Callable[[Proven], Deferred[None]]


class NobodyToProve(Exception):
    """
    The token is nobody's any more, or its owner may not sign in. The text is for people.
    """


def canonical_url(url: str) -> str:
    """
    The one form of a URL that names somebody (IndieAuth, 3.4): two that differ only in the case of
    scheme and host, in a default port or in a slash at the end name the same person.

    @raise ValueError: it is no absolute URL of http or https, is far too long, or has a user name.
    """
    if len(url) > MAX_IDENTITY or not url.isprintable() or " " in url:
        raise ValueError("it is not a URL")
    parts = urlsplit(url)
    scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    if scheme not in ("http", "https") or not host or parts.username is not None:
        raise ValueError("it is not a URL of a web page")
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    return urlunsplit((scheme, host, parts.path.rstrip("/") or "/", parts.query, ""))


def canonical_account(account: str) -> str:
    """
    The one form of an account in the fediverse: C{name@host} in lower case.

    @param account: with or without an C{@} in front.
    @raise ValueError: it is no account.
    """
    name, at, host = account.strip().removeprefix("@").lower().partition("@")
    known = f"{name}@{host}"
    # What cannot be part of either, of which the rest of the house makes addresses.
    strange = any(not each.isprintable() or each in " /@?#\\:%" for each in name)
    strange = strange or any(not each.isprintable() or each in " /@?#\\%" for each in host)
    if not (name and at and host) or strange or len(known) > MAX_IDENTITY:
        raise ValueError("it is not an account such as name@example.social")
    return known


@define(eq=False)
class Proofs:
    """
    Takes proofs to the register of users, and has the chat told.
    """

    _users: Users
    _told: Told

    async def accept(self, token: str, provider: str, identity: str) -> User:
        """
        Somebody has proved to be C{identity}. If a user is known to be the same, the token is that
        user's from now on; else the token's own user is known by it from now on.

        @param token: by which they asked.
        @param provider: L{INDIEAUTH} or L{FEDIVERSE}.
        @param identity: in its canonical form.
        @return: whose token it is now.
        @raise NobodyToProve: nobody may sign in with this token.
        """
        proven = await self._users.prove(token, provider, identity)
        if proven is None:
            raise NobodyToProve("You are not known here any more. Reload the page and try again.")
        # That a banned user came back under another name is nothing to announce.
        if not proven.now.disabled:
            await self._told(proven)
        return proven.now
