"""
The eager transport, on real sockets of the loopback interface.
"""

import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IHalfCloseableProtocol, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions, KeyPair, PrivateCertificate
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from owncastd.net.eager import EagerServer
from owncastd.net.limits import ConnectionLimit
from owncastd.net.listening import listen_tcp

#: More than the kernel takes at once on any machine: both buffers together are some megabytes.
MUCH = bytes(range(256)) * 80_000


@implementer(IHalfCloseableProtocol)
class Server(Protocol):
    """
    The server's end, which the tests drive.
    """

    transport: EagerServer

    def __init__(self) -> None:
        self.made: Deferred[Server] = Deferred()
        self.lost: Deferred[None] = Deferred()
        self.received = b""
        self.write_closed = False

    def connectionMade(self) -> None:
        """
        Tell the test.
        """
        self.made.callback(self)

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.received += data

    def readConnectionLost(self) -> None:
        """
        The client closed its half.
        """
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """
        Our half is closed.
        """
        self.write_closed = True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Tell the test.
        """
        self.lost.callback(None)


class Client(Protocol):
    """
    The client's end: reads unless it is told not to.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.closed: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.received.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Give what came.
        """
        self.closed.callback(b"".join(self.received))


class Producer:
    """
    Remembers what the transport asked of it.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.resumed: Deferred[None] = Deferred()

    def pauseProducing(self) -> None:
        """
        Note it.
        """
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """
        Note it.
        """
        self.calls.append("resume")
        resumed, self.resumed = self.resumed, Deferred()
        resumed.callback(None)

    def stopProducing(self) -> None:
        """
        Note it.
        """
        self.calls.append("stop")


def turn() -> Deferred[None]:
    """
    Let the reactor finish what it is at.
    """
    clock: Any = reactor
    return deferLater(clock, 0, lambda: None)


class EagerTestCase(TestCase):
    """
    A port, a connection to it, and both ends.
    """

    timeout = 20

    async def connect(self, reading: bool = True) -> None:
        """
        Open a connection.
        """
        self.server = Server()
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda addr: self.server  # type: ignore[method-assign]
        self.port: Any = listen_tcp(reactor, 0, factory, "127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.client = Client()
        clients = Factory()
        clients.noisy = False
        clients.buildProtocol = lambda addr: self.client  # type: ignore[method-assign]
        address: Any = self.port.getHost()
        await TCP4ClientEndpoint(reactor, address.host, address.port).connect(clients)
        if not reading:
            self.stop_reading()
        await self.server.made
        self.transport = self.server.transport

    def stop_reading(self) -> None:
        """
        The client takes nothing.
        """
        self.client.transport.pauseProducing()  # type: ignore[union-attr]

    def start_reading(self) -> None:
        """
        The client takes everything.
        """
        self.client.transport.resumeProducing()  # type: ignore[union-attr]


class EagerServerTests(EagerTestCase):
    """
    L{EagerServer}.
    """

    async def test_sent_at_once(self) -> None:
        """
        A small write is in the kernel when C{write} returns, without the reactor's help.
        """
        await self.connect()
        self.transport.write(b"hello ")
        self.transport.writeSequence([b"wor", b"ld"])
        self.transport.write_pair(b"!", memoryview(b"??")[:1])
        self.assertEqual(self.transport.unsent_bytes, 0)
        self.assertNotIn(self.transport, reactor.getWriters())
        self.transport.loseConnection()
        self.assertEqual(await self.client.closed, b"hello world!?")

    async def test_much(self) -> None:
        """
        What the kernel does not take at once comes later, in order, whatever kind of write; and an
        orderly close waits for it.
        """
        await self.connect(reading=False)
        self.transport.write(MUCH)
        self.assertGreater(self.transport.unsent_bytes, 0)
        self.transport.write(b"one")
        self.transport.writeSequence([b"two", b"three"])
        self.transport.write_pair(b"four", memoryview(b"five"))
        self.transport.loseConnection()
        self.transport.write(b"six")
        self.start_reading()
        self.assertEqual(await self.client.closed, MUCH + b"onetwothreefourfivesix")

    async def test_much_in_a_pair(self) -> None:
        """
        The body of a pair is not copied while it waits.
        """
        await self.connect(reading=False)
        self.transport.write_pair(b"head", memoryview(MUCH)[1:])
        buffered: Any = self.transport.dataBuffer
        self.assertIs(buffered.obj, MUCH)
        self.transport.loseConnection()
        self.start_reading()
        self.assertEqual(await self.client.closed, b"head" + MUCH[1:])

    async def test_push_producer(self) -> None:
        """
        A push producer is paused while much is unsent, and resumed when it is sent.
        """
        await self.connect(reading=False)
        producer = Producer()
        self.transport.registerProducer(producer, True)
        self.transport.write(b"small")
        self.assertEqual(producer.calls, [])
        self.transport.write(MUCH)
        self.assertEqual(producer.calls, ["pause"])
        self.start_reading()
        await producer.resumed
        self.assertEqual(producer.calls, ["pause", "resume"])
        self.assertEqual(self.transport.unsent_bytes, 0)
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self.assertEqual(await self.client.closed, b"small" + MUCH)

    async def test_pull_producer(self) -> None:
        """
        A pull producer is asked for more each time that what it wrote is sent.
        """
        await self.connect()
        transport = self.transport
        done: Deferred[None] = Deferred()

        class Pulled(Producer):
            def resumeProducing(self) -> None:
                self.calls.append("resume")
                transport.write(b"%d" % len(self.calls))
                if len(self.calls) == 5:
                    transport.unregisterProducer()
                    done.callback(None)

        transport.registerProducer(Pulled(), False)
        await done
        transport.loseConnection()
        self.assertEqual(await self.client.closed, b"12345")

    async def test_half_close(self) -> None:
        """
        Closing our half waits for what is unsent; the other half stays open.
        """
        await self.connect(reading=False)
        self.transport.write(MUCH)
        self.transport.loseWriteConnection()
        self.start_reading()
        self.assertEqual(len(await self.client.closed), len(MUCH))
        await self.server.lost
        self.assertTrue(self.server.write_closed)

    async def test_write_after_half_close(self) -> None:
        """
        What is written after our half was closed goes nowhere.
        """
        await self.connect()
        self.transport.write(b"before")
        self.transport.loseWriteConnection()
        while not self.server.write_closed:
            await turn()
        self.transport.write(b"after")
        self.transport.write_pair(b"after", b"after")
        self.assertEqual(await self.client.closed, b"before")

    async def test_broken(self) -> None:
        """
        Writing to a broken connection raises nothing; the connection is reported lost.
        """
        await self.connect()
        self.client.transport.abortConnection()  # type: ignore[union-attr]
        await self.client.closed
        for _ in range(5):
            self.transport.write(b"x")
            self.transport.write_pair(b"x", b"y")
        await self.server.lost
        self.transport.write(b"x")
        self.transport.write_pair(b"x", b"y")

    async def test_wrong_type(self) -> None:
        """
        Text is refused as by any transport.
        """
        await self.connect()
        wrong: Any = "text"
        self.assertRaises(TypeError, self.transport.write, wrong)


def certificate() -> PrivateCertificate:
    """
    A certificate that nobody vouches for.
    """
    key = KeyPair.generate(size=2048)
    return key.selfSignedCert(1, CN="live.example")


class TLSTests(EagerTestCase):
    """
    TLS on an eager transport.
    """

    async def test_start_tls(self) -> None:
        """
        After TLS has started, what is written goes through it, whatever kind of write.
        """
        await self.connect()
        self.transport.startTLS(certificate().options())
        client: Any = self.client.transport
        client.startTLS(CertificateOptions())
        self.transport.write(b"hello ")
        self.transport.writeSequence([b"wor", b"ld"])
        self.transport.write_pair(b"!", memoryview(MUCH))
        self.transport.loseConnection()
        self.assertEqual(await self.client.closed, b"hello world!" + MUCH)


class EagerPortTests(EagerTestCase):
    """
    The port and its connections.
    """

    async def test_stop_closes_the_connections(self) -> None:
        """
        A stopped port has no connections left, not even one that takes nothing.
        """
        await self.connect(reading=False)
        self.transport.write(MUCH)
        await self.port.stopListening()
        self.assertTrue(self.server.lost.called)
        self.start_reading()
        await self.client.closed

    async def test_stop_without_connections(self) -> None:
        """
        It may be stopped again and again.
        """
        port: Any = listen_tcp(reactor, 0, Factory.forProtocol(Protocol), "127.0.0.1")
        await port.stopListening()
        await port.stopListening()

    async def test_limit(self) -> None:
        """
        Beyond the limit connections are closed at once, and room is made when one goes.
        """
        limit = ConnectionLimit(1)
        servers: list[Server] = []

        class Servers(Factory):
            noisy = False

            def buildProtocol(self, addr: object) -> Server:
                servers.append(Server())
                return servers[-1]

        port: Any = listen_tcp(reactor, 0, Servers(), "127.0.0.1", limit=limit)
        self.addCleanup(port.stopListening)
        address: Any = port.getHost()
        endpoint = TCP4ClientEndpoint(reactor, address.host, address.port)
        clients: list[Client] = []
        for _ in range(2):
            factory = Factory.forProtocol(Client)
            factory.noisy = False
            client = await endpoint.connect(factory)
            assert isinstance(client, Client)
            clients.append(client)
        await clients[1].closed
        self.assertEqual(len(servers), 1)
        clients[0].transport.loseConnection()  # type: ignore[union-attr]
        await clients[0].closed
        await servers[0].lost
        await turn()
        self.assertTrue(limit.admits("127.0.0.1"))

    def test_taken(self) -> None:
        """
        A port that is taken is reported as everywhere in Twisted.
        """
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with self.assertRaises(CannotListenError):
                listen_tcp(reactor, taken.getsockname()[1], Factory(), "127.0.0.1")

    async def test_interface(self) -> None:
        """
        It gives a listening port, by IPv6 as well.
        """
        try:
            port: Any = listen_tcp(reactor, 0, Factory.forProtocol(Protocol), "::1")
        except CannotListenError:
            self.skipTest("there is no IPv6 here")
        self.assertTrue(IListeningPort.providedBy(port))
        self.assertEqual(port.getHost().host, "::1")
        await port.stopListening()
