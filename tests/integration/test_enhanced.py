"""
Enhanced RTMP from a real encoder to what a player gets.
"""

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.extended import is_extended, plain
from owncastd.media.flv import FLVDemuxer
from owncastd.media.messages import MediaMessage
from tests.hls.streams import packaged
from tests.hls.validator import check_multivariant

from .case import ServerTestCase
from .enhanced import SECONDS, EnhancedSource, embedded_ffmpeg
from .harness import Server
from .packets import Packet, decode, packets, time_shifts
from .sources import Publisher
from .waiting import wait_for

#: Files store AV1 without the temporal delimiters that ffmpeg leaves in FLV.
WITHOUT_DELIMITERS = ("-bsf:v", "av1_metadata=td=remove")


def sent_packets(source: EnhancedSource, stream: str) -> list[Packet]:
    """
    The packets of a source as files store them.
    """
    options = WITHOUT_DELIMITERS if (source.video, stream) == ("av1", "v") else ()
    return packets(embedded_ffmpeg(), source.make(), stream, options)


def messages(source: EnhancedSource) -> list[MediaMessage]:
    """
    What a broadcast's sinks get of a source.
    """
    read = FLVDemuxer().feed(source.make().read_bytes())
    made = [plain(message) if is_extended(message) else message for message in read]
    return [message for message in made if message is not None]


class PackagedTests(SynchronousTestCase):
    """
    Every codec through the packager.
    """

    def test_packets_survive(self) -> None:
        """
        Every packet since the first key frame comes out as it went in, when it was; it decodes
        without a complaint, also each segment by itself; the playlist names the codecs.
        """
        for video, audio, codecs in [
            ("hevc", "opus", r"^hvc1\.1\.6\.L60\.90,opus$"),
            ("av1", "flac", r"^av01\.0\.00M\.08,flac$"),
            ("vp9", "ac3", r"^vp09\.00\.11\.08,ac-3$"),
            ("h264", "opus", r"^avc1\.[0-9a-f]{6},opus$"),
        ]:
            with self.subTest(video=video, audio=audio):
                source = EnhancedSource(video, audio)
                sink = packaged(messages(source))
                init = sink.segments[0].init
                self.assertRegex(init.codecs, codecs)
                self.assertEqual((init.width, init.height, init.frame_rate), (320, 180, 30.0))
                self.assertGreaterEqual(len(sink.segments), SECONDS // 2)
                self.assertTrue(all(each.parts[0].independent for each in sink.segments))
                file = Path(self.mktemp())
                file.write_bytes(init.data + b"".join(part.data for part in sink.parts))
                decode(embedded_ffmpeg(), file)
                for stream in "va":
                    received = packets(embedded_ffmpeg(), file, stream)
                    shifts = time_shifts(sent_packets(source, stream), received)
                    self.assertLess(max(shifts) - min(shifts), 0.003, stream)
                    self.assertLess(max(map(abs, shifts)), 0.003, stream)
                last = sink.segments[-2]
                file.write_bytes(init.data + b"".join(part.data for part in last.parts))
                decode(embedded_ffmpeg(), file)


class ServedTests(ServerTestCase):
    """
    A whole server.
    """

    def send(self, server: Any, source: EnhancedSource, **how: Any) -> Publisher:
        """
        The embedded ffmpeg publishes.
        """
        publisher = Publisher.start(
            server.ingest_url(), source.make(), self.folder, ffmpeg=embedded_ffmpeg(), **how
        )
        self.addCleanup(publisher.kill)
        return publisher

    def test_companion(self) -> None:
        """
        Beside what not every player plays, H.264 and AAC are offered, encoded in step with it.
        """
        server = self.start_server()
        source = EnhancedSource("hevc", "opus")
        publisher = self.send(server, source, loop=True)
        server.wait_for_state("live")
        text = wait_for("both renditions", lambda: self.both(server), 60)
        self.assertEqual(check_multivariant(text), [])
        self.assertRegex(text, r'CODECS="hvc1\.1\.6\.L60\.90,opus".*RESOLUTION=320x180')
        self.assertRegex(text, r'CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2".*RESOLUTION=320x180')
        encoding = server.admin_status()["encoding"]
        self.assertEqual((encoding["encoder"], encoding["incidents"]), ("libx264", []))
        publisher.stop()
        server.wait_for_state("offline")
        publisher = self.send(server, source)
        server.wait_for_state("live")
        wait_for("both renditions", lambda: self.both(server))
        recorder = self.record(server, 1, others=("../0/stream.m3u8",))
        self.assertEqual(publisher.wait(), 0, publisher.log)
        recorder.wait()
        recorder.assert_clean()
        decode(embedded_ffmpeg(), recorder.parts_file())
        sent = sent_packets(source, "v")
        self.assertEqual(len(packets(embedded_ffmpeg(), recorder.parts_file(), "v")), len(sent))
        server.stop()

    def both(self, server: Server) -> str | None:
        """
        The multivariant playlist, once it names the source and its companion.
        """
        text = server.web.get("/hls/stream.m3u8").text
        return text if text.count("#EXT-X-STREAM-INF:") == 2 else None

    def test_refused(self) -> None:
        """
        A codec that is not known is refused in words that the encoder shows; the server takes the
        next encoder.
        """
        server = self.start_server()
        publisher = self.send(server, EnhancedSource("h264", "eac3"))
        self.assertNotEqual(publisher.wait(), 0)
        self.assertIn("audio of the codec 'ec-3': send AAC, Opus, FLAC or AC-3", publisher.log)
        server.wait_for_state("offline")
        source = EnhancedSource("hevc", "ac3")
        publisher = self.send(server, source, loop=True)
        wait_for("both renditions", lambda: self.both(server), 60)
        details = server.admin_status()["broadcaster"]
        self.assertEqual(details["streamDetails"]["videoCodec"], "H.265")
        self.assertEqual(details["streamDetails"]["audioCodec"], "AC-3")
        publisher.stop()
        server.wait_for_state("offline")
        publisher = self.send(server, source, speed=2)
        server.wait_for_state("live")
        wait_for("both renditions", lambda: self.both(server))
        recorder = self.record(server, others=("../1/stream.m3u8",))
        self.assertEqual(publisher.wait(), 0, publisher.log)
        recorder.wait()
        recorder.assert_clean()
        for stream in "va":
            received = packets(embedded_ffmpeg(), recorder.parts_file(), stream)
            time_shifts(sent_packets(source, stream), received)
        server.stop()
