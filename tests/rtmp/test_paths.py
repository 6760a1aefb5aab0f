"""
From application and publish name to the candidate key.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp.errors import InvalidStreamPath
from owncastd.rtmp.paths import candidate_key, check_app, check_tc_url

#: application, publish name, key.
KEYS = [
    ("live", "abc", "abc"),
    ("live", "one/two/three", "one/two/three"),
    ("live/one", "two/three", "one/two/three"),
    ("live/one/two", "three", "one/two/three"),
    ("live", "a/live/b", "a/live/b"),
    ("live", "live/abc", "live/abc"),
    ("live", "ABC", "ABC"),
    ("live/", "abc", "abc"),
    ("live", "abc?bandwidthtest=true", "abc"),
    ("live?token=1", "abc", "abc"),
    ("live", "a%20b", "a b"),
    ("live", "a%2Fb", "a/b"),
    ("live", "%C3%A9", "é"),
    ("l%69ve", "abc", "abc"),
    ("live", "a+b", "a+b"),
    ("live", "abc#d", "abc#d"),
    ("live", "100%25", "100%"),
    ("live", "abc?100%", "abc"),
    ("live", " abc ", " abc "),
]

#: application, publish name.
REFUSED = [
    ("streamkey", "live"),
    ("streamkey", "secret"),
    ("live", "secret%"),
    ("before/live", "after"),
    ("something", "else"),
    ("livestream", "abc"),
    ("Live", "abc"),
    ("/live", "abc"),
    ("", "live/abc"),
    ("", "abc"),
    ("live", ""),
    ("live/", ""),
    ("live", "?abc"),
    ("live", "%"),
    ("live", "%4"),
    ("live", "%zz"),
    ("live", "ab%2"),
    ("live", "%ff"),
    ("live/%", "41"),
]


class KeyTests(SynchronousTestCase):
    """
    The truth table.
    """

    def test_keys(self) -> None:
        """
        Everything below C{/live/} is the key, however it was cut.
        """
        for app, name, key in KEYS:
            check_app(app)
            self.assertEqual(candidate_key(app, name), key, (app, name))

    def test_refused(self) -> None:
        """
        What does not lead to a key is refused, in words without the key.
        """
        for app, name in REFUSED:
            error = self.assertRaises(InvalidStreamPath, candidate_key, app, name)
            self.assertNotIn("secret", str(error))

    def test_app_is_refused_early(self) -> None:
        """
        The application alone decides whether C{connect} is worth going on.
        """
        for app in ("streamkey", "before/live", "livestream", "", "/live", "li%ve"):
            self.assertRaises(InvalidStreamPath, check_app, app)

    def test_tc_url(self) -> None:
        """
        The URL needs scheme and host.
        """
        for tc_url in ("rtmp://host/live", "rtmp://[::1]:1935/live", "rtmps://host:443/x/y"):
            check_tc_url(tc_url)
        for tc_url in ("", "live", "host/live", "rtmp:///live", "//host/live", "rtmp://[::1/live"):
            self.assertRaises(InvalidStreamPath, check_tc_url, tc_url)

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=30), st.text(max_size=30))
    def test_any_text(self, url: str, name: str) -> None:
        """
        No text raises anything else, and a key is text that can be written down.
        """
        try:
            candidate_key("live", name).encode()
            check_tc_url(url)
        except InvalidStreamPath:
            return
