"""
Clips and silence with a real ffmpeg.
"""

import subprocess
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.media.aac import parse_aac_configuration
from owncastd.media.avc import parse_avc_configuration
from owncastd.media.clips import Clip, ClipShape
from owncastd.media.flv import AVC_HEADER_SIZE, flv_header, flv_tag
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.silence import silent_frame
from owncastd.slate.art import coming_back
from owncastd.transcoder.clips import Clips
from owncastd.transcoder.locate import FFmpeg
from tests.media.samples import asc

from .harness import any_ffmpeg
from .packets import decode

reactor = cast(Any, global_reactor)

#: Longest wait for a clip, in seconds; it only ends a test that fails.
PATIENCE = 60.0
ADTS_RATE_INDEX = {48_000: 3, 44_100: 4}


class ClipTests(TestCase):
    """
    Our own picture in shapes of streams.
    """

    #: Three clips, each of which may take a minute.
    timeout = 300

    async def made(self, shape: ClipShape) -> Clip:
        """
        The clip, when it is there.
        """
        ffmpeg = FFmpeg(str(any_ffmpeg()), "", None)
        clips = Clips(reactor, lambda: succeed(ffmpeg), coming_back())
        self.addCleanup(clips.stop)
        clips.want(shape)
        for _ in range(int(PATIENCE * 20)):
            clip = clips.ready(shape)
            if clip is not None:
                return clip
            await deferLater(reactor, 0.05)
        raise AssertionError("there is no clip")

    async def check(self, shape: ClipShape, frames: int) -> None:
        """
        It has the form that was asked for, can be decoded, and can be repeated.
        """
        clip = await self.made(shape)
        self.assertEqual(len(clip.frames), frames)
        keys = [body[0] >> 4 == 1 for body in clip.frames]
        self.assertEqual(keys, [True, *[False] * (frames - 1)])
        got = parse_avc_configuration(clip.configuration[AVC_HEADER_SIZE:]).parameters
        self.assertEqual((got.width, got.height), (shape.width, shape.height))
        self.assertEqual((got.profile, got.level), (shape.profile, shape.level))
        assert got.frame_rate is not None
        self.assertTrue(abs(got.frame_rate - shape.frame_rate) < 0.001)
        twice = [clip.configuration, *clip.frames, *clip.frames]
        data = flv_header() + b"".join(
            flv_tag(MediaMessage(MessageKind.VIDEO, round(number * clip.frame_ms), body))
            for number, body in enumerate(twice)
        )
        self.decode(data)

    def decode(self, data: bytes) -> None:
        """
        See that there is nothing to complain about.
        """
        file = Path(self.mktemp())
        file.write_bytes(data)
        decode(any_ffmpeg(), file)

    def test_shapes(self) -> Deferred[None]:
        """
        Landscape and portrait, at the profiles and rates that encoders use.
        """

        async def all_of_them() -> None:
            await self.check(ClipShape(640, 360, 30.0, 100, 30, 2.0), 60)
            await self.check(ClipShape(426, 240, 30000 / 1001, 77, 21, 2.0), 60)
            await self.check(ClipShape(360, 640, 25.0, 66, 30, 2.0), 50)

        return Deferred.fromCoroutine(all_of_them())


class SilenceTests(SynchronousTestCase):
    """
    Silence as a decoder hears it.
    """

    def test_heard(self) -> None:
        """
        Every usual arrangement of channels decodes without complaint to nothing but zeros.
        """
        for channels in range(1, 8):
            configuration = parse_aac_configuration(asc(48_000, channels))
            frame = silent_frame(configuration)
            assert frame is not None
            file = Path(self.mktemp())
            file.write_bytes(adts(frame, 48_000, channels) * 20)
            command = ["-loglevel", "error", "-xerror", "-f", "aac", "-i", str(file)]
            done = subprocess.run(
                [any_ffmpeg(), *command, "-f", "s16le", "-"], capture_output=True, timeout=60
            )
            self.assertEqual((done.returncode, done.stderr), (0, b""), channels)
            self.assertEqual(len(done.stdout), 20 * 1024 * 2 * configuration.channels)
            self.assertEqual(set(done.stdout), {0}, channels)


def adts(frame: bytes, rate: int, channels: int) -> bytes:
    """
    A frame of AAC-LC with a header of its own (ISO/IEC 14496-3, 1.A.3.2).
    """
    size = 7 + len(frame)
    head = 0xFFF1 << 40 | 1 << 38 | ADTS_RATE_INDEX[rate] << 34 | channels << 30
    return (head | size << 13 | 0x7FF << 2).to_bytes(7, "big") + frame
