"""
Many chat clients in one process: the load of the chat's benchmarks.

Clients are bare sockets on one epoll, since a client library would need more time for receiving
than the servers need for sending. A message carries its number in its text, as a word that survives
whatever a server makes of the message around it, and is looked for in the bytes that come; frames
are only made, and pings answered.
"""

import json
import re
import resource
import select
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import cattrs
from attrs import asdict, define, field, frozen

from tests.integration.processes import cpu_seconds

from .report import percentile

#: Connections that are being opened at the same time.
OPENING = 50
#: How long any one step may take before all is given up, in seconds.
PATIENCE = 60.0
#: How long the last messages may take to arrive.
GRACE = 3.0
#: How long a server is left alone before its memory is looked at.
SETTLING = 1.0

_MARK = re.compile(rb"n(\d{8})n")
_MARK_LENGTH = 10
_WORD = b"lorem "
_RECEIVE = 65536
_MASK = b"\0\0\0\0"


class LoadFailed(Exception):
    """
    The server does not do what is asked of it. The text says what.
    """


@frozen
class Seat:
    """
    Where one client connects.

    @ivar target: path and query.
    @ivar address: the address that it says it is forwarded for.
    """

    target: str
    address: str = ""


@frozen
class Plan:
    """
    What is to be measured.

    @ivar pids: the processes of the server.
    @ivar listeners: clients that only listen.
    @ivar speakers: clients that send the messages in turn.
    @ivar speakers_hear: whether they are sent what is said, like all.
    @ivar speaks_json: whether messages are chat events; otherwise they are relayed as they are.
    @ivar message_bytes: length of a message's text, or of all that is relayed.
    @ivar rate: messages per second.
    """

    port: int
    pids: list[int]
    listeners: list[Seat]
    speakers: list[Seat]
    speakers_hear: bool
    speaks_json: bool
    message_bytes: int
    rate: float
    warm_seconds: float
    seconds: float


@frozen
class Findings:
    """
    What was measured.

    @ivar last_ms_p50: time from a message's sending until the last listener had it.
    @ivar last_ms_p99: the same.
    @ivar event_bytes: what a listener was sent for one message, without frame headers.
    @ivar missed: messages that somebody did not get.
    """

    last_ms_p50: float
    last_ms_p99: float
    deliveries_per_cpu_second: float
    us_per_delivery: float
    cpu_percent: float
    rss_kb_per_client: float
    handshakes_per_second: float
    event_bytes: int
    messages: int
    missed: int
    lost: int
    generator_cpu_percent: float


def rss_bytes(pids: Iterable[int]) -> int:
    """
    Resident memory of some processes.
    """
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize()


def text_frame(payload: bytes, opcode: int = 1) -> bytes:
    """
    A client's frame, masked with zeros.
    """
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + _MASK + payload
    return struct.pack("!BBH", 0x80 | opcode, 0xFE, length) + _MASK + payload


def message(number: int, length: int) -> bytes:
    """
    A message's text, with its number.
    """
    text = b"n%08dn " % number + _WORD * (length // len(_WORD))
    # A blank at the end would be trimmed away.
    return text[: length - 1] + b"."


def chat_event(text: bytes) -> bytes:
    """
    What a client of our chat sends to say something.
    """
    return json.dumps({"type": "CHAT", "body": text.decode()}).encode()


@define(eq=False)
class Client:
    """
    One connection.

    @ivar hears: whether what it gets is counted.
    """

    seat: Seat
    hears: bool = True
    sock: socket.socket = field(init=False)
    is_open: bool = field(init=False, default=False)
    is_lost: bool = field(init=False, default=False)
    rest: bytes = field(init=False, default=b"", repr=False)

    def connect(self, port: int) -> None:
        """
        Begin to connect.
        """
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect_ex(("127.0.0.1", port))

    def ask(self) -> None:
        """
        Ask for the upgrade.
        """
        lines = [
            f"GET {self.seat.target} HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]
        if self.seat.address:
            lines.append(f"X-Forwarded-For: {self.seat.address}")
        self.sock.send("\r\n".join([*lines, "", ""]).encode())


@define(eq=False)
class Crowd:
    """
    All clients, and what they got.

    @ivar sent: when each message was sent, by its number.
    @ivar last: when it was got last.
    @ivar got: how often it was got.
    @ivar seen: is called with a message's number and the time for each delivery, if set.
    """

    port: int
    sent: dict[int, float] = field(factory=dict)
    last: dict[int, float] = field(factory=dict)
    got: Counter[int] = field(factory=Counter)
    deliveries: int = 0
    received_bytes: int = 0
    lost: int = 0
    seen: Callable[[int, float], None] | None = None
    _epoll: select.epoll = field(init=False, factory=select.epoll)
    _clients: dict[int, Client] = field(init=False, factory=dict)

    def open(self, clients: Iterable[Client]) -> None:
        """
        Open connections, a few at a time.

        @raise LoadFailed: the server refuses one, or takes too long.
        """
        coming = list(reversed(list(clients)))
        opening: list[Client] = []
        deadline = time.monotonic() + PATIENCE
        while coming or opening:
            while coming and len(opening) < OPENING:
                opening.append(self.begin(coming.pop()))
            self.turn(0.1)
            if any(client.is_lost for client in opening):
                raise LoadFailed("a client was refused")
            opening = [client for client in opening if not client.is_open]
            if time.monotonic() > deadline:
                raise LoadFailed(f"{len(coming) + len(opening)} clients still wait to connect")

    def begin(self, client: Client) -> Client:
        """
        Begin to open one connection.
        """
        client.connect(self.port)
        self._clients[client.sock.fileno()] = client
        self._epoll.register(client.sock, select.EPOLLOUT)
        return client

    def say(self, client: Client, number: int, length: int, wrap: Callable[[bytes], bytes]) -> None:
        """
        Send a message.

        @param wrap: makes what is sent of its text.
        """
        frame = text_frame(wrap(message(number, length)))
        self.sent[number] = time.monotonic()
        if client.sock.send(frame) != len(frame):
            raise LoadFailed("a speaker could not send")

    def turn(self, timeout: float) -> None:
        """
        Handle what has come, or wait for something.
        """
        for fd, events in self._epoll.poll(timeout, 1024):
            client = self._clients[fd]
            if events & select.EPOLLOUT:
                self._epoll.modify(fd, select.EPOLLIN)
                try:
                    client.ask()
                except OSError:
                    self._lose(client)
            else:
                self._read(client)

    def close(self) -> None:
        """
        Close everything.
        """
        for client in self._clients.values():
            client.sock.close()
        self._clients.clear()
        self._epoll.close()

    def _lose(self, client: Client) -> None:
        fd = client.sock.fileno()
        self._epoll.unregister(fd)
        del self._clients[fd]
        client.sock.close()
        client.is_lost = True
        client.is_open = False
        self.lost += 1

    def _read(self, client: Client) -> None:
        try:
            data = client.sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(client)
            return
        now = time.monotonic()
        self.received_bytes += len(data)
        if not client.is_open:
            client.rest += data
            head, end, data = client.rest.partition(b"\r\n\r\n")
            if not end:
                return
            client.rest = b""
            if not head.startswith(b"HTTP/1.1 101 "):
                self._lose(client)
                return
            client.is_open = True
        if not client.hears:
            return
        if data[:1] == b"\x89":
            client.sock.send(text_frame(b"", opcode=10))
        if client.rest:
            data = client.rest + data
            client.rest = b""
        for mark in _MARK.findall(data):
            number = int(mark)
            self.got[number] += 1
            self.last[number] = now
            self.deliveries += 1
            if self.seen is not None:
                self.seen(number, now)
        # A mark may be cut in two.
        start = data.rfind(b"n", -_MARK_LENGTH + 1)
        if start >= 0:
            client.rest = data[start:]


def allow_descriptors() -> None:
    """
    Allow this process as many sockets as it may have.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(plan: Plan) -> Findings:
    """
    Do what is planned.

    @raise LoadFailed: the server does not do its part.
    """
    listeners = [Client(seat) for seat in plan.listeners]
    speakers = [Client(seat, hears=plan.speakers_hear) for seat in plan.speakers]
    wrap = chat_event if plan.speaks_json else bytes
    crowd = Crowd(plan.port)
    try:
        crowd.open(speakers)
        memory = rss_bytes(plan.pids)
        began = time.monotonic()
        crowd.open(listeners)
        handshakes = len(listeners) / (time.monotonic() - began)
        settled = time.monotonic() + SETTLING
        while time.monotonic() < settled:
            crowd.turn(0.1)
        memory = rss_bytes(plan.pids) - memory

        number = 0
        begin = time.monotonic()
        measured_from = begin + plan.warm_seconds
        end = measured_from + plan.seconds
        first = 0
        cpu = own = delivered = received = 0.0
        measuring = False
        while (now := time.monotonic()) < end:
            if not measuring and now >= measured_from:
                measuring, first = True, number
                cpu, own = -sum(map(cpu_seconds, plan.pids)), -time.process_time()
                delivered, received = -crowd.deliveries, -crowd.received_bytes
            due = begin + number / plan.rate
            if due <= now:
                crowd.say(speakers[number % len(speakers)], number, plan.message_bytes, wrap)
                number += 1
            else:
                crowd.turn(min(due, end) - now)
        cpu += sum(map(cpu_seconds, plan.pids))
        own += time.process_time()
        delivered += crowd.deliveries
        received += crowd.received_bytes

        everybody = len(listeners) + (len(speakers) if plan.speakers_hear else 0)
        wanted = range(first, number)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(crowd.got[one] < everybody for one in wanted):
            crowd.turn(0.05)
        times = [
            1000 * (crowd.last[one] - crowd.sent[one])
            for one in wanted
            if crowd.got[one] >= everybody
        ]
        if not times or not delivered:
            raise LoadFailed(f"nothing arrived of {number} messages")
        return Findings(
            last_ms_p50=percentile(times, 0.5),
            last_ms_p99=percentile(times, 0.99),
            deliveries_per_cpu_second=delivered / cpu,
            us_per_delivery=1e6 * cpu / delivered,
            cpu_percent=100 * cpu / plan.seconds,
            rss_kb_per_client=memory / 1024 / len(listeners),
            handshakes_per_second=handshakes,
            event_bytes=round(received / delivered),
            messages=len(wanted),
            missed=len(wanted) - len(times),
            lost=crowd.lost,
            generator_cpu_percent=100 * own / plan.seconds,
        )
    finally:
        crowd.close()


def main() -> None:
    """
    Measure what standard input plans; the findings go to standard output.
    """
    allow_descriptors()
    plan = cattrs.structure(json.load(sys.stdin), Plan)
    try:
        json.dump(asdict(measure(plan)), sys.stdout)
    except LoadFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
