"""
Chat sockets in memory: a web factory with C{/ws}, a room that takes notes, and clients.

A client here is the other end of a connection: it writes what a browser would write, byte by byte
if need be, and reads frames. Nothing happens by itself; time is a L{Clock}.
"""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from owncastd.chat.clients import ChatClient, Refusal
from owncastd.chat.fan_out import CoalescingFanOut
from owncastd.chat.handshakes import HandshakeQueue
from owncastd.chat.protocol import Surroundings
from owncastd.chat.upgrade import SocketResource
from owncastd.chat.watch import Watch
from owncastd.identity.users import User
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory
from tests.net.support import MemoryShortPath, UnsentTransport, get

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
_MASK = b"\x12\x34\x56\x78"


def make_user(name: str = "ana", **more: Any) -> User:
    """
    A user.
    """
    return User(f"id-{name}", name, 3, datetime(2026, 1, 1, tzinfo=UTC), **more)


def client_frame(
    payload: bytes, opcode: int = TEXT, fin: bool = True, masked: bool = True
) -> bytes:
    """
    A frame as a client sends it (RFC 6455, 5.2).
    """
    first = (0x80 if fin else 0) | opcode
    flag = 0x80 if masked else 0
    length = len(payload)
    if length < 126:
        head = bytes((first, flag | length))
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, flag | 126, length)
    else:
        head = struct.pack("!BBQ", first, flag | 127, length)
    if not masked:
        return head + payload
    body = bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(payload))
    return head + _MASK + body


@frozen
class Frame:
    """
    A frame as a server sends it.
    """

    opcode: int
    payload: bytes

    @property
    def events(self) -> list[bytes]:
        """
        Its events.
        """
        return self.payload.split(b"\n")

    @property
    def close_code(self) -> int:
        """
        The code of a close frame.
        """
        code: int = struct.unpack_from("!H", self.payload)[0]
        return code


def server_frames(data: bytes) -> list[Frame]:
    """
    The frames in what a server sent.

    @raise AssertionError: these are not whole, final and unmasked frames.
    """
    frames = []
    while data:
        assert data[0] & 0xF0 == 0x80, data[:10]
        length, start = data[1], 2
        if length == 126:
            (length,), start = struct.unpack_from("!H", data, 2), 4
        elif length == 127:
            (length,), start = struct.unpack_from("!Q", data, 2), 10
        assert length < 1 << 63 and len(data) >= start + length, (length, len(data))
        frames.append(Frame(data[0] & 15, data[start : start + length]))
        data = data[start + length :]
    return frames


@define(eq=False)
class NotingRoom:
    """
    A room that notes who comes, goes and says what.

    @ivar refuses: what L{admits} answers.
    @ivar refuses_user: what L{join} answers.
    """

    refuses: Refusal | None = None
    refuses_user: Refusal | None = None
    asked: list[str] = field(factory=list)
    clients: list[ChatClient] = field(factory=list)
    gone: list[ChatClient] = field(factory=list)
    heard: list[bytes] = field(factory=list)
    fan_out: Any = None

    def admits(self, address: str) -> Refusal | None:
        """
        As the test says.
        """
        self.asked.append(address)
        return self.refuses

    def join(self, client: ChatClient) -> Refusal | None:
        """
        Greet and let in.
        """
        if self.refuses_user is not None:
            return self.refuses_user
        self.clients.append(client)
        client.send(b'{"type":"CONNECTED_USER_INFO"}')
        self.fan_out.add(client)
        return None

    def leave(self, client: ChatClient) -> None:
        """
        Note it.
        """
        self.fan_out.remove(client)
        if client in self.clients:
            self.clients.remove(client)
            self.gone.append(client)

    def receive(self, client: ChatClient, payload: bytes) -> None:
        """
        Note it.
        """
        self.heard.append(payload)


@define(eq=False)
class MemoryClient:
    """
    The far end of one connection.
    """

    transport: Any

    def write(self, *pieces: bytes) -> None:
        """
        Send bytes; as with a socket, nothing arrives after an end.
        """
        for piece in pieces:
            if not (self.transport.disconnecting or self.transport.aborted):
                self.transport.protocol.dataReceived(piece)

    def say(self, payload: bytes, opcode: int = TEXT, fin: bool = True) -> None:
        """
        Send a frame.
        """
        self.write(client_frame(payload, opcode, fin))

    def read(self) -> bytes:
        """
        What came since the last time.
        """
        data: bytes = self.transport.value()
        self.transport.clear()
        return data

    def frames(self) -> list[Frame]:
        """
        The frames that came since the last time.
        """
        return server_frames(self.read())

    def frames_of_answer(self) -> list[Frame]:
        """
        The frames behind the answer to the upgrade.
        """
        head, _, rest = self.read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return server_frames(rest)

    def hang_up(self) -> None:
        """
        The connection ends.
        """
        self.transport.protocol.connectionLost(Failure(ConnectionDone()))


@define(eq=False)
class SocketHouse:
    """
    A web factory with C{/ws} over a room, on a clock.

    @ivar clock: a L{Clock}, or the reactor for real connections.
    @ivar users: by token.
    """

    clock: Any = field(factory=Clock)
    room: NotingRoom = field(factory=NotingRoom)
    users: dict[str, User] = field(factory=lambda: {"a-token": make_user()})
    find: Callable[[str], Deferred[User | None]] | None = None
    looked_up: list[str] = field(factory=list)
    fan_out: CoalescingFanOut = field(init=False)
    watch: Watch = field(init=False)
    queue: HandshakeQueue = field(init=False)
    factory: WebFactory = field(init=False)

    def __attrs_post_init__(self) -> None:
        proxies = TrustedProxies.parse()
        self.fan_out = self.room.fan_out = CoalescingFanOut(self.clock)
        self.watch = Watch(self.clock)
        self.queue = HandshakeQueue(self.clock)
        surroundings = Surroundings(
            self.clock, self.room, self.watch, self.fan_out.catch_up, lambda address: None
        )
        root = Resource()
        root.putChild(b"ws", SocketResource(surroundings, self.queue, self._find, proxies))
        self.factory = WebFactory(self.clock, root, MemoryShortPath(), proxies)

    def _find(self, token: str) -> Deferred[User | None]:
        self.looked_up.append(token)
        return self.find(token) if self.find is not None else succeed(self.users.get(token))

    def connect(self, peer: str = "192.0.2.1") -> MemoryClient:
        """
        Open a connection.
        """
        address = IPv4Address("TCP", peer, 54321)
        transport: Any = UnsentTransport(peerAddress=address)
        transport.protocol = self.factory.buildProtocol(address)
        transport.protocol.makeConnection(transport)
        return MemoryClient(transport)

    def ask(
        self, *headers: str, token: str | None = "a-token", peer: str = "192.0.2.1"
    ) -> MemoryClient:
        """
        Open a connection and ask for the upgrade.
        """
        client = self.connect(peer)
        target = "/ws" if token is None else f"/ws?accessToken={token}"
        client.write(get(target, *(headers or UPGRADE)))
        return client

    def enter(self, *headers: str, peer: str = "192.0.2.1") -> MemoryClient:
        """
        Come into the room, with the greeting read.
        """
        client = self.ask(*UPGRADE, *headers, peer=peer)
        greeting = client.frames_of_answer()
        assert [frame.payload for frame in greeting] == [b'{"type":"CONNECTED_USER_INFO"}']
        return client
