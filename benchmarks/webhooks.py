"""
What webhooks whose receiver hangs do to those who chat, and to those who watch.

While a broadcast is live, 500 clients chat. In every other run ten webhooks are served whose
receiver takes connections and never answers, with a thousand events that wait for them and more
that come with each message; in the others they are disabled. Measured are how soon messages reach
the clients and how long a playlist takes. Clients, viewer and receiver are processes of their own.
"""

import argparse
import http.client
import json
import socket
import sys
import tempfile
from base64 import b64encode
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

from owncastd.database.migrations import prepare
from tests.integration.harness import ADMIN_PASSWORD, Server
from tests.integration.waiting import wait_for

from .chat_flood import HONEST, HONEST_RATE, Run, broadcasting, medians, run
from .chat_flood_load import FloodPlan
from .chat_servers import add_users, seats
from .report import median, print_report

WEBHOOKS = 10
#: Events that wait when a run begins.
QUEUED = 1_000
ADMIN = "Basic " + b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()


def ask(server: Server, method: str, path: str, body: Any = None) -> Any:
    """
    Ask the server as the administrator.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", server.web_port)) as asking:
        raw = None if body is None else json.dumps(body)
        asking.request(method, f"/api/admin/{path}", raw, {"Authorization": ADMIN})
        answer = asking.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)


def waiting(server: Server) -> int:
    """
    How many events wait for all webhooks together.
    """
    return sum(int(each["waiting"]) for each in ask(server, "GET", "webhooks"))


def serve(server: Server, enabled: bool) -> None:
    """
    Serve the webhooks, or leave them alone.
    """
    for each in ask(server, "GET", "webhooks"):
        ask(server, "POST", "webhooks/setenabled", {"id": each["id"], "enabled": enabled})


def fill(server: Server, receiver: str) -> None:
    """
    Make the webhooks, and let happen what they are to be told of.
    """
    events = ["CHAT", "STREAM_TITLE_UPDATED"]
    for _ in range(WEBHOOKS):
        ask(server, "POST", "webhooks/create", {"url": receiver, "events": events})
    for number in range(QUEUED // WEBHOOKS):
        ask(server, "POST", "config/streamtitle", {"value": f"title {number}"})
    wait_for("the events to wait", lambda: waiting(server) >= QUEUED)


def main() -> None:
    """
    Measure several times with and without webhooks, in turn, and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=30, help="of each run (default: %(default)s)"
    )
    options = parser.parse_args()
    found: dict[str, list[Run]] = defaultdict(list)
    queued: list[float] = []
    with tempfile.TemporaryDirectory() as temporary, closing(socket.socket()) as hanging:
        hanging.bind(("127.0.0.1", 0))
        # Never accepted: the system takes the connections, and nobody answers.
        hanging.listen(4_096)
        folder = Path(temporary) / "data"
        folder.mkdir()
        connection = prepare(folder / "owncast.db", folder / "backup")
        honest = seats(add_users(connection, HONEST, "honest"), 0)
        connection.close()
        with broadcasting(folder) as server:
            fill(server, f"http://127.0.0.1:{hanging.getsockname()[1]}/")
            plan = FloodPlan(
                port=server.web_port,
                honest=honest,
                attackers=[],
                honest_rate=HONEST_RATE,
                attacker_rate=0,
                seconds=options.seconds,
            )
            for _ in range(options.rounds):
                for name in ("idle", "hanging"):
                    serve(server, name == "hanging")
                    found[name].append(run(server, plan))
                    print(name, found[name][-1], file=sys.stderr)
                queued.append(waiting(server))
    results = {
        name: {
            figure: value
            for figure, value in figures.items()
            if not figure.startswith(("spam", "thrown"))
        }
        for name, figures in medians(found).items()
    }
    print_report(
        "webhooks",
        {
            "rounds": options.rounds,
            "clients": HONEST,
            "webhooks": WEBHOOKS,
            "queued": median(queued, 0),
            **results,
            **{
                f"{figure}_ratio": round(results["hanging"][figure] / results["idle"][figure], 2)
                for figure in ("delivery_ms_p99", "last_ms_p99", "playlist_ms_p99")
            },
        },
    )


if __name__ == "__main__":
    main()
