"""
What receiving a broadcast costs, beside nginx with its RTMP module.

The same 720p30 stream of 6 Mbps is sent in chunks of three sizes: 128 bytes is RTMP's default, 4096
is OBS's, 60000 is what ffmpeg adopts from us. Unthrottled it says what a byte costs; at its own
pace, where waking up for every packet costs more than the bytes, what a broadcast costs.

This server packages everything for its viewers; nginx is measured both dropping what it receives
and making HLS of it. Nobody watches. The order is interleaved, so that a busy moment of the machine
does not fall on one of them alone.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from owncastd.media.messages import MediaMessage
from tests.integration.harness import STREAM_KEY, Server
from tests.integration.processes import cpu_seconds
from tests.integration.sources import BROADCAST
from tests.integration.waiting import wait_for
from tests.rtmp.encoder import Encoder

from .nginx_rtmp import NginxMissing, find_nginx, nginx_rtmp
from .pacing import PacedSender, read_messages, repeated
from .report import median, print_report

CHUNK_SIZES = (128, 4096, 60000)
#: Bytes are written in pieces of this size when unthrottled.
WRITE_SIZE = 1 << 18
#: A receiver that uses less than this in a tenth of a second has nothing left to do.
IDLE_CPU_SECONDS = 0.002
#: Between going live and measuring at real pace, in seconds.
SETTLING_SECONDS = 2


@frozen
class Receiver:
    """
    Somebody who takes a broadcast.
    """

    name: str
    pid: int
    rtmp_port: int


@contextlib.contextmanager
def receivers(folder: Path) -> Iterator[list[Receiver]]:
    """
    All that are compared, running at the same time; only one has anything to do.
    """
    with contextlib.ExitStack() as stack:
        server = Server.start(folder / "data")
        stack.callback(server.kill)
        drops = stack.enter_context(nginx_rtmp(folder / "nginx", packages=False))
        packages = stack.enter_context(nginx_rtmp(folder / "nginx-hls", packages=True))
        yield [
            Receiver("owncastd", server.process.pid, server.rtmp_port),
            Receiver("nginx_drop", drops.pid, drops.rtmp_port),
            Receiver("nginx_hls", packages.pid, packages.rtmp_port),
        ]


def wait_until_idle(pid: int) -> None:
    """
    Wait until a receiver has worked off what it was sent.
    """
    last = cpu_seconds(pid)

    def idle() -> bool:
        nonlocal last
        time.sleep(0.1)
        before, last = last, cpu_seconds(pid)
        return last - before < IDLE_CPU_SECONDS

    wait_for("the receiver to be idle", idle, 60)


def unthrottled(
    receiver: Receiver, chunk_size: int, messages: list[MediaMessage], passes: int
) -> float:
    """
    CPU seconds for a gigabyte that comes as fast as it is taken.
    """
    with Encoder(receiver.rtmp_port, chunk_size=chunk_size, timeout=60) as encoder:
        encoder.publish(STREAM_KEY)
        data = b"".join(encoder.encode(one) for one in repeated(messages, passes))
        wait_until_idle(receiver.pid)
        before = cpu_seconds(receiver.pid)
        for start in range(0, len(data), WRITE_SIZE):
            encoder.send_bytes(data[start : start + WRITE_SIZE])
        # It answers the goodbye when it has read everything before it.
        encoder.stop()
    wait_until_idle(receiver.pid)
    return (cpu_seconds(receiver.pid) - before) / (len(data) / 1e9)


def at_pace(
    receiver: Receiver, chunk_size: int, messages: list[MediaMessage], seconds: float
) -> float:
    """
    Percent of a core for a broadcast at its own pace.
    """
    with Encoder(receiver.rtmp_port, chunk_size=chunk_size) as encoder:
        encoder.publish(STREAM_KEY)
        sender = PacedSender(messages, encoder.send)
        sender.start()
        sender.wait(SETTLING_SECONDS)
        used, began = cpu_seconds(receiver.pid), time.monotonic()
        sender.wait(seconds)
        used, lasted = cpu_seconds(receiver.pid) - used, time.monotonic() - began
        sender.stop()
        encoder.stop()
    wait_until_idle(receiver.pid)
    return 100 * used / lasted


def main() -> None:
    """
    Measure everything several times and print the medians.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=int, default=8, help="of each run at real pace (default: %(default)s)"
    )
    parser.add_argument(
        "--passes", type=int, default=2, help="of the source, unthrottled (default: %(default)s)"
    )
    options = parser.parse_args()
    try:
        find_nginx()
    except NginxMissing as missing:
        sys.exit(str(missing))
    messages = list(read_messages(BROADCAST.make()))
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as temporary, receivers(Path(temporary)) as compared:
        for _ in range(options.rounds):
            for size in CHUNK_SIZES:
                for receiver in compared:
                    runs = found[receiver.name]
                    runs[f"cpu_s_per_gb_chunk_{size}"].append(
                        unthrottled(receiver, size, messages, options.passes)
                    )
                    runs[f"live_cpu_percent_chunk_{size}"].append(
                        at_pace(receiver, size, messages, options.seconds)
                    )
    results: dict[str, object] = {
        name: {what: median(values, 3) for what, values in runs.items()}
        for name, runs in found.items()
    }
    print_report("ingest", {"rounds": options.rounds, "bitrate_kbps": 6000, **results})


if __name__ == "__main__":
    main()
