"""
Push messages against the example of RFC 8291 and another implementation.
"""

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.notify.push_encryption import (
    AUTH_BYTES,
    MAX_PLAIN_BYTES,
    RECORD_SIZE,
    SALT_BYTES,
    encrypt,
    from_base64url,
    new_key,
    public_key,
    public_point,
    to_base64url,
)

# RFC 8291, Appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
OWN_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
BROWSER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
BROWSER_SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    """
    A private key from the number that it is.
    """
    return ec.derive_private_key(int.from_bytes(from_base64url(text), "big"), ec.SECP256R1())


class EncryptionTests(SynchronousTestCase):
    """
    The whole of RFC 8291.
    """

    def test_example(self) -> None:
        """
        The example of the RFC, byte for byte.
        """
        made = encrypt(
            PLAIN,
            from_base64url(BROWSER_PUBLIC),
            from_base64url(BROWSER_SECRET),
            private(OWN_PRIVATE),
            from_base64url(SALT),
        )
        self.assertEqual(made, from_base64url(MESSAGE))
        known = private(BROWSER_PRIVATE).public_key()
        self.assertEqual(to_base64url(public_point(known)), BROWSER_PUBLIC)

    @fuzz(max_examples=30)
    @given(
        st.binary(max_size=200) | st.binary(min_size=MAX_PLAIN_BYTES, max_size=MAX_PLAIN_BYTES),
        st.binary(min_size=AUTH_BYTES, max_size=AUTH_BYTES),
        st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES),
    )
    def test_read_by_others(self, text: bytes, secret: bytes, salt: bytes) -> None:
        """
        Another implementation reads what was written, up to the longest text.
        """
        browser = new_key()
        made = encrypt(text, public_point(browser.public_key()), secret, new_key(), salt)
        self.assertLessEqual(len(made), RECORD_SIZE)
        self.assertEqual(
            http_ece.decrypt(made, private_key=browser, auth_secret=secret, version="aes128gcm"),
            text,
        )

    def test_refused(self) -> None:
        """
        A text that is too long, and keys that are none.
        """
        point = public_point(new_key().public_key())
        secret, salt = bytes(AUTH_BYTES), bytes(SALT_BYTES)
        self.assertRaises(
            ValueError, encrypt, bytes(MAX_PLAIN_BYTES + 1), point, secret, new_key(), salt
        )
        # Too short; compressed; not on the curve; at infinity.
        for bad in (b"", point[:-1], b"\x02" + point[1:33], b"\x04" + bytes(64), b"\0"):
            self.assertRaises(ValueError, public_key, bad)
            self.assertRaises(ValueError, encrypt, b"", bad, secret, new_key(), salt)


class Base64Tests(SynchronousTestCase):
    """
    The text form of keys.
    """

    @given(st.binary(max_size=70))
    def test_round_trip(self, data: bytes) -> None:
        """
        Bytes come back, with padding or without.
        """
        text = to_base64url(data)
        self.assertEqual(from_base64url(text), data)
        self.assertEqual(from_base64url(text + "=" * (-len(text) % 4)), data)

    @given(st.text(max_size=40))
    def test_whatever(self, text: str) -> None:
        """
        Anything else is refused in one way.
        """
        try:
            data = from_base64url(text)
        except ValueError:
            return
        self.assertEqual(to_base64url(data), text.rstrip("="))

    def test_strict(self) -> None:
        """
        Letters of plain base64, white space and a bit too many are refused.
        """
        for bad in ("ab+/", "a b", "YR", "YWI\n", "a", "é"):
            self.assertRaises(ValueError, from_base64url, bad)
