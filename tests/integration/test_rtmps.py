"""
RTMP inside TLS: a real ffmpeg publishes to a whole server.
"""

from typing import Any

from tests.net.pem import pem_pair, write_pair

from .case import ServerTestCase
from .harness import STREAM_KEY, any_ffmpeg, find_ffmpegs, free_ports
from .packets import packets
from .sources import PLAIN, Publisher


class RTMPSTests(ServerTestCase):
    """
    C{--rtmpsport}.
    """

    def test_publish(self) -> None:
        """
        Each ffmpeg goes live over TLS, and its packets are served unchanged; with a wrong key it is
        told so; plain RTMP works beside it.
        """
        certificate, key = write_pair(self.folder / "tls", pem_pair("localhost"))
        (port,) = free_ports(1)
        server = self.start_server(
            *("--rtmpsport", str(port), "--rtmpscert", str(certificate), "--rtmpskey", str(key))
        )
        trust = ("-tls_verify", "1", "-ca_file", str(certificate))
        base = f"rtmps://localhost:{port}/live/"
        sent = [one.md5 for one in packets(any_ffmpeg(), PLAIN.make(), "v")]
        for name, ffmpeg in find_ffmpegs().items():
            publisher = self.send(base + STREAM_KEY, trust, ffmpeg=ffmpeg, speed=5)
            server.wait_for_state("live")
            recorder = self.record(server, name=name)
            self.assertEqual(publisher.wait(), 0, publisher.log)
            recorder.wait()
            recorder.assert_clean()
            received = packets(any_ffmpeg(), recorder.parts_file(), "v")
            self.assertEqual([one.md5 for one in received], sent, name)
            server.wait_for_state("offline")
        refused = self.send(base + "wrong", trust)
        self.assertNotEqual(refused.wait(30), 0)
        self.assertIn("The stream key is wrong.", refused.log)
        self.go_live(server).stop()
        server.wait_for_state("offline")
        server.stop()

    def send(self, url: str, trust: tuple[str, ...], **how: Any) -> Publisher:
        """
        An encoder that publishes to an address, if it trusts the certificate there.
        """
        publisher = Publisher.start(url, PLAIN.make(), self.folder, options=trust, **how)
        self.addCleanup(publisher.kill)
        return publisher
