"""
What the tests against a whole server have in common.
"""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.hls.validator import PlaylistWatch, check_multivariant

from .harness import STREAM_KEY, Server, any_ffmpeg
from .recorder import Recorder
from .sources import PLAIN, Publisher, Source
from .waiting import wait_for

SOURCE_VARIANT = {"name": "Source", "videoPassthrough": True, "audioPassthrough": True}
#: Small, so that two cores encode it beside everything else.
SMALL_VARIANT = {
    "name": "240p",
    "videoPassthrough": False,
    "audioPassthrough": True,
    "videoBitrate": 300,
    "scaledHeight": 240,
    "framerate": 0,
    "cpuUsageLevel": 0,
}


class ServerTestCase(SynchronousTestCase):
    """
    Starts servers and encoders, and sees that none outlives its test.
    """

    def setUp(self) -> None:
        """
        Make a folder; without any ffmpeg there is nothing to test with.
        """
        any_ffmpeg()
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir(parents=True)

    def start_server(
        self,
        *arguments: str,
        settings: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Server:
        """
        A server that answers; see L{Server.start}.
        """
        server = Server.start(
            self.folder / "data", *arguments, settings=settings, environment=environment
        )
        self.addCleanup(server.kill)
        return server

    def publish(
        self, server: Server, source: Source = PLAIN, *, key: str = STREAM_KEY, **how: Any
    ) -> Publisher:
        """
        An encoder that publishes to the server; see L{Publisher.start} for C{how}.
        """
        url = server.ingest_url(key)
        publisher = Publisher.start(url, source.make(), self.folder, **how)
        self.addCleanup(publisher.kill)
        return publisher

    def record(
        self, server: Server, rendition: int = 0, others: tuple[str, ...] = (), name: str = "run"
    ) -> Recorder:
        """
        A recorder of one rendition, which begins with the first playlist.

        @param others: the addresses of the renditions that its playlist must report.
        @param name: of the folder that its files go to.
        """
        watch = PlaylistWatch(others=others)
        recorder = Recorder(server.web_port, self.folder / name, rendition, watch)
        self.addCleanup(recorder.stop)
        return recorder.start()

    def go_live(self, server: Server, **how: Any) -> Publisher:
        """
        Publish in a loop until told otherwise, and wait until there is something to play.
        """
        publisher = self.publish(server, loop=True, **how)
        server.wait_for_state("live")
        server.wait_for_playlist()
        wait_for("the stream to be online", lambda: server.status()["online"])
        return publisher

    def watch_until(
        self,
        server: Server,
        watch: PlaylistWatch,
        what: str,
        condition: Callable[[], bool],
        seconds: float = 60.0,
    ) -> None:
        """
        Look at the playlist again and again until a condition holds.
        """

        def look() -> bool:
            answer = server.web.get("/hls/0/stream.m3u8")
            self.assertEqual(answer.status, 200)
            watch.take(answer.text)
            return condition()

        wait_for(what, look, seconds)

    def assert_multivariant(self, server: Server, variants: int) -> None:
        """
        The multivariant playlist is right, and has so many variants.
        """
        answer = server.web.get("/hls/stream.m3u8")
        self.assertEqual(answer.status, 200)
        self.assertEqual(check_multivariant(answer.text), [])
        self.assertEqual(answer.text.count("#EXT-X-STREAM-INF:"), variants)


def occupied_port() -> socket.socket:
    """
    A loopback port that somebody else listens on; close it afterwards.
    """
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(1)
    return sock
