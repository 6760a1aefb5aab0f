"""
Sockets to others: the name is resolved, and each address is checked as it is connected to.
"""

# Twisted leaves some of these without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IAddress,
    IConnector,
    IDelayedCall,
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.ssl import CertificateOptions
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from .errors import PeerNotAllowed
from .public_addresses import is_public
from .secure import SecureClient

#: For one attempt; a host may have several addresses, which are tried side by side.
CONNECT_SECONDS: Final = 10.0
#: Names that are looked up at once. Each may hold one of the reactor's threads until the resolver
#: gives up, which nobody can hasten: so a flood of names that do not resolve must not take all.
MAX_LOOKUPS: Final = 4
#: Longest head of an answer. Twisted bounds the length of its lines, but not their number.
MAX_HEAD_BYTES: Final = 64 * 1024


@define(eq=False)
class Names:
    """
    Looks up names, few at a time.
    """

    resolver: IHostnameResolver
    turns: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(MAX_LOOKUPS))


@define(eq=False)
class Conversation:
    """
    One request with its answer, seen from the socket.

    @ivar private_peers: whether addresses outside of the public internet are connected to.
    @ivar head_read: whether the head of the answer is complete.
    @ivar head_too_long: whether it grew too long before it was.
    @ivar close: cuts the connection, once there is one.
    """

    private_peers: bool
    head_read: bool = False
    head_too_long: bool = False
    close: Callable[[], object] | None = None

    def abort(self) -> None:
        """
        Cut the connection at once, without the farewells of TLS.
        """
        if self.close is not None:
            self.close()


@implementer(IAgentEndpointFactory)
@define(eq=False)
class GuardedEndpoints:
    """
    Where one request connects to.
    """

    _reactor: Any
    _names: Names
    _tls: CertificateOptions
    _conversation: Conversation

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """
        TCP, with TLS on top for https.

        @param uri: with a host that is a name in ASCII or an address.
        """
        host = uri.host.decode("ascii").strip("[]")
        endpoint: IStreamClientEndpoint = _GuardedEndpoint(
            self._reactor, self._names, host, uri.port, self._conversation.private_peers
        )
        if uri.scheme == b"https":
            # A name may end in a dot, a certificate's does not.
            secure = SecureClient(self._tls, host.rstrip("."))
            endpoint = wrapClientTLS(secure, endpoint, clock=self._reactor)
        return _MeasuredEndpoint(endpoint, self._conversation)


@implementer(IStreamClientEndpoint)
@define(eq=False)
class _GuardedEndpoint:
    """
    Connects to the fastest of a host's addresses that may be connected to.
    """

    _reactor: Any
    _names: Names
    _host: str
    _port: int
    _private_peers: bool

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        Wait for a turn, look up and connect. Cancelling stops all of it but the look-up itself.

        Failures: L{PeerNotAllowed}, C{DNSLookupError}, and those of connecting.
        """
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        await self._names.turns.acquire()
        lookup = _Lookup(self._names.resolver, self._names.turns.release)
        guarded = _GuardedReactor(self._reactor, lookup, self._private_peers)
        endpoint = HostnameEndpoint(guarded, self._host, self._port, timeout=CONNECT_SECONDS)
        try:
            connecting = endpoint.connect(factory)
        finally:
            if not lookup.begun:
                self._names.turns.release()
        connected: IProtocol = await connecting
        return connected


@implementer(IHostnameResolver)
@define(eq=False)
class _Lookup:
    """
    One look-up, which gives its turn back when the resolver is done, however late that is.
    """

    _resolver: IHostnameResolver
    _done: Callable[[], object]
    begun: bool = field(init=False, default=False)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """
        Resolve as the reactor does.
        """
        receiver = _Receiver(resolutionReceiver, self._done)
        resolution = self._resolver.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )
        self.begun = True
        return resolution


@implementer(IResolutionReceiver)
@define(eq=False)
class _Receiver:
    """
    Hands on what is resolved.
    """

    _receiver: IResolutionReceiver
    _done: Callable[[], object]

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """
        It begins.
        """
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:
        """
        Here is an address.
        """
        self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        """
        There are no more.
        """
        self._done()
        self._receiver.resolutionComplete()


@implementer(IReactorPluggableNameResolver)
@define(eq=False)
class _GuardedReactor:
    """
    As much of a reactor as an endpoint needs. It opens no socket to where none may lead.
    """

    _reactor: Any
    nameResolver: IHostnameResolver
    _private_peers: bool

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """
        Look up names otherwise.
        """
        former, self.nameResolver = self.nameResolver, resolver
        return former

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None
    ) -> IConnector:
        """
        Connect to an address, if it may be connected to.

        @raise PeerNotAllowed: it may not; nor may a name, which would be looked up once more.
        """
        if not self._private_peers and not is_public(host):
            raise PeerNotAllowed("the host has an address outside of the public internet")
        connector: IConnector = self._reactor.connectTCP(host, port, factory, timeout, bindAddress)
        return connector

    def callLater(self, delay: float, call: Callable[..., object], *args: Any) -> IDelayedCall:
        """
        Call something later.
        """
        later: IDelayedCall = self._reactor.callLater(delay, call, *args)
        return later

    def seconds(self) -> float:
        """
        The time.
        """
        now: float = self._reactor.seconds()
        return now


@implementer(IStreamClientEndpoint)
@define(eq=False)
class _MeasuredEndpoint:
    """
    Measures what comes before the head of an answer is complete.
    """

    _endpoint: IStreamClientEndpoint
    _conversation: Conversation

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        Connect; the result is the protocol that the factory made.
        """
        factory = _MeasuringFactory(protocolFactory, self._conversation)

        def made(measuring: Any) -> IProtocol:
            self._conversation.close = measuring.abortConnection
            protocol: IProtocol = measuring.wrappedProtocol
            return protocol

        return self._endpoint.connect(factory).addCallback(made)


class _Measuring(ProtocolWrapper):
    """
    Cuts the connection when a head has no end.
    """

    _received = 0

    def dataReceived(self, data: bytes) -> None:
        """
        Hand on what came. What belongs to the body is no longer counted.
        """
        super().dataReceived(data)
        conversation: Conversation = self.factory.conversation
        if conversation.head_read or conversation.head_too_long:
            return
        self._received += len(data)
        if self._received > MAX_HEAD_BYTES:
            conversation.head_too_long = True
            self.abortConnection()


class _MeasuringFactory(WrappingFactory):
    """
    Makes protocols that measure.
    """

    protocol = _Measuring
    noisy = False

    def __init__(self, factory: IProtocolFactory, conversation: Conversation) -> None:
        super().__init__(factory)
        self.conversation = conversation
