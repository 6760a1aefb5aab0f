"""
What a post to 5,000 followers does to those who watch, and how soon the followers have it.

The followers are on 200 servers, of which a tenth hangs and a tenth fails; a tenth has no shared
inbox, so that each follower there is written to. While a broadcast is live, a viewer asks for its
playlist; in every other run something is posted. Measured are when the last server that works has
it, how long a playlist takes meanwhile, and what the server's memory grows by. The other servers
and the viewer are processes of their own.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

from attrs import asdict, frozen

from owncastd.database.migrations import prepare
from tests.integration.harness import (
    ADMIN_PASSWORD,
    Server,
    any_ffmpeg,
    free_ports,
)
from tests.integration.processes import cpu_seconds
from tests.integration.sources import BROADCAST, Publisher

from .chat import CLIENTS_CORE, SERVER_CORE, pin
from .chat_flood import findings, process
from .federation_hosts import HOSTS, address, fails, hangs
from .report import median, print_report

FOLLOWERS: Final = 5_000
#: Of ten servers, the one without a shared inbox.
UNSHARED: Final = 5
#: When the last server that works must have a post, in seconds.
PROMISED_SECONDS: Final = 60.0
#: How much later playlists may come meanwhile.
PROMISED_RATIO: Final = 1.1
PATIENCE: Final = 120


@frozen
class Run:
    """
    What one run found; all but the first two are 0 without a post.

    @ivar hosts: how many servers had all that was for them.
    @ivar last_seconds: when the last of these had it.
    @ivar rss_growth_mb: by how much the server's memory was larger at its largest.
    """

    playlist_ms_p50: float
    playlist_ms_p99: float
    server_cpu_percent: float
    hosts: float = 0
    deliveries: float = 0
    last_seconds: float = 0
    rss_growth_mb: float = 0

    @property
    def figures(self) -> dict[str, float]:
        """
        All of it.
        """
        return asdict(self)


def add_followers(connection: sqlite3.Connection, port: int) -> int:
    """
    Have everybody follow.

    @return: how many deliveries a post takes to servers that work.
    """
    now = datetime.now(UTC).isoformat()
    inboxes = set()
    rows = []
    for number in range(FOLLOWERS):
        host = number % HOSTS
        base = f"https://{address(host)}:{port}"
        shared = None if host % 10 == UNSHARED else f"{base}/inbox"
        iri = f"{base}/users/u{number}"
        rows.append((iri, f"{iri}/inbox", shared, f"u{number}@{address(host)}", iri, now, now))
        if not hangs(host) and not fails(host):
            inboxes.add(shared or f"{iri}/inbox")
    with connection:
        connection.executemany(
            "INSERT INTO federation_followers (iri, inbox, shared_inbox, username, request_iri,"
            " created_at, approved_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    return len(inboxes)


@contextmanager
def running_hosts(port: int, authority: Path) -> Iterator["subprocess.Popen[str]"]:
    """
    The other servers.
    """
    hosts = process("benchmarks.federation_hosts", f"--port={port}", f"--authority={authority}")
    assert hosts.stdout is not None
    try:
        if hosts.stdout.readline() != "ready\n":
            raise subprocess.CalledProcessError(1, "benchmarks.federation_hosts")
        yield hosts
    finally:
        hosts.kill()
        hosts.wait(PATIENCE)


def taken(hosts: "subprocess.Popen[str]") -> list[tuple[int, float]]:
    """
    What each server took since the last time, and when it had all of it.
    """
    assert hosts.stdin is not None
    assert hosts.stdout is not None
    hosts.stdin.write("?\n")
    hosts.stdin.flush()
    found: list[list[float]] = json.loads(hosts.stdout.readline())
    return [(int(count), at) for count, at in found]


def post(server: Server) -> None:
    """
    Post something.
    """
    credentials = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
    request = Request(
        f"{server.url}api/admin/federation/send",
        json.dumps({"value": "Hello, #world"}).encode(),
        {"Authorization": f"Basic {credentials}"},
    )
    with urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200, answer


def memory_mb(server: Server) -> float:
    """
    What the server has of memory.
    """
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def run(server: Server, hosts: "subprocess.Popen[str]", seconds: float, *, posting: bool) -> Run:
    """
    One run.
    """
    taken(hosts)
    before = memory_mb(server)
    largest = before
    used = cpu_seconds(server.process.pid)
    viewer = process(
        "benchmarks.playlist_probe", f"--port={server.web_port}", f"--seconds={seconds}"
    )
    begun = time.monotonic()
    if posting:
        post(server)
    while viewer.poll() is None:
        largest = max(largest, memory_mb(server))
        time.sleep(0.2)
    playlist = findings(viewer)
    used = cpu_seconds(server.process.pid) - used
    found = taken(hosts)
    return Run(
        playlist_ms_p50=playlist["ms_p50"],
        playlist_ms_p99=playlist["ms_p99"],
        server_cpu_percent=100 * used / seconds,
        hosts=len(found),
        deliveries=sum(count for count, _ in found),
        last_seconds=max((at - begun for _, at in found), default=0.0),
        rss_growth_mb=largest - before,
    )


def forget_failures(database: Path) -> None:
    """
    Let each run begin without knowledge of servers that fail.
    """
    connection = sqlite3.connect(database, timeout=10)
    with connection:
        for table in ("federation_deliveries", "federation_outgoing", "federation_hosts"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()


def main() -> None:
    """
    Measure several times with and without a post, in turn, and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=40, help="of each run (default: %(default)s)"
    )
    options = parser.parse_args()
    found: dict[str, list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "data"
        folder.mkdir()
        (port,) = free_ports(1)
        authority = Path(temporary) / "authority.pem"
        connection = prepare(folder / "owncast.db", folder / "backup")
        expected = add_followers(connection, port)
        connection.close()
        with running_hosts(port, authority) as hosts:
            server = Server.start(
                folder,
                "--allowPrivatePeers",
                settings={
                    "server_url": "https://live.example",
                    "federation_enabled": True,
                    # A post of its own would come in between.
                    "federation_go_live_message": "",
                },
                environment={"SSL_CERT_FILE": str(authority)},
            )
            try:
                pin(server.process.pid, SERVER_CORE)
                pin(hosts.pid, CLIENTS_CORE)
                publisher = Publisher.start(
                    server.ingest_url(), BROADCAST.make(), folder, ffmpeg=any_ffmpeg(), loop=True
                )
                try:
                    server.wait_for_playlist()
                    for _ in range(options.rounds):
                        for name in ("quiet", "post"):
                            forget_failures(folder / "owncast.db")
                            one = run(server, hosts, options.seconds, posting=name == "post")
                            found[name].append(one)
                            print(name, one, file=sys.stderr)
                finally:
                    publisher.process.terminate()
                    publisher.process.wait(PATIENCE)
            finally:
                server.kill()
    results: dict[str, dict[str, float]] = {
        name: {
            figure: median([one.figures[figure] for one in runs], 2) for figure in runs[0].figures
        }
        for name, runs in found.items()
    }
    ratio = round(results["post"]["playlist_ms_p99"] / results["quiet"]["playlist_ms_p99"], 2)
    working = sum(not hangs(number) and not fails(number) for number in range(HOSTS))
    print_report(
        "federation",
        {
            "rounds": options.rounds,
            "followers": FOLLOWERS,
            "hosts": HOSTS,
            "working_hosts": working,
            "expected_deliveries": expected,
            **results,
            "playlist_p99_ratio": ratio,
            "kept": {
                "everybody_has_it": results["post"]["deliveries"] == expected,
                "in_time": results["post"]["last_seconds"] <= PROMISED_SECONDS,
                "playlists": ratio <= PROMISED_RATIO,
            },
        },
    )


if __name__ == "__main__":
    main()
