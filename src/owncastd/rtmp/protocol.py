"""
The edge: RTMP connections on Twisted transports, publishing into the broadcast.
"""

import os
from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IPushProducer,
    IReactorTime,
)
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.interfaces import (
    IIngest,
    IPublication,
    IPublisher,
    PublishRefused,
    StreamKeyRejected,
)
from owncastd.media.messages import MediaMessage
from owncastd.net.addresses import host_and_port

from .connection import KEY_REFUSED, PUBLISH_REFUSED, ServerConnection, State
from .errors import RemoteProtocolError
from .events import PublishEnded, PublishRequested, Refused

#: From the first byte to an accepted stream key.
PUBLISH_SECONDS = 10.0
#: How long a peer that was told to go, or has said goodbye, may take to close its end.
CLOSE_SECONDS = 5.0
#: How much is read at once from an accepted encoder; a key frame should fit. Also how much of our
#: answers a peer may leave unread before it is cut off.
READ_SIZE = 256 * 1024

SHUTDOWN_REASON = "The server is shutting down."


@implementer(IPushProducer)
@define(eq=False)
class _AnswerWatch:
    """
    Told by the transport when too many of our answers lie unsent, and then gives up.
    """

    _give_up: Callable[[], None]

    def pauseProducing(self) -> None:
        """
        The transport's buffer is full.
        """
        self._give_up()

    def resumeProducing(self) -> None:
        """
        It is empty again.
        """

    def stopProducing(self) -> None:
        """
        The connection is gone.
        """


@implementer(IPublisher)
class RTMPProtocol(Protocol):
    """
    One encoder's connection, from handshake to goodbye.
    """

    _log = Logger()
    #: C{ITCPTransport}, C{IConsumer} and C{IPushProducer} in one, which no single type says.
    _transport: Any

    def __init__(
        self,
        reactor: IReactorTime,
        ingest: IIngest,
        factory: "RTMPFactory",
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._reactor = reactor
        self._ingest = ingest
        self._owner = factory
        self._connection = ServerConnection(random_bytes)
        self._publication: IPublication | None = None
        self._timer: IDelayedCall | None = None
        #: We have said the last word and wait for the peer to go; what it sends is thrown away.
        self._finishing = False
        self.address = ""

    def connectionMade(self) -> None:
        """
        The clock starts for the peer to show a key.
        """
        self._transport = self.transport
        peer = self._transport.getPeer()
        self.address = host_and_port(peer.host, peer.port)
        self._transport.setTcpNoDelay(True)
        self._transport.setTcpKeepAlive(True)
        self._transport.registerProducer(_AnswerWatch(self._answers_unread), True)
        self._start_timer(PUBLISH_SECONDS, self._not_published)
        self._owner.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """
        Let the connection read, and act on what it finds.
        """
        if self._finishing:
            return
        try:
            for event in self._connection.receive(data):
                if type(event) is MediaMessage:
                    if self._publication is not None:
                        self._publication.write(event)
                elif type(event) is PublishRequested:
                    self._publish(event.stream_key)
                elif type(event) is PublishEnded:
                    self._end_publication()
                elif type(event) is Refused:
                    self._log.info(
                        "Refused {address}: {reason}", address=self.address, reason=event.reason
                    )
        except RemoteProtocolError as error:
            self._log.info(
                "Dropped {address} for a protocol error: {error}", address=self.address, error=error
            )
            self._lose(f"protocol error: {error}")
            return
        self._flush()
        if self._connection.state is State.CLOSED and not self._finishing:
            self._finish()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The peer is gone; if it did not say goodbye, the broadcast hears of it.
        """
        self._finishing = True
        self._stop_timer()
        publication, self._publication = self._publication, None
        if publication is not None:
            publication.lost(f"connection lost: {reason.getErrorMessage()}")
        self._owner.closed(self)

    def pause(self) -> None:
        """
        Stop reading, so that the encoder feels what its media runs into.
        """
        if not self._finishing:
            self._transport.pauseProducing()

    def resume(self) -> None:
        """
        Read again.
        """
        if not self._finishing:
            self._transport.resumeProducing()

    def disconnect(self, reason: str) -> None:
        """
        Tell the encoder why, and close.
        """
        self._publication = None
        if self._finishing:
            return
        self._connection.disconnect(reason)
        self._flush()
        self._finish()

    def shut_down(self) -> None:
        """
        Close for the server's sake: kindly with an encoder, at once with anybody else.
        """
        publication, self._publication = self._publication, None
        if publication is None:
            self._abort()
        else:
            publication.lost(SHUTDOWN_REASON)
            self.disconnect(SHUTDOWN_REASON)

    def _publish(self, stream_key: str) -> None:
        try:
            publication = self._ingest.publish(stream_key, self)
        except PublishRefused as refusal:
            reason = str(refusal) or "Publishing is not possible now."
            code = KEY_REFUSED if isinstance(refusal, StreamKeyRejected) else PUBLISH_REFUSED
            self._log.info("Refused {address}: {reason}", address=self.address, reason=reason)
            if self._connection.state is State.DECIDING:
                self._connection.refuse_publish(code, reason)
            return
        if self._connection.state is not State.DECIDING:
            # Disconnected while it was being accepted.
            return
        self._publication = publication
        self._stop_timer()
        # An attribute of Twisted's selectable transports that no interface names.
        self._transport.bufferSize = READ_SIZE
        self._connection.accept_publish()

    def _end_publication(self) -> None:
        publication, self._publication = self._publication, None
        if publication is not None:
            publication.stop()
        self._start_timer(CLOSE_SECONDS, self._abort)

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data:
            self._transport.write(data)

    def _finish(self) -> None:
        """
        Close our half after what is written, and give the peer a moment to close its own.

        Closing both halves at once would answer media that is still under way with a reset, and
        the encoder might never read why.
        """
        self._finishing = True
        self._transport.resumeProducing()
        self._transport.loseWriteConnection()
        self._start_timer(CLOSE_SECONDS, self._abort)

    def _lose(self, reason: str) -> None:
        """
        Cut the connection; the broadcast hears why.
        """
        publication, self._publication = self._publication, None
        if publication is not None:
            publication.lost(reason)
        self._abort()

    def _abort(self) -> None:
        self._finishing = True
        self._stop_timer()
        self._transport.abortConnection()

    def _not_published(self) -> None:
        self._log.debug("{address} did not publish in time", address=self.address)
        self._abort()

    def _answers_unread(self) -> None:
        self._log.info("Dropped {address}: it does not read our answers", address=self.address)
        self._lose("it does not read our answers")

    def _start_timer(self, seconds: float, call: Callable[[], None]) -> None:
        """
        Run the one timer of this connection: each phase of its life has its own limit.
        """
        self._stop_timer()
        self._timer = self._reactor.callLater(seconds, call)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class RTMPFactory(ServerFactory):
    """
    Accepts encoders, and can send all of them away.
    """

    noisy = False

    def __init__(
        self,
        reactor: IReactorTime,
        ingest: IIngest,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """
        @param ingest: where encoders publish.
        @param random_bytes: gives so many random bytes, for handshakes.
        """
        self._reactor = reactor
        self._ingest = ingest
        self._random_bytes = random_bytes
        self._connections: set[RTMPProtocol] = set()
        self._closing = False
        self._waiting: list[Deferred[None]] = []

    def buildProtocol(self, addr: IAddress | None) -> RTMPProtocol | None:
        """
        The protocol of a new connection, unless L{close_all} was called.
        """
        if self._closing:
            return None
        return RTMPProtocol(self._reactor, self._ingest, self, self._random_bytes)

    def opened(self, connection: RTMPProtocol) -> None:
        """
        A connection tells that it has a transport.
        """
        self._connections.add(connection)

    def closed(self, connection: RTMPProtocol) -> None:
        """
        A connection tells that it is gone.
        """
        self._connections.discard(connection)
        if not self._connections:
            waiting, self._waiting = self._waiting, []
            for done in waiting:
                done.callback(None)

    def close_all(self) -> Deferred[None]:
        """
        Send all away and accept no more.

        @return: fires when no connection and no timer is left, after L{CLOSE_SECONDS} at most.
        """
        self._closing = True
        if not self._connections:
            return succeed(None)
        done: Deferred[None] = Deferred()
        self._waiting.append(done)
        for connection in list(self._connections):
            connection.shut_down()
        return done
