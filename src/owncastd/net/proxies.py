"""
Seeing through proxies: who is at the far end of a chain of them.
"""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from attrs import frozen

_Address = IPv4Address | IPv6Address

#: Loopback, and the networks that are private by RFC 1918, RFC 4193 and RFC 4291 (link-local).
DEFAULT_TRUSTED = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


@frozen
class TrustedProxies:
    """
    The networks whose word about a client's address is taken (C{X-Forwarded-For}).
    """

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def parse(cls, networks: Iterable[str] = DEFAULT_TRUSTED) -> "TrustedProxies":
        """
        Read networks in CIDR form, or single addresses.

        @raise ValueError: one of them is neither; the text says which.
        """
        return cls(tuple(ip_network(text.strip(), strict=False) for text in networks))

    def trusts(self, host: str) -> bool:
        """
        Whether this address is a trusted proxy's.
        """
        address = _parse(host)
        return address is not None and self._trusts(address)

    def _trusts(self, address: _Address) -> bool:
        return any(
            address.version == network.version and address in network for network in self.networks
        )

    def client_address(self, peer: str, forwarded_for: Sequence[str] = ()) -> str:
        """
        The address of the client behind the proxies.

        Each proxy appends the peer that it saw, so the list is read from the right for as long as
        what has been read is trusted: everything left of that is the client's own claim.

        @param peer: address at the other end of our socket.
        @param forwarded_for: values of the C{X-Forwarded-For} header lines, in order.
        """
        address = _parse(peer)
        if address is None:
            return peer
        claims = [item for value in forwarded_for for item in value.split(",")]
        while claims and self._trusts(address):
            claimed = _parse(claims.pop())
            if claimed is None:
                break
            address = claimed
        return str(address)


def _parse(text: str) -> _Address | None:
    """
    Read an address, with or without port and brackets; IPv4 in IPv6 becomes IPv4.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
