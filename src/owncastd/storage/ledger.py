"""
Which broadcasts may have left objects in a bucket: what outlives a server that was killed.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from owncastd.threads import InThread

#: Beyond so many, the oldest are forgotten.
MAX_ENTRIES: Final = 100


@frozen
class Entry:
    """
    A broadcast whose objects are not known to be deleted.

    @ivar place: the bucket, as its URL.
    @ivar prefixes: what the keys of its objects, and of nothing else, begin with.
    """

    place: str
    prefixes: tuple[str, ...]


@define(eq=False)
class Ledger:
    """
    A small file of entries. What cannot be read or written is logged: objects may stay then.
    """

    _log = Logger()

    _file: Path
    _in_thread: InThread
    #: Changes read and write the whole file, so one waits for the other.
    _lock: DeferredLock = field(init=False, factory=DeferredLock)

    def enter(self, entry: Entry) -> Deferred[list[Entry]]:
        """
        Remember a broadcast before its first object is stored.

        @return: fires with the others at the same place, which have not been cleaned up.
        """
        return self._change(
            lambda entries: ([*entries, entry], [e for e in entries if e.place == entry.place])
        )

    def strike(self, entry: Entry) -> Deferred[list[Entry]]:
        """
        Nothing is left of it.
        """
        return self._change(lambda entries: ([e for e in entries if e != entry], []))

    def _change(self, change: Any) -> Deferred[list[Entry]]:
        def work() -> list[Entry]:
            entries, found = change(_read(self._file))
            _write(self._file, entries[-MAX_ENTRIES:])
            return list(found)

        def failed(failure: Any) -> list[Entry]:
            failure.trap(OSError)
            self._log.warn(
                "What has to be cleaned up in the bucket cannot be noted: {problem}",
                problem=failure.value,
            )
            return []

        changing: Deferred[list[Entry]] = self._lock.run(self._in_thread, work)
        return changing.addErrback(failed)


def _read(file: Path) -> list[Entry]:
    """
    The entries; none if the file is not there or not ours.

    @raise OSError: it cannot be read.
    """
    try:
        document = json.loads(file.read_text())
        return [Entry(str(one["place"]), tuple(map(str, one["prefixes"]))) for one in document]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return []


def _write(file: Path, entries: list[Entry]) -> None:
    """
    Replace the file as a whole.

    @raise OSError: it cannot be written.
    """
    partial = file.with_name(file.name + ".new")
    partial.write_text(json.dumps([{"place": e.place, "prefixes": e.prefixes} for e in entries]))
    os.replace(partial, file)
