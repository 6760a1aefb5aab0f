"""
Addresses as people write them.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.addresses import host_and_port


class HostAndPortTests(SynchronousTestCase):
    """
    One form for each kind of address.
    """

    def test_forms(self) -> None:
        """
        Both families, one inside the other, and what is neither.
        """
        for host, shown in {
            "192.0.2.7": "192.0.2.7:80",
            "2001:db8::1": "[2001:db8::1]:80",
            "::ffff:192.0.2.7": "192.0.2.7:80",
            "/run/socket": "/run/socket:80",
            "": ":80",
        }.items():
            self.assertEqual(host_and_port(host, 80), shown)
