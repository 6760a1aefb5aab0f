"""
Telling the followers when the account looks different.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings

#: How long changes are collected: a form sets one setting after the other.
COLLECT_SECONDS: Final = 15.0

#: What the actor's document is made of, as far as it can change while others follow.
SHOWN: Final[tuple[Setting[Any], ...]] = (
    catalogue.SERVER_NAME,
    catalogue.SERVER_SUMMARY,
    catalogue.SERVER_TAGS,
    catalogue.SOCIAL_HANDLES,
    catalogue.LOGO_PATH,
    catalogue.LOGO_UNIQUENESS,
    catalogue.FEDERATION_PRIVATE,
    catalogue.DISABLE_SEARCH_INDEXING,
)


@define(eq=False)
class ActorUpdates:
    """
    Follows the settings.

    @ivar _active: whether there is an account.
    @ivar _update: tells the followers.
    """

    _clock: IReactorTime
    _settings: Settings
    _active: Callable[[], bool]
    _update: Callable[[], Awaitable[None]]
    _unsubscribe: list[Callable[[], None]] = field(init=False, factory=list)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _updating: Deferred[None] | None = field(init=False, default=None)

    _log = Logger()

    def start(self) -> None:
        """
        Begin to follow them.
        """
        for setting in SHOWN:
            self._unsubscribe.append(self._settings.subscribe(setting, self._changed))

    async def stop(self) -> None:
        """
        Follow them no more; what has changed is made known before.
        """
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._tell()
        if self._updating is not None:
            await self._updating

    def _changed(self, value: object) -> None:
        if self._timer is None and self._active():
            self._timer = self._clock.callLater(COLLECT_SECONDS, self._tell)

    def _tell(self) -> None:
        self._timer = None

        async def update() -> None:
            await self._update()

        self._updating = Deferred.fromCoroutine(update()).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("The followers could not be told of a change of the account", failure)
