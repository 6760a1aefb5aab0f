"""
Taking a picture of the administrator's: its file, and the setting that names it.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.settings.setting import Setting
from owncastd.settings.store import Change, Settings
from owncastd.threads import InThread
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.pictures import InvalidPicture, Picture, picture_from_data_url
from owncastd.web.routes import Simple

#: How many uploads may wait for another one; each is kept in memory meanwhile.
MAX_WAITING: Final = 3
_FILE_MODE: Final = 0o600
_UNIQUE_BYTES: Final = 8


def unique_text() -> str:
    """
    A text that no other upload has.
    """
    return secrets.token_hex(_UNIQUE_BYTES)


class ShownPicture(Protocol):
    """
    Who shows the picture that the setting names.
    """

    def add(self, name: str, picture: Picture) -> None:
        """
        Have it ready for when the setting names it.
        """

    def forget_unused(self) -> None:
        """
        Keep only what the setting names.
        """


@define(eq=False)
class PictureUpload:
    """
    Takes uploads of one kind of picture.

    Each goes into a file with a name of its own, which counts only when the setting names it: after
    a kill at any moment the old picture is whole, or the new one is.

    @ivar _directory: where the files are.
    @ivar _setting: names the file.
    @ivar _kind: with what the names of the files begin, before a hyphen.
    @ivar _max_bytes: of a picture.
    @ivar _unique_setting: is given the text that makes the name unique as well.
    """

    _settings: Settings
    _shown: ShownPicture
    _directory: Path
    _in_thread: InThread
    _setting: Setting[str]
    _kind: str
    _max_bytes: int
    _unique: Callable[[], str] = unique_text
    _unique_setting: Setting[str] | None = None
    _one_at_a_time: DeferredLock = field(init=False, factory=DeferredLock)

    _log = Logger()

    async def take(self, request: IRequest, *, may_be_empty: bool = False) -> Simple:
        """
        Show the picture of a request from now on.

        @param may_be_empty: whether an empty text is taken, for none.
        """
        value = read_object(request, max_body_bytes(self._max_bytes)).get("value")
        if not isinstance(value, str):
            raise Refused("value: must be text")
        if len(self._one_at_a_time.waiting) >= MAX_WAITING:
            raise Refused("other pictures are being uploaded; try again", 503, {"Retry-After": "1"})
        work = self._remove if may_be_empty and not value else lambda: self._replace(value)
        await self._one_at_a_time.run(lambda: Deferred.fromCoroutine(work()))
        return Simple("changed")

    async def _remove(self) -> None:
        await self._settings.set(self._setting, "")
        await self._tidy()

    async def _replace(self, url: str) -> None:
        try:
            picture: Picture = await self._in_thread(
                lambda: picture_from_data_url(url, self._max_bytes)
            )
        except InvalidPicture as error:
            raise Refused(f"value: {error}") from None
        unique = self._unique()
        name = f"{self._kind}-{unique}{picture.suffix}"
        path = self._directory / name
        changes: list[Change] = [Change(self._setting, name)]
        if self._unique_setting is not None:
            changes.append(Change(self._unique_setting, unique))
        try:
            await self._in_thread(lambda: _write(path, picture.data))
            self._shown.add(name, picture)
            await self._settings.set_together(*changes)
        finally:
            await self._tidy()

    async def _tidy(self) -> None:
        """
        Remove what is no longer named, or never was.
        """
        self._shown.forget_unused()
        used = self._settings.get(self._setting)
        try:
            await self._in_thread(lambda: _remove_others(self._directory, self._kind, used))
        except OSError:
            # The next upload tries again.
            self._log.failure("Old pictures could not be removed")


def max_body_bytes(max_bytes: int) -> int:
    """
    The largest body that a picture can come in: base64, and a little around it.
    """
    return max_bytes // 3 * 4 + 1024


def _write(path: Path, data: bytes) -> None:
    """
    Write a new file that outlives a power cut.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _remove_others(directory: Path, kind: str, used: str) -> None:
    """
    Remove uploads of ours other than the one that is used. What the administrator or another
    program put there has no hyphen in its name, and stays.
    """
    for path in directory.glob(f"{kind}-*.*"):
        if path.name != used:
            with suppress(FileNotFoundError):
                path.unlink()
