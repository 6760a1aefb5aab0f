"""
Requests to others, up to the sockets, which are in memory.
"""

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.connecting import CONNECT_SECONDS, MAX_HEAD_BYTES, MAX_LOOKUPS
from owncastd.net.errors import BadURL, NoAnswer, OutgoingError, PeerNotAllowed, TooBusy, TooLong
from owncastd.net.failures import Trouble
from owncastd.net.outgoing import (
    ANYWHERE,
    MAX_REQUESTS,
    PUBLIC_ONLY,
    SILENT_SECONDS,
    USER_AGENT,
    Bounds,
    HTTPAnswer,
    Outgoing,
    OutgoingPolicy,
)

from .peers import MemoryInternet, MemoryNames

PUBLIC = "93.184.215.14"
OTHER = "93.184.215.15"
SHORT = Bounds(max_bytes=100, seconds=20.0)
FOLLOWING = Bounds(redirects=2)


class Case(SynchronousTestCase):
    """
    Some names, and a client.
    """

    def setUp(self) -> None:
        self.names = MemoryNames(
            {
                "peer.example": [PUBLIC],
                "other.example": [OTHER],
                "inside.example": ["10.0.0.7"],
                "both.example": ["127.0.0.1", PUBLIC],
                "local.example": ["::1"],
            }
        )
        self.internet = MemoryInternet(self.names)
        self.reactor = self.internet.reactor
        self.client = Outgoing.make(self.reactor)

    def tearDown(self) -> None:
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def get(self, url: str, bounds: Bounds = SHORT, **more: Any) -> Deferred[HTTPAnswer]:
        """
        Ask for something.
        """
        return self.client.fetch("GET", url, bounds=bounds, **more)

    def refusal(self, asking: Deferred[HTTPAnswer], kind: type[OutgoingError]) -> OutgoingError:
        """
        The error that a request ended in.
        """
        error = self.failureResultOf(asking, kind).value
        self.assertTrue(str(error))
        return error

    def answer(self, text: bytes, close: bool = False) -> bytes:
        """
        Answer the newest connection; what was sent on it.
        """
        protocol, transport = self.internet.accept()
        sent = transport.value()
        protocol.dataReceived(text)
        if close or transport.disconnecting:
            protocol.connectionLost(Failure(ConnectionDone()))
        return sent


class RequestTests(Case):
    """
    What is sent, and what comes back.
    """

    def test_get(self) -> None:
        """
        A request says who asks; the answer comes with its status, headers and body.
        """
        asking = self.get("http://peer.example/x?y", headers={"Accept": "text/plain"})
        sent = self.answer(
            b"HTTP/1.1 404 Gone\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi", close=True
        )
        answer = self.successResultOf(asking)
        self.assertEqual((answer.status, answer.body, answer.header("x-a")), (404, b"hi", "b"))
        self.assertEqual(answer.header("missing"), "")
        self.assertEqual(self.internet.connections, [(PUBLIC, 80)])
        lines = sent.split(b"\r\n")
        self.assertEqual(lines[0], b"GET /x?y HTTP/1.1")
        for line in (b"Host: peer.example", b"Accept: text/plain", b"Connection: close"):
            self.assertIn(line, lines)
        self.assertIn(f"User-Agent: {USER_AGENT}".encode(), lines)

    def test_post(self) -> None:
        """
        A body is sent with its length, an empty one as well.
        """
        for data in (b"", b"hello"):
            asking = self.client.fetch("POST", "http://peer.example:81/", {}, data)
            sent = self.answer(b"HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n", close=True)
            self.assertEqual(self.successResultOf(asking).status, 202)
            self.assertIn(b"\r\nContent-Length: %d\r\n" % len(data), sent)
            self.assertIn(b"\r\nHost: peer.example:81\r\n", sent)
            self.assertTrue(sent.endswith(b"\r\n\r\n" + data))

    def test_until_the_end_of_the_connection(self) -> None:
        """
        An answer without a length ends with its connection.
        """
        asking = self.get("http://peer.example/")
        self.answer(b"HTTP/1.0 200 OK\r\n\r\nhello", close=True)
        self.assertEqual(self.successResultOf(asking).body, b"hello")

    def test_bad_urls(self) -> None:
        """
        What cannot be asked for is not.
        """
        for url in ("", "ftp://peer.example/", "https://u:p@peer.example/", "https:///"):
            self.refusal(self.get(url), BadURL)
        strict = self.client.to(OutgoingPolicy(plain_http=False))
        self.refusal(strict.fetch("GET", "http://peer.example/"), BadURL)
        self.assertEqual(self.names.asked, [])


class GuardTests(Case):
    """
    Where requests lead.
    """

    def test_private_addresses(self) -> None:
        """
        Neither names nor literals lead out of the public internet: no socket is opened.
        """
        hosts = [
            *("inside.example", "local.example", "127.0.0.1", "10.1.2.3", "169.254.169.254"),
            *("[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[64:ff9b::a00:1]", "0.0.0.0"),
        ]
        for host in hosts:
            for scheme in ("http", "https"):
                asking = self.get(f"{scheme}://{host}/")
                self.reactor.advance(1.0)
                self.refusal(asking, PeerNotAllowed)
        self.assertEqual(self.internet.connections, [])

    def test_one_of_two(self) -> None:
        """
        Of several addresses those are tried that may be.
        """
        asking = self.get("http://both.example/")
        self.reactor.advance(1.0)
        self.assertEqual(self.internet.connections, [(PUBLIC, 80)])
        self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close=True)
        self.successResultOf(asking)

    def test_names_are_looked_up_once(self) -> None:
        """
        What was checked is what is connected to: an answer of the resolver that changes a moment
        later counts for nothing, and counts for the next request.
        """
        asking = self.get("http://peer.example/")
        self.names.table = {"peer.example": ["127.0.0.1"]}
        self.assertEqual(self.internet.connections, [(PUBLIC, 80)])
        self.assertEqual(self.names.asked, ["peer.example"])
        self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close=True)
        self.successResultOf(asking)
        asking = self.get("http://peer.example/")
        self.reactor.advance(1.0)
        self.refusal(asking, PeerNotAllowed)

    def test_anywhere(self) -> None:
        """
        A policy lifts the guard, and nothing else.
        """
        self.assertFalse(PUBLIC_ONLY.private_peers)
        asking = self.client.to(ANYWHERE).fetch("GET", "http://127.0.0.1:81/", bounds=SHORT)
        self.assertEqual(self.internet.connections, [("127.0.0.1", 81)])
        self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101)
        self.refusal(asking, TooLong)


class RedirectTests(Case):
    """
    Answers that point elsewhere.
    """

    def redirect(self, location: bytes) -> bytes:
        """
        Answer with a redirect.
        """
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n"
        return self.answer(head % location, close=True)

    def test_not_followed(self) -> None:
        """
        Unless it is asked for, and never for a POST, a redirect is an answer like any other.
        """
        asking = self.get("http://peer.example/")
        self.redirect(b"http://other.example/")
        self.assertEqual(self.successResultOf(asking).header("location"), "http://other.example/")

    def test_followed(self) -> None:
        """
        Relative and absolute ones; another origin is not told what was meant for the first.
        """
        secret = {"Authorization": "hush", "Accept": "text/plain"}
        asking = self.get("http://peer.example/a/b", FOLLOWING, headers=secret)
        self.assertIn(b"hush", self.redirect(b"c"))
        sent = self.redirect(b"http://other.example:82/d")
        self.assertTrue(sent.startswith(b"GET /a/c "))
        self.assertIn(b"hush", sent)
        sent = self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close=True)
        self.assertEqual(self.successResultOf(asking).status, 200)
        self.assertEqual(self.internet.connections[-1], (OTHER, 82))
        self.assertNotIn(b"hush", sent)
        self.assertIn(b"Accept: text/plain", sent)

    def test_each_hop_is_checked(self) -> None:
        """
        A redirect leads to no private address, to no other scheme, and not on for ever.
        """
        for location in (b"http://127.0.0.1/", b"http://inside.example/", b"//[::1]/"):
            asking = self.get("http://peer.example/", FOLLOWING)
            self.redirect(location)
            self.reactor.advance(1.0)
            self.refusal(asking, PeerNotAllowed)
        for location in (b"file:///etc/passwd", b"http://", b"http://a..b/"):
            asking = self.get("http://peer.example/", FOLLOWING)
            self.redirect(location)
            self.refusal(asking, BadURL)
        asking = self.get("http://peer.example/", FOLLOWING)
        for _ in range(3):
            self.redirect(b"/again")
        self.refusal(asking, NoAnswer)


class BoundTests(Case):
    """
    What a request may cost.
    """

    def test_long_body(self) -> None:
        """
        A body of exactly the bound is read, a longer one is not, with and without its length.
        """
        for size, head in [(100, b"Content-Length: 100\r\n"), (100, b"")]:
            asking = self.get("http://peer.example/")
            self.answer(b"HTTP/1.1 200 OK\r\n%b\r\n" % head + b"x" * size, close=True)
            self.assertEqual(len(self.successResultOf(asking).body), size)
            asking = self.get("http://peer.example/")
            head = head.replace(b"100", b"101")
            protocol, transport = self.internet.accept()
            protocol.dataReceived(b"HTTP/1.1 200 OK\r\n%b\r\n" % head + b"x" * 101)
            self.refusal(asking, TooLong)
            self.assertTrue(transport.disconnecting)
            protocol.connectionLost(Failure(ConnectionDone()))

    def test_endless_chunks(self) -> None:
        """
        The same for a body in chunks that never ends.
        """
        asking = self.get("http://peer.example/")
        protocol, transport = self.internet.accept()
        protocol.dataReceived(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(101):
            self.assertNoResult(asking)
            protocol.dataReceived(b"1\r\nx\r\n")
        self.refusal(asking, TooLong)
        self.assertTrue(transport.disconnecting)

    def test_endless_head(self) -> None:
        """
        A head is bounded as a whole, not only in its lines; a long body does not count.
        """
        asking = self.get("http://peer.example/")
        protocol, transport = self.internet.accept()
        protocol.dataReceived(b"HTTP/1.1 200 OK\r\n")
        for number in range(MAX_HEAD_BYTES // 1000 + 1):
            self.assertFalse(transport.disconnecting)
            protocol.dataReceived(b"X-%d: %b\r\n" % (number, b"y" * 1000))
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.refusal(asking, TooLong)
        asking = self.get("http://peer.example/", Bounds(max_bytes=1_000_000))
        body = b"x" * MAX_HEAD_BYTES
        self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body), True)
        self.assertEqual(self.successResultOf(asking).body, body)

    def test_silence(self) -> None:
        """
        A body that pauses is given up, one that trickles is not, as long as it ends in time.
        """
        asking = self.get("http://peer.example/")
        protocol, transport = self.internet.accept()
        protocol.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
        self.reactor.advance(SILENT_SECONDS - 0.1)
        protocol.dataReceived(b"x")
        self.reactor.advance(SILENT_SECONDS - 0.1)
        self.assertNoResult(asking)
        self.reactor.advance(0.2)
        error = self.refusal(asking, NoAnswer)
        self.assertEqual(getattr(error, "trouble", None), Trouble.TOO_SLOW)
        self.assertTrue(transport.disconnecting)

    def test_time(self) -> None:
        """
        All of it together has a bound: a name without an answer, a host without one, a head, and
        a body that trickles.
        """
        self.names.slow = True
        self.expire(self.get("http://peer.example/"))
        self.names.slow = False
        self.names.release()
        asking = self.get("http://peer.example/")
        self.internet.accept()
        self.expire(asking)
        asking = self.get("http://peer.example/")
        protocol, _ = self.internet.accept()
        protocol.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n")
        for _ in range(19):
            self.reactor.advance(1.0)
            protocol.dataReceived(b"x")
        self.expire(asking, 1.0)

    def expire(self, asking: Deferred[HTTPAnswer], seconds: float = SHORT.seconds) -> None:
        """
        A request ends when its time is over.
        """
        self.reactor.pump([seconds / 2 - 0.01] * 2)
        self.assertNoResult(asking)
        self.reactor.advance(0.1)
        error = self.refusal(asking, NoAnswer)
        self.assertEqual(getattr(error, "trouble", None), Trouble.TOO_SLOW)

    def test_connecting(self) -> None:
        """
        A host that does not answer, one that refuses, and a name without an address.
        """
        asking = self.get("http://peer.example/")
        self.assertEqual(self.reactor.tcpClients[0][3], CONNECT_SECONDS)
        self.reactor.tcpClients[0][2].clientConnectionFailed(
            None, Failure(ConnectionRefusedError())
        )
        self.reactor.advance(1.0)
        self.assertEqual(str(self.refusal(asking, NoAnswer)), "nothing listens there")
        self.assertEqual(
            str(self.refusal(self.get("http://nowhere.example/"), NoAnswer)),
            "the host has no address",
        )

    def test_lost(self) -> None:
        """
        A connection that ends too early.
        """
        for text in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi"):
            asking = self.get("http://peer.example/")
            self.answer(text, close=True)
            error = self.refusal(asking, NoAnswer)
            self.assertEqual(getattr(error, "trouble", None), Trouble.CLOSED)
        asking = self.get("http://peer.example/")
        self.answer(b"SSH-2.0-OpenSSH_9.2\r\n", close=True)
        self.refusal(asking, NoAnswer)

    def test_look_ups_take_turns(self) -> None:
        """
        Few names are looked up at once, even if those who asked have given up: what the resolver
        has begun occupies one of the reactor's threads until it is done.
        """
        self.names.slow = True
        asking = [self.get(f"http://{n}.example/") for n in range(MAX_LOOKUPS + 2)]
        self.assertEqual(len(self.names.asked), MAX_LOOKUPS)
        self.reactor.advance(SHORT.seconds)
        for request in asking:
            self.refusal(request, NoAnswer)
        later = self.get("http://peer.example/")
        self.assertEqual(len(self.names.asked), MAX_LOOKUPS)
        self.names.slow = False
        self.names.release()
        self.assertEqual(self.names.asked[-1], "peer.example")
        later.cancel()
        self.failureResultOf(later)

    def test_too_many(self) -> None:
        """
        Requests at once are bounded; later there is room again.
        """
        self.names.slow = True
        asking = [self.get("http://peer.example/") for _ in range(MAX_REQUESTS)]
        self.refusal(self.get("http://peer.example/"), TooBusy)
        self.refusal(self.client.to(ANYWHERE).fetch("GET", "http://peer.example/"), TooBusy)
        asking[0].cancel()
        self.failureResultOf(asking[0], CancelledError)
        asking.append(self.get("http://peer.example/"))
        self.assertNoResult(asking[-1])
        for request in asking[1:]:
            request.cancel()
            self.failureResultOf(request, CancelledError)

    def test_cancelled(self) -> None:
        """
        Who cancels closes the connection.
        """
        asking = self.get("http://peer.example/")
        _, transport = self.internet.accept()
        asking.cancel()
        self.failureResultOf(asking)
        self.assertTrue(transport.disconnecting)
