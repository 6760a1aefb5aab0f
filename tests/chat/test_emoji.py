"""
Custom emoji: files that are pictures, and stay in their place.
"""

import os
from base64 import b64encode
from pathlib import Path

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat import emoji as emoji_module
from owncastd.chat import emoji_files
from owncastd.chat.emoji import RESCAN_SECONDS, EmojiShelf
from owncastd.chat.emoji_files import MAX_DEPTH, EmojiRefused

from .house import at_once

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
GIF = b"GIF89a" + b"pixels"
JPEG = b"\xff\xd8\xff" + b"pixels"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script><path d='M0 0'/></svg>"


def data_url(data: bytes, kind: str) -> str:
    """
    A picture as browsers send it.
    """
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


#: name, picture, its type, name of the file
ADDED = [
    ("party.gif", GIF, "gif", "party.gif"),
    ("a+1_x-2.png", PNG, "png", "a+1_x-2.png"),
    ("plain", PNG, "png", "plain.png"),
    ("photo.JPG", JPEG, "jpeg", "photo.jpg"),
    ("photo2.jpeg", JPEG, "jpeg", "photo2.jpeg"),
    ("lie.svg", PNG, "png", "lie.png"),
    ("lie2.html", GIF, "png", "lie2.gif"),
    ("../../up.png", PNG, "png", "up.png"),
    ("C:\\dir\\win.png", PNG, "png", "win.png"),
    ("draw.svg", SVG, "svg+xml", "draw.svg"),
]
#: name, data URL
NOT_ADDED = [
    ("", data_url(PNG, "png")),
    (".png", data_url(PNG, "png")),
    ("..", data_url(PNG, "png")),
    ("a b.png", data_url(PNG, "png")),
    ("a.b.png", data_url(PNG, "png")),
    ("a\x00.png", data_url(PNG, "png")),
    ("x" * 51, data_url(PNG, "png")),
    ("x.png", "http://e.example/x.png"),
    ("x.png", "data:image/png;base64,!!!"),
    ("x.png", data_url(b"<html><script>x</script>", "png")),
    ("x.svg", data_url(b"<html><script>x</script>", "svg+xml")),
    ("x.png", data_url(PNG, "webp")),
    ("x.png", data_url(PNG + b"x" * emoji_files.MAX_EMOJI_BYTES, "png")),
]
#: What must not leave the directory.
ESCAPES = [
    *(
        "../secret.png",
        "/../secret.png",
        "sub/../../secret.png",
        "..",
        ".",
        "",
        "/",
        "//secret.png",
    ),
    *(
        "sub",
        "sub/",
        "link.png",
        "linked/secret.png",
        ".hidden.png",
        "sub/.hidden.png",
        "notes.txt",
    ),
    *("\x00.png", "a/" * (MAX_DEPTH + 2) + "x.png", "x" * 5_000 + ".png", "missing.png"),
]


class EmojiCase(SynchronousTestCase):
    """
    A directory of emoji.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.directory = Path(self.mktemp()) / "emoji"
        self.shelf = EmojiShelf(self.clock, self.directory, at_once)

    def put(self, name: str, data: bytes = PNG) -> Path:
        """
        Put a file there, as an operator would.
        """
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def names(self) -> list[str]:
        """
        What is listed.
        """
        return [each.name for each in self.successResultOf(self.shelf.listing())]


class ListingTests(EmojiCase):
    """
    What there is.
    """

    def test_nothing(self) -> None:
        """
        No directory is no emoji.
        """
        self.assertEqual(self.names(), [])
        self.assertIsNone(self.shelf.find("party"))

    def test_files(self) -> None:
        """
        Pictures at any depth, in order; nothing hidden, nothing else.
        """
        for name in ("b.png", "A.GIF", "set/c.svg", ".x.png", "notes.txt", "set/.d/x.png"):
            self.put(name)
        self.put("a b.png")
        listed = self.successResultOf(self.shelf.listing())
        self.assertEqual(
            [(each.name, each.url) for each in listed],
            [
                ("A", "/img/emoji/A.GIF"),
                ("a b", "/img/emoji/a%20b.png"),
                ("b", "/img/emoji/b.png"),
                ("c", "/img/emoji/set/c.svg"),
            ],
        )
        self.assertEqual(self.shelf.find("a"), ("/img/emoji/A.GIF", "A"))
        self.assertEqual(self.shelf.find("C"), ("/img/emoji/set/c.svg", "c"))
        self.assertIsNone(self.shelf.find("a b"))

    def test_looked_at_again(self) -> None:
        """
        Files that come and go are noticed after a moment, and not looked at for every request.
        """
        self.put("a.png")
        self.assertEqual(self.names(), ["a"])
        self.put("b.png")
        self.assertEqual(self.names(), ["a"])
        self.clock.advance(RESCAN_SECONDS)
        self.assertEqual(self.names(), ["a", "b"])

    def test_bounded(self) -> None:
        """
        Very many files are not all looked at.
        """
        self.patch(emoji_files, "MAX_EMOJI", 3)
        for number in range(6):
            self.put(f"{number}.png")
        self.assertEqual(self.names(), ["0", "1", "2"])

    def test_failures(self) -> None:
        """
        When the files cannot be listed, what was known stays.
        """
        self.put("a.png")
        self.names()

        def broken(work: object) -> Deferred[None]:
            return at_once(lambda: (_ for _ in ()).throw(OSError("gone")))

        self.shelf._in_thread = broken  # type: ignore[assignment]
        self.clock.advance(RESCAN_SECONDS)
        self.assertEqual(self.names(), ["a"])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)


class ChangingTests(EmojiCase):
    """
    Adding and deleting.
    """

    def test_added(self) -> None:
        """
        A picture is stored under its own ending, and found at once.
        """
        for name, data, kind, file in ADDED:
            stored = self.successResultOf(self.shelf.add(name, data_url(data, kind)))
            self.assertEqual(stored, file)
            self.assertTrue((self.directory / file).is_file())
            self.assertIsNotNone(self.shelf.find(file.rpartition(".")[0].upper()))
        self.assertEqual(len(list(self.directory.parent.iterdir())), 1)
        self.assertEqual(len(list(self.directory.iterdir())), len(ADDED))
        drawn = (self.directory / "draw.svg").read_bytes()
        self.assertIn(b"<path", drawn)
        self.assertNotIn(b"script", drawn)

    def test_not_added(self) -> None:
        """
        What is no picture, too large or badly named is refused, and leaves nothing behind.
        """
        for name, url in NOT_ADDED:
            self.failureResultOf(self.shelf.add(name, url), EmojiRefused)
        self.assertEqual(list(self.directory.iterdir()) if self.directory.exists() else [], [])

    def test_once(self) -> None:
        """
        A name that is there is not overwritten, whatever its case and ending.
        """
        self.put("set/Party.gif")
        failure = self.failureResultOf(
            self.shelf.add("party.png", data_url(PNG, "png")), EmojiRefused
        )
        self.assertIn("already", str(failure.value))

    def test_too_many(self) -> None:
        """
        Only so many can be added.
        """
        self.patch(emoji_files, "MAX_EMOJI", 1)
        self.put("a.png")
        self.failureResultOf(self.shelf.add("b", data_url(PNG, "png")), EmojiRefused)

    def test_deleted(self) -> None:
        """
        With or without a slash in front.
        """
        for name in ("a.png", "/b.png", "set/c.png", "/set/d.png"):
            path = self.put(name.removeprefix("/"))
            self.successResultOf(self.shelf.delete(name))
            self.assertFalse(path.exists())
        self.assertEqual(self.names(), [])

    def test_nothing_outside(self) -> None:
        """
        Neither deleting nor reading leaves the directory.
        """
        outside = self.directory.parent / "secret.png"
        for name in ("sub/x.png", ".hidden.png", "sub/.hidden.png", "notes.txt"):
            self.put(name)
        outside.write_bytes(PNG)
        os.symlink(outside, self.directory / "link.png")
        os.symlink(outside.parent, self.directory / "linked")
        for name in ESCAPES:
            self.failureResultOf(self.shelf.delete(name), EmojiRefused)
            self.assertIsNone(self.successResultOf(self.shelf.read(name)), name)
        self.assertTrue(outside.exists())
        self.assertEqual(self.names(), ["x"])

    @fuzz(max_examples=150, deadline=None)
    @given(st.text("./\\x\x00", max_size=20) | st.text(max_size=30))
    def test_any_name(self, name: str) -> None:
        """
        Whatever the name, what it names is inside or not there.
        """
        self.put("x.png")
        path = emoji_files.place_of(self.directory, name)
        if path is not None:
            self.assertTrue(path.resolve().is_relative_to(self.directory.resolve()))


class ReadingTests(EmojiCase):
    """
    Serving pictures.
    """

    def test_read(self) -> None:
        """
        The type is what the content says; vector pictures of operators are cleaned as well.
        """
        self.put("a.gif", PNG)
        self.put("b.svg", SVG)
        self.put("c.png", b"<html>")
        self.put("d.png", PNG + b"x" * emoji_files.MAX_EMOJI_BYTES)
        picture = self.successResultOf(self.shelf.read("a.gif"))
        assert picture is not None
        self.assertEqual((picture.content_type, picture.data), ("image/png", PNG))
        drawn = self.successResultOf(self.shelf.read("b.svg"))
        assert drawn is not None
        self.assertNotIn(b"script", drawn.data)
        self.assertIsNone(self.successResultOf(self.shelf.read("c.png")))
        self.assertIsNone(self.successResultOf(self.shelf.read("d.png")))

    def test_remembered(self) -> None:
        """
        What was read is kept in memory, within bounds, until emoji change.
        """
        self.patch(emoji_module, "MAX_CACHED_BYTES", 2 * len(PNG))
        for name in "abc":
            self.put(f"{name}.png")
        for name in "abcb":
            self.successResultOf(self.shelf.read(f"{name}.png"))
        self.assertEqual(list(self.shelf._pictures), ["c.png", "b.png"])
        self.successResultOf(self.shelf.delete("b.png"))
        self.assertIsNone(self.successResultOf(self.shelf.read("b.png")))
        self.assertEqual(self.shelf._cached_bytes, 0)
