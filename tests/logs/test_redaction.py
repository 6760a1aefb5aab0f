"""
No secret survives on the way into a log.
"""

from base64 import b64encode

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.logs.redaction import REMOVED, redact

SECRET = "s3cr-t_K3y"
BASIC = b64encode(b"admin:pw").decode()
#: What is logged, with the secret in it as C{%s}.
DRESSES = (
    "rtmp://stream.example/live/%s",
    "rtmps://stream.example:1935/live/%s?x=y and more",
    "rtmp://[::1]/live?key=%s",
    "RTMP://Stream.Example/app/more/%s",
    "fetching http://admin:%s@stream.example/x",
    "GET /ws?accessToken=%s HTTP/1.1",
    "/api/chat?limit=1&accessToken=%s&offset=2",
    "access_token=%s",
    "/callback?code=%s&state=x",
    "Authorization: Basic %s",
    "Authorization: Bearer %s",
    "proxy-authorization: %s",
    "{b'Authorization': [b'Bearer %s']}",
    "(b'authorization', b'Basic %s')",
    '{"accessToken": "%s", "x": 1}',
    '{"streamKey":"%s"}',
    '{"adminPassword": "%s',
    "{'secret': '%s'}",
    "password='%s'",
    'password="a b %s"',
    "--streamkey=%s",
    "twistd owncast --streamkey %s --rtmpport 1935",
    "owncast --adminpassword %s",
    "owncast -streamkey %s",
)
#: Says nothing secret, and is to stay as it is.
PLAIN = (
    "A broken token was sent",
    "Basic authentication is needed",
    "the bearer of this",
    "http://stream.example/live/stream?x=y",
    "rtmp://stream.example/live",
    "Refused 192.0.2.1:5000: the stream key was rejected",
    "password: too short",
    "exit code=1",
    "authorization failed",
    "keyframe=2, monkey=3",
)
WORDS = st.text(alphabet="abcXYZ012-_~", min_size=6, max_size=60).map(lambda word: "Q" + word)


class RedactionTests(SynchronousTestCase):
    """
    Secrets are found by what stands before them.
    """

    def test_removed(self) -> None:
        """
        In every dress the secret goes, and the text beside it remains.
        """
        for dress in DRESSES:
            shown = redact(dress % SECRET)
            self.assertNotIn(SECRET, shown)
            self.assertIn(REMOVED, shown)
            self.assertTrue(shown.startswith(dress[:6]), shown)

    def test_context_remains(self) -> None:
        """
        What tells the operator which place is meant is kept.
        """
        self.assertEqual(
            redact(f"rtmp://h:1935/live/{SECRET} from 192.0.2.1"),
            f"rtmp://h:1935/live/{REMOVED} from 192.0.2.1",
        )
        self.assertEqual(redact(f"/ws?accessToken={SECRET}&x=1"), f"/ws?accessToken={REMOVED}&x=1")

    def test_bare_credentials(self) -> None:
        """
        Credentials without the header's name are known by their looks.
        """
        for scheme in ("Basic", "bearer"):
            for value in (BASIC, "x" * 44):
                self.assertEqual(redact(f"got {scheme} {value}!"), f"got {scheme} {REMOVED}!")

    def test_plain_text_stays(self) -> None:
        """
        Sentences about secrets are no secrets.
        """
        for text in PLAIN:
            self.assertEqual(redact(text), text)

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(DRESSES), WORDS, st.text(max_size=20), st.text(max_size=20))
    def test_any_secret_anywhere(self, dress: str, secret: str, before: str, after: str) -> None:
        """
        Whatever stands around it, the secret goes.
        """
        self.assertNotIn(secret, redact(f"{before} {dress % secret} {after}"))

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="token=password:\"'/rtmp?&@ -", max_size=300))
    def test_any_text(self, text: str) -> None:
        """
        No text makes it fail, and doing it again changes nothing that matters.
        """
        self.assertIsInstance(redact(redact(text)), str)
