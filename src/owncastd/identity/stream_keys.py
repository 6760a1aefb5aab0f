"""
Stream keys: who may publish.
"""

import hmac
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, fail, succeed

from owncastd.database.connection import Database

MAX_KEYS = 100
#: Longest key and longest comment, in characters.
MAX_KEY_LENGTH = 500
MAX_COMMENT_LENGTH = 500


class InvalidStreamKeys(ValueError):
    """
    Stream keys that cannot be kept. The text says why, without the keys.
    """


@frozen
class StreamKey:
    """
    A key that may publish. Two are equal when the keys are, whatever the comments say.

    @ivar comment: what the administrator calls it.
    """

    key: str = field(repr=False)
    comment: str = field(default="", eq=False)

    @property
    def digest(self) -> bytes:
        """
        What is compared instead of the key: of one length whatever the key's.
        """
        return _digest(self.key)


def _digest(text: str) -> bytes:
    # What a stranger sent may hold lone surrogates, which UTF-8 proper cannot say.
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def store_keys(cursor: sqlite3.Cursor, keys: Iterable[StreamKey]) -> None:
    """
    Replace all stored keys, within the caller's transaction.
    """
    cursor.execute("DELETE FROM stream_keys")
    cursor.executemany(
        "INSERT INTO stream_keys (position, key, comment) VALUES (?, ?, ?)",
        [(position, each.key, each.comment) for position, each in enumerate(keys)],
    )


def stored_keys(connection: sqlite3.Connection) -> tuple[StreamKey, ...]:
    """
    All stored keys in their order.
    """
    rows = connection.execute("SELECT key, comment FROM stream_keys ORDER BY position").fetchall()
    return tuple(StreamKey(key, comment) for key, comment in rows)


def check_keys(keys: Sequence[StreamKey]) -> tuple[StreamKey, ...]:
    """
    Keys that may be kept: at least one, none empty, none twice.

    @raise InvalidStreamKeys: the text has the position of the first mistake, counted from 0.
    """
    if not keys:
        raise InvalidStreamKeys("At least one stream key is needed.")
    if len(keys) > MAX_KEYS:
        raise InvalidStreamKeys(f"There cannot be more than {MAX_KEYS} stream keys.")
    seen: set[str] = set()
    for position, each in enumerate(keys):
        if not each.key:
            raise InvalidStreamKeys(f"[{position}].key: must not be empty")
        if len(each.key) > MAX_KEY_LENGTH or len(each.comment) > MAX_COMMENT_LENGTH:
            raise InvalidStreamKeys(
                f"[{position}]: must not be longer than {MAX_KEY_LENGTH} characters"
            )
        if not _is_storable(each.key + each.comment):
            raise InvalidStreamKeys(f"[{position}]: must be valid Unicode text")
        if each.key in seen:
            raise InvalidStreamKeys(f"[{position}].key: is there twice")
        seen.add(each.key)
    return tuple(keys)


def _is_storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@define(eq=False)
class Keyring:
    """
    All stream keys of the server.

    @ivar _override: from the command line: for this run the only key, and never stored.
    """

    _keys: tuple[StreamKey, ...]
    _save: Callable[[tuple[StreamKey, ...]], Deferred[None]] = field(repr=False)
    _override: StreamKey | None = None

    @classmethod
    def load(
        cls, connection: sqlite3.Connection, database: Database, override: str | None = None
    ) -> "Keyring":
        """
        Read the keys synchronously, before the reactor runs.

        @param connection: used only during this call.
        @param database: where changes go later.
        @param override: the key of the command line, if any.
        """
        return cls(
            stored_keys(connection),
            lambda keys: database.write(store_keys, keys),
            StreamKey(override, "from the command line") if override else None,
        )

    @classmethod
    def in_memory(cls, *keys: str) -> "Keyring":
        """
        A keyring that nobody keeps: for the tests of other rooms.
        """
        return cls(tuple(StreamKey(key) for key in keys), lambda keys: succeed(None))

    @property
    def keys(self) -> tuple[StreamKey, ...]:
        """
        The stored keys, also while they are overridden.
        """
        return self._keys

    @property
    def overridden(self) -> bool:
        """
        Whether the command line's key stands for all stored ones during this run.
        """
        return self._override is not None

    def identify(self, candidate: str) -> StreamKey | None:
        """
        The key that a candidate is, or C{None}.

        The time it takes depends on the candidate and on how many keys there are, but not on the
        keys: digests of one length are compared in constant time, all of them.
        """
        digest = _digest(candidate)
        found: StreamKey | None = None
        for each in self._keys if self._override is None else (self._override,):
            if hmac.compare_digest(each.digest, digest):
                found = each
        return found

    def replace(self, keys: Sequence[StreamKey]) -> Deferred[None]:
        """
        Replace all stored keys. They count as soon as they are durable, when the answer comes; who
        is live stays live.

        Failures: L{InvalidStreamKeys}, and those of L{Database.write}.
        """
        try:
            checked = check_keys(keys)
        except InvalidStreamKeys as error:
            return fail(error)

        def use(_: object) -> None:
            self._keys = checked

        return self._save(checked).addCallback(use)
