"""
The same ladder made by one plain ffmpeg that writes HLS, as many servers run it; and following the
edge of a live playlist.
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field

from owncastd.media.flv import flv_header
from owncastd.media.renditions import Rendition
from owncastd.transcoder.families import LIBX264
from tests.hls.playlist_model import MediaPlaylist
from tests.hls.playlist_reader import parse_media
from tests.integration.harness import any_ffmpeg
from tests.integration.web import WebClient

SEGMENT_SECONDS = 2
#: Key frames of the encoded renditions, where the source has its own.
KEY_FRAME_SECONDS = 2


def plain_hls_command(
    folder: Path, renditions: Sequence[Rendition], frame_rate: int
) -> list[str | Path]:
    """
    One ffmpeg with the source as it is and the renditions encoded, each a playlist of its own.

    The encoder, its preset and its bit rates are ours; everything else is what ffmpeg does anyway.
    """
    command: list[str | Path] = [any_ffmpeg(), "-hide_banner", "-loglevel", "error"]
    command += ["-f", "flv", "-i", "pipe:0"]
    for number, rendition in enumerate(renditions):
        command += ["-map", "0:v", "-map", "0:a", "-c:a", "copy"]
        if rendition.is_source:
            command += ["-c:v", "copy"]
        else:
            rate = f"{rendition.video_bitrate_kbps}k"
            command += ["-c:v", LIBX264.name, *LIBX264.level_options(rendition.cpu_usage_level)]
            command += [*LIBX264.options, "-pix_fmt", LIBX264.pixel_format]
            command += ["-b:v", rate, "-maxrate:v", rate, "-bufsize:v", rate]
            command += ["-g:v", str(KEY_FRAME_SECONDS * frame_rate)]
            command += ["-filter:v", f"scale=-2:{rendition.scaled_height}"]
        command += ["-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", "6"]
        command += ["-hls_flags", "delete_segments+independent_segments"]
        command += [folder / f"{number}.m3u8"]
    return command


@contextlib.contextmanager
def plain_hls(
    folder: Path, renditions: Sequence[Rendition], frame_rate: int
) -> Iterator["subprocess.Popen[bytes]"]:
    """
    Run it; what is written to its standard input is the broadcast.
    """
    folder.mkdir(parents=True)
    with subprocess.Popen(
        plain_hls_command(folder, renditions, frame_rate), stdin=subprocess.PIPE, bufsize=0
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(flv_header())
            yield process
        finally:
            process.kill()


@define(eq=False)
class EdgeFollower:
    """
    Asks for the next part of one rendition again and again, in a thread of its own.

    @ivar ages: for each part, how long after the date of its end it was there, in seconds.
    """

    port: int
    rendition: int
    ages: list[float] = field(init=False, factory=list)
    problem: str = field(init=False, default="")
    _stopping: threading.Event = field(init=False, factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """
        Begin now.
        """
        self._thread.start()

    def stop(self) -> list[float]:
        """
        Follow no longer.

        @return: the ages.
        @raise RuntimeError: it had stopped by itself, for the reason in the message.
        """
        self._stopping.set()
        self._thread.join()
        if self.problem:
            raise RuntimeError(f"following rendition {self.rendition} failed: {self.problem}")
        return self.ages

    def _run(self) -> None:
        client = WebClient(self.port)
        path = f"/hls/{self.rendition}/stream.m3u8"
        try:
            query = ""
            while not self._stopping.is_set():
                answer = client.get(path + query)
                at = time.time()
                if answer.status != 200:
                    self.problem = f"status {answer.status}"
                    return
                playlist = parse_media(answer.text)
                if query:
                    self.ages.append(at - edge_date(playlist))
                msn, part = playlist.edge
                query = f"?_HLS_msn={msn}&_HLS_part={part}"
        except OSError as error:
            self.problem = str(error)
        finally:
            client.close()


def edge_date(playlist: MediaPlaylist) -> float:
    """
    The date up to which a playlist goes, in seconds since 1970.
    """
    newest = playlist.all_segments[-1]
    assert newest.date_time is not None
    return newest.date_time.timestamp() + float(newest.length)
