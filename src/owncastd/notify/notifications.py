"""
Telling the world that the stream is on: the parts put together, for the service.
"""

import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Any

from attrs import define

from owncastd.broadcast.events import BroadcastEvent
from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.net.fetch import Fetch
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from .directory import DirectoryClient
from .go_live import Channel, GoLive
from .mail import Mailer
from .occasions import store_occasion, stored_occasion
from .push import PushSender
from .resource import NotificationsAPI, NotificationTrialsAPI
from .subscriptions import Subscriptions
from .telling import Telling
from .vapid import PushKey, Voucher


@define(eq=False)
class Notifications:
    """
    Everything that tells the world of a broadcast.

    @ivar rooms: objects with routes.
    """

    _go_live: GoLive
    _directory: DirectoryClient
    rooms: tuple[object, ...]

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
        @param settings: with a key for push messages, of L{prepare_push_key}.
        @param last_alive: when the stream was last seen, by a server before this one.
        @param guarded: for addresses that strangers named.
        @param anywhere: for those that the administrator named.
        @param others: channels of other rooms.
        """
        subscriptions = Subscriptions(reactor, database)
        key = PushKey.from_text(settings.get(catalogue.BROWSER_PUSH_PRIVATE_KEY))
        voucher = Voucher(reactor, key)
        sender = PushSender(voucher, guarded, lambda: settings.get(catalogue.SERVER_URL))
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
            go_live,
            DirectoryClient(reactor, anywhere, settings, stream),
            (NotificationsAPI(settings, subscriptions), trials),
        )

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
