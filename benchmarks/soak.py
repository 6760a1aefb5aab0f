"""
Long broadcasts: does anything grow, does anything drift?

Without C{--real} an hour of media goes through packagers, windows and a store in memory, as fast as
it goes, on a clock that is moved. With it a whole server takes a stream for as many real minutes as
wanted, encodes a rendition of it, and is watched by some viewers.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from owncastd.media.renditions import SOURCE, Rendition
from tests.hls.hour import AUDIO, VIDEO, Look, Stream, run_through, samples_of
from tests.hls.playlist_model import MediaPlaylist
from tests.hls.playlist_reader import parse_media
from tests.integration.harness import Server
from tests.integration.sources import PLAIN, Publisher

from .ladder import EdgeFollower
from .pipeline import variant
from .report import print_report

LOOKS = 12
#: How often the memory of a server is read, in seconds.
SAMPLE_SECONDS = 5.0
#: Until caches, pools and the window are full, in seconds.
WARMING_SECONDS = 90
VIEWERS = 20
ENCODED = Rendition(name="240p", video_bitrate_kbps=300, scaled_height=240, cpu_usage_level=0)
#: Pictures of about 6 Mbps at 30 a second.
FRAME_BYTES = 25_000
VIDEO_TICKS = 90_000
#: Of the sound of the test stream, in Hz.
SAMPLE_RATE = 48_000


def slope(points: Sequence[tuple[float, float]]) -> float:
    """
    By how much the second grows with each of the first.
    """
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def accelerated(seconds: int) -> dict[str, object]:
    """
    So many seconds of media at once.
    """
    process = psutil.Process()
    looks: list[Look] = []
    memory: list[tuple[float, float]] = []

    def looked(look: Look) -> None:
        looks.append(look)
        memory.append((look.media_seconds / 3600, process.memory_info().rss / 1024))

    began = time.monotonic()
    run_through(Stream(seconds, frame_bytes=FRAME_BYTES), max(1, seconds // LOOKS), looked)
    # The window and the store fill up first.
    first, last = looks[len(looks) // 4], looks[-1]
    return {
        "media_seconds": seconds,
        "took_seconds": round(time.monotonic() - began, 1),
        "rss_kb_per_hour": round(slope(memory[len(memory) // 4 :])),
        "rss_mb": round(memory[-1][1] / 1024, 1),
        "objects": [first.objects, last.objects],
        "names": [first.names, last.names],
        "stored": [first.stored, last.stored],
        "renditions_apart_ms": max(look.apart_ms for look in looks),
        "dates_behind_ms": [round(first.behind_ms, 1), round(last.behind_ms, 1)],
        "sound_off_ms": [round(first.sound_off_ms, 1), round(last.sound_off_ms, 1)],
    }


def alignment(server: Server) -> dict[str, float]:
    """
    How a server's renditions lie to each other, and sound to pictures, at the moment.

    @return: C{renditions} is the most that the same segment's dates differ, C{sound_late} how much
        later the sound of the newest segment of the source ends than its pictures; milliseconds.
    """
    playlists = [parse_media(server.wait_for_playlist(index)) for index in range(2)]
    source, encoded = map(_dates, playlists)
    newest = playlists[0].segments[-1]
    ends = {VIDEO: 0.0, AUDIO: 0.0}
    for sample in samples_of(server.web.get(f"/hls/0/{newest.uri}").body):
        ends[sample.track] = sample.end / (VIDEO_TICKS if sample.track == VIDEO else SAMPLE_RATE)
    return {
        "renditions": 1000 * max(abs(source[n] - encoded[n]) for n in source.keys() & encoded),
        "sound_late": 1000 * (ends[AUDIO] - ends[VIDEO]),
    }


def _dates(playlist: MediaPlaylist) -> dict[int, float]:
    return {s.msn: s.date_time.timestamp() for s in playlist.segments if s.date_time is not None}


def real(seconds: int, folder: Path) -> dict[str, object]:
    """
    So many seconds on a whole server.
    """
    with ExitStack() as stack:
        server = Server.start(
            folder / "data",
            settings={"video_stream_output_variants": [variant(SOURCE), variant(ENCODED)]},
        )
        stack.callback(server.kill)
        publisher = Publisher.start(server.ingest_url(), PLAIN.make(), folder, loop=True)
        stack.callback(publisher.kill)
        server.wait_for_playlist(1, 60)
        viewers = [EdgeFollower(server.web_port, number % 2) for number in range(VIEWERS)]
        for viewer in viewers:
            viewer.start()
        process = psutil.Process(server.process.pid)
        time.sleep(min(WARMING_SECONDS, seconds / 4))
        descriptors, began = process.num_fds(), time.monotonic()
        before = alignment(server)
        memory: list[tuple[float, float]] = []
        while (passed := time.monotonic() - began) < seconds:
            memory.append((passed / 60, process.memory_info().rss / 1024))
            time.sleep(min(SAMPLE_SECONDS, seconds / 4))
        after = alignment(server)
        left = process.num_fds()
        parts = [len(viewer.stop()) for viewer in viewers]
    return {
        "seconds": seconds,
        "viewers": VIEWERS,
        "parts_per_viewer": [min(parts), max(parts)],
        "rss_kb_per_minute": round(slope(memory), 1),
        "rss_mb": [round(memory[0][1] / 1024, 1), round(memory[-1][1] / 1024, 1)],
        "descriptors": [descriptors, left],
        "renditions_apart_ms": [round(each["renditions"], 1) for each in (before, after)],
        "sound_late_ms": [round(each["sound_late"], 1) for each in (before, after)],
    }


def main() -> None:
    """
    Run, and print the figures.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", action="store_true", help="on a whole server, in real time")
    parser.add_argument("--seconds", type=int, help="of media; an hour, or ten minutes with --real")
    options = parser.parse_args()
    results: dict[str, Any]
    if options.real:
        with tempfile.TemporaryDirectory() as temporary:
            results = {"real": real(options.seconds or 600, Path(temporary))}
    else:
        results = {"accelerated": accelerated(options.seconds or 3600)}
    print_report("soak", results)


if __name__ == "__main__":
    main()
