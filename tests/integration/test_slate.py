"""
An encoder that is away for a while, seen by players that only read playlists.
"""

import base64
import json
import urllib.request
from pathlib import Path

from owncastd.slate.art import coming_back
from owncastd.slate.offline import SHAPE, SHOWN_MS

from .case import SMALL_VARIANT, SOURCE_VARIANT, ServerTestCase
from .harness import ADMIN_PASSWORD, Server, any_ffmpeg
from .packets import decode, packets
from .recorder import Recorder
from .sources import PLAIN, run_ffmpeg
from .test_encoder_trouble import ALIGNMENT_SECONDS, USELESS
from .waiting import wait_for

#: More than any player has in hand at the default level.
AWAY_SECONDS = 5.0


def marks(recorder: Recorder) -> dict[int, float]:
    """
    When the stretches of a broadcast begin, by how many discontinuities lie before them, of those
    that are still listed.
    """
    playlist = recorder.watch.latest
    if playlist is None:
        return {0: 0.0}
    number, found = playlist.discontinuity_sequence, {}
    for segment in playlist.all_segments:
        number += segment.discontinuities
        if number not in found and segment.date_time is not None:
            found[number] = segment.date_time.timestamp()
    return found


class SlateTests(ServerTestCase):
    """
    What players get while the encoder is away.
    """

    def be_away(self, server: Server, renditions: int, clips: int) -> list[Recorder]:
        """
        Publish, be lost, come back and stop.

        @param clips: how many have been made by the time when the encoder is lost.
        @return: what was recorded of each rendition.
        """
        publisher = self.publish(server, loop=True)
        for rendition in range(renditions):
            server.wait_for_playlist(rendition)
        # From here on each reports the others.
        recorders = []
        for rendition in range(renditions):
            others = (f"../{n}/stream.m3u8" for n in range(renditions) if n != rendition)
            recorders.append(self.record(server, rendition, tuple(others)))
        wait_for("the clips", lambda: server.log.count("A clip of") >= clips)
        wait_for("some media", lambda: min(r.seconds for r in recorders) > 6)
        publisher.kill()
        server.wait_for_state("interrupted")
        had = [recorder.seconds for recorder in recorders]
        wait_for(
            "the slate",
            lambda: all(r.seconds > h + AWAY_SECONDS for r, h in zip(recorders, had, strict=True)),
        )
        self.assertEqual(server.status()["state"], "interrupted")
        publisher = self.publish(server, loop=True)
        wait_for("the stream", lambda: all(max(marks(r)) == 2 for r in recorders))
        had = [recorder.seconds for recorder in recorders]
        wait_for(
            "some of it",
            lambda: all(r.seconds > h + 3 for r, h in zip(recorders, had, strict=True)),
        )
        publisher.stop()
        for recorder in recorders:
            recorder.wait()
            recorder.assert_clean()
        return recorders

    def runs(self, recorder: Recorder) -> list[Path]:
        """
        The stream, the slate and the stream again, each of which can be decoded.
        """
        files = [recorder.parts_file(run) for run in range(3)]
        for file in files:
            decode(any_ffmpeg(), file)
        return files

    def test_all_renditions_go_on(self) -> None:
        """
        The playlists of the source and of an encoded rendition go on alike, by the rules, and what
        they list can be decoded.
        """
        server = self.start_server(
            settings={"video_stream_output_variants": [SOURCE_VARIANT, SMALL_VARIANT]}
        )
        recorders = self.be_away(server, 2, clips=2)
        source, encoded = map(marks, recorders)
        # The beginning may have left the playlists at different segments.
        for number in (1, 2):
            self.assertLessEqual(abs(source[number] - encoded[number]), ALIGNMENT_SECONDS)
        for recorder in recorders:
            _, slate, _ = self.runs(recorder)
            pictures = packets(any_ffmpeg(), slate, "v")
            # Our own drawing has the stream's frame rate.
            self.assertGreater(len(pictures), (AWAY_SECONDS - 2) * PLAIN.frame_rate)
            self.assertEqual(len({one.md5 for one in packets(any_ffmpeg(), slate, "a")}), 1)

    def test_without_an_ffmpeg_that_works(self) -> None:
        """
        Then the last picture of the stream stays, as long as the encoder is away.
        """
        useless = self.folder / "ffmpeg"
        useless.write_text(USELESS)
        useless.chmod(0o755)
        server = self.start_server(settings={"ffmpeg_path": str(useless)})
        (recorder,) = self.be_away(server, 1, clips=0)
        self.assertEqual(max(marks(recorder)), 2)
        _, slate, _ = self.runs(recorder)
        self.assertEqual(len({one.md5 for one in packets(any_ffmpeg(), slate, "v")}), 1)


class OfflineTests(ServerTestCase):
    """
    What players of HLS get while there is no stream.
    """

    def test_before_and_after(self) -> None:
        """
        A clip that comes to its end, as ffmpeg plays it; another when the administrator changes the
        picture; then the stream from the same address.
        """
        server = self.start_server()
        address = f"{server.url}hls/stream.m3u8"
        wait_for("the clip", lambda: server.web.get("/hls/stream.m3u8").status == 200, 60)
        self.assert_multivariant(server, 1)
        file = self.folder / "offline.mp4"
        run_ffmpeg(any_ffmpeg(), ["-i", address, "-c", "copy", str(file)])
        decode(any_ffmpeg(), file)
        pictures = packets(any_ffmpeg(), file, "v")
        self.assertEqual(len(pictures), round(SHAPE.frame_rate * SHOWN_MS / 1000))
        self.assertFalse(server.status()["online"])
        self.assertEqual(server.web.get("/hls/0/stream.m3u8").status, 404)

        before = server.web.get("/hls/offline/stream.m3u8").text
        self.change_picture(server, coming_back())
        wait_for(
            "a clip of the new picture",
            lambda: server.web.get("/hls/offline/stream.m3u8").text != before,
            60,
        )
        self.go_live(server)
        self.assert_multivariant(server, 1)
        self.assertIn("0/stream.m3u8", server.web.get("/hls/stream.m3u8").text)

    @staticmethod
    def change_picture(server: Server, picture: bytes) -> None:
        """
        The administrator uploads another offline picture.
        """
        value = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        credentials = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"{server.url}api/admin/config/offlineimage",
            json.dumps({"value": value}).encode(),
            {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["success"]
