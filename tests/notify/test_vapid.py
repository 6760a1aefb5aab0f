"""
What vouches for this server before push services.
"""

import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.notify.push_encryption import from_base64url, public_key, to_base64url
from owncastd.notify.vapid import (
    MAX_SERVICES,
    RENEW_SECONDS,
    STATEMENT_SECONDS,
    PushKey,
    Voucher,
)

PAGE = "https://live.example"


def claims_of(header: str, public: str) -> dict[str, object]:
    """
    What a header states; its signature is checked with the key that it names.

    @raise InvalidSignature: somebody else made it.
    """
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    named = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert named["k"] == public
    said, _, signature = named["t"].rpartition(".")
    raw = from_base64url(signature)
    assert len(raw) == 64
    public_key(from_base64url(named["k"])).verify(
        encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
        said.encode(),
        ec.ECDSA(SHA256()),
    )
    head, body = (json.loads(from_base64url(part)) for part in said.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    claims: dict[str, object] = body
    return claims


class PushKeyTests(SynchronousTestCase):
    """
    The pair, and its text form.
    """

    def test_text(self) -> None:
        """
        The private text makes the same pair again, and is nowhere to be seen.
        """
        key = PushKey.make()
        again = PushKey.from_text(key.private)
        self.assertEqual(again.public, key.public)
        self.assertEqual(again.private, key.private)
        self.assertEqual((len(key.private), len(key.public)), (43, 87))
        self.assertNotIn(key.private, repr(key))

    def test_no_key(self) -> None:
        """
        Texts that are none; the last number is beyond the curve's order.
        """
        for bad in ("", "!", to_base64url(bytes(31)), to_base64url(bytes(32)), "_" * 42 + "8"):
            self.assertRaises(ValueError, PushKey.from_text, bad)


class VoucherTests(SynchronousTestCase):
    """
    The header.
    """

    def setUp(self) -> None:
        """
        A key.
        """
        self.clock = Clock()
        self.clock.advance(1_800_000_000)
        self.key = PushKey.make()
        self.voucher = Voucher(self.clock, self.key)

    def claims(self, endpoint: str, server_url: str = PAGE) -> dict[str, object]:
        """
        What is stated to an endpoint.
        """
        return claims_of(self.voucher.authorization(endpoint, server_url), self.key.public)

    def test_claims(self) -> None:
        """
        For the origin of the endpoint, for half a day, with a contact.
        """
        self.assertEqual(
            self.claims("https://push.example:8443/send/abc?x=1"),
            {
                "aud": "https://push.example:8443",
                "exp": 1_800_000_000 + STATEMENT_SECONDS,
                "sub": PAGE,
            },
        )

    def test_contact(self) -> None:
        """
        A server without TLS is reached by mail; without an address there is no contact.
        """
        endpoint = "https://push.example/1"
        contact = self.claims(endpoint, "http://live.example:8080")["sub"]
        self.assertEqual(contact, "mailto:postmaster@live.example")
        self.assertNotIn("sub", self.claims(endpoint, ""))

    def test_kept(self) -> None:
        """
        One statement serves all browsers of a service until it is about to run out.
        """
        first = self.voucher.authorization("https://push.example/1", PAGE)
        self.clock.advance(STATEMENT_SECONDS - RENEW_SECONDS - 1)
        self.assertEqual(self.voucher.authorization("https://push.example/2", PAGE), first)
        self.clock.advance(1)
        again = self.claims("https://push.example/3")
        self.assertEqual(again["exp"], int(self.clock.seconds()) + STATEMENT_SECONDS)

    def test_bounded(self) -> None:
        """
        However many services there are, few are remembered.
        """
        for number in range(MAX_SERVICES + 5):
            self.voucher.authorization(f"https://push{number}.example/", PAGE)
        self.assertEqual(len(self.voucher._made), MAX_SERVICES)

    def test_check_can_fail(self) -> None:
        """
        The check of these tests refuses a statement that was changed.
        """
        header = self.voucher.authorization("https://push.example/", PAGE)
        other = PushKey.make()
        forged = header.replace(self.key.public, other.public)
        self.assertRaises(InvalidSignature, claims_of, forged, other.public)
