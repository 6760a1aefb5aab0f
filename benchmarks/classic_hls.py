"""
Ordinary HLS to compare with: ffmpeg cuts segments, twisted.web serves them, hls.js plays them.

Run as a module it is the web server: C{python -m benchmarks.classic_hls FOLDER PORT}.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReactorCore, IReactorTCP
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data, File

from owncastd.media.flv import flv_header, flv_tag
from owncastd.media.messages import MediaMessage
from tests.integration.harness import ROOT, any_ffmpeg, free_ports, server_environment
from tests.integration.processes import cpu_seconds
from tests.integration.waiting import wait_for
from tests.integration.web import WebClient

SEGMENT_SECONDS = 2
VENDOR = ROOT / "src" / "owncastd" / "web" / "static" / "vendor"
PAGE = b"""<!doctype html>
<div id="player" data-playback="loading">
<video muted playsinline width="1280" height="720"></video></div>
<script type="module">
import Hls from "/vendor/hls.min.mjs";
const video = document.querySelector("video");
const hls = new Hls({ workerPath: "/vendor/hls.worker.js" });
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
hls.loadSource("/hls/stream.m3u8");
hls.attachMedia(video);
video.addEventListener("playing", () => {
  document.getElementById("player").dataset.playback = "playing";
});
</script>
"""


@define(eq=False)
class ClassicHLS:
    """
    The two processes, while they run.
    """

    port: int
    _ffmpeg: "subprocess.Popen[bytes]" = field(repr=False)
    _web: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def url(self) -> str:
        """
        The page with the player.
        """
        return f"http://127.0.0.1:{self.port}/"

    def send(self, message: MediaMessage) -> None:
        """
        Give ffmpeg one message.
        """
        assert self._ffmpeg.stdin is not None
        self._ffmpeg.stdin.write(flv_tag(message))

    def cpu_seconds(self) -> float:
        """
        What both have used so far.
        """
        return cpu_seconds(self._ffmpeg.pid) + cpu_seconds(self._web.pid)


@contextlib.contextmanager
def classic_hls(folder: Path) -> Iterator[ClassicHLS]:
    """
    Start the two processes, and end them.
    """
    media = folder / "hls"
    media.mkdir(parents=True)
    (port,) = free_ports(1)
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.classic_hls", folder, str(port)],
                env=server_environment(),
                cwd=ROOT,
            )
        )
        stack.callback(web.kill)
        ffmpeg = stack.enter_context(
            subprocess.Popen(
                [
                    any_ffmpeg(),
                    *("-hide_banner", "-loglevel", "error", "-f", "flv", "-i", "pipe:0"),
                    *("-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "hls"),
                    *("-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", "6"),
                    "-hls_flags",
                    "delete_segments+independent_segments+program_date_time",
                    media / "stream.m3u8",
                ],
                stdin=subprocess.PIPE,
                bufsize=0,
            )
        )
        stack.callback(ffmpeg.kill)
        assert ffmpeg.stdin is not None
        ffmpeg.stdin.write(flv_header())
        client = WebClient(port)

        def answers() -> bool:
            try:
                return client.get("/").status == 200
            except OSError:
                return False

        wait_for("the web server", answers)
        client.close()
        yield ClassicHLS(port, ffmpeg, web)


def serve(folder: Path, port: int) -> None:
    """
    Serve the page, hls.js and the segments until killed.
    """
    from twisted.internet import reactor

    media = File(str(folder / "hls"))
    media.contentTypes = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
    vendor = File(str(VENDOR))
    vendor.contentTypes = {".mjs": "text/javascript", ".js": "text/javascript"}
    root = Resource()  # type: ignore[no-untyped-call]
    root.putChild(b"", Data(PAGE, "text/html"))  # type: ignore[no-untyped-call]
    root.putChild(b"vendor", vendor)
    root.putChild(b"hls", media)
    site: Any = Site(root)  # type: ignore[no-untyped-call]
    IReactorTCP(reactor).listenTCP(port, site, interface="127.0.0.1")
    IReactorCore(reactor).run()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
