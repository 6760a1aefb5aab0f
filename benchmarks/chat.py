"""
What it costs to tell everybody something, beside Node's ws and nchan.

In a quiet room single messages are sent to 200, 1,000 and 5,000 clients, and it is noted when the
last of them had each; in a busy room a hundred messages per second are sent to 1,000. All servers
send the same number of bytes for a message: the others relay what ours made of it. Each has one
core to itself, the clients have another; the order is interleaved, so that a busy moment of the
machine does not fall on one of them alone.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import cattrs
from attrs import asdict, fields, frozen

from tests.integration.harness import server_environment

from .chat_load import Findings, Plan
from .chat_servers import ChatServer, Unavailable, nchan, node_ws, owncastd
from .report import median, print_report

#: How many speak in turn: each may send ten frames per second.
SPEAKERS = 20
#: What a speaker says, in bytes: a long line of a chat.
TEXT_BYTES = 100
WARM_SECONDS = 2.0
#: The cores of server and clients.
SERVER_CORE, CLIENTS_CORE = 0, 1
#: For how long one run may go on, in seconds.
PATIENCE = 180

SERVERS: dict[str, Callable[[Path, int, int], AbstractContextManager[ChatServer]]] = {
    "owncastd": owncastd,
    "node_ws": node_ws,
    "nchan": nchan,
}


@frozen
class Room:
    """
    How many listen, and how much is said.
    """

    clients: int
    rate: float

    @property
    def name(self) -> str:
        """
        As the report calls it.
        """
        return f"{self.clients}_clients_at_{self.rate:g}_per_second"


QUIET = (Room(200, 10), Room(1000, 10), Room(5000, 10))
BUSY = (Room(1000, 100),)


def pin(pid: int, core: int) -> None:
    """
    Keep a process on one core, where there are several.
    """
    if core in os.sched_getaffinity(0):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread), {core})


def load(plan: Plan) -> Findings:
    """
    Let clients in a process of their own do as planned.

    @raise subprocess.CalledProcessError: the server did not do its part.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.chat_load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=server_environment(),
    ) as process:
        pin(process.pid, CLIENTS_CORE)
        answer, _ = process.communicate(json.dumps(asdict(plan)).encode(), PATIENCE)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, "benchmarks.chat_load")
    return cattrs.structure(json.loads(answer), Findings)


def measure(server: ChatServer, room: Room, seconds: float, message_bytes: int) -> Findings:
    """
    One run with a fresh server.
    """
    pin(server.pid, SERVER_CORE)
    return load(
        Plan(
            port=server.port,
            pids=[server.pid],
            listeners=server.listeners,
            speakers=server.speakers,
            speakers_hear=server.speakers_hear,
            speaks_json=server.speaks_json,
            message_bytes=message_bytes,
            rate=room.rate,
            warm_seconds=WARM_SECONDS,
            seconds=seconds,
        )
    )


def further_client(runs: dict[str, dict[str, list[Findings]]], server: str) -> float | None:
    """
    What it costs to tell one client more, in microseconds: what a message costs by itself, which
    relays do not have, is in the smallest room as well as in the largest.
    """
    few, many = QUIET[0], QUIET[-1]
    if not (runs[few.name][server] and runs[many.name][server]):
        return None

    def cpu(room: Room) -> float:
        return median([run.cpu_percent for run in runs[room.name][server]], 4)

    per_second = (many.clients - few.clients) * few.rate
    return round((cpu(many) - cpu(few)) / 100 * 1e6 / per_second, 2)


def main() -> None:
    """
    Measure everything several times and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=10, help="of each run (default: %(default)s)"
    )
    parser.add_argument("--rooms", choices=["quiet", "busy", "both"], default="both")
    options = parser.parse_args()
    rooms = (QUIET if options.rooms != "busy" else ()) + (BUSY if options.rooms != "quiet" else ())
    found: dict[str, dict[str, list[Findings]]] = defaultdict(lambda: defaultdict(list))
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(options.rounds):
            for room in rooms:
                event_bytes = 0
                for name, start in SERVERS.items():
                    if name in missing:
                        continue
                    folder = Path(temporary) / f"{name}-{room.name}-{number}"
                    try:
                        with start(folder, room.clients, SPEAKERS) as server:
                            size = event_bytes or TEXT_BYTES
                            findings = measure(server, room, options.seconds, size)
                    except Unavailable as reason:
                        missing[name] = str(reason)
                        continue
                    # Ours comes first, and says how long what the others relay must be.
                    event_bytes = event_bytes or findings.event_bytes
                    found[room.name][name].append(findings)
                    print(room.name, name, findings, file=sys.stderr)
    results: dict[str, object] = {
        room: {
            name: {
                figure.name: median([getattr(one, figure.name) for one in runs], 2)
                for figure in fields(Findings)
            }
            for name, runs in servers.items()
        }
        for room, servers in found.items()
    }
    results["us_per_further_client"] = {name: further_client(found, name) for name in SERVERS}
    print_report("chat", {"rounds": options.rounds, **results, "missing": missing})


if __name__ == "__main__":
    main()
