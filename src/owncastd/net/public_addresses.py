"""
Which addresses belong to the public internet.

From the special-purpose address registries of IANA (RFC 6890 and what updates it), held here as
lists of our own: what Python calls global has changed between its patch releases.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Final

_SPECIAL_IPV4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host of a machine in Azure: metadata, though it looks public
        "169.254.0.0/16",  # link-local, and with it most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # once 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
#: What is assigned at all; everything else is loopback, local, multicast or reserved.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_SPECIAL_IPV6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
#: RFC 6052. Hosts that have nothing but IPv6 reach all of IPv4 by it.
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(host: str) -> bool:
    """
    Whether this is an address of the public internet; IPv6 that carries IPv4 is as that is.

    @param host: an address as a socket takes it, perhaps with a zone; a name is not public.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    carried = _carried(address)
    if carried is not None:
        return is_public(str(carried))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL_IPV6)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """
    The IPv4 address that packets to this one end up at, if they do.
    """
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None
