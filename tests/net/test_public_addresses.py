"""
Which addresses are public.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.public_addresses import is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:1.1.1.1",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    # this network, loopback, in every form that a socket takes
    "0.0.0.0",
    "127.0.0.1",
    "127.255.255.254",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    # private
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::ffff:10.0.0.1",
    "::ffff:c0a8:101",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:c0a8:101::1",
    "fc00::1",
    "fd12:3456::1",
    # link-local and site-local
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    # behind a carrier's NAT
    "100.64.0.1",
    "100.127.255.255",
    # metadata
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    # documentation, benchmarks, old relays, tunnels
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "2001:db8::1",
    "2001::1",
    "3fff::1",
    "100::1",
    # multicast, reserved, broadcast
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "4000::1",
    # no addresses
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "[::1]",
]


class PublicTests(SynchronousTestCase):
    """
    What may be connected to on a stranger's word.
    """

    def test_public(self) -> None:
        """
        What others reach as well.
        """
        self.assertEqual([host for host in PUBLIC if not is_public(host)], [])

    def test_not_public(self) -> None:
        """
        What leads to this machine, to its neighbours, or nowhere.
        """
        self.assertEqual([host for host in NOT_PUBLIC if is_public(host)], [])

    @given(st.ip_addresses(v=4))
    def test_carried(self, address: IPv4Address) -> None:
        """
        IPv6 that carries IPv4 is public exactly if that is; and what Python calls private, or
        multicast, never is.
        """
        number = int(address)
        carriers = [
            IPv6Address((0xFFFF << 32) | number),
            IPv6Address((0x64FF9B << 96) | number),
            IPv6Address((0x2002 << 112) | (number << 80) | 1),
        ]
        public = is_public(str(address))
        self.assertEqual([is_public(str(carrier)) for carrier in carriers], [public] * 3)
        if address.is_private or address.is_multicast or address.is_reserved:
            self.assertFalse(public)

    @given(st.ip_addresses(v=6))
    def test_any_address(self, address: IPv6Address) -> None:
        """
        The same for any IPv6, and with a zone.
        """
        public = is_public(str(address))
        if address.is_link_local or address.is_multicast or address.is_loopback:
            self.assertFalse(public)
        if public and address.ipv4_mapped is None and address.sixtofour is None:
            self.assertTrue(ip_address(str(address)).is_global or str(address).startswith("64:"))

    @given(st.text(max_size=50))
    def test_any_text(self, text: str) -> None:
        """
        What is no address is not public.
        """
        self.assertIn(is_public(text), (True, False))
