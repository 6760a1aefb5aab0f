"""
Telling the world that the stream is on: the parts put together, for the service.
"""

import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.broadcast.events import BroadcastEvent
from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.net.fetch import Fetch
from owncastd.settings import catalogue
from owncastd.settings.store import Change, Settings
from owncastd.threads import InThread

from .directory import DirectoryClient
from .go_live import Channel, GoLive
from .mail import Mailer
from .occasions import store_occasion, stored_occasion
from .push import PushSender
from .resource import NotificationsAPI, NotificationTrialsAPI
from .subscriptions import Subscriptions
from .telling import Telling
from .vapid import PushKey


@define(eq=False)
class Notifications:
    """
    Everything that tells the world of a broadcast.

    @ivar rooms: objects with routes.
    """

    _settings: Settings
    _subscriptions: Subscriptions
    _sender: PushSender
    _telling: Telling
    _go_live: GoLive
    _directory: DirectoryClient
    rooms: tuple[object, ...]
    _starting: Deferred[None] | None = field(init=False, default=None)

    _log = Logger()

    @classmethod
    def load(
        cls,
        reactor: Any,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        last_alive: datetime | None,
        in_thread: InThread,
        guarded: Fetch,
        anywhere: Fetch,
        *others: Channel,
    ) -> "Notifications":
        """
        Put them together; nothing runs yet.

        @param connection: used only during this call.
        @param last_alive: when the stream was last seen, by a server before this one.
        @param guarded: for addresses that strangers named.
        @param anywhere: for those that the administrator named.
        @param others: channels of other rooms.
        """
        subscriptions = Subscriptions(reactor, database)
        sender = PushSender(reactor, guarded, lambda: settings.get(catalogue.SERVER_URL))
        mailer = Mailer(
            reactor,
            in_thread,
            lambda: datetime.fromtimestamp(reactor.seconds(), UTC),
            secrets.token_bytes,
        )
        telling = Telling(reactor, settings, subscriptions, sender, mailer, anywhere)
        go_live = GoLive(
            reactor,
            stream,
            settings,
            (*telling.channels(), *others),
            lambda occasion: database.write(store_occasion, occasion),
            stored_occasion(connection),
            last_alive,
        )
        trials = NotificationTrialsAPI(
            reactor, settings, sender, telling.discord, telling.email, telling.json
        )
        return cls(
            settings,
            subscriptions,
            sender,
            telling,
            go_live,
            DirectoryClient(reactor, anywhere, settings, stream),
            (NotificationsAPI(settings, subscriptions), trials),
        )

    def start(self) -> None:
        """
        See to it that there is a key for browsers.
        """
        self._starting = Deferred.fromCoroutine(self._prepare_key()).addErrback(self._no_key)

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast.
        """
        self._go_live.happened(event)
        self._directory.happened(event)

    async def stop(self) -> None:
        """
        Tell nobody any more, before the broadcast is ended. Nothing is left behind.
        """
        await self._go_live.stop()
        await self._directory.stop()
        if self._starting is not None:
            await self._starting

    async def _prepare_key(self) -> None:
        private = self._settings.get(catalogue.BROWSER_PUSH_PRIVATE_KEY)
        try:
            key = PushKey.from_text(private)
        except ValueError:
            if private:
                self._log.warn("The key for push messages is none; a new one is made")
            key = PushKey.make()
        if key.public != self._settings.get(catalogue.BROWSER_PUSH_PUBLIC_KEY):
            # Push services take messages only by the key that a browser subscribed with.
            await self._subscriptions.clear()
            await self._settings.set_together(
                Change(catalogue.BROWSER_PUSH_PRIVATE_KEY, key.private),
                Change(catalogue.BROWSER_PUSH_PUBLIC_KEY, key.public),
            )
        self._sender.use(key)
        self._telling.has_key = True

    def _no_key(self, failure: Failure) -> None:
        self._log.failure("Browsers cannot be told: there is no key for push messages", failure)
