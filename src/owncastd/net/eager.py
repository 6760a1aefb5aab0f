"""
A TCP transport that tries to send at once.

Twisted's own transport queues each write, asks the reactor to watch the socket, and sends in the
next turn: two system calls and a queue for every small answer. Nearly always the kernel would have
taken the bytes at once, so L{EagerServer} offers them first and falls back to Twisted's queue, with
all its meaning (producers, half-close, orderly close, TLS), only for what was not taken.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any, cast

from twisted.internet import error, tcp
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IReactorFDSet

from .limits import ConnectionLimit


class EagerServer(tcp.Server):
    """
    The server side of one accepted connection.
    """

    #: Whether the reactor watches for writability, and so owns all that follows.
    _queued = False

    def __init__(
        self,
        sock: Any,
        protocol: IProtocol,
        client: tuple[object, ...],
        server: "EagerPort | None",
        sessionno: int,
        reactor: IReactorFDSet,
    ) -> None:
        super().__init__(sock, protocol, client, cast(tcp.Port, server), sessionno, reactor)
        if server is not None:
            server.opened(self)

    def connectionLost(self, reason: Any) -> None:
        """
        The connection is gone: the port is counting. May repeat.
        """
        try:
            super().connectionLost(reason)
        finally:
            if self.server is not None:
                cast(EagerPort, self.server).closed(self)

    @property
    def unsent_bytes(self) -> int:
        """
        What was written and the kernel has not taken.
        """
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    def set_send_buffer(self, size: int) -> None:
        """
        Bound what the kernel keeps for the peer, which would otherwise grow by need.

        @param size: in bytes; Linux doubles it for its own bookkeeping.
        """
        self.socket.setsockopt(SOL_SOCKET, SO_SNDBUF, size)

    @property
    def send_at_once(self) -> Callable[[bytes], int] | None:
        """
        Gives bytes to the kernel, and tells how many it took; raises C{OSError} like a socket.

        It may be used only while L{unsent_bytes} is 0 and no producer is registered, or bytes would
        overtake each other. Without even the little that L{write} does besides, it is for those
        who send the same to thousands. C{None} with TLS.
        """
        return None if self.TLS else cast(Callable[[bytes], int], self.socket.send)

    def startWriting(self) -> None:
        """
        Watch for writability: from here on the queue is in charge.
        """
        self._queued = True
        super().startWriting()

    def stopWriting(self) -> None:
        """
        The queue is empty.
        """
        self._queued = False
        super().stopWriting()

    def _eager(self) -> bool:
        """
        Whether bytes may go past the queue.

        A pull producer is asked for more only when the queue runs empty, so it needs the queue.
        """
        return not (
            self._queued or self.TLS or (self.producer is not None and not self.streamingProducer)
        )

    def write(self, data: bytes) -> None:
        """
        Send what the kernel takes now, and queue the rest.
        """
        if not self._eager():
            super().write(data)
            return
        if not isinstance(data, bytes):
            raise TypeError("Data must be bytes")
        if not self.connected or self._writeDisconnected or not data:
            return
        try:
            sent = self.socket.send(data)
        except OSError:
            # It would block, or the connection is broken: then the reactor's own attempt meets the
            # error again and reports it from the right place.
            sent = 0
        if sent != len(data):
            self._keep(data, sent)

    def writeSequence(self, iovec: Any) -> None:
        """
        Write several pieces as one.
        """
        if self._eager():
            self.write(b"".join(iovec))
        else:
            super().writeSequence(iovec)

    def write_pair(self, head: bytes, body: bytes | memoryview) -> None:
        """
        Write a head and a body that many connections share, without copying the body.

        What a slow peer does not take stays a view of the shared bytes.
        """
        if not self._eager():
            super().write(head)
            super().write(bytes(body))
            return
        if not self.connected or self._writeDisconnected:
            return
        try:
            sent = self.socket.sendmsg((head, body))
        except OSError:
            sent = 0
        if sent >= len(head):
            if sent != len(head) + len(body):
                self._keep(body, sent - len(head))
        else:
            self._keep(head, sent)
            super().write(bytes(body))

    def _keep(self, data: bytes | memoryview, sent: int) -> None:
        """
        Queue the rest of what was offered; the queue is empty.
        """
        # C{doWrite} only slices and joins its buffer, which a view allows as well as bytes do.
        self.dataBuffer = cast(bytes, memoryview(data))
        self.offset = sent
        self._maybePauseProducer()
        self.startWriting()


class EagerPort(tcp.Port):
    """
    A listening port of eager connections, which it knows, counts and closes with itself.
    """

    # The attribute is documented as replaceable; its type is not.
    transport = EagerServer  # type: ignore[assignment]

    def __init__(
        self,
        port: int,
        factory: IProtocolFactory,
        backlog: int,
        interface: str,
        reactor: Any,
        limit: ConnectionLimit | None = None,
    ) -> None:
        super().__init__(port, factory, backlog, interface, reactor)
        self._limit = limit
        self._connections: set[EagerServer] = set()
        self._empty: Deferred[None] | None = None

    def opened(self, connection: EagerServer) -> None:
        """
        A connection was accepted.
        """
        self._connections.add(connection)
        if self._limit is not None:
            self._limit.enter(str(connection.hostname))

    def closed(self, connection: EagerServer) -> None:
        """
        A connection is gone.
        """
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        if self._limit is not None:
            self._limit.leave(str(connection.hostname))
        if self._empty is not None and not self._connections:
            empty, self._empty = self._empty, None
            empty.callback(None)

    def stopListening(self) -> Deferred[None]:  # type: ignore[override]
        """
        Stop accepting, and close what was accepted: a backlog is not waited for.

        @return: fires when the port and its connections are closed.
        """
        # The base class knows this verb only as an alias of loseConnection.
        stopped = maybeDeferred(super().loseConnection)
        for connection in list(self._connections):
            if connection.unsent_bytes or connection.TLS:
                connection.abortConnection()
            else:
                connection.loseConnection()
        if self._connections and self._empty is None:
            self._empty = Deferred(_keep_waiting)
        done = gatherResults([stopped, self._empty or succeed(None)], consumeErrors=True)
        return done.addCallback(lambda _: None)


def _keep_waiting(empty: Deferred[None]) -> None:
    """
    Canceller: who no longer waits for the connections to close does not keep them open.
    """
    empty.errback(error.ConnectionAborted())
