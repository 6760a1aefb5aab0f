"""
The database while the server runs: every query in a thread, and one writer at a time.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from attrs import define, field
from twisted.enterprise.adbapi import Connection, ConnectionPool
from twisted.internet.defer import Deferred, DeferredList, fail
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger
from twisted.python.failure import Failure

from .errors import DatabaseBusy, DatabaseClosed
from .files import BUSY_TIMEOUT_SECONDS, configure

_log = Logger()

T = TypeVar("T")
P = ParamSpec("P")

#: How many queries may wait or run at once; more are refused with L{DatabaseBusy}.
MAX_PENDING = 2_000
#: Threads, and connections, for reading.
READERS = 2


def _configure_writer(connection: sqlite3.Connection) -> None:
    """
    Set up a connection that takes the write lock as soon as a transaction writes.
    """
    configure(connection)
    connection.isolation_level = "IMMEDIATE"


def _configure_reader(connection: sqlite3.Connection) -> None:
    """
    Set up a connection that cannot write.
    """
    configure(connection)
    connection.execute("PRAGMA query_only = ON").close()


def _write(
    connection: Connection,
    interaction: Callable[Concatenate[sqlite3.Cursor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """
    Run an interaction; adbapi commits or rolls back.
    """
    return interaction(connection.cursor(), *args, **kwargs)


def _read(
    connection: Connection,
    interaction: Callable[Concatenate[sqlite3.Cursor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """
    Run an interaction within one snapshot, so that its queries agree with each other.
    """
    cursor: sqlite3.Cursor = connection.cursor()
    cursor.execute("BEGIN")
    return interaction(cursor, *args, **kwargs)


def _fold_log(connection: Connection) -> None:
    """
    Move what the write-ahead log holds into the database file.
    """
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


@define(eq=False)
class Database:
    """
    Runs interactions: functions that get a C{sqlite3.Cursor}, in a thread, as one transaction.

    What an interaction returns is the result; what it raises fails the Deferred and rolls back.
    An interaction must not wait for anything but the database. The schema must have been brought
    up to date before (L{owncastd.database.migrations.prepare}).

    @ivar _reactor: also provides C{IReactorCore}.
    @ivar _path: the database file.
    """

    _reactor: IReactorFromThreads
    _path: Path
    _writer: ConnectionPool = field(init=False)
    _readers: ConnectionPool = field(init=False)
    _pending: set[Deferred[object]] = field(init=False, factory=set)
    _closing: Deferred[None] | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._writer = self._pool(1, _configure_writer)
        self._readers = self._pool(READERS, _configure_reader)

    def _pool(
        self, threads: int, configure_connection: Callable[[sqlite3.Connection], None]
    ) -> ConnectionPool:
        return ConnectionPool(  # type: ignore[no-untyped-call]
            "sqlite3",
            str(self._path),
            timeout=BUSY_TIMEOUT_SECONDS,
            # Each connection stays with its thread; only closing happens elsewhere, at the end.
            check_same_thread=False,
            cp_reactor=self._reactor,
            cp_min=1,
            cp_max=threads,
            cp_openfun=configure_connection,
            cp_noisy=False,
        )

    def write(
        self,
        interaction: Callable[Concatenate[sqlite3.Cursor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        """
        Change something. The answer comes after the change is committed; writes are carried out
        in the order in which they were asked for.

        Failures: L{DatabaseBusy}, L{DatabaseClosed}, C{sqlite3.Error}, what the interaction raised.
        """
        return self._run(self._writer, _write, interaction, *args, **kwargs)

    def read(
        self,
        interaction: Callable[Concatenate[sqlite3.Cursor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        """
        Look something up, alongside other readers and the writer.

        Failures: as for L{write}.
        """
        return self._run(self._readers, _read, interaction, *args, **kwargs)

    def _run(
        self, pool: ConnectionPool, function: Callable[..., T], *args: object, **kwargs: object
    ) -> Deferred[T]:
        if self._closing is not None:
            return fail(DatabaseClosed("The database is closed."))
        if len(self._pending) >= MAX_PENDING:
            return fail(DatabaseBusy("Too much work is waiting for the database."))
        running: Deferred[T] = pool.runWithConnection(  # type: ignore[no-untyped-call]
            function, *args, **kwargs
        )
        done: Deferred[object] = Deferred()
        self._pending.add(done)

        def finish(result: T | Failure) -> T | Failure:
            self._pending.discard(done)
            done.callback(None)
            return result

        return running.addBoth(finish)

    def close(self) -> Deferred[None]:
        """
        Take no more work, finish what was begun, and close. May be called again.
        """
        if self._closing is None:
            self._closing = (
                DeferredList(list(self._pending)).addCallback(self._checkpoint).addBoth(self._close)
            )
        closed: Deferred[None] = Deferred()
        self._closing.chainDeferred(closed)
        return closed

    def _checkpoint(self, results: object) -> Deferred[None] | None:
        """
        Fold the log into the database in the writer's thread; else closing the last connection
        would do it in the reactor's.
        """
        if not self._writer.running:
            return None
        folding: Deferred[None] = self._writer.runWithConnection(  # type: ignore[no-untyped-call]
            _fold_log
        )
        return folding

    def _close(self, result: object) -> None:
        if isinstance(result, Failure):
            _log.failure("Folding the database's log failed", result)
        for pool in (self._readers, self._writer):
            # Its threads are idle, so joining them takes no time.
            pool.close()  # type: ignore[no-untyped-call]
