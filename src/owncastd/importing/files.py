"""
Files that lie beside the old database: the logo, custom emoji, what the operator published.

Symbolic links are never followed, and what is already there is never replaced.
"""

import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Final

from attrs import define, field

from owncastd.database.files import make_private_directory

from .errors import ImportRefused
from .report import Report

#: Bounds of what is copied, taken together.
MAX_FILES: Final = 10_000
MAX_TOTAL_BYTES: Final = 2 * 1024**3
#: Bound of each file, in bytes.
MAX_FILE_BYTES: Final = 256 * 1024**2
#: How deep folders may lie in each other.
MAX_FOLDERS: Final = 8
#: What is copied whole, by what the report calls the files in it.
FOLDERS: Final = {"emoji": "emoji files", "public": "public files"}
#: Stands in for a vector logo where only pictures are understood.
RASTER_LOGO: Final = "logo.png"

_TOO_LARGE: Final = f"larger than {MAX_FILE_BYTES} bytes"
_TOO_MANY: Final = "more than is copied; copy the rest by hand"


def bring_files(source: Path, target: Path, logo: str | None, report: Report) -> None:
    """
    Copy the files of one data directory to another.

    @param logo: the name of the logo's file, if it is not the default.
    @raise ImportRefused: a file cannot be copied.
    """
    if source.exists() and target.exists() and source.samefile(target):
        report.note("files: they stay in their directory")
        return
    copying = _Copying(report)
    names = sorted({logo, RASTER_LOGO} if logo else set())
    copying.some("logo files", source, target, (Path(name) for name in names))
    if logo and not (target / logo).is_file():
        report.note(f"logo: there was no file {logo}")
    for folder, kind in FOLDERS.items():
        copying.some(kind, source / folder, target / folder, _files_below(source / folder))


@define
class _Copying:
    """
    Copies within the bounds of a whole move.
    """

    _report: Report
    _files: int = field(init=False, default=0)
    _bytes: int = field(init=False, default=0)

    def some(self, kind: str, source: Path, target: Path, names: Iterator[Path]) -> None:
        """
        Copy files of one kind.

        @param names: below the source, and then below the target.
        """
        came = 0
        stayed: Counter[str] = Counter()
        for name in names:
            try:
                reason = self._copy(source / name, target / name)
            except OSError as error:
                raise ImportRefused(f"cannot copy {source / name}: {error.strerror}") from error
            if reason is None:
                came += 1
            elif reason:
                stayed[reason] += 1
        self._report.came(kind, came)
        self._report.stayed(kind, stayed)

    def _copy(self, source: Path, target: Path) -> str | None:
        """
        Copy one file.

        @return: why it was not copied, the empty text if that is no news, or C{None}.
        """
        try:
            # Not blocking: opening a named pipe would wait for its other end.
            descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        except OSError:
            return "links, or not readable"
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return "not plain files"
            if found.st_size > MAX_FILE_BYTES:
                return _TOO_LARGE
            if os.path.lexists(target):
                return "there already"
            if self._files >= MAX_FILES or self._bytes + found.st_size > MAX_TOTAL_BYTES:
                return _TOO_MANY
            self._files += 1
            self._bytes += found.st_size
            self._write(file, target)
        return None

    def _write(self, file: IO[bytes], target: Path) -> None:
        """
        Make a file beside its place, for its owner alone, and then put it there.
        """
        _make_folders(target.parent)
        descriptor, unfinished = mkstemp(prefix=".import-", dir=target.parent)
        try:
            with open(descriptor, "wb") as copy:
                shutil.copyfileobj(file, copy)
            os.replace(unfinished, target)
        except BaseException:
            os.unlink(unfinished)
            raise


def _make_folders(folder: Path) -> None:
    """
    Make a folder and those around it, each of them private.
    """
    if not folder.is_dir():
        _make_folders(folder.parent)
        make_private_directory(folder)


def _files_below(folder: Path) -> Iterator[Path]:
    """
    The names of all files in a folder and those within it, in order; hidden ones are left out.
    """
    if folder.is_symlink():
        return
    yield from _names(folder, Path(), 0)


def _names(folder: Path, below: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder / below) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < MAX_FOLDERS:
                yield from _names(folder, below / entry.name, depth + 1)
        else:
            yield below / entry.name
