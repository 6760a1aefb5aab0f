"""
URLs that others name.
"""

import contextlib

from hyperlink import URL
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.errors import BadURL
from owncastd.net.urls import MAX_URL, outgoing_url, resolved

GOOD = [
    ("https://peer.example/users/bob", "https://peer.example/users/bob"),
    ("HTTPS://Peer.Example:443/Users/Bob#main-key", "https://peer.example/Users/Bob"),
    ("https://peer.example", "https://peer.example/"),
    ("http://peer.example:8080/?a=b&c=%C3%A4", "http://peer.example:8080/?a=b&c=%C3%A4"),
    ("https://münchen.example/ä?ö", "https://xn--mnchen-3ya.example/%C3%A4?%C3%B6"),
    ("https://192.0.2.1/x", "https://192.0.2.1/x"),
    ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ("https://peer.example/a b", "https://peer.example/a%20b"),
    ("https://peer.example/a/../b", "https://peer.example/a/../b"),
]
BAD = [
    "",
    "peer.example/x",
    "//peer.example/x",
    "/x",
    "acct:bob@peer.example",
    "file:///etc/passwd",
    "ftp://peer.example/",
    "gopher://peer.example/",
    "javascript:alert(1)",
    "https:///x",
    "https://",
    "https://bob@peer.example/",
    "https://bob:secret@peer.example/",
    "https://peer.example:0/",
    "https://peer.example:65536/",
    "https://peer.example:port/",
    "https://-peer.example/",
    "https://peer..example/",
    "https://pe er.example/",
    "https://peer.example/\r\nHost: other.example",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://peer.example/" + "x" * MAX_URL,
]


class URLTests(SynchronousTestCase):
    """
    What is asked for, and what is not.
    """

    def test_good(self) -> None:
        """
        In ASCII, with a path, without a fragment.
        """
        for given_url, expected in GOOD:
            self.assertEqual(outgoing_url(given_url).to_text(), expected)

    def test_bad(self) -> None:
        """
        Everything else is refused.
        """
        taken = []
        for url in BAD:
            try:
                taken.append(outgoing_url(url).to_text())
            except BadURL:
                continue
        self.assertEqual(taken, [])

    def test_plain_text(self) -> None:
        """
        Where TLS is wanted, nothing else will do.
        """
        self.assertRaises(BadURL, outgoing_url, "http://peer.example/", plain_http=False)
        outgoing_url("https://peer.example/", plain_http=False)

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=60), st.sampled_from(["", "https://", "https://peer.example/"]))
    def test_any_text(self, text: str, opening: str) -> None:
        """
        Any text is refused, or becomes a URL that stays as it is from then on.
        """
        try:
            url = outgoing_url(opening + text)
        except BadURL:
            return
        written = url.to_text()
        self.assertTrue(written.isascii() and written.isprintable() and " " not in written)
        self.assertEqual(outgoing_url(written).to_text(), written)


class ReferenceTests(SynchronousTestCase):
    """
    What stands in a document.
    """

    def test_resolved(self) -> None:
        """
        References are read from where they stand; what leads nowhere is refused.
        """
        base = URL.from_text("https://peer.example/a/b?c")
        for reference, target in (
            ("", "https://peer.example/a/b?c"),
            ("d", "https://peer.example/a/d"),
            ("/e", "https://peer.example/e"),
            ("//other.example/f", "https://other.example/f"),
            ("http://other.example/", "http://other.example/"),
        ):
            self.assertEqual(resolved(base, reference), target)
        for reference in (
            *("http:relative", "http:", "mailto:bob@peer.example", "https:?x", "https:#x"),
            *("https://peer.example:port/", "https://[peer/"),
        ):
            self.assertRaises(BadURL, resolved, base, reference)

    @given(st.text(max_size=80) | st.from_regex(r"[a-z]{0,5}:?/{0,3}[\[\]a:@.%?#/]{0,20}"))
    def test_any_reference(self, reference: str) -> None:
        """
        Whatever stands there leads somewhere or is refused.
        """
        with contextlib.suppress(BadURL):
            self.assertIsInstance(
                resolved(URL.from_text("https://peer.example/a/b?c"), reference), str
            )
