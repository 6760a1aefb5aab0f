"""
The life of a broadcast, and of the server around it.
"""

import signal
import subprocess

from tests.hls.validator import PlaylistWatch

from .case import ServerTestCase, occupied_port
from .harness import START_SECONDS, STOP_SECONDS, free_ports, server_command, server_environment


class BroadcastTests(ServerTestCase):
    """
    What becomes of a broadcast when its encoder goes.
    """

    def test_encoder_comes_back(self) -> None:
        """
        An encoder that dies and publishes again within the grace time goes on with the same
        broadcast: numbers only grow, a slate between two discontinuities, the same start.
        """
        server = self.start_server()
        publisher = self.go_live(server)
        watch = PlaylistWatch()
        started = server.status()["lastConnectTime"]
        self.watch_until(server, watch, "two segments", lambda: self.segments(watch) >= 2)

        publisher.kill()
        self.watch_until(
            server, watch, "the loss to be seen", lambda: server.status()["state"] == "interrupted"
        )
        self.assertTrue(server.status()["online"])
        self.watch_until(server, watch, "the slate", lambda: self.marks(watch) == 1)

        self.publish(server, loop=True)
        self.watch_until(server, watch, "the stream", lambda: self.marks(watch) == 2, 30)
        at_return = self.segments(watch)
        self.watch_until(
            server, watch, "new segments", lambda: self.segments(watch) >= at_return + 2
        )
        status = server.status()
        self.assertEqual((status["state"], status["online"]), ("live", True))
        self.assertEqual(status["lastConnectTime"], started)
        self.assertEqual(self.marks(watch), 2)
        self.assertEqual(watch.findings, [])

    @staticmethod
    def marks(watch: PlaylistWatch) -> int:
        """
        How many discontinuities there have been since the broadcast began.
        """
        if watch.latest is None:
            return 0
        listed = sum(segment.discontinuities for segment in watch.latest.all_segments)
        return watch.latest.discontinuity_sequence + listed

    @staticmethod
    def segments(watch: PlaylistWatch) -> int:
        """
        How many segments have been completed since the broadcast began.
        """
        return 0 if watch.latest is None else watch.latest.next_msn

    def test_encoder_stays_away(self) -> None:
        """
        When the grace time is over, the broadcast is.
        """
        server = self.start_server(settings={"reconnect_grace_seconds": 15.0})
        publisher = self.go_live(server)
        publisher.kill()
        server.wait_for_state("interrupted")
        self.assertIn("#EXT-X-PRELOAD-HINT", server.wait_for_playlist())
        status = server.wait_for_state("offline")
        self.assertFalse(status["online"])
        self.assertIn("#EXT-X-ENDLIST", server.wait_for_playlist())

    def test_streamer_stops(self) -> None:
        """
        An orderly end is one at once: the playlist is closed, the stream offline.
        """
        server = self.start_server()
        publisher = self.go_live(server)
        watch = PlaylistWatch()
        self.watch_until(server, watch, "a segment", lambda: bool(watch.latest))
        publisher.stop()
        status = server.wait_for_state("offline")
        self.assertFalse(status["online"])
        self.assertIsNotNone(status["lastDisconnectTime"])
        playlist = watch.take(server.wait_for_playlist())
        self.assertTrue(playlist.ended)
        self.assertEqual(watch.findings, [])

    def test_next_broadcast_shares_no_names(self) -> None:
        """
        A new broadcast after an orderly end starts from the beginning, under other names.
        """
        server = self.start_server()
        names = []
        for _ in range(2):
            publisher = self.go_live(server)
            playlist = PlaylistWatch().take(server.wait_for_playlist())
            names.append({segment.map_uri for segment in playlist.all_segments})
            publisher.stop()
            server.wait_for_state("offline")
        self.assertEqual(names[0] & names[1], set())


class ProcessTests(ServerTestCase):
    """
    The server as a process.
    """

    def run_to_end(self, web_port: object, rtmp_port: object) -> str:
        """
        Start a server that must not come up.

        @return: what it wrote.
        """
        done = subprocess.run(
            server_command(self.folder / "data", web_port, rtmp_port),
            capture_output=True,
            text=True,
            env=server_environment(),
            cwd=self.folder,
            timeout=START_SECONDS,
        )
        output = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1, output)
        self.assertNotIn("Traceback", output)
        return output

    def test_ports_in_use(self) -> None:
        """
        A port that is taken is named in a line, and nothing else is said of it.
        """
        with occupied_port() as taken:
            port = taken.getsockname()[1]
            (other,) = free_ports(1)
            for ports in ((port, other), (other, port)):
                output = self.run_to_end(*ports)
                about = [line for line in output.splitlines() if str(port) in line]
                self.assertEqual(len(about), 1, output)

    def test_bad_values(self) -> None:
        """
        A wrong value on the command line gives one line that names the option.
        """
        (port,) = free_ports(1)
        for web_port, rtmp_port, option in (("many", port, "webserverport"), (port, 0, "rtmpport")):
            (line,) = self.run_to_end(web_port, rtmp_port).splitlines()
            self.assertIn(option, line)

    def test_stop_leaves_nothing(self) -> None:
        """
        SIGTERM ends a server in the middle of a broadcast, with everything that it has started.
        """
        server = self.start_server()
        publisher = self.go_live(server)
        server.stop()
        publisher.wait()
        self.assertNotIn("Traceback", server.log)

    def test_settings_survive_kill(self) -> None:
        """
        A server that was killed starts again on the same folder.
        """
        server = self.start_server()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(STOP_SECONDS)
        self.start_server().stop()
