"""
RTMP over loopback sockets: real ffmpeg, and our own encoder for what ffmpeg does not do.
"""

import os
from collections.abc import Callable
from functools import cache
from hashlib import md5
from random import Random
from typing import Any, ClassVar, cast

from twisted.internet import reactor as global_reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.internet.utils import getProcessOutputAndValue
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import TestCase

from owncastd.interfaces import AlreadyLive
from owncastd.media.flv import FLVDemuxer
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.net.listening import listen_tcp
from owncastd.rtmp.connection import ServerConnection
from owncastd.rtmp.events import Event, PublishEnded, PublishRequested
from owncastd.rtmp.protocol import RTMPFactory
from tests.rtmp.encoder import Encoder, Refused, ServerGone
from tests.rtmp.feeding import split
from tests.rtmp.ingest import KEY_REJECTED, MemoryIngest, MemoryPublication

from .harness import find_ffmpegs
from .sources import Source

reactor = cast(Any, global_reactor)

#: Longest wait for anything, in seconds; it only ends a test that fails.
PATIENCE = 60.0
KEY = "a key/with-slashes"
#: As it must be written in a URL.
KEY_IN_URL = "a%20key/with-slashes"


@cache
def source_path() -> str:
    """
    A short file.
    """
    return str(
        Source(width=320, height=180, seconds=3, bitrate_kbps=500, preset="ultrafast").make()
    )


def source() -> list[MediaMessage]:
    """
    What is in it.
    """
    with open(source_path(), "rb") as file:
        return FLVDemuxer().feed(file.read())


def fingerprints(messages: list[MediaMessage], kind: MessageKind) -> list[str]:
    """
    The bodies of one kind, except empty ones.
    """
    return [md5(m.body).hexdigest() for m in messages if m.kind is kind and m.body]


async def until(condition: Callable[[], object]) -> None:
    """
    Wait for something to become true.
    """
    deadline = reactor.seconds() + PATIENCE
    while not condition():
        assert reactor.seconds() < deadline, "it did not happen"
        await cast("Deferred[None]", deferLater(reactor, 0.01))


class Recorder(ProtocolWrapper):
    """
    Keeps what a connection receives.
    """

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it and pass it on.
        """
        cast(RecordingFactory, self.factory).recorded.append(data)
        super().dataReceived(data)


class RecordingFactory(WrappingFactory):
    """
    Puts a recorder before every protocol.
    """

    protocol = Recorder

    def __init__(self, factory: RTMPFactory) -> None:
        super().__init__(factory)
        self.recorded: list[bytes] = []


class ServerCase(TestCase):
    """
    An RTMP port on loopback.
    """

    timeout = 180

    def setUp(self) -> None:
        """
        Listen.
        """
        self.ingest = MemoryIngest(key=KEY)
        self.factory = RTMPFactory(reactor, self.ingest)
        self.recording = RecordingFactory(self.factory)
        listening = listen_tcp(reactor, 0, self.recording, "127.0.0.1")
        self.port = cast(IPv4Address, listening.getHost()).port
        self.addCleanup(lambda: maybeDeferred(listening.stopListening))
        self.addCleanup(self.factory.close_all)

    def ended(self) -> MemoryPublication:
        """
        The one publication, which is over.
        """
        (publication,) = self.ingest.publications
        self.assertEqual(len(publication.endings), 1)
        return publication


class FFmpegCases:
    """
    What holds with each ffmpeg; mixed into a test case per place where one may be.
    """

    place: ClassVar[str]

    async def push(self: Any, path: str) -> tuple[int, str]:
        """
        Publish the source with ffmpeg; exit status and what it complained about.
        """
        ffmpeg = find_ffmpegs()[self.place]
        arguments = ["-hide_banner", "-loglevel", "error", "-nostdin", "-i", source_path()]
        arguments += ["-c", "copy", "-f", "flv", f"rtmp://127.0.0.1:{self.port}/{path}"]
        _, complaints, status = await getProcessOutputAndValue(
            str(ffmpeg), arguments, os.environ, reactor=reactor
        )
        return status, complaints.decode()

    async def test_publish(self: Any) -> None:
        """
        ffmpeg goes live (with a signed handshake), and all it sends arrives as it was.
        """
        status, complaints = await self.push(f"live/{KEY_IN_URL}")
        self.assertEqual((status, complaints), (0, ""))
        await until(lambda: self.ingest.publications[0].endings)
        publication = self.ended()
        self.assertEqual(publication.endings, ["stop"])
        for kind in (MessageKind.VIDEO, MessageKind.AUDIO):
            wanted = fingerprints(source(), kind)
            self.assertGreater(len(wanted), 50)
            self.assertEqual(fingerprints(publication.received, kind), wanted)
        self.assertEqual(publication.received[0].kind, MessageKind.METADATA)
        times = [m.timestamp_ms for m in publication.received if m.kind is MessageKind.VIDEO]
        self.assertEqual(times, sorted(times))

    async def test_recorded_session(self: Any) -> None:
        """
        The same session cut anywhere else gives the same events.
        """
        await self.push(f"live/{KEY_IN_URL}")
        # All has been read then; the encoder may be gone before.
        await until(lambda: self.ingest.publications[0].endings)
        recorded = b"".join(self.recording.recorded)
        whole = self.replay([recorded])
        self.assertEqual(whole[0], PublishRequested(KEY))
        self.assertEqual(whole[-1], PublishEnded())
        for seed in range(5):
            random = Random(seed)
            sizes = [random.choice((1, 3, 100, 1460, 9000, 70000)) for _ in range(200)]
            self.assertEqual(self.replay(split(recorded, sizes)), whole)

    def replay(self: Any, pieces: Any) -> list[Event]:
        """
        The events of a session, accepted.
        """
        server = ServerConnection()
        events: list[Event] = []
        for piece in pieces:
            for event in server.receive(piece):
                events.append(event)
                if isinstance(event, PublishRequested):
                    server.accept_publish()
        return events

    async def test_wrong_key(self: Any) -> None:
        """
        With a wrong key ffmpeg fails and shows our words.
        """
        status, complaints = await self.push("live/wrong")
        self.assertNotEqual(status, 0)
        self.assertIn(KEY_REJECTED, complaints)

    async def test_already_live(self: Any) -> None:
        """
        So it does as the second encoder.
        """
        self.ingest.refusal = AlreadyLive("Somebody is live already.")
        status, complaints = await self.push(f"live/{KEY_IN_URL}")
        self.assertNotEqual(status, 0)
        self.assertIn("Somebody is live already.", complaints)

    async def test_wrong_application(self: Any) -> None:
        """
        And when the URL is not that of the live application.
        """
        status, complaints = await self.push("vod/key")
        self.assertNotEqual(status, 0)
        self.assertIn('The application must be "live".', complaints)


if "system" in find_ffmpegs():
    # Tested where there is one; the embedded one everywhere.
    class SystemFFmpegTests(FFmpegCases, ServerCase):
        """
        The ffmpeg on PATH.
        """

        place = "system"


class EmbeddedFFmpegTests(FFmpegCases, ServerCase):
    """
    The ffmpeg of the optional extra.
    """

    place = "embedded"


class EncoderTests(ServerCase):
    """
    Our own encoder, in a thread.
    """

    MESSAGES: ClassVar[list[MediaMessage]] = [
        MediaMessage(MessageKind.METADATA, 0, b"\x02\x00\x0aonMetaData\x03\0\0\x09"),
        MediaMessage(MessageKind.VIDEO, 0, b"\x17\x00" + bytes(range(256)) * 500),
        MediaMessage(MessageKind.AUDIO, 21, b"\xaf\x01" + bytes(400)),
        MediaMessage(MessageKind.VIDEO, 40, b"\x27\x01" + bytes(5000)),
    ]

    def encoder(self, chunk_size: int = 4096) -> Encoder:
        """
        A connected encoder; its socket is closed in the end.
        """
        encoder = Encoder(self.port, chunk_size=chunk_size)
        self.addCleanup(encoder.__exit__, None, None, None)
        return encoder

    async def test_orderly(self) -> None:
        """
        Everything arrives with any chunk size, and stop is an orderly end.
        """

        def broadcast(chunk_size: int) -> None:
            encoder = self.encoder(chunk_size)
            encoder.publish(KEY_IN_URL)
            for message in self.MESSAGES:
                encoder.send(message)
            encoder.stop()

        for chunk_size in (1, 128, 4096, 60000):
            await deferToThread(broadcast, chunk_size)
            publication = self.ingest.publications.pop()
            self.assertEqual(publication.received, self.MESSAGES)
            self.assertEqual(publication.endings, ["stop"])

    async def test_abrupt(self) -> None:
        """
        An encoder that vanishes is lost.
        """

        def broadcast() -> None:
            encoder = self.encoder()
            encoder.publish(KEY_IN_URL)
            encoder.abort()

        await deferToThread(broadcast)
        await until(lambda: self.ingest.publications[0].endings)
        self.assertIn("lost: ", self.ended().endings[0])

    async def test_refused(self) -> None:
        """
        A refusal is heard, and the connection ends after it.
        """

        def broadcast() -> str:
            encoder = self.encoder()
            refusal = self.assertRaises(Refused, encoder.publish, "wrong")
            self.assertRaises(ServerGone, encoder.next_status)
            return str(refusal.code)

        self.assertEqual(await deferToThread(broadcast), "NetStream.Publish.Denied")

    async def test_sent_away(self) -> None:
        """
        An encoder that is sent away in mid-stream hears why, though it was sending.
        """

        def broadcast() -> str:
            encoder = self.encoder()
            encoder.publish(KEY_IN_URL)
            for _ in range(20):
                encoder.send(self.MESSAGES[1])
            reactor.callFromThread(self.ingest.publications[0].publisher.disconnect, "Enough.")
            refusal = self.assertRaises(Refused, encoder.next_status)
            self.assertRaises(ServerGone, encoder.next_status)
            encoder.stop()
            return refusal.description

        self.assertEqual(await deferToThread(broadcast), "Enough.")
