"""
How long the API keeps the reactor from its other work.

A timer of 5 ms runs in the reactor of a whole server, and notes how late it fires. The server runs
in this process, so that nothing of this need be in it; an encoder and the API's clients run in
processes of their own. It is measured with a live stream alone, then under load in addition.

On a busy machine a timer is late because others had the processor. So for each beat the processor
time that the reactor's thread has used since the one before is noted as well: that is work of ours,
whoever else is busy.
"""

import argparse
import contextlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater, react
from twisted.internet.threads import deferToThread

from owncastd.metrics.history import RETENTION_SECONDS
from owncastd.metrics.series import MAX_POINTS, SAMPLE_SECONDS
from owncastd.options import ServerOptions
from owncastd.service import OwncastService, build
from tests.integration.harness import ADMIN_PASSWORD, ROOT, STREAM_KEY, free_ports
from tests.integration.harness import server_environment as environment
from tests.integration.sources import PLAIN, Publisher
from tests.integration.waiting import wait_for
from tests.integration.web import WebClient

from .report import percentile, print_report

BEAT_SECONDS: Final = 0.005
#: No call of the API may keep the reactor longer.
LIMIT_MS: Final = 20
#: What may take longer is over by then: imports, first answers, the first hash of a password.
SETTLING_SECONDS: Final = 3.0
#: Beyond its own time, the load may take this long to start and to end.
LOAD_PATIENCE: Final = 30.0


@define(eq=False)
class Heartbeat:
    """
    Beats in a reactor.

    @ivar late_ms: how late each beat was.
    @ivar work_ms: processor time of the reactor's thread from each beat to the next.
    """

    _reactor: Any
    late_ms: list[float] = field(init=False, factory=list, repr=False)
    work_ms: list[float] = field(init=False, factory=list, repr=False)
    _call: IDelayedCall | None = field(init=False, default=None)

    def start(self) -> None:
        """
        Begin.
        """
        self._schedule()

    def stop(self) -> None:
        """
        Beat no more.
        """
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _schedule(self) -> None:
        due, used = time.perf_counter() + BEAT_SECONDS, time.thread_time()
        self._call = self._reactor.callLater(BEAT_SECONDS, self._beat, due, used)

    def _beat(self, due: float, used: float) -> None:
        self.late_ms.append(1000 * (time.perf_counter() - due))
        self.work_ms.append(1000 * (time.thread_time() - used))
        self._schedule()

    def report(self) -> dict[str, object]:
        """
        The figures.
        """
        return {
            "beats": len(self.late_ms),
            "late_ms": _spread(self.late_ms),
            "work_ms": _spread(self.work_ms),
            "beats_with_work_over_limit": sum(1 for each in self.work_ms if each > LIMIT_MS),
        }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(percentile(values, 0.5), 2),
        "p99": round(percentile(values, 0.99), 2),
        "max": round(max(values), 2),
    }


@contextlib.contextmanager
def load_process(port: int, rate: float, seconds: float) -> Iterator["subprocess.Popen[str]"]:
    """
    The clients, in a process that does not outlive this.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.api_load"),
            *("--port", str(port), "--password", ADMIN_PASSWORD),
            *("--rate", str(rate), "--seconds", str(seconds)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def fill(service: OwncastService, database: Path) -> None:
    """
    Give the server as much of a past as it keeps: those answers are its largest.
    """
    now = int(time.time())
    for number in range(MAX_POINTS, 0, -1):
        then = datetime.fromtimestamp(now - number * SAMPLE_SECONDS, UTC)
        service.metrics.playback.close_window(then)
        for series in (
            service.metrics.hardware.cpu,
            service.metrics.hardware.memory,
            service.metrics.hardware.disk,
        ):
            series.add(then, 12.5)
    times = range(now - RETENTION_SECONDS, now, int(SAMPLE_SECONDS))
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO viewer_samples (time, viewers) VALUES (?, 25)", [(each,) for each in times]
        )


async def beating(reactor: Any, seconds: float) -> dict[str, object]:
    """
    Measure for a while.
    """
    heartbeat = Heartbeat(reactor)
    heartbeat.start()
    await deferLater(reactor, seconds, lambda: None)
    heartbeat.stop()
    return heartbeat.report()


async def measure(reactor: Any, rate: float, seconds: float) -> None:
    """
    Run the server, and measure it without and with load.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        web_port, rtmp_port = free_ports(2)
        options = ServerOptions(
            data_dir=folder,
            database=folder / "owncast.db",
            log_dir=folder / "logs",
            backup_dir=folder / "backup",
            admin_password=ADMIN_PASSWORD,
            stream_key=STREAM_KEY,
            web_server_port=web_port,
            web_server_ip="127.0.0.1",
            rtmp_port=rtmp_port,
        )
        service, _ = build(reactor, options)
        fill(service, options.database)
        service.privilegedStartService()
        service.startService()
        try:
            url = f"rtmp://127.0.0.1:{rtmp_port}/live/{STREAM_KEY}"
            publisher = Publisher.start(url, PLAIN.make(), folder, loop=True)
            stack.callback(publisher.kill)
            await deferToThread(wait_for_stream, web_port)
            await deferLater(reactor, SETTLING_SECONDS, lambda: None)
            alone = await beating(reactor, seconds)
            lasts = seconds + 2 * SETTLING_SECONDS
            with load_process(web_port, rate, lasts) as process:
                await deferLater(reactor, SETTLING_SECONDS, lambda: None)
                loaded = await beating(reactor, seconds)
                told, _ = await deferToThread(process.communicate, timeout=LOAD_PATIENCE)
        finally:
            await service.stopService()
        print_report(
            "heartbeat",
            {
                "seconds": seconds,
                "requests_per_second": rate,
                "live_stream_alone": alone,
                "under_api_load": loaded,
                "load": json.loads(told),
            },
        )


def wait_for_stream(port: int) -> None:
    """
    Wait, in a thread, until there is something to play.
    """
    web = WebClient(port)
    wait_for("a playlist", lambda: web.get("/hls/0/stream.m3u8").status == 200)
    web.close()


def main() -> None:
    """
    Measure, and print the figures.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="API requests a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    options = parser.parse_args()

    def run(reactor: Any) -> Deferred[None]:
        return Deferred.fromCoroutine(measure(reactor, options.rate, options.seconds))

    react(run, ())


if __name__ == "__main__":
    main()
