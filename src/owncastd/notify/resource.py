"""
The routes of notifications: for browsers that want them, and for trying them out.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from attrs import define, evolve
from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from owncastd.settings.structuring import InvalidSetting
from owncastd.settings.values import Discord, Email, JSONPost
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .announcement import Announcement
from .fetching import NotTold
from .push import PushSender, payload
from .subscriptions import (
    InvalidSubscription,
    Subscription,
    Subscriptions,
    TooManySubscriptions,
    parse_subscription,
)

T = TypeVar("T")

#: What clients call the one kind of notification that viewers can ask for.
BROWSER_CHANNEL: Final = "BROWSER_PUSH_NOTIFICATION"
#: Largest body, in bytes: a subscription, as JSON within JSON.
MAX_BODY_BYTES: Final = 16 * 1024
#: When whoever finds the list full should come again, in seconds.
FULL_SECONDS: Final = 86_400
#: Trials that may go on at the same time.
MAX_TRIALS: Final = 4
_BASE: Final = "/api/admin/config/notifications/"


def _subscription(request: IRequest) -> Subscription:
    """
    The subscription in a request's body.

    @raise Refused: there is none.
    """
    document = read_object(request, MAX_BODY_BYTES)
    if document.get("channel") != BROWSER_CHANNEL:
        raise Refused(f"channel: must be {BROWSER_CHANNEL}")
    return _destination(document)


def _destination(document: dict[str, Any]) -> Subscription:
    destination = document.get("destination")
    if not isinstance(destination, str):
        raise Refused("destination: must be text")
    try:
        return parse_subscription(destination)
    except InvalidSubscription as error:
        raise Refused(f"destination: {error}") from None


@define(eq=False)
class NotificationsAPI:
    """
    Takes browsers onto the list, and off it again.
    """

    _settings: Settings
    _subscriptions: Subscriptions

    @route(POST, "/api/notifications/register", Guard.USER)
    async def register(self, request: IRequest, user: User) -> None:
        """
        A browser wants to be told when the stream is on.
        """
        subscription = _subscription(request)
        if not self._settings.get(catalogue.BROWSER_PUSH).enabled:
            raise Refused("this server sends no notifications to browsers")
        try:
            await self._subscriptions.add(subscription, user.id)
        except TooManySubscriptions as error:
            raise Refused(str(error), 503, {"Retry-After": str(FULL_SECONDS)}) from None

    @route(POST, "/api/notifications/unregister", Guard.USER)
    async def unregister(self, request: IRequest, user: User) -> Simple:
        """
        A browser wants to be told no more. To know its address is to speak for it.
        """
        await self._subscriptions.remove(_subscription(request).endpoint)
        return Simple("unregistered")


@define(eq=False)
class NotificationTrialsAPI:
    """
    Tries channels out: each says once what it would say, and nothing is changed.

    @ivar _discord: tells through a Discord channel.
    @ivar _email: sends mail, with the password that is set.
    @ivar _json: posts JSON, with the authorization that is set.
    """

    _clock: IReactorTime
    _settings: Settings
    _push: PushSender
    _discord: Callable[[Discord, Announcement], Awaitable[None]]
    _email: Callable[[Email, Announcement], Awaitable[None]]
    _json: Callable[[JSONPost, Announcement], Awaitable[None]]
    _going_on: int = 0

    @route(POST, _BASE + "discord/test", Guard.ADMIN)
    async def discord(self, request: IRequest) -> Simple:
        """
        Post to a Discord channel.
        """
        discord = self._tried(request, catalogue.DISCORD)
        return await self._try(lambda: self._discord(discord, self._announcement()))

    @route(POST, _BASE + "email/test", Guard.ADMIN)
    async def email(self, request: IRequest) -> Simple:
        """
        Send a mail to all recipients.
        """
        email = self._tried(request, catalogue.EMAIL)
        return await self._try(lambda: self._email(email, self._announcement()))

    @route(POST, _BASE + "json/test", Guard.ADMIN)
    async def json(self, request: IRequest) -> Simple:
        """
        Post a document.
        """
        post = self._tried(request, catalogue.JSON_POST)
        return await self._try(lambda: self._json(post, self._announcement()))

    @route(POST, _BASE + "browser/test", Guard.ADMIN)
    async def browser(self, request: IRequest) -> Simple:
        """
        Tell the one browser whose subscription is sent along.
        """
        subscription = _destination(read_object(request, MAX_BODY_BYTES))
        name = self._settings.get(catalogue.SERVER_NAME)
        message = payload(name, "This is what a notification looks like.")
        return await self._try(lambda: self._push.send(subscription, message))

    async def _try(self, tell: Callable[[], Awaitable[None]]) -> Simple:
        if self._going_on >= MAX_TRIALS:
            raise Refused("notifications are being tried already", 503, {"Retry-After": "5"})
        self._going_on += 1
        try:
            await tell()
        except NotTold as error:
            raise Refused(error.reason) from None
        finally:
            self._going_on -= 1
        return Simple("sent")

    def _tried(self, request: IRequest, setting: Setting[T]) -> T:
        """
        What is sent along, or else what is set; complete, whether or not it is switched on.
        """
        document = read_object(request)
        try:
            if "value" in document:
                value: Any = setting.structure(document["value"], "value")
            else:
                value = self._settings.get(setting)
            return setting.structure(setting.unstructure(evolve(value, enabled=True)), "value")
        except InvalidSetting as error:
            raise Refused(str(error)) from None

    def _announcement(self) -> Announcement:
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        return Announcement.of(self._settings, "test", now)
