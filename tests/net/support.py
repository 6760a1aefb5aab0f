"""
A short path in memory, and connections to it without sockets.
"""

import re
from typing import Any

from attrs import define, field
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from owncastd.net.answers import Answer
from owncastd.net.channel import Hold, ShortPathChannel, Waiter
from owncastd.net.facts import RequestFacts
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory

_DATE = re.compile(rb"\r\nDate: [^\r]*")


def text_answer(body: bytes, status: int = 200) -> Answer:
    """
    A small answer.
    """
    return Answer(status, ((b"Content-Type", b"text/plain"),), body)


@define(eq=False)
class MemoryShortPath:
    """
    Answers with what was asked, except that C{wait} waits and C{big} is large.
    """

    prefix: bytes = b"/short/"
    asked: list[tuple[bytes, bytes, RequestFacts]] = field(factory=list)
    waiting: list[Waiter] = field(factory=list)
    big: bytes = b"x" * 100_000

    def respond(
        self, path: bytes, query: bytes, facts: RequestFacts, waiter: Waiter
    ) -> Answer | Hold:
        """
        Note it and answer.
        """
        self.asked.append((path, query, facts))
        if path == b"wait":
            self.waiting.append(waiter)
            return self
        if path == b"big":
            return text_answer(self.big)
        return text_answer(b"short " + path)

    def leave(self, waiter: Waiter) -> None:
        """
        Forget who waits.
        """
        if waiter in self.waiting:
            self.waiting.remove(waiter)

    def release(self) -> None:
        """
        Answer all who wait.
        """
        waiting, self.waiting = self.waiting, []
        for waiter in waiting:
            waiter.answer(text_answer(b"released"))


class Ordinary(Resource):
    """
    The rest of the site: says what it got, or keeps the request open.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Request] = []

    def render(self, request: Request) -> Any:
        """
        Answer.
        """
        if b"later" in request.uri:
            self.open.append(request)
            return NOT_DONE_YET
        assert request.content is not None
        return b"ordinary %b %b %d" % (
            request.method, request.uri, len(request.content.read()),
        )  # fmt: skip


@define(eq=False)
class Connection:
    """
    One connection to a web factory.
    """

    transport: StringTransport
    protocol: Any

    @property
    def channel(self) -> ShortPathChannel:
        """
        The channel behind Twisted's wrapper.
        """
        channel = self.protocol._channel
        assert isinstance(channel, ShortPathChannel)
        return channel

    def send(self, *pieces: bytes) -> bytes:
        """
        Send some pieces; what was answered since the last time is returned, without dates.
        """
        for piece in pieces:
            if self.transport.disconnecting:
                break
            self.protocol.dataReceived(piece)
        return self.received()

    def received(self) -> bytes:
        """
        What was answered since the last time, without dates.
        """
        data = self.transport.value()
        self.transport.clear()
        return _DATE.sub(b"", data)


class UnsentTransport(StringTransport):
    """
    A transport that tells what it holds unsent, as far as the test says.
    """

    unsent_bytes = 0
    aborted = False

    def abortConnection(self) -> None:
        """
        Note it; as with a socket, all else happens later.
        """
        self.aborted = True


@define(eq=False)
class WebHouse:
    """
    A web factory over a short path and a site, on a clock.
    """

    clock: Clock = field(factory=Clock)
    short_path: MemoryShortPath = field(factory=MemoryShortPath)
    site: Ordinary = field(factory=Ordinary)
    factory: WebFactory = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.factory = WebFactory(
            self.clock, self.site, self.short_path, TrustedProxies.parse(), max_body_bytes=1000
        )

    def connect(self, peer: str = "192.0.2.1") -> Connection:
        """
        Open a connection.
        """
        transport = UnsentTransport(peerAddress=IPv4Address("TCP", peer, 54321))
        address = IPv4Address("TCP", peer, 54321)
        protocol: Any = self.factory.buildProtocol(address)
        protocol.makeConnection(transport)
        return Connection(transport, protocol)


def get(target: str, *headers: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    """
    The bytes of a request.
    """
    lines = [f"{method} {target} {version}", "Host: live.example", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")
