"""
Opening what a stranger named below a folder, and nothing else. All of it blocks.
"""

import errno
import os
import stat
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final

from attrs import frozen

#: What the operating system says of names that are not there, or not to be had.
_ABSENT: Final = {
    errno.ENOENT,
    errno.ENOTDIR,
    # A symbolic link, where none is followed.
    errno.ELOOP,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
    errno.EINVAL,
    # A socket, or a pipe without anybody at its other end.
    errno.ENXIO,
}
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
#: A pipe must not hold up the thread.
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotThere(Exception):
    """
    There is no such file, or none that may be seen.
    """


class IsFolder(Exception):
    """
    It is a folder.
    """


@frozen
class OpenFile:
    """
    A regular file, open for reading. Whoever has it must close it.

    @ivar tag: quoted, as in an C{ETag} header; changes with the content.
    @ivar modified: seconds since the epoch, rounded up as in a C{Last-Modified} header.
    """

    descriptor: int
    size: int
    modified: int
    tag: str

    def read(self, position: int, size: int) -> bytes:
        """
        Read some bytes, fewer at the end.
        """
        return os.pread(self.descriptor, size, position)

    def close(self) -> None:
        """
        Close it.
        """
        os.close(self.descriptor)


def open_below(root: Path, segments: Sequence[bytes]) -> OpenFile:
    """
    Open a file below a folder.

    Hidden names and symbolic links are never followed, so that whatever lies outside of the folder
    stays there, even if somebody rearranges it meanwhile. The folder itself may be a link.

    @param segments: the path, without separators, at least one.
    @raise NotThere: there is nothing to be seen.
    @raise IsFolder: it is a folder that may be seen.
    @raise OSError: the machine is at its limits.
    """
    for segment in segments:
        if not segment or segment.startswith(b".") or b"/" in segment or b"\0" in segment:
            raise NotThere
    try:
        return _open(root, segments)
    except OSError as error:
        if error.errno in _ABSENT:
            raise NotThere from None
        raise


def _open(root: Path, segments: Sequence[bytes]) -> OpenFile:
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for segment in segments[:-1]:
            deeper = os.open(segment, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
        descriptor = os.open(segments[-1], _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        facts = os.fstat(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            raise IsFolder
        if not stat.S_ISREG(facts.st_mode):
            raise NotThere
    except BaseException:
        os.close(descriptor)
        raise
    tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"'
    return OpenFile(descriptor, facts.st_size, ceil(facts.st_mtime), tag)
