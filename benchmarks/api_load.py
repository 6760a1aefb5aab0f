"""
A bounded number of API requests a second against a server on loopback, over many of its routes.

Runs in a process of its own, so that its work is not mistaken for the server's::

    python -m benchmarks.api_load --port 8080 --password SECRET --rate 200 --seconds 10

and prints one line of JSON: how many requests were answered with which status, and how long the
slowest routes took.
"""

import argparse
import http.client
import itertools
import json
import threading
import time
from base64 import b64encode
from collections import Counter, defaultdict
from typing import Final

from attrs import define, field, frozen

from .report import percentile

#: Connections that are kept open, each with a thread of its own.
CONNECTIONS: Final = 8
#: Seconds that one answer may take.
PATIENCE: Final = 20.0
SLOWEST: Final = 5
WRONG: Final = "wrong"


@frozen
class Request:
    """
    One request of the mix.

    @ivar body: sent with POST; without one it is a GET.
    @ivar password: the administrator's, a wrong one, or C{None} for no credentials.
    """

    path: str
    body: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """
        What it is called in the report.
        """
        return self.path if self.password != WRONG else "a wrong password"

    @property
    def method(self) -> str:
        """
        GET or POST.
        """
        return "GET" if self.body is None else "POST"

    def headers(self, number: int) -> dict[str, str]:
        """
        The headers of the n-th request: it comes from one of many players, as a proxy would say.
        """
        headers = {
            "User-Agent": f"Mozilla/5.0 (viewer {number % 500})",
            "X-Forwarded-For": f"198.51.{number // 200 % 100}.{number % 200}",
        }
        if self.password is not None:
            credentials = b64encode(f"admin:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        return headers


def mix(password: str) -> list[Request]:
    """
    The requests, in the order in which they are sent again and again: pages and players ask most,
    an administrator looks at everything, changes something, and somebody guesses the password.
    """
    status = Request("/api/status")
    report = Request(
        "/api/metrics/playback",
        '{"bandwidth":5321.1,"latency":2.25,"downloadDuration":0.1,"errors":0}',
    )
    reads = [
        Request(f"/api/admin/{name}", password=password)
        for name in (
            "status",
            "serverconfig",
            "viewers",
            "viewersOverTime?windowStart=0",
            "hardwarestats",
            "metrics/video",
            "prometheus",
            "logs",
            "logs/warnings",
        )
    ]
    public = [
        Request(f"/api/{name}") for name in ("config", "ping", "video/variants", "socialplatforms")
    ]
    changes = [
        Request("/api/admin/config/streamtitle", '{"value":"A title"}', password),
        Request("/api/admin/config/tags", '{"value":["one","two"]}', password),
    ]
    requests = []
    for read in reads:
        requests += [status, report, read, *public, Request("/hls/0/stream.m3u8")]
    return [
        *requests,
        *changes,
        Request("/index.html"),
        Request("/api/admin/status", password=WRONG),
    ]


@define(eq=False)
class Load:
    """
    Sends the mix at a pace that slow answers do not change.
    """

    _port: int
    _requests: list[Request] = field(repr=False)
    _rate: float
    statuses: Counter[str] = field(init=False, factory=Counter)
    times: dict[str, list[float]] = field(init=False, factory=lambda: defaultdict(list))
    _numbers: "itertools.count[int]" = field(init=False, factory=itertools.count)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def run(self, seconds: float) -> None:
        """
        Send for a while.
        """
        began = time.monotonic()
        count = int(seconds * self._rate)
        threads = [
            threading.Thread(target=self._send, args=(began, count)) for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, began: float, count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        while (number := next(self._numbers)) < count:
            time.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            request = self._requests[number % len(self._requests)]
            sent = time.monotonic()
            try:
                connection.request(
                    request.method, request.path, request.body, request.headers(number)
                )
                response = connection.getresponse()
                response.read()
                status = str(response.status)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status = type(error).__name__
            with self._lock:
                self.statuses[status] += 1
                self.times[request.name].append(time.monotonic() - sent)
        connection.close()


def main() -> None:
    """
    Send, and tell.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    load = Load(options.port, mix(options.password), options.rate)
    load.run(options.seconds)
    medians = {path: percentile(times, 0.5) for path, times in load.times.items()}
    slowest = sorted(medians, key=lambda path: -medians[path])[:SLOWEST]
    print(
        json.dumps(
            {
                "requests": load.statuses.total(),
                "statuses": dict(sorted(load.statuses.items())),
                "slowest_p50_ms": {path: round(1000 * medians[path], 1) for path in slowest},
            }
        )
    )


if __name__ == "__main__":
    main()
