"""
Opening TCP ports with eager connections.
"""

from typing import Any

from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from .eager import EagerPort
from .limits import ConnectionLimit, LimitedFactory

#: Connections that the kernel completes while we are busy: a raid, a stream's first second.
DEFAULT_BACKLOG = 1024


def listen_tcp(
    reactor: Any,
    port: int,
    factory: IProtocolFactory,
    interface: str = "",
    backlog: int = DEFAULT_BACKLOG,
    limit: ConnectionLimit | None = None,
) -> IListeningPort:
    """
    Listen on a TCP port.

    C{stopListening} of the port also closes the connections that it accepted.

    @param reactor: a selectable reactor.
    @param port: port number, or 0 for any free one.
    @param interface: IPv4 or IPv6 address to bind; empty for all of IPv4, C{::} for both families.
    @param limit: how many connections one address may hold; may be shared among ports.
    @raise twisted.internet.error.CannotListenError: the port is taken or may not be had.
    """
    if limit is not None:
        factory = LimitedFactory(factory, limit)
    listening = EagerPort(port, factory, backlog, interface, reactor, limit)
    listening.startListening()
    return listening
