"""
Backups that a running server makes of its database, and how long they are kept.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.threads import InThread

from .backup import copy_database
from .errors import DatabaseError
from .files import BUSY_TIMEOUT_SECONDS, make_private_directory
from .packed import pack

#: From one backup to the next, and from the start to the first.
INTERVAL_SECONDS: Final = 3_600.0
#: Older ones make room: the last day stays.
GENERATIONS_KEPT: Final = 24
_NAME: Final = "owncast-%Y%m%dT%H%M%SZ.db.gz"
_NAMES: Final = "owncast-*T*Z.db.gz"
_PLAIN: Final = "owncast.db.unpacked"


def write_backup(
    database: Path, directory: Path, now: datetime, kept: int = GENERATIONS_KEPT
) -> Path:
    """
    Copy a database that is in use, compress the copy, and remove the oldest backups; blocks.

    @param now: names the backup (UTC).
    @param kept: how many remain, this one included.
    @return: the backup.
    @raise DatabaseError: it could not be written; older ones are untouched then.
    """
    target = directory / now.strftime(_NAME)
    plain = directory / _PLAIN
    try:
        make_private_directory(directory)
        with closing(
            sqlite3.connect(
                f"{database.absolute().as_uri()}?mode=ro", timeout=BUSY_TIMEOUT_SECONDS, uri=True
            )
        ) as source:
            copy_database(source, plain)
        try:
            pack(plain, target)
        finally:
            plain.unlink(missing_ok=True)
        for old in backups_in(directory)[kept:]:
            # Even if the clock was set back: what was just written stays.
            if old != target:
                old.unlink(missing_ok=True)
        # What a process that died in the middle has left.
        for left in directory.glob(f"{_NAMES}.unfinished"):
            left.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"The backup {target} could not be written: {error}.") from error
    return target


def backups_in(directory: Path) -> list[Path]:
    """
    The finished backups of a directory, newest first.
    """
    return sorted(directory.glob(_NAMES), reverse=True)


@define(eq=False)
class Backups:
    """
    Makes a backup every hour. One that fails is logged, and the next is tried all the same.

    @ivar _clock: says when, and names the backups.
    @ivar _in_thread: where the copying is done.
    """

    _clock: IReactorTime
    _in_thread: InThread
    _database: Path
    _directory: Path
    _loop: LoopingCall = field(init=False)
    _ended: Deferred[LoopingCall] | None = field(init=False, default=None)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._loop = LoopingCall(self._back_up)
        self._loop.clock = self._clock

    def start(self) -> None:
        """
        Begin to count; the first backup is made after one hour.
        """
        self._ended = self._loop.start(INTERVAL_SECONDS, now=False)

    def stop(self) -> Deferred[None]:
        """
        Make no more backups.

        @return: fires when none is being made. May be called again, or without L{start}.
        """
        ended, self._ended = self._ended, None
        if ended is None:
            return succeed(None)
        self._loop.stop()
        return ended.addCallback(lambda _: None)

    def _back_up(self) -> Deferred[None]:
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        return self._in_thread(
            lambda: write_backup(self._database, self._directory, now)
        ).addCallbacks(self._made, self._failed)

    def _made(self, backup: Path) -> None:
        self._log.info("Database backed up to {backup}", backup=str(backup))

    def _failed(self, failure: Failure) -> None:
        if isinstance(failure.value, DatabaseError):
            self._log.error("{reason}", reason=str(failure.value))
        else:
            self._log.failure("The database could not be backed up", failure)
