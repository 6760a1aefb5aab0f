"""
Encoders that die or do not work, while a whole server is on the air.
"""

import base64
import contextlib
import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

from tests.hls.playlist_model import MediaPlaylist

from .case import SMALL_VARIANT, SOURCE_VARIANT, ServerTestCase
from .harness import ADMIN_PASSWORD, Server, any_ffmpeg
from .packets import decode
from .waiting import wait_for

ALIGNMENT_SECONDS = 0.005

#: Tells a version as ffmpeg does, and cannot do anything else.
USELESS = """\
#!/bin/sh
case "$*" in
*-version*) echo "ffmpeg version 9.0 of no use" ;;
*) echo "[fatal] there is a hole in the bucket" >&2; exit 1 ;;
esac
"""


def encoder_of(server: Server) -> int | None:
    """
    The process that encodes the server's renditions, if it runs right now.
    """
    for pid in server.members():
        with contextlib.suppress(OSError):
            # Those that make pictures and clips do not take the stream's clock over.
            if b"\0-copyts\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def encoding(server: Server) -> dict[str, Any]:
    """
    What the administrator is told of the encoding.
    """
    credentials = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.web_port}/api/admin/status",
        headers={"Authorization": f"Basic {credentials}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)["encoding"]
    assert isinstance(told, dict)
    return told


def after_discontinuity(playlist: MediaPlaylist) -> list[float]:
    """
    When the segments after the first discontinuity of a broadcast begin, of those still listed.
    """
    number, dates = playlist.discontinuity_sequence, []
    for segment in playlist.segments:
        number += segment.discontinuities
        assert number <= 1 and segment.date_time is not None
        if number == 1:
            dates.append(segment.date_time.timestamp())
    return dates


class EncoderTroubleTests(ServerTestCase):
    """
    What viewers and the administrator notice.
    """

    def test_killed_in_mid_stream(self) -> None:
        """
        The encoded rendition goes on after a discontinuity, which the source has at the same place;
        what is served keeps the rules throughout, and can be decoded.
        """
        server = self.start_server(
            settings={"video_stream_output_variants": [SOURCE_VARIANT, SMALL_VARIANT]}
        )
        publisher = self.publish(server)
        # From here on each reports the other.
        server.wait_for_playlist(1)
        recorders = [
            self.record(server, 0, ("../1/stream.m3u8",)),
            self.record(server, 1, ("../0/stream.m3u8",)),
        ]
        wait_for("some segments", lambda: recorders[1].seconds > 8)
        victim = wait_for("the encoder", lambda: encoder_of(server))
        os.kill(victim, signal.SIGKILL)
        successor = wait_for("another encoder", lambda: encoder_of(server) not in (None, victim))
        self.assertTrue(successor)
        self.assertEqual(publisher.wait(), 0, publisher.log)
        latest: list[MediaPlaylist] = []
        for recorder in recorders:
            recorder.wait()
            recorder.assert_clean()
            for run in (0, 1):
                decode(any_ffmpeg(), recorder.parts_file(run))
            assert recorder.watch.latest is not None
            latest.append(recorder.watch.latest)
        source, encoded = map(after_discontinuity, latest)
        self.assertEqual(len(source), len(encoded))
        self.assertGreater(len(source), 1)
        for one, other in zip(source, encoded, strict=True):
            self.assertLessEqual(abs(one - other), ALIGNMENT_SECONDS)

    def test_hardware_that_is_not_there(self) -> None:
        """
        What was chosen does not work here; viewers get what x264 makes, and the administrator is
        told why.
        """
        server = self.start_server(
            settings={
                "video_stream_output_variants": [SMALL_VARIANT],
                "video_codec": "h264_v4l2m2m",
                "ffmpeg_path": str(any_ffmpeg()),
            }
        )
        self.go_live(server)
        self.assert_multivariant(server, 1)
        told = encoding(server)
        self.assertEqual(
            (told["chosenEncoder"], told["encoder"]), ("h264_v4l2m2m", "libx264"), told
        )
        self.assertIn("Video4Linux", told["incidents"][0]["message"])

    def test_nothing_can_be_encoded(self) -> None:
        """
        Viewers get the source, which no rendition had.
        """
        useless = self.folder / "ffmpeg"
        useless.write_text(USELESS)
        useless.chmod(0o755)
        server = self.start_server(
            settings={
                "video_stream_output_variants": [SMALL_VARIANT],
                "ffmpeg_path": str(useless),
            }
        )
        self.publish(server)
        server.wait_for_playlist(1)
        wait_for("the source", lambda: server.status()["online"])
        self.assert_multivariant(server, 1)
        self.assertIn('NAME="Source"', server.web.get("/hls/stream.m3u8").text)
        self.assertEqual(server.web.get("/hls/0/stream.m3u8").status, 404)
        messages = [each["message"] for each in encoding(server)["incidents"]]
        self.assertIn("hole in the bucket", messages[0])
        self.assertIn("The source is offered", messages[-1])
