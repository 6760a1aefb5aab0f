"""
The way into the room: C{GET /ws}, by which a connection becomes a socket.

Everything is checked before the upgrade, where a refusal is an ordinary answer, and nothing is
waited for on the reactor. Only what the page of the client must be told is said on the socket.
"""

# Twisted and Autobahn leave these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from attrs import define, frozen
from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import (
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    NOT_ALLOWED,
    OK,
    SERVICE_UNAVAILABLE,
)
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from owncastd.identity.users import User
from owncastd.net.facts import RequestFacts, read_facts
from owncastd.net.proxies import TrustedProxies
from owncastd.web.answers import finish, set_status
from owncastd.web.auth import bearer_token, query_token

from .bounded import BoundedSocket
from .clients import CloseCode, Refusal
from .events import NeedsRegistration, encode
from .handshakes import HandshakeQueue, QueueFull
from .protocol import ChatSocket, Farewell, Surroundings, make_autobahn_factory

#: Whoever was turned away for the moment should come again after this, in seconds.
RETRY_SECONDS: Final = 5
_UPGRADE_REQUIRED: Final = 426
_TOO_MANY_REQUESTS: Final = 429
_HTTP_1_1: Final = b"HTTP/1.1"
_TEXT: Final = "text/plain; charset=utf-8"

#: Finds whose access token this is.
FindUser = Callable[[str], Deferred[User | None]]


@frozen
class Answer:
    """
    An ordinary answer instead of an upgrade.

    @ivar retry: whether it is worth coming again soon.
    """

    status: int
    body: str = ""
    retry: bool = False


#: Clients know two of these by their bodies, which come with status 200.
_ANSWERS: Final = {
    Refusal.CHAT_DISABLED: Answer(OK, Refusal.CHAT_DISABLED.value),
    Refusal.ADDRESS_BANNED: Answer(FORBIDDEN),
    Refusal.FULL: Answer(OK, Refusal.FULL.value),
    Refusal.TOO_MANY_OF_ADDRESS: Answer(
        _TOO_MANY_REQUESTS, Refusal.TOO_MANY_OF_ADDRESS.value, retry=True
    ),
    Refusal.CLOSING: Answer(SERVICE_UNAVAILABLE, retry=True),
}
_BUSY: Final = Answer(SERVICE_UNAVAILABLE, retry=True)


@define(eq=False)
class _Ready:
    """
    Hands Autobahn the protocol that was made for this very connection.
    """

    _protocol: BoundedSocket

    def buildProtocol(self, _address: object) -> BoundedSocket:
        """
        Here it is.
        """
        return self._protocol


class SocketResource(Resource):
    """
    C{/ws}.
    """

    isLeaf = True

    _log = Logger()

    def __init__(
        self,
        surroundings: Surroundings,
        queue: HandshakeQueue,
        find_user: FindUser,
        proxies: TrustedProxies,
    ) -> None:
        super().__init__()
        self._surroundings = surroundings
        self._queue = queue
        self._find_user = find_user
        self._proxies = proxies
        self._factory: WebSocketServerFactory = make_autobahn_factory(surroundings.clock)
        self._numbers = count(1)

    def render(self, request: IRequest) -> int:
        """
        Refuse, or upgrade as soon as it is clear who comes.
        """
        facts = self._facts(request)
        refusal = self._surroundings.room.admits(facts.address)
        if refusal is not None:
            return _answer(request, _ANSWERS[refusal])
        if request.method != b"GET":
            request.responseHeaders.setRawHeaders("Allow", ["GET"])
            return _answer(request, Answer(NOT_ALLOWED))
        if not _wants_websocket(request):
            if request.clientproto == _HTTP_1_1:  # type: ignore[attr-defined]
                request.responseHeaders.setRawHeaders("Upgrade", ["websocket"])
                request.responseHeaders.setRawHeaders("Connection", ["Upgrade"])
            return _answer(request, Answer(_UPGRADE_REQUIRED, "This address is for websockets.\n"))
        deciding = Deferred.fromCoroutine(self._decide(request, facts))
        # Whoever has gone away loses the place in the queue.
        gone: Deferred[None] = request.notifyFinish()  # type: ignore[attr-defined]
        gone.addErrback(lambda _: deciding.cancel())
        deciding.addCallbacks(self._go_on, self._failed, (request,), errbackArgs=(request,))
        deciding.addErrback(self._broken)
        return NOT_DONE_YET

    async def _decide(self, request: IRequest, facts: RequestFacts) -> BoundedSocket | Answer:
        """
        Find out who comes.
        """
        try:
            await self._queue.turn(facts.address)
        except QueueFull:
            return _BUSY
        token = query_token(request) or bearer_token(request)
        user = await self._find_user(token) if token else None
        refusal = self._surroundings.room.admits(facts.address)
        if refusal is not None:
            return _ANSWERS[refusal]
        if user is not None:
            return ChatSocket(
                self._surroundings, next(self._numbers), user, facts.address, facts.user_agent
            )
        return Farewell(
            self._surroundings.clock,
            self._surroundings.watch,
            encode(NeedsRegistration()) if token else b"",
            CloseCode.NEEDS_REGISTRATION,
            "Register for an access token first.",
        )

    def _go_on(self, decision: BoundedSocket | Answer, request: IRequest) -> None:
        if isinstance(decision, Answer):
            _answer(request, decision)
        else:
            self._upgrade(decision, request)

    def _upgrade(self, protocol: BoundedSocket, request: IRequest) -> None:
        """
        Make the connection a websocket; Autobahn checks the headers for it.
        """
        channel: Any = request.channel  # type: ignore[attr-defined]
        protocol.factory = self._factory
        transport = channel.transport
        transport.unregisterProducer()
        try:
            WebSocketResource(_Ready(protocol)).render(request)
        except Exception:
            transport.abortConnection()
            raise
        finally:
            # To HTTP the connection is over: nothing of it stays in memory or keeps a timer.
            channel.connectionLost(Failure(ConnectionDone()))

    def _failed(self, failure: Failure, request: IRequest) -> None:
        if failure.check(CancelledError):
            return
        self._log.failure("A chat socket could not be opened", failure)
        _answer(request, Answer(INTERNAL_SERVER_ERROR))

    def _broken(self, failure: Failure) -> None:
        self._log.failure("A chat socket broke when it was opened", failure)

    def _facts(self, request: IRequest) -> RequestFacts:
        headers = request.requestHeaders
        peer = getattr(request.getClientAddress(), "host", "")
        return read_facts(lambda name: headers.getRawHeaders(name, []), peer, self._proxies)


def _wants_websocket(request: IRequest) -> bool:
    """
    Whether an upgrade is asked for where one is possible. HTTP/2 has none.
    """
    wanted = request.requestHeaders.getRawHeaders("Upgrade", [])
    return (
        request.channel.transport is not None  # type: ignore[attr-defined]
        and request.clientproto == _HTTP_1_1  # type: ignore[attr-defined]
        and any(part.strip().lower() == "websocket" for one in wanted for part in one.split(","))
    )


def _answer(request: IRequest, answer: Answer) -> int:
    set_status(request, answer.status)
    if answer.retry:
        request.responseHeaders.setRawHeaders("Retry-After", [str(RETRY_SECONDS)])
    return finish(request, _TEXT, answer.body.encode())
