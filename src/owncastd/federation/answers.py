"""
How documents are answered: who gets one at all, under which type, and how long it may be kept.
"""

from hashlib import sha256
from typing import Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.answers import has_already, json_text, set_status
from owncastd.web.errors import Refused
from owncastd.web.headers import cache_for

from .account import Account, account_of
from .negotiation import MAX_ACCEPT, wants_document
from .vocabulary import ACTIVITY_JSON, Document, with_context

#: How long documents may be kept, in seconds.
ACTOR_SECONDS: Final = 180
COLLECTION_SECONDS: Final = 60
FOUND_SECONDS: Final = 600

_OFF: Final = "federation is switched off"
_NO_URL: Final = "federation needs a server URL that begins with https://"
_NOT_HERE: Final = "there is no such thing here"


@define(eq=False)
class Answers:
    """
    Answers with documents about the account, if there is one.
    """

    _settings: Settings

    def account(self, otherwise: int = 404) -> Account:
        """
        The account.

        @param otherwise: the status if there is none.
        @raise Refused: there is none.
        """
        account = account_of(self._settings)
        if account is None:
            enabled = self._settings.get(catalogue.FEDERATION_ENABLED)
            raise Refused(_NO_URL if enabled else _OFF, otherwise)
        return account

    def own(self, username: str) -> Account:
        """
        The account, if this is its name; letter case does not matter.

        @raise Refused: it is not.
        """
        account = self.account()
        if username.casefold() != account.username.casefold():
            raise absent()
        return account


def absent() -> Refused:
    """
    What is refused because there is no such thing.
    """
    return Refused(_NOT_HERE, 404)


def activity_answer(
    request: IRequest, document: Document, seconds: int, *, private: bool = False
) -> bytes:
    """
    An ActivityStreams document; who wants a page is led to the stream instead.

    @param seconds: how long it may be kept.
    @param private: whether it is for this client alone: nobody else may be given a kept copy.
    """
    request.responseHeaders.setRawHeaders("Vary", ["Accept, Signature, Signature-Input"])
    accepted = ",".join(request.requestHeaders.getRawHeaders("Accept", []))
    if not wants_document(accepted[:MAX_ACCEPT]):
        return _to_the_stream(request)
    scope = "private" if private else "public"
    return kept_answer(
        request, json_text(with_context(document)), ACTIVITY_JSON, f"{scope}, max-age={seconds}"
    )


def kept_answer(request: IRequest, body: bytes, media_type: str, caching: str) -> bytes:
    """
    An answer that may be kept; who has it already is told so.

    @param caching: of C{Cache-Control}.
    """
    cache_for(request, caching)
    headers = request.responseHeaders
    headers.setRawHeaders("Content-Type", [media_type])
    if has_already(request, f'"{sha256(body).hexdigest()[:24]}"'):
        return b""
    headers.setRawHeaders("Content-Length", [str(len(body))])
    return body


def _to_the_stream(request: IRequest) -> bytes:
    set_status(request, 307)
    headers = request.responseHeaders
    headers.setRawHeaders("Location", ["/"])
    headers.setRawHeaders("Content-Length", ["0"])
    return b""
