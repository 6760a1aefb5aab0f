"""
From the encoder to the glass: how old a picture is when a browser shows it.

A barcoded 720p30 stream of 6 Mbps is sent at its own pace, so that it is known when each frame was
sent; the browser reads the frame number from the picture and notes when it is presented. The
difference leaves out only the streamer's own encoder. Everything is on loopback: real networks add
their distance, and want a higher latency level.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve

from owncastd.media.messages import MediaMessage
from tests.browser.chromium import find_browser
from tests.browser.viewer import GLASS, Viewer, viewing
from tests.integration.harness import STREAM_KEY, Server
from tests.integration.processes import cpu_seconds
from tests.integration.sources import BROADCAST
from tests.rtmp.encoder import Encoder

from .classic_hls import SEGMENT_SECONDS, classic_hls
from .pacing import PacedSender, read_messages
from .report import percentile, print_report

#: Which levels of ours are measured.
LEVELS = (0, 2)
#: The viewer joins when the broadcast has been running for so long, in seconds: a player that was
#: there from the first segment on would have ordinary HLS nearer to the edge than players come.
JOINING_SECONDS = 15
#: What starting up may take, and then finding a place at the live edge, in seconds.
STARTING_SECONDS = 15
SETTLING_SECONDS = 20
#: Every how many frames the picture is read: reading costs time of its own.
SAMPLE_EVERY = 3
#: A sender later than this means that the machine was too busy to measure on, in seconds.
LAG_LIMIT = 0.1
DROPPED = "document.querySelector('video').getVideoPlaybackQuality().droppedVideoFrames"


def watch(
    viewer: Viewer, sender: PacedSender, cpu: Callable[[], float], seconds: float
) -> dict[str, Any]:
    """
    Measure on a page that has begun to play.

    @param cpu: CPU seconds of the serving side so far.
    """
    viewer.evaluate(GLASS)
    viewer.page.wait_for_timeout(SETTLING_SECONDS * 1000)
    viewer.evaluate(
        f"Object.assign(window.glass, {{ every: {SAMPLE_EVERY}, frames: [], stalls: 0 }})"
    )
    dropped, used, began = viewer.evaluate(DROPPED), cpu(), time.monotonic()
    viewer.page.wait_for_timeout(seconds * 1000)
    used, lasted = cpu() - used, time.monotonic() - began
    ages = [
        at / 1000 - sender.started_at - number / BROADCAST.frame_rate
        for at, number, _ in viewer.evaluate("window.glass.frames")
    ]
    return {
        "glass_p50_s": round(percentile(ages, 0.5), 3),
        "glass_p95_s": round(percentile(ages, 0.95), 3),
        "glass_max_s": round(max(ages), 3),
        "samples": len(ages),
        "stalls": viewer.evaluate("window.glass.stalls"),
        "dropped_frames": viewer.evaluate(DROPPED) - dropped,
        "server_cpu_percent": round(100 * used / lasted, 2),
        "sender_lag_max_s": round(sender.largest_lag, 3),
        "sender_kept_pace": sender.largest_lag < LAG_LIMIT,
    }


def measure_ours(
    level: int, viewer: Viewer, messages: list[MediaMessage], folder: Path, seconds: float
) -> dict[str, Any]:
    """
    Measure this server at a latency level.
    """
    server = Server.start(folder, settings={"video_latency_level": level})
    try:
        with Encoder(server.rtmp_port) as encoder:
            encoder.publish(STREAM_KEY)
            sender = PacedSender(messages, encoder.send)
            sender.start()
            sender.wait(JOINING_SECONDS)
            viewer.open(server.url)
            viewer.wait_for_playback()
            found = watch(viewer, sender, lambda: cpu_seconds(server.process.pid), seconds)
            sender.stop()
        viewer.page.goto("about:blank")
        return found
    finally:
        server.kill()


def measure_classic(
    viewer: Viewer, messages: list[MediaMessage], folder: Path, seconds: float
) -> dict[str, Any]:
    """
    Measure ffmpeg's ordinary HLS; its CPU time is that of ffmpeg and of the web server.
    """
    with classic_hls(folder) as classic:
        sender = PacedSender(messages, classic.send)
        sender.start()
        sender.wait(JOINING_SECONDS)
        viewer.open(classic.url)
        viewer.wait_for_playback()
        found = watch(viewer, sender, classic.cpu_seconds, seconds)
        sender.stop()
        viewer.page.goto("about:blank")
        return {**found, "segment_seconds": SEGMENT_SECONDS}


def main() -> None:
    """
    Measure one after the other, with one browser.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=60, help="how long each is watched (default: %(default)s)"
    )
    seconds = parser.parse_args().seconds
    lasts = JOINING_SECONDS + STARTING_SECONDS + SETTLING_SECONDS + seconds
    source = evolve(BROADCAST, seconds=lasts)
    messages = list(read_messages(source.make()))
    browser = find_browser()
    results: dict[str, object] = {"seconds": seconds, "browser": browser.origin}
    with tempfile.TemporaryDirectory() as temporary, viewing(browser) as viewer:
        folder = Path(temporary)
        for level in LEVELS:
            name = f"level_{level}"
            results[name] = measure_ours(level, viewer, messages, folder / name, seconds)
        results["ffmpeg_hls"] = measure_classic(viewer, messages, folder / "classic", seconds)
    print_report("latency", results)


if __name__ == "__main__":
    main()
