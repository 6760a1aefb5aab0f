"""
Our requests to other servers of the fediverse: signed, bounded, over https.

There are two kinds of signatures, and most servers know only one of them (or answer to the other
in odd ways): so the older kind is tried first, then the newer one when it was refused, and which
one a server took is remembered.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Final

from attrs import define, evolve, field
from hyperlink import URL

from owncastd.net.errors import NoAnswer, OutgoingError
from owncastd.net.fetch import Fetch
from owncastd.net.outgoing import Bounds, HTTPAnswer, Outgoing, redirected
from owncastd.net.urls import outgoing_url

from .account import Account
from .cavage import prepare_cavage
from .documents import MAX_BYTES, Document, iri_of, read_document, same_origin
from .errors import InvalidDocument
from .message_signatures import prepare_message_signature
from .own_key import OwnKey
from .recent import Recent
from .signables import Signable, Unsigned
from .vocabulary import ACTIVITY_JSON, LD_JSON

#: For one request, in seconds. A server that takes longer has not got it.
REQUEST_SECONDS: Final = 20.0
#: Answers to deliveries are looked at for their status alone.
MAX_ANSWER: Final = 64 * 1024
MAX_REDIRECTS: Final = 3
#: Servers whose kind of signature is remembered.
MAX_SERVERS: Final = 10_000

UNAUTHORIZED: Final = 401
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
#: What documents are served as. A server that lets its users upload files serves none of these so;
#: else such a file could pose as anybody on that server.
_DOCUMENT_TYPES: Final = frozenset({ACTIVITY_JSON, "application/ld+json"})

Prepare = Callable[[Signable, str, datetime], Unsigned]


class Scheme(Enum):
    """
    A kind of signature.
    """

    CAVAGE = "cavage"
    MESSAGE = "message"

    @property
    def other(self) -> "Scheme":
        """
        The one that is tried when this one was refused.
        """
        return Scheme.MESSAGE if self is Scheme.CAVAGE else Scheme.CAVAGE


_PREPARE: Final[Mapping[Scheme, Prepare]] = {
    Scheme.CAVAGE: prepare_cavage,
    Scheme.MESSAGE: prepare_message_signature,
}


class NotFetched(Exception):
    """
    Another server has no such document for us.

    @ivar status: of its answer.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"the other server answers with status {status}")
        self.status = status

    @property
    def gone(self) -> bool:
        """
        Whether it says that there is no such thing (any more).
        """
        return self.status in _GONE


@define(eq=False)
class FederationClient:
    """
    Asks and tells other servers, in the name of the account.

    @ivar _account: the account right now; C{None} while there is none.
    @ivar _now: the time (UTC).
    @ivar _deliver: sends what is delivered, which may be much; without one it is sent like all
        else.
    """

    _outgoing: Outgoing
    _account: Callable[[], Account | None]
    _key: OwnKey
    _now: Callable[[], datetime]
    _deliver: Fetch | None = None
    _schemes: Recent[str, Scheme] = field(init=False, factory=lambda: Recent(MAX_SERVERS))

    def __attrs_post_init__(self) -> None:
        self._outgoing = self._outgoing.to(evolve(self._outgoing.policy, plain_http=False))

    async def post(self, url: str, body: bytes) -> HTTPAnswer:
        """
        Deliver an activity. Redirects are not followed.

        @return: the answer, whatever its status.
        @raise OutgoingError: there was none.
        """
        headers = {"content-type": ACTIVITY_JSON}
        bounds = Bounds(MAX_ANSWER, REQUEST_SECONDS)
        return await self._knock("POST", outgoing_url(url, plain_http=False), headers, body, bounds)

    async def get(self, url: str) -> Document:
        """
        Fetch a document, signed.

        @raise OutgoingError: there was no answer.
        @raise NotFetched: there was another one.
        @raise InvalidDocument: the answer is no document.
        """
        headers = {"accept": f"{ACTIVITY_JSON}, {LD_JSON}"}
        bounds = Bounds(MAX_BYTES, REQUEST_SECONDS)
        target = outgoing_url(url, plain_http=False)
        asked = target
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._knock("GET", target, headers, b"", bounds)
            location = answer.header("location")
            if answer.status not in _REDIRECTS or not location:
                document = _document(answer)
                # A server that redirects wherever somebody likes must not lend them its name.
                if target != asked and not _is_of(document, target):
                    raise InvalidDocument("the document is not one of the server that has it")
                return document
            target = redirected(target, location, plain_http=False)
        raise NoAnswer("it redirects too often")

    async def _knock(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes, bounds: Bounds
    ) -> HTTPAnswer:
        """
        Send a request with one kind of signature, or, if it was refused, with the other.
        """
        server = f"{url.host}:{url.port}"
        known = self._schemes.get(server)
        scheme = known or Scheme.CAVAGE
        answer = await self._send(scheme, method, url, headers, body, bounds)
        if answer.status != UNAUTHORIZED:
            return answer
        second = await self._send(scheme.other, method, url, headers, body, bounds)
        if second.status != UNAUTHORIZED:
            self._schemes.put(server, scheme.other)
        return second

    async def _send(
        self,
        scheme: Scheme,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: bytes,
        bounds: Bounds,
    ) -> HTTPAnswer:
        account = self._account()
        if account is None:
            raise OutgoingError("there is no account to send this from")
        text = url.to_text()
        # A path is always there; nothing is encoded anew, for what is signed is what is sent.
        target = text[text.index("/", len("https://")) :]
        request = Signable(method, authority_of(url), target, headers, body)
        unsigned = _PREPARE[scheme](request, account.key_id, self._now())
        signature = await self._key.sign(unsigned.text)
        fetch = self._outgoing.fetch if method == "GET" else self._deliver or self._outgoing.fetch
        return await fetch(
            method,
            text,
            {**headers, **unsigned.signed(signature)},
            body if method == "POST" else None,
            bounds,
        )


def authority_of(url: URL) -> str:
    """
    Host, and port if it is not the usual one, as in the C{Host} header.
    """
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port == 443 else f"{host}:{url.port}"


def _is_of(document: Document, url: URL) -> bool:
    iri = iri_of(document)
    return iri is not None and same_origin(iri, url.to_text())


def _document(answer: HTTPAnswer) -> Document:
    if not 200 <= answer.status < 300:
        raise NotFetched(answer.status)
    media_type = answer.header("content-type").partition(";")[0].strip().lower()
    if media_type not in _DOCUMENT_TYPES:
        raise InvalidDocument("the answer is no document of the fediverse")
    return read_document(answer.body)
