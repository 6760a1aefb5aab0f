"""
Finding an account elsewhere by its handle: webfinger as a client (RFC 7033).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from attrs import define, frozen

from owncastd.identity.proofs import canonical_account
from owncastd.net.errors import BadURL, OutgoingError
from owncastd.net.outgoing import Bounds, Outgoing
from owncastd.net.urls import outgoing_url

from .documents import Document, object_of, read_document, several
from .errors import InvalidDocument
from .vocabulary import ACTIVITY_JSON, LD_JSON
from .webfinger import JRD

#: What a look-up may cost. Some servers send to another one for webfinger.
BOUNDS: Final = Bounds(max_bytes=64 * 1024, seconds=10.0, redirects=3)
_SELF: Final = "self"
#: Where the follow button of another server leads.
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
_ACTOR_TYPES: Final = frozenset({ACTIVITY_JSON, LD_JSON})
_URI: Final = "{uri}"


class LookUpFailed(Exception):
    """
    An account that could not be found. The text is for people.
    """


@frozen
class Found:
    """
    What webfinger tells of an account.

    @ivar account: in its canonical form.
    """

    account: str
    document: Document

    def actor(self) -> str:
        """
        The IRI of the account's actor.

        @raise LookUpFailed: it has none.
        """
        for link in self._links(_SELF):
            href, kind = link.get("href"), link.get("type")
            if isinstance(href, str) and isinstance(kind, str) and kind in _ACTOR_TYPES:
                return _https(href)
        raise LookUpFailed("the account is not one of the fediverse")

    def follow_page(self, actor: str) -> str:
        """
        Where the owner of this account can follow an actor.

        @raise LookUpFailed: their server has no such page.
        """
        for link in self._links(SUBSCRIBE):
            template = link.get("template")
            if isinstance(template, str) and _URI in template:
                return _https(template.replace(_URI, quote(actor, safe=":/"), 1))
        raise LookUpFailed(f"unable to determine remote follow information for {self.account}")

    def _links(self, rel: str) -> list[Mapping[str, Any]]:
        links = (object_of(each) for each in several(self.document.get("links")))
        return [link for link in links if link is not None and link.get("rel") == rel]


def _https(url: str) -> str:
    try:
        return outgoing_url(url, plain_http=False).to_text()
    except BadURL:
        raise LookUpFailed("the other server names an address that cannot be used") from None


#: Finds an account.
LookUp = Callable[[str], Awaitable[Found]]


@define(eq=False)
class WebfingerClient:
    """
    Asks other servers.

    @ivar _outgoing: leads to public addresses alone, unless a test says otherwise.
    @ivar _blocked: whether nobody there is to be asked anything.
    """

    _outgoing: Outgoing
    _blocked: Callable[[str], bool]

    async def look_up(self, account: str) -> Found:
        """
        Find an account.

        @param account: C{name@host}, with or without an at sign in front.
        @raise LookUpFailed: it cannot be found.
        """
        try:
            known = canonical_account(account)
        except ValueError as error:
            raise LookUpFailed(str(error)) from None
        host = known.partition("@")[2]
        if self._blocked(host.partition(":")[0]):
            raise LookUpFailed("this server does not talk to that one")
        resource = quote(f"acct:{known}", safe="")
        try:
            answer = await self._outgoing.fetch(
                "GET",
                f"https://{host}/.well-known/webfinger?resource={resource}",
                {"Accept": f"{JRD}, application/json"},
                bounds=BOUNDS,
            )
        except OutgoingError as error:
            raise LookUpFailed(f"unable to ask {host}: {error}") from None
        if answer.status != 200:
            raise LookUpFailed(f"{host} knows no such account")
        try:
            return Found(known, read_document(answer.body))
        except InvalidDocument:
            raise LookUpFailed(f"{host} answers with something that cannot be read") from None
