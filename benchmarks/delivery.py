"""
What it costs to serve playlists and parts, beside an ordinary Twisted site, Node's http and nginx.

First the same bytes are asked for over and over on kept connections: a playlist, a part, and a
whole segment, as they are served while a broadcast is live. Then an audience of low-latency
viewers each waits for the next playlist and fetches the part that it tells of; nginx has nothing
that waits, and is left out there. Each server has one core to itself, the viewers have another;
the order is interleaved.
"""

import argparse
import json
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

from .chat import CLIENTS_CORE, SERVER_CORE, pin
from .chat_servers import Unavailable
from .delivery_load import AskingPlan, Findings, ViewersPlan
from .delivery_servers import MediaServer, Objects, nginx, node_http, owncastd, plain_twisted
from .report import median, print_report

#: Connections that ask for the same object again and again.
CONNECTIONS = 64
WARM_SECONDS = 2.0
#: For how long one run may go on, in seconds.
PATIENCE = 180

Start = Callable[[Path, Objects], AbstractContextManager[MediaServer]]
#: Who serves the bytes that ours has served before.
PEERS: dict[str, Start] = {"plain_twisted": plain_twisted, "node_http": node_http, "nginx": nginx}
#: Of them, who lets requests wait.
WAITING_PEERS: dict[str, Start] = {"node_http": node_http}


@frozen
class Options:
    """
    What the command line asks for.
    """

    rounds: int
    seconds: float
    viewers: int


def load(plan: AskingPlan | ViewersPlan) -> Findings:
    """
    Let clients in a process of their own do as planned.

    @raise subprocess.CalledProcessError: the server did not do its part.
    """
    kind = "asking" if isinstance(plan, AskingPlan) else "viewers"
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.delivery_load", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=server_environment(),
    ) as process:
        pin(process.pid, CLIENTS_CORE)
        answer, _ = process.communicate(json.dumps(asdict(plan)).encode(), PATIENCE)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, "benchmarks.delivery_load")
    return cattrs.structure(json.loads(answer), Findings)


def ask(server: MediaServer, kind: str, options: Options) -> Findings:
    """
    One object, over and over.
    """
    pin(server.pid, SERVER_CORE)
    return load(
        AskingPlan(
            port=server.port,
            pid=server.pid,
            path=server.paths[kind],
            connections=CONNECTIONS,
            warm_seconds=WARM_SECONDS,
            seconds=options.seconds,
        )
    )


def watch(server: MediaServer, options: Options) -> Findings:
    """
    An audience.
    """
    pin(server.pid, SERVER_CORE)
    return load(
        ViewersPlan(
            port=server.port,
            pid=server.pid,
            playlist=server.playlist,
            viewers=options.viewers,
            warm_seconds=2 * WARM_SECONDS,
            seconds=options.seconds,
        )
    )


def one_round(
    folder: Path,
    options: Options,
    note: Callable[[str, str, Findings], None],
    missing: dict[str, str],
) -> None:
    """
    Every server once. Ours comes first, since the others serve what it has served.
    """
    viewers = f"viewers_{options.viewers}"
    with owncastd(folder / "owncastd") as (server, objects):
        for kind in Objects.KINDS:
            note(kind, "owncastd", ask(server, kind, options))
        note(viewers, "owncastd", watch(server, options))
    for name, start in PEERS.items():
        if name in missing:
            continue
        try:
            with start(folder / name, objects) as peer:
                for kind in Objects.KINDS:
                    note(kind, name, ask(peer, kind, options))
                if name in WAITING_PEERS:
                    note(viewers, name, watch(peer, options))
        except Unavailable as reason:
            missing[name] = str(reason)


def main() -> None:
    """
    Measure everything several times and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=8, help="of each run (default: %(default)s)"
    )
    parser.add_argument("--viewers", type=int, default=1000)
    options = cattrs.structure(vars(parser.parse_args()), Options)
    found: dict[str, dict[str, list[Findings]]] = defaultdict(lambda: defaultdict(list))
    missing: dict[str, str] = {}

    def note(kind: str, server: str, findings: Findings) -> None:
        found[kind][server].append(findings)
        print(kind, server, findings, file=sys.stderr)

    with tempfile.TemporaryDirectory() as temporary:
        for number in range(options.rounds):
            one_round(Path(temporary) / str(number), options, note, missing)
    medians = {
        kind: {
            server: {
                figure.name: median([getattr(one, figure.name) for one in runs], 3)
                for figure in fields(Findings)
            }
            for server, runs in servers.items()
        }
        for kind, servers in found.items()
    }
    ratios = {
        kind: {
            f"per_cpu_second_vs_{server}": round(
                servers["owncastd"]["requests_per_cpu_second"] / one["requests_per_cpu_second"], 2
            )
            for server, one in servers.items()
            if server != "owncastd"
        }
        for kind, servers in medians.items()
    }
    print_report(
        "delivery", {"rounds": options.rounds, **medians, "ratios": ratios, "missing": missing}
    )


if __name__ == "__main__":
    main()
