"""
Playlists and media as a resource of the ordinary site.
"""

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from owncastd.hls.resource import HLSResource
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory
from tests.hls.support import House, feed, feed_parts
from tests.net.support import MemoryShortPath, get


class ResourceTests(SynchronousTestCase):
    """
    L{HLSResource}, through real channels and requests.
    """

    def setUp(self) -> None:
        """
        A site without a short path.
        """
        self.house = House()
        self.window = self.house.window()
        feed(self.window, 7)
        feed_parts(self.window, 1)
        proxies = TrustedProxies.parse()
        root = Resource()
        root.putChild(b"hls", HLSResource(self.house.clock, self.house.delivery, proxies))
        factory = WebFactory(self.house.clock, root, MemoryShortPath(b"/nowhere/"), proxies)
        self.transport = StringTransport()
        self.channel: Any = factory.buildProtocol(None)
        self.channel.makeConnection(self.transport)
        self.segment = bytes(self.house.origin.media[b"0/xs6.m4s"].body)

    def ask(self, target: str, *headers: str, method: str = "GET") -> None:
        """
        Send a request.
        """
        self.channel.dataReceived(get(f"/hls/{target}", *headers, method=method))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """
        Status, headers by lower-case name, and the rest.
        """
        head, _, body = self.transport.value().partition(b"\r\n\r\n")
        self.transport.clear()
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        self.assertEqual(len(headers), len(lines))
        return int(status.split()[1]), headers, body

    def get(
        self, target: str, *headers: str, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        """
        Ask, and have the answer.
        """
        self.ask(target, *headers, method=method)
        return self.answer()

    def test_get(self) -> None:
        """
        It answers as the delivery says.
        """
        status, headers, body = self.get("0/xs6.m4s")
        self.assertEqual((status, body), (200, self.segment))
        self.assertEqual(headers["date"], "mon, 23 nov 2026 10:00:00 gmt")
        self.assertEqual(headers["content-type"], "video/mp4")
        self.assertNotIn("server", headers)
        self.assertEqual(self.get("0/%78s6.m4s")[2], self.segment)
        self.assertEqual(self.get("nothing")[0], 404)
        self.assertEqual(self.get("")[0], 404)

    def test_head(self) -> None:
        """
        HEAD has the headers of GET and no body.
        """
        for target in ["0/xs6.m4s", "0/xp2.m4s", "0/stream.m3u8", "stream.m3u8", "nothing"]:
            status, headers, body = self.get(target)
            self.assertEqual(self.get(target, method="HEAD"), (status, headers, b""))
            self.assertEqual(headers["content-length"], str(len(body)))

    def test_compressed(self) -> None:
        """
        Playlists are compressed for those who accept it.
        """
        self.assertNotIn("content-encoding", self.get("0/stream.m3u8")[1])
        headers = self.get("0/stream.m3u8", "Accept-Encoding: gzip, br")[1]
        self.assertEqual(headers["content-encoding"], "gzip")
        self.assertEqual(headers["vary"], "accept-encoding")

    def test_ranges(self) -> None:
        """
        Single ranges are cut out; what is not one is answered with the whole.
        """
        size = len(self.segment)
        for value, first, end in [
            ("bytes=0-9", 0, 10),
            ("bytes=10-10", 10, 11),
            ("bytes=10-", 10, size),
            ("bytes=-7", size - 7, size),
            (f"bytes=-{size + 1}", 0, size),
            (f"bytes=5-{10**17}", 5, size),
            (f"BYTES= {size - 1}-{size} ", size - 1, size),
        ]:
            status, headers, body = self.get("0/xs6.m4s", f"Range: {value}")
            self.assertEqual((status, body), (206, self.segment[first:end]), value)
            self.assertEqual(headers["content-range"], f"bytes {first}-{end - 1}/{size}")
            self.assertEqual(headers["content-length"], str(end - first))
        for value in ["bytes=", "bytes=-", "bytes=9-8", "bytes=0-1,3-4", "lines=1-2", "bytes=x-"]:
            status, headers, body = self.get("0/xs6.m4s", f"Range: {value}")
            self.assertEqual((status, body), (200, self.segment), value)
            self.assertNotIn("content-range", headers)

    def test_range_of_a_part(self) -> None:
        """
        Parts have ranges as segments have; playlists have none.
        """
        self.assertEqual(self.get("0/xp2.m4s", "Range: bytes=0-2")[2], b"<2>")
        self.assertEqual(self.get("0/stream.m3u8", "Range: bytes=0-2")[0], 200)

    def test_range_not_satisfiable(self) -> None:
        """
        A range beyond the end is refused with the size, and not to be cached.
        """
        size = len(self.segment)
        for value in [f"bytes={size}-", "bytes=-0", f"bytes={10**17}-"]:
            status, headers, body = self.get("0/xs6.m4s", f"Range: {value}")
            self.assertEqual((status, body), (416, b""), value)
            self.assertEqual(headers["content-range"], f"bytes */{size}")
            self.assertNotIn("cache-control", headers)
            self.assertEqual(headers["access-control-allow-origin"], "*")

    def test_if_range(self) -> None:
        """
        A range holds if the client has the same bytes; names never change theirs.
        """
        self.assertEqual(self.get("0/xs6.m4s", "Range: bytes=0-1", 'If-Range: "xs6.m4s"')[0], 206)
        self.assertEqual(self.get("0/xs6.m4s", "Range: bytes=0-1", 'If-Range: "other"')[0], 200)

    def test_not_modified(self) -> None:
        """
        A client that has it is told so, before any range.
        """
        for value in ['"xs6.m4s"', 'W/"xs6.m4s"', '"a", "xs6.m4s"', "*"]:
            status, headers, body = self.get(
                "0/xs6.m4s", f"If-None-Match: {value}", "Range: bytes=0-1"
            )
            self.assertEqual((status, body), (304, b""), value)
            self.assertNotIn("content-length", headers)
            self.assertNotIn("content-type", headers)
            self.assertEqual(headers["etag"], '"xs6.m4s"')
            self.assertEqual(headers["cache-control"], "public, max-age=31557600")
        self.assertEqual(self.get("0/xs6.m4s", 'If-None-Match: "xs5.m4s"')[0], 200)
        self.assertEqual(self.get("0/stream.m3u8", "If-None-Match: *")[0], 200)

    def test_options(self) -> None:
        """
        A preflight request is answered without content, for any name.
        """
        status, headers, body = self.get("0/xs6.m4s", method="OPTIONS")
        self.assertEqual((status, body), (204, b""))
        self.assertNotIn("content-length", headers)
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertEqual(headers["access-control-allow-methods"], "get, head, options")

    def test_other_methods(self) -> None:
        """
        Nothing can be written.
        """
        for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"]:
            status, headers, _ = self.get("0/xs6.m4s", method=method)
            self.assertEqual(status, 405)
            self.assertEqual(headers["allow"], "get, head, options")
            self.assertEqual(headers["access-control-allow-origin"], "*")

    def test_audience(self) -> None:
        """
        Playlist requests count as on the short path.
        """
        self.get("0/stream.m3u8", "User-Agent: Player/1")
        self.assertEqual(self.house.audience.seen, [("192.168.1.1", "Player/1")])

    def test_blocking_reload(self) -> None:
        """
        A request waits, and is answered in time or turned away; HEAD waits as well.
        """
        self.ask("0/stream.m3u8?_HLS_msn=7&_HLS_part=1")
        self.assertEqual(self.transport.value(), b"")
        feed_parts(self.window, 1, first=False)
        status, _, body = self.answer()
        self.assertEqual(status, 200)
        self.assertIn(b"xp29.m4s", body)
        self.ask("0/xp30.m4s", method="HEAD")
        self.house.clock.advance(6)
        self.assertEqual(self.answer()[0], 503)

    def test_lost_while_waiting(self) -> None:
        """
        Who is gone does not wait.
        """
        self.ask("0/xp29.m4s")
        self.assertEqual(self.house.origin.capacity.used, 1)
        self.channel.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.house.origin.capacity.used, 0)
        feed_parts(self.window, 1, first=False)
