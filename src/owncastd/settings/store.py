"""
The settings of this server: read from memory, changed through the database.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger

from owncastd.database.connection import Database

from .catalogue import ALL
from .setting import Setting
from .structuring import InvalidSetting

T = TypeVar("T")

#: Makes settings durable, all or none: key and text of each value.
Save = Callable[[Sequence[tuple[str, str]]], Deferred[None]]

_UPSERT = """
INSERT INTO settings (key, value) VALUES (?, ?)
ON CONFLICT (key) DO UPDATE SET
    value = excluded.value,
    updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
"""


def store(connection: sqlite3.Connection, setting: Setting[T], value: T) -> None:
    """
    Set and commit a setting synchronously, before the reactor runs: for what the command line says.

    @raise InvalidSetting: the value is not allowed.
    """
    value = setting.structure(setting.unstructure(value))
    with connection:
        connection.execute(_UPSERT, [setting.key, setting.to_text(value)]).close()


def _upsert(cursor: sqlite3.Cursor, rows: Sequence[tuple[str, str]]) -> None:
    cursor.executemany(_UPSERT, rows)


@frozen
class Change:
    """
    One of several changes that belong together.
    """

    setting: Setting[Any]
    value: Any = field(repr=False)


@define(eq=False)
class Settings:
    """
    All settings. Reading is synchronous and gives whole values, each either before or after a
    change; values that were read must not be changed by the reader.

    @ivar _stored: what the database had at the start, as text, by key. Keys that this release does
        not know are simply never asked for, and stay in the database.
    """

    _stored: dict[str, str] = field(repr=False)
    _save: Save = field(repr=False)
    _values: dict[str, Any] = field(init=False, factory=dict, repr=False)
    _subscribers: dict[str, list[Callable[[Any], None]]] = field(
        init=False, factory=dict, repr=False
    )

    _log = Logger()

    @classmethod
    def load(
        cls,
        connection: sqlite3.Connection,
        database: Database,
        catalogue: Iterable[Setting[Any]] = ALL,
    ) -> "Settings":
        """
        Read all settings, synchronously, before the reactor runs.

        @param connection: used only during this call.
        @param database: where changes go later.
        @param catalogue: what is looked at right now, so that the log tells of invalid values.
        """
        rows = connection.execute("SELECT key, value FROM settings").fetchall()

        settings = cls(dict(rows), lambda texts: database.write(_upsert, texts))
        for setting in catalogue:
            settings.get(setting)
        return settings

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> "Settings":
        """
        A look at the stored settings before the reactor runs. Changes to it are not kept.
        """
        rows = connection.execute("SELECT key, value FROM settings").fetchall()
        return cls(dict(rows), lambda texts: succeed(None))

    @classmethod
    def in_memory(cls) -> "Settings":
        """
        Settings that nobody keeps, all with their defaults: for the tests of other rooms.
        """
        return cls({}, lambda texts: succeed(None))

    def get(self, setting: Setting[T]) -> T:
        """
        The value of a setting right now.
        """
        try:
            value: T = self._values[setting.key]
        except KeyError:
            value = self._values[setting.key] = self._first(setting)
        return value

    def _first(self, setting: Setting[T]) -> T:
        """
        The value that was stored, or the default.
        """
        text = self._stored.pop(setting.key, None)
        if text is None:
            return setting.default()
        try:
            return setting.from_text(text)
        except InvalidSetting as error:
            self._log.warn(
                "The stored setting {key} is invalid ({reason}); its default is used instead",
                key=setting.key,
                reason=str(error),
            )
            return setting.default()

    def set(self, setting: Setting[T], value: T) -> Deferred[None]:
        """
        Change a setting. The answer comes after the change is durable, in memory, and told to the
        subscribers; until the change is durable readers get the old value.

        Failures: L{InvalidSetting}, and those of L{Database.write}; nothing has changed then.
        """
        return self.set_together(Change(setting, value))

    def set_together(self, *changes: Change) -> Deferred[None]:
        """
        Change several settings as one: they become durable together or not at all, and readers and
        subscribers see all of the changes or none.

        Failures: as for L{set}.
        """
        try:
            checked = [
                Change(each.setting, each.setting.structure(each.setting.unstructure(each.value)))
                for each in changes
            ]
        except InvalidSetting as error:
            return fail(error)

        def publish(_: object) -> None:
            for each in checked:
                self._values[each.setting.key] = each.value
                self._stored.pop(each.setting.key, None)
            for each in checked:
                self._tell(each.setting, each.value)

        texts = [(each.setting.key, each.setting.to_text(each.value)) for each in checked]
        return self._save(texts).addCallback(publish)

    def subscribe(self, setting: Setting[T], subscriber: Callable[[T], None]) -> Callable[[], None]:
        """
        Be told of every change of a setting, with the new value, right after readers see it.

        @return: call it to be told no more.
        """
        subscribers = self._subscribers.setdefault(setting.key, [])
        subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in subscribers:
                subscribers.remove(subscriber)

        return unsubscribe

    def _tell(self, setting: Setting[T], value: T) -> None:
        for subscriber in tuple(self._subscribers.get(setting.key, ())):
            try:
                subscriber(value)
            except Exception:  # noqa: BLE001 - one subscriber must not keep it from the others
                self._log.failure("A subscriber of setting {key} failed", key=setting.key)
