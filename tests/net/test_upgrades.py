"""
What a connection can become: HTTP/2 by negotiation, a websocket by upgrade.
"""

from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock, deferLater
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource

from owncastd.net.channel import STALL_SECONDS
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory
from tests.net.support import MemoryShortPath, UnsentTransport, WebHouse, get


class H2Transport(StringTransport):
    """
    A transport whose TLS negotiated HTTP/2.
    """

    negotiatedProtocol = b"h2"

    def abortConnection(self) -> None:
        """
        Close.
        """
        self.loseConnection()


class HTTP2Tests(TestCase):
    """
    HTTP/2 is left to the ordinary site. Twisted sends its frames from the global reactor.
    """

    timeout = 10

    def setUp(self) -> None:
        """
        Connect.
        """
        self.house = WebHouse()
        self.transport = H2Transport(peerAddress=IPv4Address("TCP", "192.0.2.1", 54321))
        self.protocol: Any = self.house.factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        self.client = H2Connection(H2Configuration(client_side=True))
        self.client.initiate_connection()

    async def exchange(self) -> list[Any]:
        """
        Carry bytes both ways until the answer is complete.
        """
        events: list[Any] = []
        self.protocol.dataReceived(self.client.data_to_send())
        while not any(isinstance(event, StreamEnded) for event in events):
            turn: Any = reactor
            await deferLater(turn, 0, lambda: None)
            data = self.transport.value()
            self.transport.clear()
            events.extend(self.client.receive_data(data))
        return events

    async def request(self, method: str, body: bytes = b"") -> tuple[dict[bytes, bytes], bytes]:
        """
        Send a request for a short path, and have headers and body of the answer.
        """
        stream = self.client.get_next_available_stream_id()
        headers = {":method": method, ":authority": "x", ":scheme": "https", ":path": "/short/a"}
        self.client.send_headers(stream, list(headers.items()), end_stream=not body)
        if body:
            self.client.send_data(stream, body, end_stream=True)
        events = await self.exchange()
        [response] = [event for event in events if isinstance(event, ResponseReceived)]
        got = b"".join(event.data for event in events if isinstance(event, DataReceived))
        return dict(response.headers or []), got

    async def test_get(self) -> None:
        """
        Requests are answered without the banner, and nothing is left behind.
        """
        headers, body = await self.request("GET")
        self.assertEqual(headers[b":status"], b"200")
        self.assertNotIn(b"server", headers)
        self.assertEqual(body, b"ordinary GET /short/a 0")
        self.assertEqual(self.house.short_path.asked, [])
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    async def test_body_too_large(self) -> None:
        """
        A body that is too large is dropped and refused; the connection goes on.
        """
        headers, _ = await self.request("POST", b"x" * 1001)
        self.assertEqual(headers[b":status"], b"413")
        _, body = await self.request("POST", b"x" * 1000)
        self.assertEqual(body, b"ordinary POST /short/a 1000")
        self.protocol.connectionLost(Failure(ConnectionDone()))


class Echo(WebSocketServerProtocol):
    """
    Says what it heard.
    """

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """
        Say it.
        """
        self.sendMessage(payload, isBinary)


class WebSocketTests(SynchronousTestCase):
    """
    A websocket takes the connection over, even after short requests on it.
    """

    def test_upgrade(self) -> None:
        """
        Short requests, then the upgrade, then messages; one that looks like a request is one.
        """
        clock = Clock()
        sockets = WebSocketServerFactory("ws://live.example", reactor=clock)
        sockets.protocol = Echo
        sockets.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0)
        root = Resource()
        root.putChild(b"ws", WebSocketResource(sockets))
        short_path = MemoryShortPath()
        factory = WebFactory(clock, root, short_path, TrustedProxies.parse())
        transport: Any = UnsentTransport(peerAddress=IPv4Address("TCP", "192.0.2.1", 5))
        protocol: Any = factory.buildProtocol(transport.getPeer())
        transport.protocol = protocol
        protocol.makeConnection(transport)
        transport.protocol.dataReceived(get("/short/a"))
        self.assertIn(b"short a", transport.value())
        transport.clear()
        transport.protocol.dataReceived(
            get(
                "/ws",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            )
        )
        self.assertTrue(transport.value().startswith(b"HTTP/1.1 101 "), transport.value())
        self.assertIsInstance(transport.protocol, Echo)
        transport.clear()
        said = get("/short/b")
        self.assertLess(len(said), 126)
        mask = b"\0\0\0\0"
        transport.protocol.dataReceived(bytes([0x81, 0x80 | len(said)]) + mask + said)
        self.assertEqual(transport.value(), bytes([0x81, len(said)]) + said)
        self.assertEqual([path for path, _, _ in short_path.asked], [b"a"])
        # The transport still knows the channel as its producer; it must not mind the websocket.
        transport.producer.pauseProducing()
        clock.advance(STALL_SECONDS)
        self.assertFalse(transport.aborted)
        transport.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(clock.getDelayedCalls(), [])
