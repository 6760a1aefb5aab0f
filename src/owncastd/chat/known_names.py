"""
Keeps it known whose names are their own, whoever changed users.
"""

from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.identity.registry import Users

from .names import KnownNames

#: How often it is looked up, should somebody else have changed the database.
REFRESH_SECONDS: Final = 60.0


@define(eq=False)
class NameKeeper:
    """
    Tells L{KnownNames} of the users who own their names.
    """

    _clock: IReactorTime
    _users: Users
    _known: KnownNames
    _timer: IDelayedCall | None = field(init=False, default=None)
    _running: bool = field(init=False, default=False)

    _log = Logger()

    def start(self) -> Deferred[None]:
        """
        Look it up now, and from time to time.
        """
        self._running = True
        return self._again()

    def refresh(self) -> Deferred[None]:
        """
        Look it up now. A failure is logged, and what was known stays.
        """
        return self._users.known_people().addCallbacks(self._known.replace, self._failed)

    def stop(self) -> None:
        """
        Look it up no more. No timer is left.
        """
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> Deferred[None]:
        self._timer = None
        if not self._running:
            return succeed(None)
        self._timer = self._clock.callLater(REFRESH_SECONDS, self._again)
        return self.refresh()

    def _failed(self, failure: Failure) -> None:
        self._log.failure("Whose names are their own could not be looked up", failure)
