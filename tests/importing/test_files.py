"""
Files beside the old database.
"""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.importing import files
from owncastd.importing.errors import ImportRefused
from owncastd.importing.files import MAX_FOLDERS, bring_files
from owncastd.importing.report import Report


class FilesTests(SynchronousTestCase):
    """
    Logo, emoji and public files.
    """

    def setUp(self) -> None:
        self.source = Path(self.mktemp())
        self.source.mkdir()
        self.target = Path(self.mktemp())
        self.report = Report("old.db")

    def put(self, name: str, content: str = "x") -> Path:
        """
        A file of the old server.
        """
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def bring(self, logo: str | None = None) -> dict[str, str]:
        """
        What the new directory has afterwards.
        """
        bring_files(self.source, self.target, logo, self.report)
        if not self.target.exists():
            return {}
        found = [path for path in self.target.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.target)): path.read_text() for path in found}

    def test_everything(self) -> None:
        """
        Folders come with what lies in them, for their owner alone; nothing else comes.
        """
        self.put("logo.svg", "vector")
        self.put("logo.png", "raster")
        self.put("emoji/wave.gif", "wave")
        self.put("emoji/blob/party.png", "party")
        self.put("public/song.mp3", "song")
        self.put("owncast.db", "secrets")
        self.put("hls/0/stream.m3u8")
        self.put("emoji/.hidden")
        self.assertEqual(
            self.bring("logo.svg"),
            {
                "logo.svg": "vector",
                "logo.png": "raster",
                "emoji/wave.gif": "wave",
                "emoji/blob/party.png": "party",
                "public/song.mp3": "song",
            },
        )
        self.assertEqual(self.report.counts, {"logo files": 2, "emoji files": 2, "public files": 1})
        self.assertEqual(self.report.notes, ())
        self.assertEqual((self.target / "emoji/wave.gif").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.target / "emoji").stat().st_mode & 0o777, 0o700)

    def test_nothing(self) -> None:
        """
        There need not be any.
        """
        self.assertEqual(self.bring(), {})
        self.assertEqual(self.report.notes, ())

    def test_logo_missing(self) -> None:
        """
        A logo that is named but not there is noted.
        """
        self.bring("logo.gif")
        self.assertEqual(self.report.notes, ("logo: there was no file logo.gif",))

    def test_links_and_pipes(self) -> None:
        """
        Links lead nowhere, whatever they point to; what is no plain file stays.
        """
        secret = self.put("secret.txt", "secret")
        (self.source / "emoji").mkdir()
        (self.source / "emoji" / "link.png").symlink_to(secret.resolve())
        (self.source / "emoji" / "folder").symlink_to(self.source.resolve())
        os.mkfifo(self.source / "emoji" / "pipe.png")
        (self.source / "public").symlink_to(self.source.resolve())
        (self.source / "logo.png").symlink_to(secret.resolve())
        self.assertEqual(self.bring("logo.png"), {})
        self.assertEqual(
            set(self.report.notes),
            {
                "1 of logo files: links, or not readable",
                "logo: there was no file logo.png",
                "2 of emoji files: links, or not readable",
                "1 of emoji files: not plain files",
            },
        )

    def test_there_already(self) -> None:
        """
        What the new directory has stays as it is.
        """
        self.put("emoji/wave.gif", "old")
        (self.target / "emoji").mkdir(parents=True)
        (self.target / "emoji" / "wave.gif").write_text("new")
        self.assertEqual(self.bring(), {"emoji/wave.gif": "new"})
        self.assertEqual(self.report.notes, ("1 of emoji files: there already",))

    def test_same_directory(self) -> None:
        """
        Where the directory stays the same, so do its files.
        """
        self.put("emoji/wave.gif")
        self.target = self.source / ".." / self.source.name
        self.assertEqual(self.bring(), {"emoji/wave.gif": "x"})
        self.assertEqual(self.report.notes, ("files: they stay in their directory",))

    def test_bounds(self) -> None:
        """
        Neither large files nor many nor deep ones fill the disk; the first in order come.
        """
        self.patch(files, "MAX_FILE_BYTES", 10)
        self.patch(files, "MAX_TOTAL_BYTES", 12)
        self.patch(files, "MAX_FILES", 3)
        self.put("emoji/a", "x" * 11)
        for name in "bcdef":
            self.put(f"emoji/{name}", "xxx")
        self.put("public/" + "deep/" * (MAX_FOLDERS + 1) + "x", "")
        self.assertEqual(sorted(self.bring()), ["emoji/b", "emoji/c", "emoji/d"])
        self.assertEqual(sorted(self.report.notes)[0][:19], "1 of emoji files: l")
        self.assertIn("2 of emoji files: more than is copied", sorted(self.report.notes)[1])
        self.report = Report("old.db")
        self.target = Path(self.mktemp())
        self.patch(files, "MAX_FILES", 100)
        self.assertEqual(len(self.bring()), 4)

    def test_cannot_be_written(self) -> None:
        """
        A place that is taken by something else refuses the whole move.
        """
        self.put("emoji/wave.gif")
        self.target.mkdir()
        (self.target / "emoji").write_text("in the way")
        error = self.assertRaises(ImportRefused, self.bring)
        self.assertIn("wave.gif", str(error))
        self.assertEqual([path.name for path in self.target.iterdir()], ["emoji"])
