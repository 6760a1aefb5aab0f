"""
Finding out where somebody proves who they are: from their page to their authorization endpoint
(IndieAuth, 4.1).
"""

# hyperlink leaves some of these without annotations.
# mypy: allow-untyped-calls

import json
from contextlib import suppress
from typing import Any, Final

from attrs import define, frozen
from hyperlink import URL

from owncastd.net.errors import BadURL, OutgoingError
from owncastd.net.fetch import Fetch
from owncastd.net.outgoing import Bounds, HTTPAnswer, redirected
from owncastd.net.urls import outgoing_url, resolved
from owncastd.threads import InThread

from .link_header import Link, parse_links
from .page_links import page_links

#: What one page may cost. What is looked for is near its beginning, but it is read to its end.
PAGE: Final = Bounds(max_bytes=2 * 1024 * 1024, seconds=10.0)
METADATA: Final = Bounds(max_bytes=64 * 1024, seconds=10.0)
MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"}


class NotSupported(Exception):
    """
    A page leads to nobody who could say whose it is. The text is for people.
    """


@frozen
class Authorization:
    """
    Who says whose a page is.

    @ivar endpoint: where people are sent, and codes are exchanged.
    @ivar issuer: who must be named when they come back, if that is known (RFC 9207).
    @ivar names_issuer: whether the issuer is named for sure.
    """

    endpoint: str
    issuer: str | None = None
    names_issuer: bool = False


@frozen
class FoundPage:
    """
    A page after redirects.
    """

    url: URL
    links: tuple[Link, ...]

    def first(self, relation: str) -> str | None:
        """
        Where the first link of a relation leads; those of the answer's head come first.
        """
        return next((link.target for link in self.links if relation in link.relations), None)

    def all(self, relation: str) -> tuple[str, ...]:
        """
        Where all links of a relation lead.
        """
        return tuple(link.target for link in self.links if relation in link.relations)


@define(eq=False)
class Discovery:
    """
    Asks pages, within bounds.

    @ivar _plain_http: whether what is found may be without TLS.
    """

    _fetch: Fetch
    _in_thread: InThread
    _plain_http: bool

    def url(self, url: str) -> URL:
        """
        A URL that can be asked for.

        @raise BadURL: it cannot be.
        """
        return outgoing_url(url, self._plain_http)

    async def page(self, url: str) -> FoundPage:
        """
        Fetch a page and read its links, all made absolute.

        @raise OutgoingError: it is not there.
        """
        target = self.url(url)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetch("GET", target.to_text(), _HEADERS, None, PAGE)
            location = answer.header("location")
            if answer.status not in _REDIRECTS or not location:
                break
            target = redirected(target, location, self._plain_http)
        else:
            raise OutgoingError("the page redirects too often")
        if not 200 <= answer.status < 300:
            raise OutgoingError(f"the page answers {answer.status}")
        return FoundPage(target, await self._links(target, answer))

    async def authorization(self, url: str) -> Authorization:
        """
        Who says whose a page is.

        @raise NotSupported: nobody does.
        @raise OutgoingError: the page is not there.
        """
        page = await self.page(url)
        metadata = page.first("indieauth-metadata")
        if metadata is not None:
            return await self._described(metadata)
        endpoint = page.first("authorization_endpoint")
        if endpoint is None:
            raise NotSupported("The page names nobody who could say whose it is.")
        return Authorization(self._endpoint(endpoint))

    async def _links(self, base: URL, answer: HTTPAnswer) -> tuple[Link, ...]:
        links = self._absolute(base, parse_links(answer.headers.getRawHeaders("link", [])))
        # Bytes that are no UTF-8 are in texts, which do not matter here.
        text = answer.body.decode("utf-8", "replace")
        own_base, within = await self._in_thread(lambda: page_links(text))
        if own_base:
            with suppress(OutgoingError):
                base = redirected(base, own_base, self._plain_http)
        return (*links, *self._absolute(base, within))

    def _absolute(self, base: URL, links: tuple[Link, ...]) -> tuple[Link, ...]:
        absolute: list[Link] = []
        for link in links:
            with suppress(BadURL):
                absolute.append(Link(resolved(base, link.target), link.relations))
        return tuple(absolute)

    async def _described(self, url: str) -> Authorization:
        """
        What a document of metadata says (IndieAuth, 4.1.1; RFC 8414).
        """
        address = self._endpoint(url)
        answer = await self._fetch("GET", address, {"Accept": "application/json"}, None, METADATA)
        if answer.status != 200:
            raise NotSupported(f"The metadata that the page names answers {answer.status}.")
        document = parsed_object(answer.body)
        issuer, endpoint = document.get("issuer"), document.get("authorization_endpoint")
        if not isinstance(issuer, str) or not isinstance(endpoint, str):
            raise NotSupported("The metadata that the page names lacks what is needed.")
        issuer_url = self._endpoint(issuer)
        if not address.startswith(issuer_url) or "?" in issuer or "#" in issuer:
            raise NotSupported("The metadata that the page names are another one's.")
        methods = document.get("code_challenge_methods_supported", ["S256"])
        if not isinstance(methods, list) or "S256" not in methods:
            raise NotSupported("The page's sign-in does not support PKCE with S256.")
        named = document.get("authorization_response_iss_parameter_supported") is True
        return Authorization(self._endpoint(endpoint), issuer, named)

    def _endpoint(self, url: str) -> str:
        try:
            return self.url(url).to_text()
        except BadURL as error:
            raise NotSupported(f"The page names an address that cannot be used: {error}.") from None


def parsed_object(body: bytes) -> dict[str, Any]:
    """
    A JSON object that somebody sent.

    @raise NotSupported: it is something else.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NotSupported("What the sign-in of the page answers cannot be understood.")
    return document
