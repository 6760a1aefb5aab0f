"""
Many viewers in one process: the load of the delivery's benchmark.

They are bare sockets on one epoll, since a client library would need more time for receiving than
the servers need for sending. Of an answer only the status and the length are looked at, and of a
playlist what comes next in it.
"""

import json
import re
import select
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

import cattrs
from attrs import asdict, define, field, frozen

from tests.integration.processes import cpu_seconds

from .chat_load import LoadFailed, allow_descriptors
from .report import percentile

_RECEIVE = 262_144
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")
_SEQUENCE = re.compile(rb"#EXT-X-MEDIA-SEQUENCE:(\d+)")
_PART = re.compile(rb'#EXT-X-PART:[^\n]*URI="([^"]+)"')
#: How long a server may take to give all viewers their first playlist, in seconds.
PATIENCE = 30.0


@frozen
class AskingPlan:
    """
    One object is asked for on every connection, again as soon as it has come.
    """

    port: int
    pid: int
    path: str
    connections: int
    warm_seconds: float
    seconds: float


@frozen
class ViewersPlan:
    """
    Everybody waits for the next playlist, and fetches the part that it tells of.
    """

    port: int
    pid: int
    playlist: str
    viewers: int
    warm_seconds: float
    seconds: float


@frozen
class Findings:
    """
    What was measured.

    @ivar spread_ms_p50: from the first viewer that had a new playlist to the last; 0 where nobody
        waits. L{spread_ms_p99} likewise.
    """

    requests: int
    us_per_request: float
    requests_per_cpu_second: float
    mb_per_cpu_second: float
    cpu_percent: float
    spread_ms_p50: float
    spread_ms_p99: float
    generator_cpu_percent: float


@frozen
class Edge:
    """
    What a playlist says of its end.

    @ivar following: the query for the next version.
    @ivar part: the address of the newest part, relative to the playlist.
    """

    following: str
    part: str


@lru_cache(maxsize=16)
def edge_of(playlist: bytes) -> Edge:
    """
    Read a playlist; all viewers get the same ones.

    @raise LoadFailed: it is none with parts.
    """
    sequence, parts = _SEQUENCE.search(playlist), _PART.findall(playlist)
    if sequence is None or not parts:
        raise LoadFailed(f"no playlist with parts: {playlist[:200]!r}")
    msn = int(sequence[1]) + playlist.count(b"#EXTINF:")
    part = playlist.rpartition(b"#EXTINF:")[2].count(b"#EXT-X-PART:")
    return Edge(f"_HLS_msn={msn}&_HLS_part={part}", parts[-1].decode())


@define(eq=False)
class Connection:
    """
    One kept connection with one request at a time.

    @ivar answered: called with each whole answer's body.
    """

    sock: socket.socket
    answered: "Callable[[Connection, bytes], None]" = field(repr=False)
    asked: str = ""
    _received: list[bytes] = field(init=False, factory=list, repr=False)
    _missing: int = field(init=False, default=0)

    def ask(self, path: str) -> None:
        """
        Send a request.
        """
        self.asked = path
        self._missing = 0
        self.sock.send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: load\r\n\r\n".encode()
        )

    def read(self) -> int:
        """
        Take what has come.

        @return: how many bytes that were.
        @raise LoadFailed: the server does not answer as it should.
        """
        data = self.sock.recv(_RECEIVE)
        if not data:
            raise LoadFailed(f"the server closed a connection that asked for {self.asked}")
        self._received.append(data)
        if not self._missing:
            head, end, body = b"".join(self._received).partition(b"\r\n\r\n")
            if not end:
                return len(data)
            status, length = _STATUS.match(head), _LENGTH.search(head + b"\r\n")
            if status is None or status[1] != b"200" or length is None:
                raise LoadFailed(f"{self.asked} was answered with {head!r}")
            self._received = [body]
            self._missing = int(length[1]) - len(body)
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            received, self._received = self._received, []
            self.answered(self, b"".join(received))
        return len(data)


@define(eq=False)
class Audience:
    """
    All connections, and what they got.
    """

    port: int
    answers: int = 0
    received_bytes: int = 0
    _epoll: select.epoll = field(init=False, factory=select.epoll)
    _connections: dict[int, Connection] = field(init=False, factory=dict)

    def connect(self, count: int, answered: Callable[[Connection, bytes], None]) -> None:
        """
        Open connections.
        """

        def counted(connection: Connection, body: bytes) -> None:
            self.answers += 1
            answered(connection, body)

        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", self.port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[sock.fileno()] = Connection(sock, counted)
            self._epoll.register(sock, select.EPOLLIN)

    def ask(self, path: str) -> None:
        """
        Let everybody ask for something.
        """
        for connection in self._connections.values():
            connection.ask(path)

    def turn(self, timeout: float) -> None:
        """
        Take what has come, or wait for something.
        """
        for descriptor, _ in self._epoll.poll(timeout, 1024):
            self.received_bytes += self._connections[descriptor].read()

    def close(self) -> None:
        """
        Close everything.
        """
        for connection in self._connections.values():
            connection.sock.close()
        self._epoll.close()


@define(eq=False)
class Arrivals:
    """
    When the first and the last viewer had each version of a playlist.
    """

    first: dict[str, float] = field(factory=dict)
    last: dict[str, float] = field(factory=dict)
    viewers: dict[str, int] = field(factory=lambda: defaultdict(int))

    def note(self, asked: str) -> None:
        """
        Somebody has one.
        """
        now = time.monotonic()
        self.first.setdefault(asked, now)
        self.last[asked] = now
        self.viewers[asked] += 1

    def spreads_ms(self, viewers: int, since: float) -> list[float]:
        """
        From first to last, for the versions that everybody waited for.
        """
        return [
            1000 * (self.last[asked] - first)
            for asked, first in self.first.items()
            if first >= since and self.viewers[asked] >= viewers
        ]


def run(
    audience: Audience,
    pid: int,
    warm_seconds: float,
    seconds: float,
    spreads: Callable[[], list[float]],
) -> Findings:
    """
    Let an audience that has asked go on for a while, and measure.

    @param spreads: asked at the end.
    """
    begin = time.monotonic() + warm_seconds
    while time.monotonic() < begin:
        audience.turn(0.1)
    began, answers, received = time.monotonic(), audience.answers, audience.received_bytes
    cpu, own = cpu_seconds(pid), time.process_time()
    end = began + seconds
    while (now := time.monotonic()) < end:
        audience.turn(end - now)
    lasted = time.monotonic() - began
    cpu, own = cpu_seconds(pid) - cpu, time.process_time() - own
    answers, received = audience.answers - answers, audience.received_bytes - received
    if not answers or not cpu:
        raise LoadFailed("nothing was answered")
    times = spreads() or [0.0]
    return Findings(
        requests=answers,
        us_per_request=1e6 * cpu / answers,
        requests_per_cpu_second=answers / cpu,
        mb_per_cpu_second=received / 1e6 / cpu,
        cpu_percent=100 * cpu / lasted,
        spread_ms_p50=percentile(times, 0.5),
        spread_ms_p99=percentile(times, 0.99),
        generator_cpu_percent=100 * own / lasted,
    )


def measure_asking(plan: AskingPlan) -> Findings:
    """
    Do as planned.

    @raise LoadFailed: the server does not do its part.
    """
    audience = Audience(plan.port)
    try:
        audience.connect(plan.connections, lambda connection, _: connection.ask(plan.path))
        audience.ask(plan.path)
        return run(audience, plan.pid, plan.warm_seconds, plan.seconds, list)
    finally:
        audience.close()


def measure_viewers(plan: ViewersPlan) -> Findings:
    """
    Do as planned.

    @raise LoadFailed: the server does not do its part.
    """
    audience, arrivals = Audience(plan.port), Arrivals()
    folder = plan.playlist.rpartition("/")[0]
    following: dict[Connection, str] = {}

    def answered(connection: Connection, body: bytes) -> None:
        if connection.asked.startswith(plan.playlist):
            edge = edge_of(body)
            if "?" in connection.asked:
                arrivals.note(connection.asked)
            following[connection] = f"{plan.playlist}?{edge.following}"
            connection.ask(f"{folder}/{edge.part}")
        else:
            connection.ask(following[connection])

    try:
        audience.connect(plan.viewers, answered)
        audience.ask(plan.playlist)
        deadline = time.monotonic() + PATIENCE
        while len(following) < plan.viewers:
            audience.turn(0.1)
            if time.monotonic() > deadline:
                raise LoadFailed("not everybody got a playlist")
        since = time.monotonic() + plan.warm_seconds
        return run(
            audience,
            plan.pid,
            plan.warm_seconds,
            plan.seconds,
            lambda: arrivals.spreads_ms(plan.viewers, since),
        )
    finally:
        audience.close()


def main() -> None:
    """
    Measure what standard input plans; the findings go to standard output.
    """
    allow_descriptors()
    planned = json.load(sys.stdin)
    try:
        if sys.argv[1] == "asking":
            findings = measure_asking(cattrs.structure(planned, AskingPlan))
        else:
            findings = measure_viewers(cattrs.structure(planned, ViewersPlan))
        json.dump(asdict(findings), sys.stdout)
    except LoadFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
