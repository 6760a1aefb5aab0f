"""
Connections on a transport in memory, driven by a clock.
"""

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import AlreadyLive, IIngest, IPublication, IPublisher, PublishRefused
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.rtmp.protocol import (
    CLOSE_SECONDS,
    PUBLISH_SECONDS,
    READ_SIZE,
    SHUTDOWN_REASON,
    RTMPFactory,
    RTMPProtocol,
)

from .conversation import HANDSHAKE, Client, codes_in, commands_in
from .ingest import KEY_REJECTED, MemoryIngest

PEER = IPv4Address("TCP", "192.0.2.7", 40000)


class TCPTransport(StringTransport):
    """
    A string transport with the verbs of TCP.
    """

    bufferSize = 65536
    half_closed = False
    aborted = False

    def __init__(self, peer: IAddress) -> None:
        super().__init__(peerAddress=peer)
        self.options: dict[str, bool] = {}

    def setTcpNoDelay(self, enabled: bool) -> None:
        """
        Note the option.
        """
        self.options["no delay"] = enabled

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """
        Note the option.
        """
        self.options["keep alive"] = enabled

    def abortConnection(self) -> None:
        """
        Note the abort.
        """
        self.aborted = True

    def loseWriteConnection(self) -> None:
        """
        Note the half close.
        """
        self.half_closed = True


class ProtocolTestCase(SynchronousTestCase):
    """
    One connection, made; nothing may be left of it in the end.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        self.clock = Clock()
        self.ingest = MemoryIngest()
        self.factory = RTMPFactory(self.clock, self.ingest, bytes)
        self.client = Client()
        self.transport = TCPTransport(PEER)
        self.protocol = self.connect(self.transport)

    def tearDown(self) -> None:
        """
        No timer outlives the connection.
        """
        self.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def connect(self, transport: TCPTransport) -> RTMPProtocol:
        """
        Make one connection.
        """
        protocol = self.factory.buildProtocol(PEER)
        assert protocol is not None
        protocol.makeConnection(transport)
        return protocol

    def lose(self) -> None:
        """
        The socket is gone, whoever closed it.
        """
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def publish(self) -> None:
        """
        Publish, and forget the answers.
        """
        self.protocol.dataReceived(self.client.publish())
        self.heard()

    def heard(self) -> list[tuple[str, str]]:
        """
        The statuses that the client hears.
        """
        data = self.transport.value()
        self.transport.clear()
        self.messages = self.client.hear(data)
        return codes_in(self.messages)


class ConnectionTests(ProtocolTestCase):
    """
    Making a connection.
    """

    def test_interfaces(self) -> None:
        """
        The protocol is a publisher, and the fakes are what they stand for.
        """
        verifyObject(IPublisher, self.protocol)
        verifyObject(IIngest, self.ingest)
        self.publish()
        verifyObject(IPublication, self.ingest.publications[0])

    def test_options(self) -> None:
        """
        Answers go out at once, and a dead peer is noticed.
        """
        self.assertEqual(self.transport.options, {"no delay": True, "keep alive": True})

    def test_address(self) -> None:
        """
        The address is written as usual, with brackets around IPv6.
        """
        self.assertEqual(self.protocol.address, "192.0.2.7:40000")
        transport = TCPTransport(IPv6Address("TCP", "2001:db8::1", 50000))
        other = self.connect(transport)
        self.assertEqual(other.address, "[2001:db8::1]:50000")
        other.connectionLost()

    def test_time_to_publish(self) -> None:
        """
        Who does not publish in time is cut off, even when talking all the while.
        """
        self.protocol.dataReceived(HANDSHAKE)
        self.clock.advance(PUBLISH_SECONDS - 0.1)
        self.protocol.dataReceived(self.client.connect())
        self.assertFalse(self.transport.aborted)
        self.clock.advance(0.1)
        self.assertTrue(self.transport.aborted)

    def test_no_time_limit_afterwards(self) -> None:
        """
        Who publishes may stay.
        """
        self.publish()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reads_in_larger_pieces_afterwards(self) -> None:
        """
        Only an accepted encoder is read in large pieces.
        """
        self.protocol.dataReceived(HANDSHAKE)
        self.assertEqual(self.transport.bufferSize, 65536)
        self.protocol.dataReceived(self.client.publish()[len(HANDSHAKE) :])
        self.assertEqual(self.transport.bufferSize, READ_SIZE)

    def test_one_write_per_read(self) -> None:
        """
        All answers to one read go out together.
        """
        writes: list[bytes] = []
        self.patch(self.transport, "write", writes.append)
        self.protocol.dataReceived(self.client.publish())
        self.assertEqual(len(writes), 1)


class PublishTests(ProtocolTestCase):
    """
    Publishing into the broadcast.
    """

    def test_media(self) -> None:
        """
        Media reaches the publication.
        """
        self.protocol.dataReceived(self.client.publish())
        self.assertEqual(self.heard()[-1], ("status", "NetStream.Publish.Start"))
        self.protocol.dataReceived(self.client.video(40, b"\x17\x01a"))
        (publication,) = self.ingest.publications
        self.assertIs(publication.publisher, self.protocol)
        self.assertEqual(publication.received, [MediaMessage(MessageKind.VIDEO, 40, b"\x17\x01a")])

    def test_wrong_key(self) -> None:
        """
        A wrong key is told in a way that OBS logs, then our half is closed.
        """
        with capturedLogs() as logs:
            self.protocol.dataReceived(self.client.publish("wrong-key"))
        self.assertEqual(self.heard()[-1], ("error", "NetStream.Publish.Denied"))
        last = commands_in(self.messages)[-1][-1]
        assert isinstance(last, dict)
        self.assertEqual(last["description"], KEY_REJECTED)
        self.assertTrue(self.transport.half_closed)
        self.assertFalse(self.transport.aborted)
        self.assertIn(KEY_REJECTED, repr(logs))
        self.assertNotIn("wrong-key", repr(logs) + repr(vars(self.protocol)))

    def test_already_live(self) -> None:
        """
        So is a second encoder.
        """
        self.ingest.refusal = AlreadyLive("Somebody is live already.")
        self.protocol.dataReceived(self.client.publish())
        self.assertEqual(self.heard()[-1], ("error", "NetStream.Publish.Rejected"))
        self.assertTrue(self.transport.half_closed)

    def test_refusal_without_words(self) -> None:
        """
        There is always a text.
        """
        self.ingest.refusal = PublishRefused()
        self.protocol.dataReceived(self.client.publish())
        self.heard()
        last = commands_in(self.messages)[-1][-1]
        assert isinstance(last, dict)
        self.assertTrue(last["description"])

    def test_refused_peer_that_stays(self) -> None:
        """
        A refused peer that does not close is cut off; what it says meanwhile is not heard.
        """
        self.protocol.dataReceived(self.client.publish("wrong"))
        self.transport.clear()
        self.protocol.dataReceived(b"anything at all" * 100)
        self.assertEqual(self.transport.value(), b"")
        self.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.transport.aborted)

    def test_play(self) -> None:
        """
        A player is refused by the connection itself, and logged.
        """
        play = self.client.command("play", 2.0, None, "secret")
        with capturedLogs() as logs:
            self.protocol.dataReceived(HANDSHAKE + self.client.connect() + play)
        self.assertEqual(self.heard()[-1], ("error", "NetStream.Play.Failed"))
        self.assertTrue(self.transport.half_closed)
        self.assertIn("192.0.2.7", repr(logs))
        self.assertNotIn("secret", repr(logs))

    def test_disconnected_while_being_accepted(self) -> None:
        """
        A broadcast may change its mind within C{publish}.
        """
        self.ingest.second_thoughts = "Not now."
        self.protocol.dataReceived(self.client.publish() + self.client.video(0))
        self.assertTrue(self.transport.half_closed)


class EndTests(ProtocolTestCase):
    """
    How a publication ends.
    """

    def endings(self) -> list[str]:
        """
        How the publication ended, so far.
        """
        return self.ingest.publications[0].endings

    def test_orderly(self) -> None:
        """
        Pressing stop is an orderly end; the socket's end after it is no news.
        """
        self.publish()
        self.protocol.dataReceived(self.client.command("FCUnpublish", 6.0, None, "KEY"))
        self.assertEqual(self.endings(), ["stop"])
        self.protocol.dataReceived(
            self.client.command("deleteStream", 7.0, None, 1.0) + self.client.video(0)
        )
        self.lose()
        self.assertEqual(self.endings(), ["stop"])

    def test_orderly_but_staying(self) -> None:
        """
        A peer that said goodbye and stays is cut off.
        """
        self.publish()
        self.protocol.dataReceived(self.client.command("FCUnpublish", 6.0, None, "KEY"))
        self.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.transport.aborted)

    def test_lost(self) -> None:
        """
        A socket that breaks is a loss.
        """
        self.publish()
        self.protocol.connectionLost(Failure(ConnectionLost("cable")))
        (ending,) = self.endings()
        self.assertTrue(ending.startswith("lost: "), ending)

    def test_protocol_error(self) -> None:
        """
        Nonsense ends the connection at once, with one line in the log.
        """
        self.publish()
        with capturedLogs() as logs:
            self.protocol.dataReceived(b"\xff" * 100)
        self.assertTrue(self.transport.aborted)
        (ending,) = self.endings()
        self.assertIn("protocol error", ending)
        self.assertEqual(len(logs), 1)
        self.lose()
        self.assertEqual(len(self.endings()), 1)

    def test_disconnect(self) -> None:
        """
        The broadcast may send an encoder away: it hears why, and then the end of our half.
        """
        self.publish()
        self.protocol.disconnect("An administrator has ended the stream.")
        self.assertEqual(self.heard(), [("error", "NetStream.Failed")])
        self.assertTrue(self.transport.half_closed)
        self.protocol.dataReceived(self.client.video(0))
        self.protocol.disconnect("Again.")
        self.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.protocol.disconnect("Too late.")
        self.assertEqual(self.endings(), [])
        self.assertEqual(self.ingest.publications[0].received, [])

    def test_disconnect_from_within(self) -> None:
        """
        It may do so while it takes a message; the rest of the same read is not taken.
        """
        self.publish()
        (publication,) = self.ingest.publications
        taken = []

        class Picky:
            """
            Wants one message only.
            """

            def write(self, message: MediaMessage) -> None:
                """
                Take the first.
                """
                taken.append(message)
                publication.publisher.disconnect("One is enough.")

        self.protocol._publication = Picky()  # type: ignore[assignment]
        self.protocol.dataReceived(self.client.video(0) + self.client.video(40))
        self.assertEqual(len(taken), 1)
        self.assertEqual(self.heard(), [("error", "NetStream.Failed")])


class FlowTests(ProtocolTestCase):
    """
    Backpressure in both directions.
    """

    def test_pause_and_resume(self) -> None:
        """
        Pausing stops reading; either may repeat.
        """
        self.publish()
        for _ in range(2):
            self.protocol.pause()
            self.assertEqual(self.transport.producerState, "paused")
        for _ in range(2):
            self.protocol.resume()
            self.assertEqual(self.transport.producerState, "producing")

    def test_disconnect_reads_on(self) -> None:
        """
        A paused connection must read again to see the peer close.
        """
        self.publish()
        self.protocol.pause()
        self.protocol.disconnect("Enough.")
        self.assertEqual(self.transport.producerState, "producing")
        self.protocol.pause()
        self.assertEqual(self.transport.producerState, "producing")

    def test_not_after_the_end(self) -> None:
        """
        A connection that is gone is not paused or resumed.
        """
        self.publish()
        self.lose()
        self.transport.stopProducing()
        self.protocol.pause()
        self.protocol.resume()

    def test_peer_that_never_reads(self) -> None:
        """
        When the transport cannot get rid of our answers, the peer is cut off.
        """
        self.publish()
        producer = self.transport.producer
        assert producer is not None
        producer.pauseProducing()
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.assertEqual(
            self.ingest.publications[0].endings, ["lost: it does not read our answers"]
        )


class FactoryTests(ProtocolTestCase):
    """
    All connections together.
    """

    def test_close_all(self) -> None:
        """
        Encoders are told, strangers are cut, new ones are not let in, and the end is reported.
        """
        self.publish()
        stranger_transport = TCPTransport(PEER)
        stranger = self.connect(stranger_transport)
        done = self.factory.close_all()
        self.assertEqual(self.heard(), [("error", "NetStream.Failed")])
        self.assertEqual(self.ingest.publications[0].endings, [f"lost: {SHUTDOWN_REASON}"])
        self.assertTrue(self.transport.half_closed)
        self.assertTrue(stranger_transport.aborted)
        self.assertIsNone(self.factory.buildProtocol(PEER))
        stranger.connectionLost()
        self.assertNoResult(done)
        again = self.factory.close_all()
        self.lose()
        self.successResultOf(done)
        self.successResultOf(again)

    def test_close_all_does_not_wait_forever(self) -> None:
        """
        An encoder that does not go is cut off.
        """
        self.publish()
        done = self.factory.close_all()
        self.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.transport.aborted)
        self.lose()
        self.successResultOf(done)

    def test_close_nothing(self) -> None:
        """
        Without connections it is done at once.
        """
        self.lose()
        self.successResultOf(self.factory.close_all())
