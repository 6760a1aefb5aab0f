"""
The operator's own files.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import IResource

from owncastd.web import public_files
from owncastd.web.open_files import IsFolder, NotThere, open_below
from owncastd.web.pouring import CHUNK_BYTES, STALL_SECONDS, Tap, pour
from owncastd.web.public_files import PublicFiles, content_type

from .support import Answer, SiteTestCase

SECRET = "Nobody may see this."


def open_descriptors() -> int:
    """
    How many files this process has open.
    """
    return len(os.listdir("/proc/self/fd"))


class PublicFilesTestCase(SiteTestCase):
    """
    A site with some files.
    """

    def setUp(self) -> None:
        """
        Put the files there.
        """
        self.outside = Path(self.mktemp()).absolute()
        self.outside.mkdir()
        (self.outside / "secret.txt").write_text(SECRET)
        self.folder = self.outside / "public"
        (self.folder / "sub" / "deep").mkdir(parents=True)
        (self.folder / "pages").mkdir()
        (self.folder / "hello.txt").write_text("0123456789")
        (self.folder / "two words é.css").write_text("p {}")
        (self.folder / "empty").write_text("")
        (self.folder / "sub" / "deep" / "x.png").write_bytes(b"\x89PNG")
        (self.folder / "pages" / "index.html").write_text("<p>hi")
        (self.folder / ".hidden").write_text(SECRET)
        (self.folder / ".git").mkdir()
        (self.folder / ".git" / "config").write_text(SECRET)
        os.symlink("../secret.txt", self.folder / "link.txt")
        os.symlink("..", self.folder / "up")
        os.symlink("hello.txt", self.folder / "inner.txt")
        os.mkfifo(self.folder / "pipe")
        self.files = PublicFiles(Clock(), self.in_thread, self.folder)
        super().setUp()
        self.open_before = open_descriptors()

    def tearDown(self) -> None:
        """
        No file stays open.
        """
        self.assertEqual(open_descriptors(), self.open_before)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        """
        A thread that is done at once.
        """
        return maybeDeferred(work)

    def folders(self) -> Mapping[str, IResource]:
        """
        Where the files are.
        """
        return {"public": self.files}

    def get(self, name: str, method: str = "GET", **headers: str) -> Answer:
        """
        Ask for a file.
        """
        lines = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.ask(f"/public/{name}", method, lines)


class FileTests(PublicFilesTestCase):
    """
    What can be had.
    """

    def test_whole(self) -> None:
        """
        The content with its type and length, checked anew each time.
        """
        for name, kind, body in (
            ("hello.txt", "text/plain; charset=utf-8", b"0123456789"),
            ("sub/deep/x.png", "image/png", b"\x89PNG"),
            ("two%20words%20%C3%A9.css", "text/css; charset=utf-8", b"p {}"),
            ("empty", "application/octet-stream", b""),
        ):
            answer = self.get(name)
            self.assertEqual((answer.code, answer.body), (200, body), name)
            self.assertEqual(answer.header("Content-Type"), kind)
            self.assertEqual(answer.header("Cache-Control"), "no-cache")
            self.assertEqual(answer.header("Accept-Ranges"), "bytes")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIsNotNone(answer.header("Last-Modified"))
            headed = self.get(name, "HEAD")
            self.assertEqual((headed.code, headed.body), (200, b""))
            self.assertEqual(headed.header("Content-Length"), str(len(body)))

    def test_large(self) -> None:
        """
        More than one chunk arrives whole.
        """
        data = os.urandom(CHUNK_BYTES * 3 + 17)
        (self.folder / "large").write_bytes(data)
        self.assertEqual(self.get("large").body, data)

    def test_folders(self) -> None:
        """
        A folder shows its page, if it has one, and never a list; its address ends with a slash.
        """
        self.assertEqual(self.get("pages/").body, b"<p>hi")
        self.assertEqual(self.get("pages/").header("Content-Type"), "text/html; charset=utf-8")
        self.assertEqual(self.get("").code, 404)
        self.assertEqual(self.get("sub/").code, 404)
        for name in ("pages", "sub/deep"):
            moved = self.get(name)
            self.assertEqual(moved.code, 301)
            self.assertEqual(moved.header("Location"), f"/public/{name}/")
        self.assertEqual(self.ask("/public").header("Location"), "/public/")

    def test_not_there(self) -> None:
        """
        Missing, hidden, linked, no file at all: all the same 404, which nobody keeps.
        """
        for name in (
            *("nothing", "hello.txt/", "hello.txt/x", "sub/nothing", "a" * 300),
            *(".hidden", ".git/config", ".git/", "link.txt", "inner.txt", "up/secret.txt"),
            *("up/", "pipe", "%2e%2e%2fsecret.txt", "sub%2fdeep%2fx.png", "hello.txt%00"),
            "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        ):
            answer = self.get(name)
            self.assertEqual((answer.code, answer.body), (404, b"Not found\n"), name)
            self.assertIsNone(answer.header("Cache-Control"))

    def test_only_read(self) -> None:
        """
        Files cannot be changed from outside.
        """
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.get("hello.txt", method).code, 405)

    def test_come_and_go(self) -> None:
        """
        No restart is needed, not even for the folder itself.
        """
        (self.folder / "new").write_text("1")
        self.assertEqual(self.get("new").body, b"1")
        (self.folder / "new").unlink()
        self.assertEqual(self.get("new").code, 404)
        self.folder.rename(self.outside / "away")
        self.assertEqual(self.get("hello.txt").code, 404)

    def test_conditional(self) -> None:
        """
        Who has the file gets 304; a tag counts for more than a time.
        """
        first = self.get("hello.txt")
        tag, modified = first.header("ETag") or "", first.header("Last-Modified") or ""
        for headers, code in (
            ({"If_None_Match": tag}, 304),
            ({"If_Modified_Since": modified}, 304),
            ({"If_None_Match": '"other"', "If_Modified_Since": modified}, 200),
            ({"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
            ({"If_Modified_Since": "nonsense"}, 200),
        ):
            answer = self.get("hello.txt", **headers)
            self.assertEqual(answer.code, code, headers)
            self.assertEqual(answer.header("ETag"), tag)
        os.utime(self.folder / "hello.txt", (1, 1))
        self.assertEqual(self.get("hello.txt", If_None_Match=tag).code, 200)

    def test_range(self) -> None:
        """
        A part, with its place; the whole if the file has changed.
        """
        answer = self.get("hello.txt", Range="bytes=2-4")
        self.assertEqual((answer.code, answer.body), (206, b"234"))
        self.assertEqual(answer.header("Content-Range"), "bytes 2-4/10")
        headed = self.get("hello.txt", "HEAD", Range="bytes=2-4")
        self.assertEqual(headed.header("Content-Length"), "3")
        tag, modified = answer.header("ETag") or "", answer.header("Last-Modified") or ""
        for known, code in ((tag, 206), (modified, 206), ('"other"', 200)):
            again = self.get("hello.txt", Range="bytes=2-4", If_Range=known)
            self.assertEqual(again.code, code, known)
        self.assertEqual(self.get("hello.txt", Range="bytes=0-1,3-4").code, 200)
        beyond = self.get("hello.txt", Range="bytes=10-")
        self.assertEqual(beyond.code, 416)
        self.assertEqual(beyond.header("Content-Range"), "bytes */10")

    def test_busy(self) -> None:
        """
        Only so many are sent at the same time.
        """
        self.patch(public_files, "MAX_SENDING", 0)
        self.assertEqual(self.get("hello.txt").code, 503)

    def test_broken_disk(self) -> None:
        """
        What the machine refuses is logged, and told without details.
        """

        def broken(root: Path, segments: object) -> None:
            raise OSError(5, "Input/output error")

        self.patch(public_files, "open_below", broken)
        answer = self.get("hello.txt")
        self.assertEqual((answer.code, answer.body), (500, b"Cannot be read\n"))

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "..",
                    "%2e%2e",
                    "%2f",
                    "up",
                    "link.txt",
                    "sub",
                    "deep",
                    ".git",
                    "secret.txt",
                    "%00",
                ]
            )
            | st.text(alphabet="./%2eF\\a", max_size=8),
            max_size=6,
        )
    )
    def test_no_way_out(self, parts: list[str]) -> None:
        """
        No path leads to what is outside or hidden.
        """
        answer = self.get("/".join(parts).encode().decode("ascii", "ignore"))
        self.assertIn(answer.code, (200, 301, 307, 400, 404))
        self.assertNotIn(SECRET.encode(), answer.body)


class TypeTests(SynchronousTestCase):
    """
    Types by name.
    """

    def test_types(self) -> None:
        """
        The same on every machine; what is not known is only bytes.
        """
        for name, kind in {
            "a.html": "text/html; charset=utf-8",
            "a.tar.gz": "application/gzip",
            "a.txt.bz2": "application/octet-stream",
            "a.mp4": "video/mp4",
            "A.PNG": "image/png",
            "a": "application/octet-stream",
            "a.unknown": "application/octet-stream",
        }.items():
            self.assertEqual(content_type(name), kind)


class OpenTests(SynchronousTestCase):
    """
    Opening without following.
    """

    def test_linked_root(self) -> None:
        """
        The folder itself may be a link; what it holds is still checked.
        """
        root = Path(self.mktemp()).absolute()
        (root / "real" / "sub").mkdir(parents=True)
        (root / "real" / "a").write_text("x")
        os.symlink("real", root / "public")
        file = open_below(root / "public", [b"a"])
        self.addCleanup(file.close)
        self.assertEqual(file.read(0, 10), b"x")
        self.assertRaises(IsFolder, open_below, root / "public", [b"sub"])
        for segments in ([b"sub", b".."], [b"."], [b""], [b"sub/.."], [b"a\0"]):
            self.assertRaises(NotThere, open_below, root / "public", segments)


class SlowRequest:
    """
    A request whose socket is filled and emptied by the test.
    """

    def __init__(self) -> None:
        self.written = b""
        self.producer: Tap | None = None
        self.ended = ""

    def registerProducer(self, producer: Tap, streaming: bool) -> None:
        """
        Note who writes.
        """
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        """
        Forget them.
        """
        self.producer = None

    def write(self, data: bytes) -> None:
        """
        Take it, and be full.
        """
        self.written += data
        assert self.producer is not None
        self.producer.pauseProducing()

    def finish(self) -> None:
        """
        Note the good end.
        """
        self.ended = "finished"

    def loseConnection(self) -> None:
        """
        Note the bad one.
        """
        self.ended = "lost"


class PouringTests(SynchronousTestCase):
    """
    The pace of the client.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.request = SlowRequest()
        self.tap = Tap()
        self.reads = 0

    def pour(self, size: int, promised: int | None = None) -> Deferred[None]:
        """
        Send so many bytes.
        """

        def read(position: int, wanted: int) -> Deferred[bytes]:
            self.reads += 1
            return succeed(b"x" * min(wanted, size - position))

        return Deferred.fromCoroutine(
            pour(self.clock, self.request, self.tap, read, 0, promised or size)
        )

    def test_pace(self) -> None:
        """
        Nothing is read ahead of what the socket takes.
        """
        done = self.pour(CHUNK_BYTES * 2 + 1)
        for reads in (1, 2):
            self.assertEqual(self.reads, reads)
            self.assertNoResult(done)
            self.tap.resumeProducing()
        self.successResultOf(done)
        self.assertEqual(len(self.request.written), CHUNK_BYTES * 2 + 1)
        self.assertEqual((self.request.ended, self.request.producer), ("finished", None))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_client_gone(self) -> None:
        """
        Nobody is written to who is gone.
        """
        done = self.pour(CHUNK_BYTES * 2)
        self.tap.stopProducing()
        self.successResultOf(done)
        self.assertEqual((self.reads, self.request.ended), (1, ""))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_client_stalls(self) -> None:
        """
        Who takes nothing for long is left.
        """
        done = self.pour(CHUNK_BYTES * 2)
        self.clock.advance(STALL_SECONDS)
        self.successResultOf(done)
        self.assertEqual(self.request.ended, "lost")

    def test_cut_short(self) -> None:
        """
        A file that became shorter meanwhile does not end as if it were whole.
        """
        done = self.pour(CHUNK_BYTES, promised=CHUNK_BYTES + 1)
        self.tap.resumeProducing()
        self.successResultOf(done)
        self.assertEqual(self.request.ended, "lost")
