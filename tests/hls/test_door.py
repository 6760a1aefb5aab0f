"""
The short path and the resource give the same bytes for the same requests.
"""

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web import server
from twisted.web.resource import Resource

from owncastd.hls.resource import HLSResource
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory
from tests.hls.support import House, feed, feed_parts
from tests.net.support import MemoryShortPath, get

TARGETS = [
    "/hls/stream.m3u8",
    "/hls/0/stream.m3u8",
    "/hls/0/stream.m3u8?",
    "/hls/0/stream.m3u8?_HLS_skip=YES",
    "/hls/0/stream.m3u8?_HLS_msn=3",
    "/hls/0/stream.m3u8?_HLS_msn=99",
    "/hls/0/stream.m3u8?_HLS_part=1",
    "/hls/0/stream.m3u8?_HLS_msn=1&_HLS_part=1&_HLS_skip=v2",
    "/hls/0/stream.m3u8?cb=1?2",
    "/hls/0/xi0.mp4",
    "/hls/0/xs0.m4s",
    "/hls/0/xp3.m4s",
    "/hls/0/xp3.m4s?_HLS_msn=1",
    "/hls/0/%78p3.m4s",
    "/hls/nothing",
    "/hls/",
    "/hls//0/stream.m3u8",
    "/hls/0/../stream.m3u8",
    "/other",
]
HEADERS = [
    "Accept-Encoding: gzip, deflate, br",
    "Accept-Encoding: gzip;q=0",
    "User-Agent: Player/1",
    "X-Forwarded-For: 203.0.113.9",
    "Connection: keep-alive",
    "Connection: close",
    "Range: bytes=1-4",
    "If-None-Match: *",
    "Cookie: a=b",
    "Bad header: x",
    "X: \x80",
    " folded",
]


class Page(Resource):
    """
    The page of the ordinary site, which reads what is sent.
    """

    isLeaf = True

    def render(self, request: Any) -> bytes:
        """
        Say how much it was.
        """
        return b"page %d" % len(request.content.read())


class Pair:
    """
    Two connections to the same house, one with a short path and one without.
    """

    def __init__(self, house: House) -> None:
        proxies = TrustedProxies.parse()
        root = Resource()
        root.putChild(b"hls", HLSResource(house.clock, house.delivery, proxies))
        root.putChild(b"other", Page())
        self.transports = []
        self.protocols: list[Any] = []
        for short_path in (house.delivery, MemoryShortPath(b"/nowhere/")):
            transport = StringTransport()
            protocol: Any = WebFactory(house.clock, root, short_path, proxies).buildProtocol(None)
            protocol.makeConnection(transport)
            self.transports.append(transport)
            self.protocols.append(protocol)

    def send(self, *pieces: bytes) -> None:
        """
        Send the same to both.
        """
        for transport, protocol in zip(self.transports, self.protocols, strict=True):
            for piece in pieces:
                if not transport.disconnecting:
                    protocol.dataReceived(piece)

    def received(self) -> list[tuple[bytes, bool]]:
        """
        What came from each, and whether it was closed.
        """
        return [(transport.value(), transport.disconnecting) for transport in self.transports]


class DoorTests(SynchronousTestCase):
    """
    Byte for byte.
    """

    def setUp(self) -> None:
        """
        Six segments and a part.
        """
        # The site's own pages are dated by the machine.
        self.patch(server, "datetimeToString", lambda: b"today")
        self.house = House()
        self.window = self.house.window()
        feed(self.window, 6)
        feed_parts(self.window, 1)

    def check(self, pair: Pair) -> bytes:
        """
        Both got the same.
        """
        short, plain = pair.received()
        self.assertEqual(short, plain)
        return short[0]

    def test_each(self) -> None:
        """
        Every target with every header.
        """
        for target in TARGETS:
            for headers in [(), *((header,) for header in HEADERS)]:
                pair = Pair(self.house)
                pair.send(get(target, *headers))
                self.assertIn(b"HTTP/1.1 ", self.check(pair), (target, headers))

    def test_methods_and_versions(self) -> None:
        """
        Every method and version.
        """
        for method in ["GET", "HEAD", "OPTIONS", "POST", "get", "BREW"]:
            for version in ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1"]:
                pair = Pair(self.house)
                pair.send(get("/hls/0/stream.m3u8", method=method, version=version))
                self.assertIn(b"HTTP/1.", self.check(pair), (method, version))

    def test_expect_and_body(self) -> None:
        """
        A body is asked for and read, and what follows is answered.
        """
        pair = Pair(self.house)
        pair.send(
            get("/hls/0/stream.m3u8", "Content-Length: 3", "Expect: 100-continue"),
            b"abc" + get("/hls/0/xp0.m4s"),
        )
        self.assertTrue(self.check(pair).startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))

    def test_waiting(self) -> None:
        """
        What waits is released with the same bytes, and what is behind it follows.
        """
        pair = Pair(self.house)
        pair.send(
            get("/hls/0/stream.m3u8?_HLS_msn=6&_HLS_part=1") + get("/hls/0/xp25.m4s"),
            get("/hls/0/xp26.m4s") + get("/other"),
        )
        self.assertEqual(self.check(pair), b"")
        feed_parts(self.window, 2, first=False)
        received = self.check(pair)
        self.assertEqual(received.count(b"HTTP/1.1 200 OK"), 4)
        self.assertTrue(received.endswith(b"page 0"))

    def test_too_late(self) -> None:
        """
        What waits in vain is turned away with the same bytes.
        """
        pair = Pair(self.house)
        pair.send(get("/hls/0/xp25.m4s"))
        self.house.clock.advance(6)
        self.assertIn(b"HTTP/1.1 503 Service Unavailable\r\n", self.check(pair))

    def test_fuzz(self) -> None:
        """
        Any requests, mangled and cut anywhere, get the same bytes.
        """
        # The numbers of what comes next are filled in when it is known.
        waiting = ["/hls/0/stream.m3u8?_HLS_msn=MSN&_HLS_part=0", "/hls/0/xpPART.m4s"]
        chunks = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        bodies = [b"", b"Content-Length: 4\r\n\r\nGET ", chunks]

        @st.composite
        def requests(draw: st.DrawFn) -> bytes:
            target = draw(st.sampled_from(TARGETS + waiting * 3))
            headers = draw(st.lists(st.sampled_from(HEADERS), max_size=2))
            method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]))
            request = get(target, *headers, method=method)
            body = draw(st.sampled_from(bodies))
            return request[:-2] + body if body else request

        mangled = st.tuples(st.integers(0, 400), st.binary(max_size=2), st.integers(0, 2))

        @given(
            st.lists(requests(), min_size=1, max_size=4),
            st.none() | mangled,
            st.lists(st.integers(1, 600), max_size=3),
        )
        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        def check(
            sent: list[bytes], mangle: tuple[int, bytes, int] | None, cuts: list[int]
        ) -> None:
            data = b"".join(sent)
            data = data.replace(b"MSN", b"%d" % self.window._next_msn)
            data = data.replace(b"PART", b"%d" % self.window._next_part)
            if mangle is not None:
                place, inserted, dropped = mangle
                data = data[:place] + inserted + data[place + dropped :]
            edges = [0, *sorted(cuts), len(data)]
            pair = Pair(self.house)
            pair.send(*[data[start:end] for start, end in pairwise(edges) if data[start:end]])
            self.check(pair)
            feed(self.window, 1)
            self.check(pair)
            self.house.clock.advance(6)
            self.check(pair)
            for protocol in pair.protocols:
                protocol.connectionLost(Failure(ConnectionDone()))

        self.window.end_segment()
        check()
