"""
The administrator's password: kept as an argon2 hash, checked off the reactor.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from owncastd.database.connection import Database

T = TypeVar("T")

#: One hash takes 64 MiB and about a tenth of a second of a core, so few are made at once.
MAX_HASHING_THREADS = 1
#: How many passwords may wait to be checked; more are refused with L{TooManyAttempts}.
MAX_WAITING = 16
#: Longer passwords are wrong without being looked at.
MAX_PASSWORD_LENGTH = 1_000


class TooManyAttempts(Exception):
    """
    So many passwords wait to be checked that no more are taken.
    """


class InvalidPassword(ValueError):
    """
    A password that cannot be set. The text says why, without the password.
    """


def store_hash(cursor: sqlite3.Cursor, password_hash: str) -> None:
    """
    Keep the hash, within the caller's transaction.
    """
    cursor.execute(
        "INSERT INTO administrator (id, password_hash) VALUES (1, ?)"
        " ON CONFLICT (id) DO UPDATE SET password_hash = excluded.password_hash",
        [password_hash],
    )


def stored_hash(connection: sqlite3.Connection) -> str | None:
    """
    The hash that is kept, or C{None} on a new database.
    """
    row = connection.execute("SELECT password_hash FROM administrator WHERE id = 1").fetchone()
    return None if row is None else str(row[0])


def check_password(password: str) -> str:
    """
    A password that may be set.

    @raise InvalidPassword: it is empty, far too long, or not Unicode text.
    """
    if not password:
        raise InvalidPassword("The password must not be empty.")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise InvalidPassword(
            f"The password must not be longer than {MAX_PASSWORD_LENGTH} characters."
        )
    try:
        password.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidPassword("The password must be valid Unicode text.") from None
    return password


def matches(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    """
    Whether a password belongs to a hash; blocks for about a tenth of a second.
    """
    try:
        # A stranger's text may hold lone surrogates, which UTF-8 proper cannot say.
        return hasher.verify(password_hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


@define(eq=False)
class AdminPassword:
    """
    Checks and changes the one password.

    HTTP Basic repeats the password with each request, so the last one that was right is remembered
    as a digest under a key that lives only as long as this process; a change forgets it. For the
    same reason those who ask about the same password at the same time share one check.

    @ivar _reactor: where answers of threads come back to.
    @ivar _pool: runs argon2; started and stopped by whoever made it, or by L{start} and L{stop}.
    """

    _reactor: IReactorFromThreads
    _hash: str = field(repr=False)
    _save: Callable[[str], Deferred[None]] = field(repr=False)
    _pool: ThreadPool = field(
        factory=lambda: ThreadPool(0, MAX_HASHING_THREADS, "password"), repr=False
    )
    _hasher: PasswordHasher = field(factory=PasswordHasher, repr=False)
    _process_key: bytes = field(factory=lambda: secrets.token_bytes(32), repr=False)
    _waiting: int = field(init=False, default=0)
    _proven: bytes | None = field(init=False, default=None, repr=False)
    _checking: dict[bytes, list[Deferred[bool]]] = field(init=False, factory=dict, repr=False)

    @classmethod
    def load(
        cls, reactor: IReactorFromThreads, connection: sqlite3.Connection, database: Database
    ) -> "AdminPassword":
        """
        Read the hash synchronously, before the reactor runs, after the first run was prepared.

        @param connection: used only during this call.
        @param database: where a change goes later.
        """
        password_hash = stored_hash(connection)
        assert password_hash is not None, "the first run sets a password"
        return cls(reactor, password_hash, lambda new: database.write(store_hash, new))

    def start(self) -> None:
        """
        Start the threads that check passwords.
        """
        self._pool.start()

    def stop(self) -> None:
        """
        Stop the threads; a check that runs is waited for, a tenth of a second at most.
        """
        self._pool.stop()

    def verify(self, password: str) -> Deferred[bool]:
        """
        Whether this is the password.

        Failures: L{TooManyAttempts}.
        """
        if len(password) > MAX_PASSWORD_LENGTH:
            return succeed(False)
        digest = self._digest(password)
        if self._proven is not None and hmac.compare_digest(self._proven, digest):
            return succeed(True)
        answer: Deferred[bool] = Deferred()
        waiting = self._checking.get(digest)
        if waiting is not None:
            waiting.append(answer)
            return answer
        self._checking[digest] = waiting = [answer]
        checking, password_hash = self._checking, self._hash

        def remember(right: bool) -> bool:
            # The password may have been changed meanwhile.
            if self._hash != password_hash:
                return False
            if right:
                self._proven = digest
            return right

        def tell(result: bool | Failure) -> None:
            del checking[digest]
            for each in waiting:
                each.callback(result)

        self._in_thread(lambda: matches(self._hasher, password_hash, password)).addCallback(
            remember
        ).addBoth(tell)
        return answer

    def change(self, password: str) -> Deferred[None]:
        """
        Set another password. It counts as soon as it is durable, when the answer comes.

        Failures: L{InvalidPassword}, L{TooManyAttempts}, and those of L{Database.write}.
        """
        try:
            check_password(password)
        except InvalidPassword as error:
            return fail(error)
        return Deferred.fromCoroutine(self._change(password))

    async def _change(self, password: str) -> None:
        password_hash = await self._in_thread(lambda: self._hasher.hash(password))
        await self._save(password_hash)
        self._hash = password_hash
        self._proven = None
        # Checks under way are of the old password; who comes now does not wait for them.
        self._checking = {}

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._process_key, password.encode("utf-8", "surrogatepass"), sha256)

    def _in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        if self._waiting >= MAX_WAITING:
            return fail(TooManyAttempts("Too many passwords wait to be checked."))
        self._waiting += 1

        def done(result: T) -> T:
            self._waiting -= 1
            return result

        return deferToThreadPool(self._reactor, self._pool, work).addBoth(done)
