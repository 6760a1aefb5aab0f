"""
What is read from the headers of a request.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.facts import (
    MAX_SHORT_HEADER_LINES,
    MAX_SHORT_HEADERS,
    MAX_USER_AGENT,
    accepts_gzip,
    plain_headers,
    read_facts,
)
from owncastd.net.proxies import TrustedProxies


class PlainHeadersTests(SynchronousTestCase):
    """
    L{plain_headers}.
    """

    def test_plain(self) -> None:
        """
        Ordinary lines are read, by lower-case name and in order.
        """
        block = (
            b"Host: x\r\nAccept:*/*\r\nX-Empty:\r\nX-A: \t one \t\r\n"
            b"x-a: \xc3\xa9\r\nConnection: Keep-Alive"
        )
        self.assertEqual(
            plain_headers(block),
            {
                b"host": [b"x"],
                b"accept": [b"*/*"],
                b"x-empty": [b""],
                b"x-a": [b"one", b"\xc3\xa9"],
                b"connection": [b"Keep-Alive"],
            },
        )
        self.assertEqual(plain_headers(b""), {})

    def test_not_plain(self) -> None:
        """
        What could be read in two ways, or asks for more, is left to the full parser.
        """
        for block in [
            b"Host : x",
            b" Host: x",
            b"Host: x\r\n folded",
            b"Host: x\nY: z",
            b"Host: x\rY: z",
            b"Host: \x00",
            b"Host: \x7f",
            b"Host",
            b": x",
            b"Host: x\r\n",
            b"H\xc3\xa9: x",
            b"Content-Length: 0",
            b"TRANSFER-ENCODING: chunked",
            b"Range: bytes=0-",
            b"If-Range: x",
            b"If-None-Match: x",
            b"Expect: 100-continue",
            b"Upgrade: h2c",
            b"Connection: close",
            b"Connection: keep-alive, close",
            b"Connection:",
            b"X: " + b"x" * MAX_SHORT_HEADERS,
            b"\r\n".join([b"X: y"] * (MAX_SHORT_HEADER_LINES + 1)),
        ]:
            self.assertIsNone(plain_headers(block), block[:60])

    def test_fuzz(self) -> None:
        """
        Whatever is read has no line break and no other control character.
        """
        piece = st.sampled_from([b"\r\n", b"\n", b"\r", b": ", b":", b"Host", b"Range", b" ", b"a"])

        @given(st.lists(piece | st.binary(max_size=3), max_size=12).map(b"".join))
        @settings(max_examples=200, deadline=None)
        def check(block: bytes) -> None:
            headers = plain_headers(block)
            if headers is None:
                return
            for name, values in headers.items():
                self.assertTrue(name and b" " not in name)
                for value in values:
                    self.assertFalse(set(value) & {0, 10, 13}, value)

        check()


class ReadFactsTests(SynchronousTestCase):
    """
    L{read_facts} and L{accepts_gzip}.
    """

    def test_accepts_gzip(self) -> None:
        """
        By name, by star, and not with weight zero.
        """
        for value, accepted in [
            (b"", False),
            (b"gzip", True),
            (b"GZIP", True),
            (b"x-gzip", True),
            (b"br, gzip;q=0.5", True),
            (b"gzip ; q=0", False),
            (b"gzip;q=0.000", False),
            (b"gzip;q=0.001", True),
            (b"*", True),
            (b"*;q=0", False),
            (b"*, gzip;q=0", False),
            (b"gzip, *;q=0", True),
            (b"identity", False),
            (b"gzipped", False),
        ]:
            self.assertEqual(accepts_gzip(value), accepted, value)

    def test_user_agent_is_bounded(self) -> None:
        """
        It is text, whatever the bytes, and short.
        """
        values = {b"user-agent": [b"first", b"\xff" + b"x" * 1000]}
        facts = read_facts(lambda name: values.get(name, []), "192.0.2.1", TrustedProxies.parse())
        self.assertEqual(len(facts.user_agent), MAX_USER_AGENT)
        self.assertTrue(facts.user_agent.startswith("\ufffdxxx"))
