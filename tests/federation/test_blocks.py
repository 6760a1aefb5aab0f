"""
Which servers are blocked.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.blocks import BlockedDomains, canonical
from owncastd.settings import catalogue
from owncastd.settings.store import Settings


class BlocksTests(SynchronousTestCase):
    """
    The list of the settings.
    """

    def test_hosts(self) -> None:
        """
        A domain blocks itself and all below it, however it is written, and nothing else.
        """
        settings = Settings.in_memory()
        blocked = BlockedDomains(settings)
        self.assertIs(blocked.blocks("bad.example"), False)
        self.assertIs(blocked.blocks(""), False)
        settings.set(
            catalogue.FEDERATION_BLOCKED_DOMAINS,
            ("bad.example", "bücher.example", "*.worse.example"),
        )
        for host in (
            "bad.example",
            "BAD.example.",
            "a.b.bad.example",
            "xn--bcher-kva.example",
            "BÜCHER.example",
            "worse.example",
        ):
            self.assertIs(blocked.blocks(host), True, host)
        for host in ("notbad.example", "example", "bad.example.org", "", "good.example"):
            self.assertIs(blocked.blocks(host), False, host)
        settings.set(catalogue.FEDERATION_BLOCKED_DOMAINS, ())
        self.assertIs(blocked.blocks("bad.example"), False)

    def test_canonical(self) -> None:
        """
        What is no name of a host is compared as it is.
        """
        self.assertEqual(canonical("\u00e9" * 80), "\u00e9" * 80)
