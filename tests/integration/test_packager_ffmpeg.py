"""
What the packager makes of a real encoder's stream, as a real demuxer and decoder see it.
"""

import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.flv import FLVDemuxer
from tests.hls.streams import RecordingPartSink, packaged

from .harness import find_ffmpegs

SECONDS = 6


def run(*command: str | Path) -> str:
    """
    The output of a command that has to succeed in silence.
    """
    done = subprocess.run(
        [str(word) for word in command], check=False, capture_output=True, timeout=60
    )
    if done.returncode or done.stderr:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout.decode()


def packets(ffmpeg: Path, file: Path, track: str) -> list[tuple[float, str]]:
    """
    Presentation time in seconds and MD5 of each packet of one track.
    """
    text = run(
        *(ffmpeg, "-v", "error", "-copyts", "-i", file, "-map", f"0:{track}", "-c", "copy"),
        *("-f", "framemd5", "-"),
    )
    time_base = 1.0
    found = []
    for line in text.splitlines():
        if line.startswith("#tb"):
            numerator, denominator = line.split(":")[1].split("/")
            time_base = int(numerator) / int(denominator)
        elif not line.startswith("#"):
            fields = [each.strip() for each in line.split(",")]
            found.append((int(fields[2]) * time_base, fields[5]))
    return found


class PackagerFFmpegTests(SynchronousTestCase):
    """
    H.264 with B-frames and AAC, from FLV to CMAF, with every ffmpeg that there is.
    """

    def setUp(self) -> None:
        """
        Skip without ffmpeg.
        """
        self.ffmpegs = find_ffmpegs()
        if not self.ffmpegs:
            self.skipTest("no ffmpeg on PATH, nor the extra owncastd[ffmpeg]")
        self.directory = Path(self.mktemp())
        self.directory.mkdir()

    def package(self, ffmpeg: Path, part_seconds: float) -> tuple[Path, Path, RecordingPartSink]:
        """
        Encode a clip and package it; returns the FLV, the CMAF, and what the sink got.
        """
        source, output = self.directory / "source.flv", self.directory / "packaged.mp4"
        run(
            *(ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30"),
            *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", str(SECONDS)),
            *("-c:v", "libx264", "-preset", "fast", "-bf", "2", "-g", "60", "-pix_fmt", "yuv420p"),
            *("-sc_threshold", "0", "-c:a", "aac", "-ac", "2", "-f", "flv", source),
        )
        sink = packaged(FLVDemuxer().feed(source.read_bytes()), part_seconds=part_seconds)
        init = sink.segments[0].init
        output.write_bytes(init.data + b"".join(part.data for part in sink.parts))
        return source, output, sink

    def test_packets_survive(self) -> None:
        """
        Every packet comes out as it went in and is shown when it was; the result decodes without
        complaint; segments and parts are as they should be.
        """
        for name, ffmpeg in self.ffmpegs.items():
            source, output, sink = self.package(ffmpeg, 0.2)
            run(ffmpeg, "-v", "error", "-xerror", "-i", output, "-f", "null", "-")
            for track in ("v", "a"):
                before, after = packets(ffmpeg, source, track), packets(ffmpeg, output, track)
                self.assertEqual([m for _, m in before], [m for _, m in after], (name, track))
                worst = max(
                    abs(one - other) for (one, _), (other, _) in zip(before, after, strict=True)
                )
                self.assertLess(worst, 0.002, (name, track))
            self.assertEqual(len(packets(ffmpeg, output, "v")), 30 * SECONDS)
            init = sink.segments[0].init
            self.assertEqual((init.width, init.height, init.frame_rate), (320, 180, 30.0))
            self.assertRegex(init.codecs, r"^avc1\.64[0-9a-f]{4},mp4a\.40\.2$")
            self.assertEqual([s.parts[0].independent for s in sink.segments], [True] * 3)
            self.assertEqual([len(s.parts) for s in sink.segments[:2]], [10, 10])

    def test_a_segment_decodes_by_itself(self) -> None:
        """
        A player that joins at any segment has all that it needs.
        """
        ffmpeg = next(iter(self.ffmpegs.values()))
        _, output, sink = self.package(ffmpeg, 0.5)
        for segment in sink.segments:
            output.write_bytes(segment.init.data + b"".join(part.data for part in segment.parts))
            run(ffmpeg, "-v", "error", "-xerror", "-i", output, "-f", "null", "-")
            self.assertGreaterEqual(len(packets(ffmpeg, output, "v")), 60)
