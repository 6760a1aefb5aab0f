"""
What a raid on the chat does to those who chat, and to those who watch.

While a broadcast is live, 500 clients chat; in every other run, 50 others send 20 messages per
second each, all with users and addresses of their own, and come back whenever they are thrown out.
Measured are how soon honest messages reach honest clients, how much of the spam they get to see,
and how long a playlist takes meanwhile. Clients and viewer are processes of their own.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from owncastd.database.migrations import prepare
from tests.integration.harness import Server, any_ffmpeg, server_environment
from tests.integration.processes import cpu_seconds
from tests.integration.sources import BROADCAST, Publisher

from .chat import CLIENTS_CORE, SERVER_CORE, pin
from .chat_flood_load import FloodPlan
from .chat_servers import add_users, seats
from .report import median, print_report

HONEST = 500
#: Messages of all honest clients together, per second.
HONEST_RATE = 5.0
ATTACKERS = 50
ATTACKER_RATE = 20.0
#: For how long one run may go on, in seconds.
PATIENCE = 120


@frozen
class Run:
    """
    What one run found.

    @ivar chat: see L{benchmarks.chat_flood_load.FloodFindings}.
    @ivar playlist: see L{benchmarks.playlist_probe}.
    """

    chat: dict[str, float]
    playlist: dict[str, float]
    server_cpu_percent: float

    @property
    def figures(self) -> dict[str, float]:
        """
        All of it.
        """
        return {
            **self.chat,
            **{f"playlist_{name}": value for name, value in self.playlist.items()},
            "server_cpu_percent": self.server_cpu_percent,
        }


def process(module: str, *arguments: str) -> "subprocess.Popen[str]":
    """
    Start a part of the benchmark.
    """
    started = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=server_environment(),
        text=True,
    )
    pin(started.pid, CLIENTS_CORE)
    return started


def findings(finished: "subprocess.Popen[str]") -> dict[str, Any]:
    """
    What a part printed last.

    @raise subprocess.CalledProcessError: it failed.
    """
    output, _ = finished.communicate(timeout=PATIENCE)
    if finished.returncode:
        raise subprocess.CalledProcessError(finished.returncode, "a part of the benchmark")
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def run(server: Server, plan: FloodPlan) -> Run:
    """
    One run.
    """
    crowd = process("benchmarks.chat_flood_load")
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write(json.dumps(asdict(plan)))
    crowd.stdin.close()
    crowd.stdin = None
    ready = crowd.stdout.readline()
    if ready != "ready\n":
        raise subprocess.CalledProcessError(crowd.wait(PATIENCE), "benchmarks.chat_flood_load")
    used = cpu_seconds(server.process.pid)
    viewer = process(
        "benchmarks.playlist_probe", f"--port={server.web_port}", f"--seconds={plan.seconds - 1}"
    )
    playlist = findings(viewer)
    used = cpu_seconds(server.process.pid) - used
    return Run(findings(crowd), playlist, 100 * used / plan.seconds)


@contextlib.contextmanager
def broadcasting(folder: Path) -> Iterator[Server]:
    """
    A server that is live, with a core to itself; afterwards nothing of it is left.
    """
    server = Server.start(folder)
    try:
        pin(server.process.pid, SERVER_CORE)
        publisher = Publisher.start(
            server.ingest_url(), BROADCAST.make(), folder, ffmpeg=any_ffmpeg(), loop=True
        )
        try:
            server.wait_for_playlist()
            yield server
        finally:
            publisher.process.terminate()
            publisher.process.wait(PATIENCE)
    finally:
        server.kill()


def medians(found: Mapping[str, Sequence[Run]]) -> dict[str, dict[str, float]]:
    """
    The median of each figure, by the name of what was run.
    """
    return {
        name: {
            figure: median([one.figures[figure] for one in runs], 2) for figure in runs[0].figures
        }
        for name, runs in found.items()
    }


def main() -> None:
    """
    Measure several times with and without the attack, in turn, and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=45, help="of each run (default: %(default)s)"
    )
    options = parser.parse_args()
    found: dict[str, list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "data"
        folder.mkdir()
        connection = prepare(folder / "owncast.db", folder / "backup")
        honest = seats(add_users(connection, HONEST, "honest"), 0)
        # Whoever flooded is muted for ever longer: each round has attackers of its own.
        attackers = [
            seats(add_users(connection, ATTACKERS, f"attacker-{number}"), HONEST * (number + 1))
            for number in range(options.rounds)
        ]
        connection.close()
        with broadcasting(folder) as server:
            for number in range(options.rounds):
                for name, raiders in (("calm", []), ("flood", attackers[number])):
                    plan = FloodPlan(
                        port=server.web_port,
                        honest=honest,
                        attackers=raiders,
                        honest_rate=HONEST_RATE,
                        attacker_rate=ATTACKER_RATE,
                        seconds=options.seconds,
                    )
                    found[name].append(run(server, plan))
                    print(name, found[name][-1], file=sys.stderr)
    results = medians(found)
    flood = results["flood"]
    print_report(
        "chat_flood",
        {
            "rounds": options.rounds,
            "honest": HONEST,
            "attackers": ATTACKERS,
            "attacker_rate": ATTACKER_RATE,
            **results,
            "spam_accepted_percent": round(100 * flood["spam_accepted"] / flood["spam_sent"], 2),
            "playlist_p99_ratio": round(
                flood["playlist_ms_p99"] / results["calm"]["playlist_ms_p99"], 2
            ),
        },
    )


if __name__ == "__main__":
    main()
