"""
Changing the logo.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.settings.catalogue import LOGO_PATH, LOGO_UNIQUENESS
from owncastd.settings.store import Change, Settings
from owncastd.threads import InThread
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.logo import MAX_LOGO_BYTES, Logo
from owncastd.web.pictures import InvalidPicture, Picture, picture_from_data_url
from owncastd.web.routes import POST, Guard, Simple, route

from .config import BASE

#: The picture as base64, and a little around it.
MAX_BODY_BYTES: Final = MAX_LOGO_BYTES // 3 * 4 + 1024
#: How many uploads may wait for another one; each is kept in memory meanwhile.
MAX_WAITING: Final = 3
_FILE_MODE: Final = 0o600
_UNIQUE_BYTES: Final = 8


@define(eq=False)
class LogoUploadAPI:
    """
    Takes uploads.

    Each goes into a file with a name of its own, which counts only when the setting names it: after
    a kill at any moment the old logo is whole, or the new one is.

    @ivar _directory: where the files are.
    """

    _settings: Settings
    _logo: Logo
    _directory: Path
    _in_thread: InThread
    _unique: Callable[[], str] = lambda: secrets.token_hex(_UNIQUE_BYTES)
    _one_at_a_time: DeferredLock = field(init=False, factory=DeferredLock)

    _log = Logger()

    @route(POST, BASE + "logo", Guard.ADMIN)
    async def upload(self, request: IRequest) -> Simple:
        """
        Show another logo from now on.
        """
        value = read_object(request, MAX_BODY_BYTES).get("value")
        if not isinstance(value, str):
            raise Refused("value: must be text")
        if len(self._one_at_a_time.waiting) >= MAX_WAITING:
            raise Refused("other logos are being uploaded; try again", 503, {"Retry-After": "1"})
        await self._one_at_a_time.run(lambda: Deferred.fromCoroutine(self._replace(value)))
        return Simple("changed")

    async def _replace(self, url: str) -> None:
        try:
            picture: Picture = await self._in_thread(
                lambda: picture_from_data_url(url, MAX_LOGO_BYTES)
            )
        except InvalidPicture as error:
            raise Refused(f"value: {error}") from None
        unique = self._unique()
        name = f"logo-{unique}{picture.suffix}"
        path = self._directory / name
        try:
            await self._in_thread(lambda: _write(path, picture.data))
            self._logo.add(name, picture)
            await self._settings.set_together(
                Change(LOGO_PATH, name), Change(LOGO_UNIQUENESS, unique)
            )
        finally:
            await self._tidy()

    async def _tidy(self) -> None:
        """
        Remove what is no longer named, or never was.
        """
        self._logo.forget_unused()
        used = self._settings.get(LOGO_PATH)
        try:
            await self._in_thread(lambda: _remove_others(self._directory, used))
        except OSError:
            # The next upload tries again.
            self._log.failure("Old logos could not be removed")


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


def _remove_others(directory: Path, used: str) -> None:
    """
    Remove uploads of ours other than the one that is used. What the administrator or another
    program put there has no hyphen in its name, and stays.
    """
    for path in directory.glob("logo-*.*"):
        if path.name != used:
            with suppress(FileNotFoundError):
                path.unlink()
