"""
Seeing through proxies.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.proxies import DEFAULT_TRUSTED, TrustedProxies
from owncastd.settings.catalogue import TRUSTED_PROXIES
from owncastd.settings.store import Settings


class TrustedProxiesTests(SynchronousTestCase):
    """
    L{TrustedProxies}.
    """

    proxies = TrustedProxies.parse()

    def test_client_address(self) -> None:
        """
        The chain is read from the right as far as it is trusted.
        """
        for peer, forwarded, expected in [
            ("203.0.113.9", [], "203.0.113.9"),
            ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("127.0.0.1", [], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", ["1.2.3.4", "198.51.100.1,10.0.0.7"], "198.51.100.1"),
            ("10.0.0.7", ["192.168.1.5, 172.16.0.1"], "192.168.1.5"),
            ("127.0.0.1", ["nonsense, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.1, unknown, 10.0.0.7"], "10.0.0.7"),
            ("127.0.0.1", [""], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.1:5000"], "198.51.100.1"),
            ("::1", ["[2001:db8::1]:5000"], "2001:db8::1"),
            ("::1", ["2001:db8::1"], "2001:db8::1"),
            ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
            ("::ffff:203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("fe80::1%eth0", ["2001:DB8::1"], "2001:db8::1"),
            ("", ["198.51.100.1"], ""),
        ]:
            self.assertEqual(
                self.proxies.client_address(peer, forwarded), expected, (peer, forwarded)
            )

    def test_configured(self) -> None:
        """
        Only the given networks are trusted.
        """
        proxies = TrustedProxies.parse(["203.0.113.0/24", " 2001:db8::1 "])
        self.assertTrue(proxies.trusts("203.0.113.77"))
        self.assertTrue(proxies.trusts("2001:db8::1"))
        self.assertFalse(proxies.trusts("2001:db8::2"))
        self.assertFalse(proxies.trusts("127.0.0.1"))
        self.assertFalse(TrustedProxies.parse([]).trusts("127.0.0.1"))

    def test_bad_network(self) -> None:
        """
        What is no network is refused by name.
        """
        with self.assertRaises(ValueError) as caught:
            TrustedProxies.parse(["10.0.0.0/8", "everybody"])
        self.assertIn("everybody", str(caught.exception))

    def test_fuzz(self) -> None:
        """
        Whatever the header says, the answer is an address of the chain.
        """
        item = st.ip_addresses().map(str) | st.text("[]:.,%0a1 ", max_size=12)

        @given(st.ip_addresses().map(str), st.lists(item, max_size=6).map(",".join))
        @settings(max_examples=200, deadline=None)
        def check(peer: str, header: str) -> None:
            address = self.proxies.client_address(peer, [header])
            if not self.proxies.trusts(peer):
                self.assertEqual(address, self.proxies.client_address(peer))
            self.assertNotIn(",", address)

        check()


class DefaultTests(SynchronousTestCase):
    """
    Two rooms that may not import each other name the same networks.
    """

    def test_setting(self) -> None:
        """
        What the setting trusts by default is what the room trusts by default.
        """
        self.assertEqual(Settings.in_memory().get(TRUSTED_PROXIES), DEFAULT_TRUSTED)
