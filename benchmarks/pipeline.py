"""
What encoded renditions cost: CPU and latency, beside one plain ffmpeg that makes the same ladder.

A 720p30 stream of 6 Mbps is sent at its own pace to this server and, in turn, to C{ffmpeg -f hls}:
the source alone, with one encoded rendition, and with two. The latency that a rendition adds is
taken from the playlists: how much later than the source the same moment is listed in it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from owncastd.media.flv import flv_tag
from owncastd.media.messages import MediaMessage
from owncastd.media.renditions import SOURCE, Rendition
from tests.integration.harness import STREAM_KEY, Server
from tests.integration.processes import cpu_seconds
from tests.integration.sources import BROADCAST
from tests.rtmp.encoder import Encoder

from .ladder import EdgeFollower, plain_hls
from .pacing import PacedSender, read_messages
from .report import median, print_report

#: What is encoded, from the first on; the middle preset, as it comes.
ENCODED = (
    Rendition(name="480p", video_bitrate_kbps=1200, scaled_height=480),
    Rendition(name="360p", video_bitrate_kbps=700, scaled_height=360),
)
LADDERS = {"source": 0, "plus_1": 1, "plus_2": 2}
#: Part durations of a fifth of a second, so that they hide little.
LEVEL = 0
#: Before anything is counted: starting, finding the rate, making the clip of the slate.
SETTLING_SECONDS = 12
#: A sender later than this means that the machine was too busy to measure on, in seconds.
LAG_LIMIT = 0.1


def variant(rendition: Rendition) -> dict[str, object]:
    """
    A rendition as the settings have it.
    """
    return {
        "name": rendition.name,
        "videoPassthrough": rendition.video_passthrough,
        "audioPassthrough": rendition.audio_passthrough,
        "videoBitrate": rendition.video_bitrate_kbps,
        "scaledHeight": rendition.scaled_height,
        "cpuUsageLevel": rendition.cpu_usage_level,
    }


def percent_of_a_core(cpu: Callable[[], float], seconds: float) -> float:
    """
    The CPU time used while we wait.
    """
    used, began = cpu(), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu() - used) / (time.monotonic() - began)


def measure_ours(
    renditions: Sequence[Rendition], messages: list[MediaMessage], folder: Path, seconds: float
) -> dict[str, Any]:
    """
    The server with all that it started.
    """
    server = Server.start(
        folder,
        settings={
            "video_latency_level": LEVEL,
            "video_stream_output_variants": [variant(each) for each in renditions],
        },
    )
    try:
        with Encoder(server.rtmp_port) as encoder:
            encoder.publish(STREAM_KEY)
            sender = PacedSender(messages, encoder.send)
            sender.start()
            sender.wait(SETTLING_SECONDS)
            for index in range(len(renditions)):
                server.wait_for_playlist(index)
            percent = percent_of_a_core(
                lambda: sum(cpu_seconds(pid) for pid in server.members()), seconds
            )
            followers = [EdgeFollower(server.web_port, index) for index in range(len(renditions))]
            for follower in followers:
                follower.start()
            sender.wait(seconds)
            try:
                ages = [median(follower.stop(), 4) for follower in followers]
            except RuntimeError as error:
                # A machine that is too slow gives renditions up; the server's log says so.
                raise SystemExit(f"{error}\n{server.log}") from error
            sender.stop()
    finally:
        server.kill()
    added = [round(1000 * (age - ages[0]), 1) for age in ages[1:]]
    return {"cpu": percent, "added_ms": added, "lag": sender.largest_lag}


def measure_plain(
    renditions: Sequence[Rendition], messages: list[MediaMessage], folder: Path, seconds: float
) -> dict[str, Any]:
    """
    The one ffmpeg.
    """
    with plain_hls(folder, renditions, BROADCAST.frame_rate) as ffmpeg:
        stdin = ffmpeg.stdin
        assert stdin is not None
        sender = PacedSender(messages, lambda message: stdin.write(flv_tag(message)))
        sender.start()
        sender.wait(SETTLING_SECONDS)
        percent = percent_of_a_core(lambda: cpu_seconds(ffmpeg.pid), seconds)
        sender.stop()
    return {"cpu": percent, "lag": sender.largest_lag}


def summary(ours: list[dict[str, Any]], plain: list[dict[str, Any]]) -> dict[str, object]:
    """
    The medians of the rounds.
    """
    own, other = median([each["cpu"] for each in ours], 2), median([e["cpu"] for e in plain], 2)
    added = zip(*(each["added_ms"] for each in ours), strict=True)
    return {
        "owncastd_cpu_percent": own,
        "ffmpeg_hls_cpu_percent": other,
        "cpu_ratio": round(own / other, 2),
        "added_ms": [median(values, 1) for values in added],
        "sender_kept_pace": max(each["lag"] for each in (*ours, *plain)) < LAG_LIMIT,
    }


def main() -> None:
    """
    Measure each ladder in turn, round after round.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seconds = options.seconds
    # Twice the time for ours, which is followed after its CPU was measured, and some for starting.
    source = evolve(BROADCAST, seconds=max(BROADCAST.seconds, 2 * seconds + 2 * SETTLING_SECONDS))
    messages = list(read_messages(source.make()))
    ours: dict[str, list[dict[str, Any]]] = {name: [] for name in LADDERS}
    plain: dict[str, list[dict[str, Any]]] = {name: [] for name in LADDERS}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(options.rounds):
            for name, count in LADDERS.items():
                renditions = (SOURCE, *ENCODED[:count])
                folder = Path(temporary) / f"{name}-{number}"
                ours[name].append(measure_ours(renditions, messages, folder, seconds))
                folder = folder.with_name(f"{folder.name}-plain")
                plain[name].append(measure_plain(renditions, messages, folder, seconds))
    print_report(
        "pipeline",
        {
            "seconds": seconds,
            "rounds": options.rounds,
            **{name: summary(ours[name], plain[name]) for name in LADDERS},
        },
    )


if __name__ == "__main__":
    main()
