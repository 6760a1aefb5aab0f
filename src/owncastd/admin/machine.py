"""
Routes about the server program itself: updates, restarts, and its standing with the directory.
"""

from collections.abc import Callable, Mapping
from typing import Final

from attrs import define
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.answers import answered
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route

_NO_SELF_UPDATE: Final = (
    "this server does not update itself: update it by the way it was installed"
    " (package manager, pip or container), then restart it"
)


@define(eq=False)
class MachineAPI:
    """
    Routes about the server program.

    @ivar _quit: ends the process in an orderly way, with status 0; whether it is started again is
        its supervisor's decision.
    """

    _settings: Settings
    _quit: Callable[[], None]

    _log = Logger()

    @route(READ, "/api/admin/update/options", Guard.ADMIN)
    def update_options(self, request: IRequest) -> Mapping[str, bool]:
        """
        What the server can do about updates by itself: nothing.
        """
        return {"supportsUpdate": False, "canRestart": False}

    @route(POST, "/api/admin/update/start", Guard.ADMIN)
    def start_update(self, request: IRequest) -> Simple:
        """
        Never: no program runs here because it was downloaded.
        """
        raise Refused(_NO_SELF_UPDATE)

    @route(POST, "/api/admin/update/forcequit", Guard.ADMIN)
    def force_quit(self, request: IRequest) -> Simple:
        """
        End the process, once the answer is on its way.
        """
        self._log.info("The administrator asked the server to quit")
        answered(request).addCallback(lambda _: self._quit()).addErrback(
            lambda failure: self._log.failure("Quitting failed", failure)
        )
        return Simple("forcing quit")

    @route(POST, "/api/admin/yp/reset", Guard.ADMIN)
    async def reset_directory(self, request: IRequest) -> Simple:
        """
        Forget by what the directory knows this server: the next listing is a new one.
        """
        await self._settings.set(catalogue.DIRECTORY_REGISTRATION_KEY, "")
        return Simple("reset")
