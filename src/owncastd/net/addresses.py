"""
Addresses as people write them.
"""

from ipaddress import IPv6Address, ip_address


def host_and_port(host: str, port: int) -> str:
    """
    A peer as text: brackets around IPv6, and IPv4 as such where a socket for both families shows
    it inside IPv6 (RFC 4291, 2.5.5.2).

    @param host: what the socket tells; anything that is no address is left as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return f"{host}:{port}"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return f"[{host}]:{port}"
        host = str(address.ipv4_mapped)
    return f"{host}:{port}"
