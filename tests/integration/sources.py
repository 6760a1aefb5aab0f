"""
Test streams with a number in every picture, and an encoder that publishes them.

The number of a frame is burnt in as a row of sixteen squares along the top, white for a one bit,
the lowest bit first: a browser, or a test, can read which frame it sees. The sound beeps once a
second.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field, frozen

from .harness import CACHE, any_ffmpeg
from .processes import is_running

BARCODE_BITS = 16
#: How long ffmpeg may take to make a source or to end, in seconds.
ENCODE_SECONDS = 600
END_SECONDS = 120
#: ffmpeg's own exit status after SIGINT and SIGTERM.
INTERRUPTED_STATUS = 255


@frozen
class Source:
    """
    What a streamer's encoder would send: H.264 with B-frames at a constant rate, and AAC.

    @ivar key_frame_seconds: from one key frame to the next.
    @ivar preset: of x264; a fast one for long sources, whose quality nobody looks at.
    """

    width: int = 640
    height: int = 360
    frame_rate: int = 30
    seconds: int = 30
    bitrate_kbps: int = 1000
    key_frame_seconds: int = 1
    preset: str = "veryfast"

    def _arguments(self) -> list[str]:
        square = self.width // BARCODE_BITS
        boxes = [f"drawbox=x=0:y=0:w={self.width}:h={square}:color=black:t=fill"]
        boxes += [
            f"drawbox=x={bit * square}:y=0:w={square}:h={square}:color=white:t=fill"
            f":enable='eq(mod(floor(n/{1 << bit})\\,2)\\,1)'"
            for bit in range(BARCODE_BITS)
        ]
        key_frames = self.key_frame_seconds * self.frame_rate
        rate = f"{self.bitrate_kbps}k"
        return [
            *(
                "-f",
                "lavfi",
                "-i",
                f"testsrc2=size={self.width}x{self.height}:rate={self.frame_rate}",
            ),
            *("-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000"),
            *("-t", str(self.seconds)),
            *("-vf", ",".join(["noise=alls=12:allf=t", *boxes])),
            *("-c:v", "libx264", "-preset", self.preset, "-profile:v", "high"),
            *("-pix_fmt", "yuv420p", "-b:v", rate, "-maxrate", rate, "-bufsize", rate),
            "-x264-params",
            f"nal-hrd=cbr:keyint={key_frames}:min-keyint={key_frames}:scenecut=0:bframes=2",
            *("-c:a", "aac", "-b:a", "128k", "-ac", "2"),
            *("-f", "flv"),
        ]

    def make(self) -> Path:
        """
        The FLV file; encoded once, then kept in the cache.

        @raise AssertionError: there is no ffmpeg.
        """
        arguments = self._arguments()
        digest = hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:16]
        folder = CACHE / "sources"
        made = folder / f"{self.width}x{self.height}-{self.seconds}s-{digest}.flv"
        if not made.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as temporary:
                partial = Path(temporary) / made.name
                run_ffmpeg(any_ffmpeg(), [*arguments, str(partial)])
                partial.rename(made)
        return made


#: For tests at real time.
PLAIN = Source()
#: Three minutes that are cheap to encode and to send fast.
LONG = Source(width=320, height=180, seconds=185, bitrate_kbps=300, preset="ultrafast")
#: What the benchmarks send: a usual broadcast.
BROADCAST = Source(
    width=1280, height=720, seconds=120, bitrate_kbps=6000, key_frame_seconds=2, preset="superfast"
)


def run_ffmpeg(ffmpeg: Path, arguments: list[str]) -> str:
    """
    Run ffmpeg to its end.

    @return: what it wrote to standard output.
    @raise AssertionError: it failed; its own words are in the message.
    """
    done = subprocess.run(
        [ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments],
        capture_output=True,
        text=True,
        timeout=ENCODE_SECONDS,
    )
    assert done.returncode == 0, f"ffmpeg {' '.join(arguments)}: {done.stderr}"
    return done.stdout


@define(eq=False)
class Publisher:
    """
    An ffmpeg that publishes a file as it is.
    """

    process: "subprocess.Popen[bytes]" = field(repr=False)
    log_file: Path

    @classmethod
    def start(
        cls,
        url: str,
        source: Path,
        folder: Path,
        *,
        ffmpeg: Path | None = None,
        speed: float = 1.0,
        loop: bool = False,
        options: Sequence[str] = (),
    ) -> "Publisher":
        """
        Begin to publish.

        @param folder: where ffmpeg's log goes.
        @param speed: 1 for real time.
        @param loop: begin again at the end, with the time running on.
        @param options: more of ffmpeg's options for the way to the server.
        """
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="publisher-", suffix=".log", dir=folder)
        with os.fdopen(descriptor, "wb") as log:
            process = subprocess.Popen(
                [
                    ffmpeg or any_ffmpeg(),
                    *("-hide_banner", "-loglevel", "warning", "-nostdin"),
                    *("-readrate", str(speed)),
                    *(["-stream_loop", "-1"] if loop else []),
                    *("-i", source, "-map", "0:v", "-map", "0:a", "-c", "copy"),
                    *("-f", "flv", "-flvflags", "no_duration_filesize", *options, url),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return cls(process, Path(name))

    @property
    def log(self) -> str:
        """
        What ffmpeg has said.
        """
        return self.log_file.read_text(errors="replace")

    def is_running(self) -> bool:
        """
        Whether it still publishes.
        """
        return self.process.poll() is None and is_running(self.process.pid)

    def wait(self, seconds: float = END_SECONDS) -> int:
        """
        Wait until it has sent everything, or failed.

        @return: its exit status.
        """
        return self.process.wait(seconds)

    def stop(self) -> None:
        """
        The streamer presses stop: ffmpeg says goodbye and ends.
        """
        self.process.send_signal(signal.SIGINT)
        status = self.wait()
        assert status in (0, INTERRUPTED_STATUS), f"status {status}: {self.log}"

    def kill(self) -> None:
        """
        The encoder is gone without a word. May repeat.
        """
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.wait()
