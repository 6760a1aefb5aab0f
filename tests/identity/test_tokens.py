"""
Access tokens and what is made of them.
"""

import string

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.identity.tokens import digest_of, digest_of_handle, handle_of, make_token


class TokenTests(SynchronousTestCase):
    """
    Pure functions.
    """

    def test_form(self) -> None:
        """
        A token is 32 random bytes as 44 letters that a URL can carry.
        """
        self.assertEqual(make_token(lambda count: b"\xff" * count), "_" * 42 + "8=")
        letters = set(string.ascii_letters + string.digits + "-_=")
        tokens = {make_token() for _ in range(100)}
        self.assertEqual(len(tokens), 100)
        for token in tokens:
            self.assertEqual(len(token), 44)
            self.assertLessEqual(set(token), letters)

    def test_handle(self) -> None:
        """
        A handle stands for the digest of its token, and is no token itself.
        """
        token = make_token()
        handle = handle_of(digest_of(token))
        self.assertEqual(digest_of_handle(handle), digest_of(token))
        self.assertNotEqual(digest_of(handle), digest_of(token))

    @given(st.text())
    def test_anything(self, text: str) -> None:
        """
        Whatever a stranger takes for a token or a handle has a digest, or is no handle.
        """
        self.assertEqual(len(digest_of(text)), 32)
        self.assertIn(len(digest_of_handle(text) or b"\0" * 32), (32,))
