"""
Changing which ffmpeg is used.
"""

from collections.abc import Awaitable, Callable

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.settings.catalogue import FFMPEG_PATH
from owncastd.settings.store import Settings
from owncastd.web.body import read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .config import BASE


@define(eq=False)
class FFmpegAPI:
    """
    Changes the path of ffmpeg, after it was tried.

    @ivar _problem: why a path is of no use, in words; C{None} if ffmpeg answers there.
    """

    _settings: Settings
    _problem: Callable[[str], Awaitable[str | None]]

    @route(POST, BASE + "ffmpegpath", Guard.ADMIN)
    async def path(self, request: IRequest) -> Simple:
        """
        Name an ffmpeg; an empty path leaves it to the server to find one.
        """
        path = read_value(request, FFMPEG_PATH)
        if path:
            problem = await self._problem(path)
            if problem is not None:
                raise Refused(f"This ffmpeg cannot be used: {problem}.")
        await self._settings.set(FFMPEG_PATH, path)
        return Simple("changed")
