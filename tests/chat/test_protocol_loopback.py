"""
The room's sockets on real connections, plain and with TLS.
"""

import gc
from collections.abc import Callable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamEnded
from twisted.internet import reactor as _reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions, KeyPair
from twisted.internet.task import deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from owncastd.chat import bounded, handshakes
from owncastd.chat.inbound import MAX_FRAME_BYTES
from owncastd.chat.outgoing import MAX_UNSENT_BYTES
from owncastd.chat.protocol import ChatSocket
from owncastd.net.listening import listen_tcp
from tests.chat.sockets import CLOSE, TEXT, UPGRADE, Frame, SocketHouse, client_frame, server_frames
from tests.net.support import get
from tests.net.test_upgrades import H2Transport

reactor: Any = _reactor
ASK = get("/ws?accessToken=a-token", *UPGRADE)


def turn() -> Deferred[None]:
    """
    Let the reactor do something else.
    """
    return deferLater(reactor, 0, lambda: None)


class Client(Protocol):
    """
    The client's end of one connection.
    """

    def __init__(self) -> None:
        self.data = b""
        self.closed = False
        self._changed: list[Deferred[None]] = []

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.data += data
        self._change()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Note it.
        """
        self.closed = True
        self._change()

    def _change(self) -> None:
        changed, self._changed = self._changed, []
        for one in changed:
            one.callback(None)

    async def until(self, reached: Callable[[], object]) -> None:
        """
        Wait until what came is enough.
        """
        while not reached():
            change: Deferred[None] = Deferred()
            self._changed.append(change)
            await change

    async def enter(self) -> None:
        """
        Ask for the upgrade, and wait until the room has greeted.
        """
        transport: Any = self.transport
        transport.write(ASK)
        await self.until(lambda: b"CONNECTED_USER_INFO" in self.data)
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert len(server_frames(self.data)) == 1
        self.data = b""


class LoopbackTests(TestCase):
    """
    A real port, and clients with more or less manners.
    """

    timeout = 20

    def setUp(self) -> None:
        """
        Listen.
        """
        # Some tests open more sockets than a person would, and nobody waits here for the impolite.
        self.patch(handshakes, "PER_SECOND", 1e6)
        self.patch(handshakes, "BURST", 10_000)
        self.patch(bounded, "CLOSE_SECONDS", 0.05)
        self.house = SocketHouse(clock=reactor)
        self.listen(self.house.factory)

    def listen(self, factory: Any) -> None:
        """
        Listen with a factory.
        """
        self.port: Any = listen_tcp(reactor, 0, factory, "127.0.0.1")
        self.addCleanup(self.port.stopListening)

    def tearDown(self) -> Any:
        """
        Nothing may be left.
        """
        self.house.fan_out.stop()
        self.house.queue.stop()
        stopping: Deferred[None] = self.port.stopListening()
        return stopping.addCallback(lambda _: self.assertEqual(len(self.house.watch), 0))

    async def connect(self, tls: bool = False) -> Any:
        """
        Connect a client.
        """
        endpoint: Any = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port.getHost().port)
        if tls:
            endpoint = wrapClientTLS(CertificateOptions(), endpoint)
        return await endpoint.connect(Factory.forProtocol(Client))

    async def test_everybody_gets_everything(self) -> None:
        """
        Many clients get the same events, in order.
        """
        clients = [await self.connect() for _ in range(30)]
        for client in clients:
            await client.enter()
        events = [b"%d" % number for number in range(50)]
        for event in events:
            self.house.fan_out.broadcast(event)
            if int(event) % 10 == 0:
                await turn()
        for client in clients:
            await client.until(lambda client=client: client.data.endswith(events[-1]))
            got = [event for frame in server_frames(client.data) for event in frame.events]
            self.assertEqual(got, events)

    async def test_never_reading(self) -> None:
        """
        Whoever never reads is dropped once too much is kept for them; others do not notice.
        """
        deaf, other = await self.connect(), await self.connect()
        await deaf.enter()
        await other.enter()
        deaf.transport.pauseProducing()
        inside: Any = self.house.room.clients[0]
        kernel = inside.transport.socket
        event = b"x" * 4096
        sent = 0
        while len(self.house.room.clients) == 2:
            self.assertLess(sent, 16 * 1024 * 1024)
            self.house.fan_out.broadcast(event)
            sent += len(event)
            self.assertLess(inside.transport.unsent_bytes, MAX_UNSENT_BYTES + 128 * 1024)
            await turn()
        self.assertEqual(kernel.fileno(), -1)
        await other.until(lambda: len(other.data) >= sent)
        deaf.transport.resumeProducing()
        await deaf.until(lambda: deaf.closed)

    async def test_slow_reader(self) -> None:
        """
        Whoever reads in time gets everything once and in order, whether it was kept or not.
        """
        client = await self.connect()
        await client.enter()
        [inside] = self.house.room.clients
        socket: Any = inside
        wanted = []
        for step in range(5):
            client.transport.pauseProducing()
            number = 0
            while socket.transport.unsent_bytes < MAX_UNSENT_BYTES // 4:
                event = b"%d-%d-" % (step, number) + b"x" * 3000
                wanted.append(event)
                if number % 7 == 0:
                    inside.send(event)
                else:
                    self.house.fan_out.broadcast(event)
                number += 1
                await turn()
            if step % 2 == 0:
                # As if it had been looked at in between.
                self.assertFalse(socket.outgoing.is_stuck())
            client.transport.resumeProducing()
            await client.until(lambda: wanted[-1] in client.data)
            self.assertFalse(socket.outgoing.is_stuck())
        got = [event for frame in server_frames(client.data) for event in frame.events]
        self.assertEqual(got, wanted)

    async def test_giant(self) -> None:
        """
        Whoever sends something gigantic is told that it is too big, and is cut.
        """
        client = await self.connect()
        await client.enter()
        giant = client_frame(b"x" * (MAX_FRAME_BYTES + 1))
        client.transport.write(giant[: len(giant) // 2])
        await client.until(lambda: client.data)
        [goodbye] = server_frames(client.data)
        self.assertEqual((goodbye.opcode, goodbye.close_code), (CLOSE, 1009))
        await client.until(lambda: client.closed)

    async def test_half_a_handshake(self) -> None:
        """
        Whoever stops in the middle of the upgrade is no client yet, and may go.
        """
        client = await self.connect()
        client.transport.write(ASK[:-10])
        other = await self.connect()
        await other.enter()
        self.assertEqual(len(self.house.room.clients), 1)
        client.transport.loseConnection()
        await client.until(lambda: client.closed)

    async def test_memory_returns(self) -> None:
        """
        After hundreds of connects in a row, however they end, nothing is left of them.
        """
        survivor = await self.connect()
        await survivor.enter()
        readers = len(reactor.getReaders())
        for number in range(300):
            client = await self.connect()
            if number % 3 == 0:
                client.transport.write(ASK)
            else:
                await client.enter()
            if number % 3 == 1:
                client.transport.write(client_frame(b"\x03\xe8", CLOSE))
                await client.until(lambda client=client: client.closed)
            else:
                client.transport.abortConnection()
        while len(self.house.room.clients) > 1 or len(reactor.getReaders()) > readers:
            await turn()
        self.house.room.gone.clear()
        gc.collect()
        alive = [each for each in gc.get_objects() if isinstance(each, ChatSocket)]
        self.assertEqual(alive, self.house.room.clients)
        self.assertEqual(len(self.house.watch), 1)
        self.house.fan_out.broadcast(b"still here")
        await survivor.until(lambda: survivor.data)
        self.assertEqual(server_frames(survivor.data), [Frame(TEXT, b"still here")])

    async def test_http_is_forgotten(self) -> None:
        """
        Of the request that opened a socket nothing stays in memory.
        """
        client = await self.connect()
        await client.enter()
        gc.collect()
        left = [
            type(each).__name__
            for each in gc.get_objects()
            if type(each).__name__ in ("WebRequest", "ShortPathChannel")
        ]
        self.assertEqual(left, [])

    async def test_tls(self) -> None:
        """
        With TLS it is the same: greeting, events, messages, a clean end.
        """
        await self.port.stopListening()
        options = KeyPair.generate(size=2048).selfSignedCert(1, CN="live.example").options()
        self.listen(TLSMemoryBIOFactory(options, False, self.house.factory))
        client = await self.connect(tls=True)
        await client.enter()
        client.transport.write(client_frame(b"hello"))
        self.house.fan_out.broadcast(b"x" * 3000)
        await client.until(lambda: len(client.data) > 3000)
        self.assertEqual(server_frames(client.data), [Frame(TEXT, b"x" * 3000)])
        client.transport.write(client_frame(b"\x03\xe8", CLOSE))
        await client.until(lambda: client.closed)
        self.assertEqual(self.house.room.heard, [b"hello"])
        while self.house.room.clients:
            await turn()

    async def test_tls_never_reading(self) -> None:
        """
        With TLS, too, whoever never reads is dropped.
        """
        await self.port.stopListening()
        options = KeyPair.generate(size=2048).selfSignedCert(1, CN="live.example").options()
        self.listen(TLSMemoryBIOFactory(options, False, self.house.factory))
        client = await self.connect(tls=True)
        await client.enter()
        client.transport.pauseProducing()
        sent = 0
        while self.house.room.clients:
            self.assertLess(sent, 16 * 1024 * 1024)
            self.house.fan_out.broadcast(b"x" * 4096)
            sent += 4096
            await turn()
        client.transport.resumeProducing()
        await client.until(lambda: client.closed)


class HTTP2Tests(TestCase):
    """
    There are no websockets over HTTP/2 here; browsers open another connection for them.
    """

    timeout = 10

    async def test_upgrade_required(self) -> None:
        """
        It is answered, not broken.
        """
        house = SocketHouse()
        transport = H2Transport(peerAddress=IPv4Address("TCP", "192.0.2.1", 54321))
        protocol: Any = house.factory.buildProtocol(None)
        protocol.makeConnection(transport)
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        pseudo = {":method": "GET", ":authority": "x", ":scheme": "https", ":path": "/ws"}
        client.send_headers(1, [*pseudo.items(), ("upgrade-insecure-requests", "1")], True)
        protocol.dataReceived(client.data_to_send())
        events: list[Any] = []
        while not any(isinstance(event, StreamEnded) for event in events):
            await turn()
            events.extend(client.receive_data(transport.value()))
            transport.clear()
        [response] = [event for event in events if isinstance(event, ResponseReceived)]
        headers = dict(response.headers or [])
        self.assertEqual(headers[b":status"], b"426")
        self.assertNotIn(b"connection", headers)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(house.clock.getDelayedCalls(), [])
