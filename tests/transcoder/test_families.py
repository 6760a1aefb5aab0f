"""
The command line of ffmpeg for every family of encoders, level and passthrough.

C{commands.txt} beside this file holds what is expected, reviewed by eye. After a change that is
meant, write it anew with C{python -m tests.transcoder.test_families} and review the difference.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.encoders import ENCODERS
from owncastd.media.renditions import Rendition
from owncastd.transcoder.command import ffmpeg_arguments, trial_arguments
from owncastd.transcoder.families import FAMILIES, LIBX264, NVENC, VAAPI, EncoderFamily, family_of

EXPECTED = Path(__file__).parent / "commands.txt"


def renditions(level: int) -> Iterator[tuple[str, Rendition]]:
    """
    A rendition for each combination that needs an ffmpeg.
    """
    for video in (False, True):
        for audio in (False, True):
            if video and audio:
                continue
            parts = ("video copied" if video else "", "audio copied" if audio else "")
            yield (
                ", ".join(part for part in parts if part) or "all encoded",
                Rendition(
                    video_passthrough=video,
                    audio_passthrough=audio,
                    audio_bitrate_kbps=0 if audio else 96,
                    scaled_height=720,
                    framerate=30,
                    cpu_usage_level=level,
                ),
            )


def commands() -> Iterator[tuple[str, str]]:
    """
    What each combination is called, and its command.
    """
    for name in ENCODERS:
        family = family_of(name)
        for level in range(5):
            for words, rendition in renditions(level):
                argv = ffmpeg_arguments("ffmpeg", [rendition], family)
                yield f"{name}, level {level}, {words}", shlex.join(argv)
        yield f"{name}, trial", shlex.join(trial_arguments("ffmpeg", family))


def as_text() -> str:
    """
    All of them, as the file has them.
    """
    return "".join(f"# {title}\n{command}\n" for title, command in commands())


class FamilyTests(SynchronousTestCase):
    """
    Data, and what comes of it.
    """

    def test_each_command(self) -> None:
        """
        Every family at every level, with and without passthrough, is as it was reviewed.
        """
        lines = iter(EXPECTED.read_text().splitlines())
        expected = {title.removeprefix("# "): next(lines) for title in lines}
        found = dict(commands())
        self.assertEqual(list(found), list(expected))
        for title, command in found.items():
            self.assertEqual(command, expected[title], title)

    def test_every_name_has_a_family(self) -> None:
        """
        What a setting can name is known here, and nothing else is.
        """
        self.assertEqual(set(FAMILIES), set(ENCODERS))
        self.assertEqual([family_of(name).name for name in ENCODERS], [*ENCODERS])
        self.assertIs(family_of("h264_of_tomorrow"), LIBX264)

    def test_every_option_names_its_streams(self) -> None:
        """
        Without a stream specifier one output's option would count for all.
        """
        for family in FAMILIES.values():
            for options in (family.options, *family.levels):
                self.assertEqual(len(options) % 2, 0, family.name)
                self.assertTrue(all(name.endswith(":v") for name in options[::2]), options)

    def test_levels_that_do_not_exist(self) -> None:
        """
        The middle one stands in; a family without levels has no options.
        """

        def options(family: EncoderFamily) -> set[tuple[str, ...]]:
            return {family.level_options(level) for level in (-1, 2, 5)}

        self.assertEqual(options(NVENC), {("-preset:v", "p3")})
        self.assertEqual(options(FAMILIES["h264_omx"]), {()})

    def test_no_device_for_nothing(self) -> None:
        """
        Where no picture is encoded no device is opened.
        """
        copied = Rendition(video_passthrough=True, audio_passthrough=False, audio_bitrate_kbps=96)
        self.assertNotIn("-vaapi_device", ffmpeg_arguments("ffmpeg", [copied], VAAPI))
        self.assertIn("-vaapi_device", ffmpeg_arguments("ffmpeg", [copied, Rendition()], VAAPI))


if __name__ == "__main__":
    EXPECTED.write_text(as_text())
