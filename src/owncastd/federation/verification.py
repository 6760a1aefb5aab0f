"""
Who has signed a request.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from attrs import define
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from .account import Account
from .cavage import parse_cavage
from .documents import origin_of
from .errors import Blocked, InvalidDocument, KeyUnavailable, Overloaded, SignatureRefused
from .message_signatures import parse_message_signature
from .public_keys import PublicKey
from .remote_actors import RemoteActor
from .remote_keys import RemoteKeys
from .signables import Signable


class Signature(Protocol):
    """
    A signature of either kind.
    """

    @property
    def key_id(self) -> str:
        """
        The name of the key.
        """

    def check(self, request: Signable, now: datetime) -> None:
        """
        Make sure that it is for this request and this time, or raise L{SignatureRefused}.
        """

    def is_by(self, key: PublicKey, request: Signable) -> bool:
        """
        Whether it was made with this key.
        """


def signable(request: IRequest, account: Account, body: bytes = b"") -> Signable:
    """
    A request as its sender signed it. The host is ours, whatever a proxy has made of it: a request
    that was meant for another one has another signature.
    """
    headers = {
        name.decode("latin-1").lower(): ", ".join(value.decode("latin-1") for value in values)
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    method = request.method.decode("latin-1")
    return Signable(method, account.host, request.uri.decode("latin-1"), headers, body)


def read_signature(request: Signable) -> Signature:
    """
    The signature that a request says it has.

    @raise SignatureRefused: it has none that can be read.
    """
    value = request.headers.get("signature")
    if value is None:
        raise SignatureRefused("the request is not signed")
    given_input = request.headers.get("signature-input")
    if given_input is None:
        return parse_cavage(value)
    return parse_message_signature(given_input, value)


@define(eq=False)
class Verification:
    """
    Finds out who has signed.

    @ivar _is_blocked: whether nothing is wanted of a host: not even its keys.
    @ivar _now: the time (UTC).
    """

    _keys: RemoteKeys
    _is_blocked: Callable[[str], bool]
    _now: Callable[[], datetime]

    _log = Logger()

    def read(self, request: Signable) -> Signature:
        """
        All about a signature that can be told without its key.

        @raise SignatureRefused: it is not good, whatever the key.
        @raise Blocked: of this host nothing is wanted.
        """
        signature = read_signature(request)
        try:
            host, _ = origin_of(signature.key_id)
        except InvalidDocument:
            raise KeyUnavailable("the signature names no key that can be fetched") from None
        if self._is_blocked(host):
            raise Blocked("the server is blocked")
        signature.check(request, self._now())
        return signature

    async def signer(self, signature: Signature, request: Signable) -> RemoteActor:
        """
        Whose signature it is. A key that does not fit may have changed: it is fetched once more.

        @raise SignatureRefused: nobody's.
        @raise Overloaded: too many keys are being fetched.
        """
        key = await self._keys.find(signature.key_id)
        if not signature.is_by(key.key, request):
            key = await self._keys.renewed(key)
            if not signature.is_by(key.key, request):
                raise SignatureRefused("the signature is wrong")
        return key.actor

    async def signed_by(self, request: IRequest, account: Account) -> str | None:
        """
        The IRI of the actor who has signed a request without a body; C{None} for nobody.
        """
        if not request.requestHeaders.hasHeader("Signature"):
            return None
        asked = signable(request, account)
        try:
            return (await self.signer(self.read(asked), asked)).iri
        except (SignatureRefused, Blocked, Overloaded) as error:
            self._log.debug("A signed request is taken for anybody's: {reason}", reason=str(error))
            return None
