"""
The store of a broadcast on disk: for a web server in front that serves files by itself.

A player asks for C{/hls/<rendition>/<file>} as always; the web server looks into this folder first
and asks the origin for the rest. So nobody needs to be told an address.
"""

# Twisted leaves failures without annotations.
# mypy: allow-untyped-calls

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.interfaces import ISegmentStore
from owncastd.threads import InThread

#: What is in here is public. Who may get as far is decided by the folders above.
FOLDER_MODE: Final = 0o755
FILE_MODE: Final = 0o644
#: The files of any broadcast, and those that were not finished.
_OURS: Final = re.compile(r"[0-9a-f]+[is][0-9]+\.(?:mp4|m4s)(?:\.new)?")


@implementer(ISegmentStore)
@define(eq=False)
class FileStore:
    """
    Writes and deletes one file after the other in a thread. What waits is held by the live window
    as well and given up with it, so that memory is bounded however slow the disk is.

    @ivar _root: the folder that C{/hls/} stands for.
    """

    _log = Logger()

    _root: Path
    _in_thread: InThread
    #: What is to be written, or C{None} where a file is to be deleted; by name, oldest first.
    _steps: dict[str, bytes | None] = field(init=False, factory=dict)
    _running: str | None = field(init=False, default=None)
    #: Names that may have a file.
    _written: set[str] = field(init=False, factory=set)
    _failing: bool = field(init=False, default=False)
    _idle: Deferred[None] | None = field(init=False, default=None)
    _closed: bool = field(init=False, default=False)

    def put(self, name: str, data: bytes, stored: Callable[[str | None], None]) -> None:
        """
        Write it soon.
        """
        if not self._closed:
            self._steps[name] = data
            self._go()

    def remove(self, name: str) -> None:
        """
        Delete it soon.
        """
        self._steps.pop(name, None)
        if name in self._written or name == self._running:
            self._steps[name] = None
            self._go()

    def close(self) -> Deferred[None]:
        """
        Delete what is left.
        """
        self._closed = True
        self._steps = dict.fromkeys(sorted(self._written))
        if self._running is not None:
            self._steps[self._running] = None
        self._go()
        if self._running is None:
            return succeed(None)
        self._idle = Deferred()
        return self._idle

    def _go(self) -> None:
        if self._running is not None or not self._steps:
            return
        name = next(iter(self._steps))
        data = self._steps.pop(name)
        self._running = name
        path = self._root / name
        if data is None:
            self._written.discard(name)
            work = self._in_thread(lambda: path.unlink(missing_ok=True))
        else:
            self._written.add(name)
            work = self._in_thread(lambda: write_whole(path, data))
        work.addCallbacks(self._succeeded, self._failed).addErrback(
            lambda failure: self._log.failure("Keeping a segment as a file failed", failure)
        ).addBoth(lambda _: self._ended())

    def _ended(self) -> None:
        self._running = None
        self._go()
        if self._running is None and self._idle is not None:
            idle, self._idle = self._idle, None
            idle.callback(None)

    def _succeeded(self, result: object) -> None:
        if self._failing:
            self._failing = False
            self._log.info("Segments are kept as files again")

    def _failed(self, failure: Failure) -> None:
        failure.trap(OSError)
        if not self._failing:
            self._failing = True
            self._log.error(
                "Segments cannot be kept as files and are served from memory: {problem}",
                problem=failure.value,
            )


def write_whole(path: Path, data: bytes) -> None:
    """
    Write a file that is there either as a whole or not at all.

    @raise OSError: it could not be written; nothing is left of it.
    """
    for folder in (path.parent.parent, path.parent):
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            # Whatever the umask of a service says.
            folder.chmod(FOLDER_MODE)
    partial = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, FILE_MODE)
            file.write(data)
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def wipe(root: Path) -> int:
    """
    Delete what earlier runs have left; other files stay.

    @return: how many there were.
    @raise OSError: some could not be deleted.
    """
    wiped = 0
    for folder in root.glob("[0-9]*"):
        if not folder.name.isdigit() or folder.is_symlink() or not folder.is_dir():
            continue
        for file in folder.iterdir():
            if _OURS.fullmatch(file.name):
                file.unlink(missing_ok=True)
                wiped += 1
    return wiped
