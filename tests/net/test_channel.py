"""
The short path beside the ordinary site, on one connection.
"""

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.channel import CLOSE_SECONDS, MAX_BEHIND, MAX_UNSENT_BYTES, STALL_SECONDS
from owncastd.net.site import IDLE_SECONDS
from tests.net.support import UnsentTransport, WebHouse, get

SHORT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nshort %b"
RELEASED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nreleased"


def ordinary(text: bytes, *more: bytes) -> bytes:
    """
    What the ordinary site answers.
    """
    lines = [
        b"HTTP/1.1 200 OK",
        *more,
        b"Content-Length: %d" % len(text),
        b"Content-Type: text/html",
        b"",
        text,
    ]
    return b"\r\n".join(lines)


class ChannelTestCase(SynchronousTestCase):
    """
    A connection.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        self.house = WebHouse()
        self.connection = self.house.connect()

    def tearDown(self) -> None:
        """
        Nothing may outlive its connection.
        """
        self.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.short_path.waiting, [])

    def disconnect(self) -> None:
        """
        The client goes.
        """
        self.connection.protocol.connectionLost(Failure(ConnectionDone()))

    def send(self, *pieces: bytes) -> bytes:
        """
        Send, and see what comes.
        """
        return self.connection.send(*pieces)

    @property
    def shortly(self) -> list[bytes]:
        """
        The paths that the short path was asked for.
        """
        return [path for path, _, _ in self.house.short_path.asked]


class WhoAnswersTests(ChannelTestCase):
    """
    What goes the short path, and what does not.
    """

    def test_short(self) -> None:
        """
        A plain GET does, with path and query, time and again.
        """
        self.assertEqual(self.send(get("/short/a?b=1&c")), SHORT % b"a")
        self.assertEqual(self.send(get("/short/b", "Cookie: x=y")), SHORT % b"b")
        self.assertEqual(self.send(b"GET /short/c HTTP/1.1\r\n\r\n"), SHORT % b"c")
        asked = [(path, query) for path, query, _ in self.house.short_path.asked]
        self.assertEqual(asked, [(b"a", b"b=1&c"), (b"b", b""), (b"c", b"")])

    def test_date(self) -> None:
        """
        The answer is dated, by the clock.
        """
        self.house.clock.advance(86400)
        self.connection.protocol.dataReceived(get("/short/a"))
        self.assertIn(
            b"\r\nDate: Fri, 02 Jan 1970 00:00:00 GMT\r\n", self.connection.transport.value()
        )

    def test_ordinary(self) -> None:
        """
        Everything else does not: other paths and methods, bodies, conditions, ranges, upgrades,
        odd targets and odd lines.
        """
        requests = [
            get("/shore/a"),
            get("/short"),
            get("/"),
            get("/short/a", method="HEAD"),
            get("/short/a", method="OPTIONS"),
            get("/short/%61"),
            get("/short/a?b=%31"),
            get("/short/a;b"),
            get("http://live.example/short/a"),
            get("/short/" + "a" * 513),
            get("/short/a", "Range: bytes=0-1"),
            get("/short/a", "If-None-Match: x"),
            get("/short/a", "if-modified-since: x"),
            get("/short/a", "Expect: 200-maybe"),
            get("/short/a", "Content-Length: 0"),
            get("/short/a", "Connection: keep-alive, upgrade", "Upgrade: websocket"),
            get("/short/a", "TE: trailers"),
            get("/short/a", "X-Folded: a", " b"),
            get("/short/a", "X-Long: " + "a" * 9000),
            get("/short/a", *["X: y"] * 100),
        ]
        for request in requests:
            self.send(request)
            self.assertFalse(self.shortly, request)
            self.disconnect()
            self.connection = self.house.connect()

    def test_ordinary_that_closes(self) -> None:
        """
        Nor what ends the connection: it is answered and closed by the ordinary site.
        """
        for request in [
            get("/short/a", version="HTTP/1.0"),
            get("/short/a", "Connection: close"),
            get("/short/a", "Bad header: x"),
            get("/short/a", "Transfer-Encoding: gzip"),
            get("/short/a").replace(b"HTTP/1.1", b"HTTP/3"),
        ]:
            self.assertIn(b"HTTP/1.", self.send(request), request)
            self.assertTrue(self.connection.transport.disconnecting, request)
            self.assertFalse(self.shortly, request)
            self.disconnect()
            self.connection = self.house.connect()

    def test_facts(self) -> None:
        """
        Who asks is read from the headers, through trusted proxies, and anew when they change.
        """
        self.send(get("/short/a", "User-Agent: One", "Accept-Encoding: br, gzip"))
        self.send(get("/short/a", "User-Agent: Two", "X-Forwarded-For: 203.0.113.9"))
        behind = self.house.connect("127.0.0.1")
        behind.send(get("/short/a", "X-Forwarded-For: 203.0.113.9"))
        behind.protocol.connectionLost(Failure(ConnectionDone()))
        one, two, three = [facts for _, _, facts in self.house.short_path.asked]
        self.assertEqual((one.user_agent, one.accepts_gzip), ("One", True))
        self.assertEqual((two.user_agent, two.accepts_gzip), ("Two", False))
        self.assertEqual((one.address, two.address), ("192.0.2.1", "192.0.2.1"))
        self.assertEqual(three.address, "203.0.113.9")

    def test_facts_are_kept(self) -> None:
        """
        The same headers are not read twice.
        """
        self.send(get("/short/a"), get("/short/b"))
        one, two = [facts for _, _, facts in self.house.short_path.asked]
        self.assertIs(one, two)


class OrderTests(ChannelTestCase):
    """
    Answers come in the order of the requests, however these arrive.
    """

    MIXED = (
        get("/short/a") + get("/o/1") + get("/short/b") + get("/short/c")
        + get("/o/2", "Content-Length: 3", method="POST") + b"abc" + get("/short/d")
    )  # fmt: skip

    def mixed(self) -> list[bytes]:
        """
        The bodies that are expected for L{MIXED}, wherever they are answered.
        """
        return [
            b"/short/a", b"ordinary GET /o/1 0", b"/short/b", b"/short/c",
            b"ordinary POST /o/2 3", b"/short/d",
        ]  # fmt: skip

    def check_mixed(self, data: bytes) -> None:
        """
        The ordinary site answers short paths too, with its own words; the order is what counts.
        """
        position = 0
        for expected in self.mixed():
            short = expected.removeprefix(b"/short/")
            found = [
                data.find(words, position)
                for words in ([b"short " + short, expected] if short != expected else [expected])
            ]
            position = min((place for place in found if place >= 0), default=-1)
            self.assertGreaterEqual(position, 0, (expected, data))
        self.assertEqual(data.count(b"HTTP/1.1 200 OK"), 6)

    def test_pipelined(self) -> None:
        """
        All at once.
        """
        self.check_mixed(self.send(self.MIXED))
        self.assertEqual(self.shortly[0], b"a")

    def test_split(self) -> None:
        """
        In two pieces, cut anywhere.
        """
        for cut in range(1, len(self.MIXED)):
            self.check_mixed(self.send(self.MIXED[:cut], self.MIXED[cut:]))

    def test_byte_by_byte(self) -> None:
        """
        In as many pieces as there are bytes.
        """
        self.check_mixed(self.send(*[bytes([byte]) for byte in self.MIXED]))

    def test_split_in_the_request_line(self) -> None:
        """
        A request line that comes in pieces is put together again, and the short path sees it whole.
        """
        self.assertEqual(self.send(b"GET /sh", b"ort/a HTTP/1.1\r\n\r\n"), SHORT % b"a")
        self.assertEqual(self.shortly, [b"a"])

    def test_left_over_bytes_do_not_become_a_request(self) -> None:
        """
        Bytes of an unfinished line and a whole request after them are one request, not two.
        """
        self.assertEqual(self.send(b"X", get("/short/a")), ordinary(b"ordinary XGET /short/a 0"))
        unfinished = b"GET /o HTTP/1.1\r\nX: y"
        self.assertEqual(self.send(unfinished, get("/short/a")), ordinary(b"ordinary GET /o 0"))
        self.assertEqual(self.shortly, [])

    def test_body_that_looks_like_a_request(self) -> None:
        """
        A body is a body.
        """
        inner = get("/short/a")
        head = get("/o", f"Content-Length: {len(inner)}", method="POST")
        expected = ordinary(b"ordinary POST /o %d" % len(inner))
        self.assertEqual(self.send(head, inner), expected)
        self.assertEqual(self.send(head + inner), expected)
        chunked = get("/o", "Transfer-Encoding: chunked", method="POST")
        pieces = [b"%x\r\n" % len(inner), inner, b"\r\n0\r\n\r\n"]
        self.assertEqual(self.send(chunked, *pieces), expected)
        self.assertEqual(self.shortly, [])
        self.assertEqual(self.send(inner), SHORT % b"a")

    def test_behind_an_open_request(self) -> None:
        """
        What comes while the ordinary site still answers, waits for that.
        """
        self.assertEqual(self.send(get("/later"), get("/short/a")), b"")
        self.assertEqual(self.shortly, [])
        [request] = self.house.site.open
        request.setHeader(b"content-length", b"4")
        request.write(b"done")
        request.finish()
        received = self.connection.received()
        self.assertTrue(received.endswith(SHORT % b"a"), received)
        self.assertIn(b"done", received)

    def test_empty_line_before_a_request(self) -> None:
        """
        An odd client has the ordinary path to itself.
        """
        received = self.send(b"\r\n" + get("/short/a"), get("/short/b"))
        self.assertEqual(
            received, ordinary(b"ordinary GET /short/a 0") + ordinary(b"ordinary GET /short/b 0")
        )
        self.assertEqual(self.shortly, [])


class WaitTests(ChannelTestCase):
    """
    Requests that wait.
    """

    def test_wait(self) -> None:
        """
        Nothing is sent until the answer is there; what comes behind is answered after it.
        """
        self.assertEqual(self.send(get("/short/wait")), b"")
        self.assertEqual(self.send(get("/short/a") + get("/o")[:10], get("/o")[10:]), b"")
        self.house.short_path.release()
        self.assertEqual(
            self.connection.received(), RELEASED + SHORT % b"a" + ordinary(b"ordinary GET /o 0")
        )

    def test_wait_behind_a_wait(self) -> None:
        """
        The second one waits when the first is answered.
        """
        self.send(get("/short/wait") * 2)
        self.assertEqual(len(self.house.short_path.waiting), 1)
        self.house.short_path.release()
        self.assertEqual(self.connection.received(), RELEASED)
        self.house.short_path.release()
        self.assertEqual(self.connection.received(), RELEASED)

    def test_lost_while_waiting(self) -> None:
        """
        Who is gone does not wait.
        """
        self.send(get("/short/wait"))
        self.disconnect()
        self.assertEqual(self.house.short_path.waiting, [])
        self.connection = self.house.connect()

    def test_answer_after_leaving(self) -> None:
        """
        An answer that comes too late is dropped.
        """
        self.send(get("/short/wait"))
        [waiter] = self.house.short_path.waiting
        self.disconnect()
        self.house.short_path.waiting = [waiter]
        self.house.short_path.release()
        self.assertEqual(self.connection.received(), b"")
        self.connection = self.house.connect()

    def test_too_much_behind(self) -> None:
        """
        Reading stops when too much comes behind, and goes on after the answer.
        """
        self.send(get("/short/wait"), b"GET /o HTTP/1.1\r\nX: ", b"x" * MAX_BEHIND)
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.house.short_path.release()
        self.assertEqual(self.connection.transport.producerState, "producing")

    def test_waiting_is_not_idle(self) -> None:
        """
        The idle time does not run out while a request waits, but does after.
        """
        self.send(get("/short/wait"))
        self.house.clock.advance(IDLE_SECONDS)
        self.assertFalse(self.connection.transport.disconnecting)
        self.house.short_path.release()
        self.house.clock.advance(IDLE_SECONDS)
        self.assertTrue(self.connection.transport.disconnecting)


class TimeTests(ChannelTestCase):
    """
    Idle, slow and stalled connections.
    """

    @property
    def transport(self) -> UnsentTransport:
        """
        The transport.
        """
        transport = self.connection.transport
        assert isinstance(transport, UnsentTransport)
        return transport

    def test_idle(self) -> None:
        """
        A connection without requests is closed, and cut if closing takes too long.
        """
        self.send(get("/short/a"))
        self.house.clock.advance(IDLE_SECONDS - 1)
        self.send(get("/short/a"))
        self.house.clock.advance(IDLE_SECONDS - 1)
        self.assertFalse(self.transport.disconnecting)
        self.house.clock.advance(1)
        self.assertTrue(self.transport.disconnecting)
        self.assertFalse(self.transport.aborted)
        self.house.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.transport.aborted)

    def test_dripping_headers(self) -> None:
        """
        Headers that come byte by byte do not keep a connection open.
        """
        self.send(b"GET /o HTTP/1.1\r\n")
        for _ in range(10):
            self.house.clock.advance(IDLE_SECONDS / 10)
            self.send(b"X: y\r\n")
        self.assertTrue(self.transport.disconnecting)

    def test_slow_body(self) -> None:
        """
        A body may take its time.
        """
        self.send(get("/o", "Content-Length: 20", method="POST"))
        for _ in range(19):
            self.house.clock.advance(IDLE_SECONDS / 10)
            self.send(b"x")
        self.assertFalse(self.transport.disconnecting)
        self.assertIn(b"ordinary POST", self.send(b"x"))

    def clog(self) -> None:
        """
        The send buffer is full.
        """
        self.transport.unsent_bytes = 100_000
        assert self.transport.producer is not None
        self.transport.producer.pauseProducing()

    def take(self) -> None:
        """
        The client has taken everything.
        """
        self.transport.unsent_bytes = 0
        assert self.transport.producer is not None
        self.transport.producer.resumeProducing()

    def test_stalled(self) -> None:
        """
        A full send buffer that does not move is the end.
        """
        self.clog()
        self.assertEqual(self.transport.producerState, "paused")
        self.house.clock.advance(STALL_SECONDS - 1)
        self.assertFalse(self.transport.aborted)
        self.house.clock.advance(1)
        self.assertTrue(self.transport.aborted)

    def test_slow(self) -> None:
        """
        One that moves is not, however long it takes, and then all goes on.
        """
        self.clog()
        for _ in range(20):
            self.transport.unsent_bytes -= 1
            self.house.clock.advance(STALL_SECONDS)
        self.assertFalse(self.transport.aborted)
        self.assertFalse(self.transport.disconnecting)
        self.take()
        self.assertEqual(self.transport.producerState, "producing")
        self.assertEqual(self.send(get("/short/a")), SHORT % b"a")

    def test_pipelining_without_taking(self) -> None:
        """
        When the send buffer fills up, further requests wait until it is empty.
        """
        write = self.transport.write

        def write_and_clog(data: bytes) -> None:
            write(data)
            self.clog()

        self.patch(self.transport, "write", write_and_clog)
        self.assertEqual(self.send(get("/short/a") + get("/short/b")), SHORT % b"a")
        self.assertEqual(self.shortly, [b"a"])
        self.take()
        self.assertEqual(self.connection.received(), SHORT % b"b")
        self.assertEqual(self.shortly, [b"a", b"b"])
        self.take()

    def test_released_into_a_full_buffer(self) -> None:
        """
        A waiting connection that clogs with its answer reads on when it is taken.
        """
        self.send(get("/short/wait") + get("/short/a"))
        write = self.transport.write

        def write_and_clog(data: bytes) -> None:
            write(data)
            self.clog()

        self.patch(self.transport, "write", write_and_clog)
        self.house.short_path.release()
        self.assertEqual(self.connection.received(), RELEASED)
        self.take()
        self.assertEqual(self.connection.received(), SHORT % b"a")
        self.take()

    def test_overfull(self) -> None:
        """
        Who has more unsent than is allowed and makes the site write more is dropped.
        """
        self.transport.unsent_bytes = MAX_UNSENT_BYTES + 1
        self.send(get("/o"))
        self.assertTrue(self.transport.aborted)

    def test_large_answer(self) -> None:
        """
        A large answer comes whole through a transport of any kind.
        """
        received = self.send(get("/short/big"))
        self.assertTrue(received.endswith(b"\r\n\r\n" + self.house.short_path.big))


class SiteTests(ChannelTestCase):
    """
    L{owncastd.net.site.WebFactory}.
    """

    def test_no_banner(self) -> None:
        """
        The ordinary site does not name the software either.
        """
        for request in [get("/o"), get("*", method="OPTIONS"), get("/o", method="HEAD")]:
            self.assertNotIn(b"erver", self.send(request), request)

    def test_body_announced_too_large(self) -> None:
        """
        A body that will be too large is refused before it comes.
        """
        received = self.send(get("/o", "Content-Length: 1001", method="POST"), b"x" * 1001)
        self.assertEqual(received[:12], b"HTTP/1.1 413")
        self.assertEqual(received.count(b"HTTP/"), 1)
        self.assertTrue(self.connection.transport.disconnecting)

    def test_body_too_large(self) -> None:
        """
        A body that turns out too large is refused, wherever it ends.
        """
        chunk = b"1f4\r\n" + b"x" * 500 + b"\r\n"
        head = get("/o", "Transfer-Encoding: chunked", method="POST")
        for pieces in [(head, chunk, chunk, chunk), (head + chunk * 3 + b"0\r\n\r\n",)]:
            received = self.send(*pieces)
            self.assertEqual(received[:12], b"HTTP/1.1 413", received)
            self.assertEqual(received.count(b"HTTP/"), 1)
            self.assertTrue(self.connection.transport.disconnecting)
            self.disconnect()
            self.connection = self.house.connect()

    def test_body_within(self) -> None:
        """
        A body of the greatest size is taken.
        """
        received = self.send(get("/o", "Content-Length: 1000", method="POST"), b"x" * 1000)
        self.assertEqual(received, ordinary(b"ordinary POST /o 1000"))

    def test_too_many_headers(self) -> None:
        """
        The number of headers is bounded.
        """
        self.assertEqual(self.send(get("/o", *["X: y"] * 200))[:12], b"HTTP/1.1 400")

    def test_headers_that_are_no_text(self) -> None:
        """
        Header values can always be read as text, whatever bytes somebody sent.
        """
        self.send(get("/later", "User-Agent: caf\xe9", "Cookie: a=b"))
        [request] = self.house.site.open
        agents = request.requestHeaders.getRawHeaders("User-Agent", [])
        self.assertEqual(agents, ["caf\ufffd"])
        request.finish()

    def test_no_timer(self) -> None:
        """
        Listening needs no timer, and no access log.
        """
        self.disconnect()
        self.house.factory.doStart()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.house.factory.doStop()
        self.connection = self.house.connect()

    def test_errors_stay_inside(self) -> None:
        """
        A failing page tells its reader nothing of why.
        """

        def fail(request: object) -> bytes:
            raise ValueError("the secret of the house")

        self.patch(self.house.site, "render", fail)
        received = self.send(get("/o"))
        self.assertEqual(received[:12], b"HTTP/1.1 500")
        self.assertNotIn(b"secret", received)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
