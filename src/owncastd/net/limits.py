"""
How many connections one address may hold open.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from attrs import define, field
from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger

#: A browser that watches and chats holds up to seven; a school or a mobile carrier shows many
#: viewers behind one address.
WEB_CONNECTIONS_PER_ADDRESS = 512
#: Encoders: one is live, a few may be lingering after a broken network.
INGEST_CONNECTIONS_PER_ADDRESS = 16


def _trust_nobody(host: str) -> bool:
    return False


@define(eq=False)
class ConnectionLimit:
    """
    Counts open connections by address; an IPv6 network of 64 bits counts as one address.

    @ivar exempt: tells of an address whether it may have any number: a proxy speaks for many.
    """

    _log = Logger()

    per_address: int = WEB_CONNECTIONS_PER_ADDRESS
    exempt: Callable[[str], bool] = _trust_nobody
    _open: dict[str, int] = field(factory=dict)
    _told: set[str] = field(factory=set)

    def admits(self, host: str) -> bool:
        """
        Whether one more connection from this address is welcome. A refusal is logged once for as
        long as the address stays at its limit.
        """
        key = _network(host)
        if self._open.get(key, 0) < self.per_address or self.exempt(host):
            return True
        if key not in self._told:
            self._told.add(key)
            self._log.info("{address} is at its limit of {limit} connections",
                           address=key, limit=self.per_address)  # fmt: skip
        return False

    def enter(self, host: str) -> None:
        """
        A connection was opened.
        """
        key = _network(host)
        self._open[key] = self._open.get(key, 0) + 1

    def leave(self, host: str) -> None:
        """
        A connection was closed.
        """
        key = _network(host)
        left = self._open[key] - 1
        self._told.discard(key)
        if left:
            self._open[key] = left
        else:
            del self._open[key]


class LimitedFactory(ServerFactory):
    """
    Builds protocols only for addresses that the limit admits; the port keeps the count.
    """

    def __init__(self, factory: IProtocolFactory, limit: ConnectionLimit) -> None:
        self._factory = factory
        self._limit = limit
        # Starting and stopping are logged by the wrapped factory, under its own name.
        self.noisy = False

    def buildProtocol(self, addr: IAddress | None) -> IProtocol | None:  # type: ignore[override]
        """
        Build a protocol, or refuse the connection.
        """
        if not self._limit.admits(getattr(addr, "host", "")):
            return None
        # IProtocolFactory declares the address as given; None occurs only for odd transports.
        return self._factory.buildProtocol(addr)  # type: ignore[arg-type]

    def doStart(self) -> None:
        """
        The port listens.
        """
        super().doStart()
        self._factory.doStart()

    def doStop(self) -> None:
        """
        The port is closed.
        """
        self._factory.doStop()
        super().doStop()

    def logPrefix(self) -> str:
        """
        Log under the wrapped factory's name.
        """
        return self._factory.__class__.__name__


def _network(host: str) -> str:
    """
    What is counted for an address.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address.packed, 64), strict=False))
    return host
