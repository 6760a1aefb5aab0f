"""
TLS in memory: handshakes, and certificates that are renewed.
"""

import contextlib
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.certificates import CertificateFiles
from owncastd.net.tls import RENEWAL_SECONDS, RenewedCertificate, TLSFactory
from owncastd.threads import immediately

from .pem import pem_pair, write_pair

#: A handshake record that begins a message of 16 MiB.
ENDLESS_HELLO = b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(0x4000 - 4)


class Echo(Protocol):
    """
    Says what it hears, and closes its half when it is told to.
    """

    closed = False

    def dataReceived(self, data: bytes) -> None:
        """
        Say it.
        """
        assert self.transport is not None
        if self.closed:
            return
        self.transport.write(data)
        if data == b"bye":
            self.closed = True
            self.transport.loseWriteConnection()  # type: ignore[attr-defined]


class TCPTransport(StringTransport):
    """
    A transport that can be closed by halves or at once.
    """

    bufferSize = 65536
    half_closed = False
    aborted = False

    def loseWriteConnection(self) -> None:
        """
        Note it.
        """
        self.half_closed = True

    def abortConnection(self) -> None:
        """
        Note it.
        """
        self.aborted = True


class TLSTests(SynchronousTestCase):
    """
    One certificate in files.
    """

    def setUp(self) -> None:
        """
        Load it.
        """
        self.clock = Clock()
        self.folder = Path(self.mktemp())
        self.files = CertificateFiles(*write_pair(self.folder, pem_pair("first.example")))
        self.certificate = RenewedCertificate.load(self.clock, immediately, self.files)
        self.factory = TLSFactory(self.certificate, Factory.forProtocol(Echo), self.clock)
        self.certificate.start()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """
        Nothing may be left.
        """
        self.successResultOf(self.certificate.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def accept(self) -> tuple[Any, TCPTransport]:
        """
        A peer comes.
        """
        protocol = self.factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 5))
        assert protocol is not None
        transport = TCPTransport()
        protocol.makeConnection(transport)
        return protocol, transport

    def client(self, **versions: int) -> SSL.Connection:
        """
        The other side.
        """
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if "maximum" in versions:
            context.set_max_proto_version(versions["maximum"])
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
        client = SSL.Connection(context, None)
        client.set_connect_state()
        return client

    def exchange(self, client: SSL.Connection, protocol: Any, transport: TCPTransport) -> None:
        """
        Carry bytes until neither side has more.
        """
        for _ in range(6):
            with contextlib.suppress(SSL.WantReadError):
                client.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                protocol.dataReceived(client.bio_read(1 << 16))
            self.clock.advance(0)
            if transport.value():
                client.bio_write(transport.value())
                transport.clear()

    def test_talk(self) -> None:
        """
        What is said is heard; the half close comes after all that was said.
        """
        protocol, transport = self.accept()
        client = self.client()
        self.exchange(client, protocol, transport)
        protocol.bufferSize = 1 << 18
        self.assertEqual((transport.bufferSize, protocol.bufferSize), (1 << 18, 1 << 18))
        for words in (b"hello", b"bye"):
            client.send(words)
            self.exchange(client, protocol, transport)
            self.assertEqual(client.recv(100), words)
        self.assertRaises(SSL.ZeroReturnError, client.recv, 100)
        self.assertTrue(transport.half_closed)
        # The other half still works.
        client.send(b"ignored")
        protocol.dataReceived(client.bio_read(1 << 16))
        self.assertFalse(transport.aborted)

    def test_close_before_handshake(self) -> None:
        """
        There is no half to close yet: the connection is cut.
        """
        protocol, transport = self.accept()
        protocol.loseWriteConnection()
        self.assertTrue(transport.aborted)

    def test_old_versions(self) -> None:
        """
        Nothing older than TLS 1.2 is spoken.
        """
        protocol, transport = self.accept()
        client = self.client(maximum=SSL.TLS1_1_VERSION)
        self.assertRaises(SSL.Error, self.exchange, client, protocol, transport)
        self.assertTrue(transport.disconnecting)

    def test_strangers(self) -> None:
        """
        What is no handshake, or an endless one, is dropped at once.
        """
        for data in (b"\x03" + bytes(1536), b"GET / HTTP/1.1\r\n\r\n", ENDLESS_HELLO):
            protocol, transport = self.accept()
            protocol.dataReceived(data)
            self.assertTrue(transport.disconnecting, data[:5])

    def test_refused_by_the_factory(self) -> None:
        """
        A factory that builds nothing is taken at its word.
        """

        class Closed(Factory):
            def buildProtocol(self, addr: object) -> None:
                return None

        factory = TLSFactory(self.certificate, Closed(), self.clock)
        self.assertIsNone(factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 5)))

    def name_shown(self) -> str:
        """
        Whose certificate a new peer sees.
        """
        client = self.client()
        self.exchange(client, *self.accept())
        shown = client.get_peer_certificate()
        assert shown is not None
        return str(shown.get_subject().CN)

    def test_renewed(self) -> None:
        """
        New files are used for new peers within a minute; bad ones are told once, and not used.
        """
        self.assertEqual(self.name_shown(), "first.example")
        with capturedLogs() as events:
            self.clock.advance(RENEWAL_SECONDS)
        self.assertEqual(events, [])
        write_pair(self.folder, pem_pair("second.example"))
        self.assertEqual(self.name_shown(), "first.example")
        with capturedLogs() as events:
            self.clock.advance(RENEWAL_SECONDS)
        self.assertIn("renewed", formatEvent(events[0]))
        self.assertEqual(self.name_shown(), "second.example")
        self.files.key.write_bytes(pem_pair()[1])
        with capturedLogs() as events:
            self.clock.pump([RENEWAL_SECONDS] * 3)
        (event,) = events
        self.assertIn("is not that of the certificate", formatEvent(event))
        self.assertEqual(self.name_shown(), "second.example")

    def test_ending(self) -> None:
        """
        One that ends soon is worth a warning.
        """
        self.clock.advance(1_000_000_000)
        write_pair(self.folder, pem_pair("early.example"))
        with capturedLogs() as events:
            self.clock.advance(RENEWAL_SECONDS)
        self.assertFalse(any("refuse" in formatEvent(event) for event in events))
        self.clock.advance(5_000_000_000)
        write_pair(self.folder, pem_pair("later.example"))
        with capturedLogs() as events:
            self.clock.advance(RENEWAL_SECONDS)
        self.assertIn("encoders that check it will refuse it", formatEvent(events[-1]))
