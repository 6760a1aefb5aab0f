"""
The command line of ffmpeg, whole.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.renditions import Rendition
from owncastd.transcoder.command import ffmpeg_arguments

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast")

INPUT = [
    *("/usr/bin/ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "level+warning", "-copyts"),
    *("-threads", "1", "-analyzeduration", "300000", "-probesize", "5000000"),
    *("-f", "flv", "-i", "pipe:0"),
]
MAPPING = ["-map", "0:v:0?", "-map", "0:a:0?", "-map_metadata", "-1"]
ENDING = [
    *("-max_interleave_delta", "500000"),
    *("-f", "flv", "-flvflags", "no_duration_filesize", "-flush_packets", "1"),
]


def x264(preset: str, bitrate: str) -> list[str]:
    """
    The options that every encoded video has.
    """
    return (
        f"-c:v libx264 -preset:v {preset} -tune:v zerolatency -profile:v high "
        "-sc_threshold:v 0 -pix_fmt:v yuv420p "
        f"-b:v {bitrate} -maxrate:v {bitrate} -bufsize:v {bitrate} "
        "-force_key_frames:v source -g:v 600 -enc_time_base:v 1:1000"
    ).split()


def option(rendition: Rendition, name: str) -> str | None:
    """
    The value of one option in a command for one rendition.
    """
    arguments = ffmpeg_arguments("ffmpeg", [rendition])
    return arguments[arguments.index(name) + 1] if name in arguments else None


class CommandTests(SynchronousTestCase):
    """
    One rendition at a time, then several.
    """

    def test_one_rendition(self) -> None:
        """
        The defaults: the source's size and frame rate, its own sound.
        """
        self.assertEqual(
            list(ffmpeg_arguments("/usr/bin/ffmpeg", [Rendition()])),
            [*INPUT, *MAPPING, *x264("veryfast", "1200k"), "-c:a", "copy", *ENDING, "pipe:3"],
        )

    def test_a_ladder(self) -> None:
        """
        Each output has its own options, even the preset, and its own descriptor.
        """
        ladder = [
            Rendition(video_bitrate_kbps=2500, scaled_height=720, cpu_usage_level=4, framerate=30),
            Rendition(
                video_bitrate_kbps=800,
                scaled_width=640,
                cpu_usage_level=0,
                audio_passthrough=False,
                audio_bitrate_kbps=96,
            ),
            Rendition(video_passthrough=True, audio_passthrough=False, audio_bitrate_kbps=128),
        ]
        selection = "select='if(key+gte(t,ld(0)-0.25/30),1+0*st(0,max(ld(0)+1/30,t)),0)'"
        self.assertEqual(
            list(ffmpeg_arguments("/usr/bin/ffmpeg", ladder)),
            [
                *INPUT,
                *MAPPING,
                *x264("fast", "2500k"),
                *("-x264-params:v", "fps=30"),
                *("-filter:v", selection + ",scale=-2:'min(720,ih)'"),
                *("-c:a", "copy", *ENDING, "pipe:3"),
                *MAPPING,
                *x264("ultrafast", "800k"),
                *("-filter:v", "scale='min(640,iw)':-2"),
                *("-c:a", "aac", "-b:a", "96k", *ENDING, "pipe:4"),
                *(*MAPPING, "-c:v", "copy"),
                *("-c:a", "aac", "-b:a", "128k", *ENDING, "pipe:5"),
            ],
        )

    def test_both_sides_are_a_box(self) -> None:
        """
        A picture is fitted into width and height without changing its proportions.
        """
        self.assertEqual(
            option(Rendition(scaled_width=1280, scaled_height=720), "-filter:v"),
            "scale=w='min(1280,iw)':h='min(720,ih)'"
            ":force_original_aspect_ratio=decrease:force_divisible_by=2",
        )

    def test_odd_sides_are_made_even(self) -> None:
        """
        4:2:0 has no odd sides; what would be no picture at all is the source's size.
        """
        self.assertEqual(
            option(Rendition(scaled_height=361), "-filter:v"), "scale=-2:'min(360,ih)'"
        )
        self.assertIsNone(option(Rendition(scaled_height=1), "-filter:v"))
        self.assertIsNone(option(Rendition(scaled_height=-480, framerate=-1), "-filter:v"))

    def test_presets(self) -> None:
        """
        A level that does not exist is the middle one.
        """
        for level, preset in (*enumerate(PRESETS), (-1, "veryfast"), (5, "veryfast")):
            self.assertEqual(option(Rendition(cpu_usage_level=level), "-preset:v"), preset)

    def test_missing_bitrates(self) -> None:
        """
        No video bitrate is the usual one; no audio bitrate means the source's sound.
        """
        self.assertEqual(option(Rendition(video_bitrate_kbps=0), "-b:v"), "1200k")
        self.assertEqual(option(Rendition(audio_passthrough=False), "-c:a"), "copy")
