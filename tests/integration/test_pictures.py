"""
Pictures of a running stream, made by each ffmpeg and looked at with another.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as global_reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.transcoder.environment import child_environment
from owncastd.transcoder.snapshot import NICENESS, SnapshotFailed, lower_priority, take_snapshot
from owncastd.transcoder.snapshot_command import snapshot_command

from .case import SMALL_VARIANT, SOURCE_VARIANT, ServerTestCase
from .harness import Server, any_ffmpeg, find_ffmpegs
from .sources import PLAIN, run_ffmpeg
from .waiting import wait_for
from .web import Answer

#: What a preview shows: a second at eight frames per second, which may begin between two of them.
FRAMES = range(7, 10)
PREVIEW_SIZE = (480, 270)
KINDS = {
    "/thumbnail.jpg": "image/jpeg",
    "/preview.gif": "image/gif",
    "/preview.webp": "image/webp",
}


def frames(ffmpeg: Path, picture: Path) -> tuple[tuple[int, int], list[str]]:
    """
    The size of a picture, and a hash of each of its frames.
    """
    text = run_ffmpeg(
        ffmpeg, ["-i", str(picture), "-f", "framemd5", "-fps_mode", "passthrough", "-"]
    )
    (size,) = {line.split()[-1] for line in text.splitlines() if line.startswith("#dimensions")}
    width, height = map(int, size.split("x"))
    hashes = [line.split(",")[-1].strip() for line in text.splitlines() if line[:1] != "#"]
    return (width, height), hashes


def webp_frames(data: bytes) -> tuple[tuple[int, int], int]:
    """
    The size of a moving WebP picture (RFC 9649, 2.7), and how many frames it has. Not every ffmpeg
    can read one.
    """
    assert (data[:4], data[8:16]) == (b"RIFF", b"WEBPVP8X")
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    size = tuple(int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    return (size[0], size[1]), data.count(b"ANMF")


class PicturesTests(ServerTestCase):
    """
    C{/thumbnail.jpg}, C{/preview.gif} and C{/preview.webp}.
    """

    def pictures(self, server: Server) -> dict[str, Answer]:
        """
        What is at the three addresses.
        """
        return {path: server.web.get(path) for path in KINDS}

    def wait_for_pictures(self, server: Server) -> dict[str, Answer]:
        """
        Wait until they are of the stream.
        """

        def made() -> dict[str, Answer] | None:
            answers = self.pictures(server)
            types = {path: answer.headers["content-type"] for path, answer in answers.items()}
            return answers if types == KINDS else None

        return wait_for("pictures of the stream", made)

    def wait_for_no_child(self, server: Server) -> None:
        """
        Wait until the server is alone: between two looks nothing runs.
        """
        wait_for("ffmpeg to end", lambda: len(server.members()) == 1)

    def assert_logo(self, server: Server) -> None:
        """
        There is nothing to be seen of any stream.
        """
        logo = server.web.get("/logo")
        for path, answer in self.pictures(server).items():
            self.assertEqual((answer.status, answer.body), (200, logo.body), path)
            self.assertEqual(answer.headers["content-type"], logo.headers["content-type"])

    def check(self, pictures: dict[str, Answer]) -> None:
        """
        They are the stream's, in the right size, and two of them move.
        """
        for path, answer in pictures.items():
            file = self.folder / path[1:]
            file.write_bytes(answer.body)
        size, still = frames(any_ffmpeg(), self.folder / "thumbnail.jpg")
        self.assertEqual((size, len(still)), ((PLAIN.width, PLAIN.height), 1))
        size, moving = frames(any_ffmpeg(), self.folder / "preview.gif")
        self.assertEqual(size, PREVIEW_SIZE)
        self.assertIn(len(moving), FRAMES)
        self.assertGreater(len(set(moving)), 5)
        size, count = webp_frames(pictures["/preview.webp"].body)
        self.assertEqual(size, PREVIEW_SIZE)
        self.assertIn(count, FRAMES)

    def test_pictures(self) -> None:
        """
        With each ffmpeg: soon after the stream begins there are pictures of its best rendition, the
        page names them, and when it ends they are gone. No child is left.
        """
        for name, ffmpeg in find_ffmpegs().items():
            settings = {"ffmpeg_path": str(ffmpeg)}
            server = self.start_server(settings=settings)
            self.assert_logo(server)
            publisher = self.go_live(server)
            self.check(self.wait_for_pictures(server))
            page = server.web.get("/").text
            self.assertIn(f'property="og:image" content="{server.url}thumbnail.jpg"', page)
            self.wait_for_no_child(server)
            publisher.stop()
            server.wait_for_state("offline")
            self.assert_logo(server)
            self.assertIn("/logo/external", server.web.get("/").text)
            # Where much else is to be done, one may have to be given up for the next.
            failed = [line for line in server.log.splitlines() if "picture of the stream" in line]
            self.assertEqual([line for line in failed if "took longer" not in line], [], name)
            server.stop()

    def test_best_rendition(self) -> None:
        """
        With several renditions and the level without parts, it is still the source's picture.
        """
        server = self.start_server(
            settings={
                "video_latency_level": 4,
                "video_stream_output_variants": [SMALL_VARIANT, SOURCE_VARIANT],
            }
        )
        self.go_live(server)
        self.check(self.wait_for_pictures(server))
        server.stop()


class DamagedTests(TestCase):
    """
    Media that nobody can read.
    """

    timeout = 180

    async def test_damaged(self) -> None:
        """
        Each ffmpeg says in words that it cannot, and ends.
        """
        for ffmpeg in find_ffmpegs().values():
            command = snapshot_command(str(ffmpeg), webp=True)
            for media in (b"", b"no media at all", bytes(1_000_000)):
                taken = take_snapshot(
                    cast(Any, global_reactor), command, child_environment(os.environ), media, 3
                )
                with self.assertRaisesRegex(SnapshotFailed, "ffmpeg exited with status"):
                    await taken


class PriorityTests(SynchronousTestCase):
    """
    L{lower_priority}.
    """

    def test_behind_all_others(self) -> None:
        """
        The child gets what others leave; one that has ended already is no trouble.
        """
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        lower_priority(child.pid)
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, child.pid), NICENESS)
        child.communicate()
        lower_priority(child.pid)
