"""
The federation as a whole: its parts put together, for the service.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define
from twisted.internet.interfaces import IReactorTime

from owncastd.broadcast.events import BroadcastEvent
from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from . import outbox_rows
from .account import Account, account_of
from .actor import actor_document
from .actor_updates import ActorUpdates
from .answers import Answers
from .blocks import BlockedDomains
from .delivery import Deliveries, Send
from .discovery_resource import DiscoveryAPI
from .followers import Followers
from .go_live import GoLive
from .outbox import Outbox
from .resource import AccountAPI
from .vocabulary import Document


@define(eq=False)
class Federation:
    """
    All parts of the account in the fediverse. While it is switched off, nothing runs.

    @ivar rooms: objects with routes.
    """

    rooms: tuple[object, ...]
    followers: Followers
    outbox: Outbox
    deliveries: Deliveries
    _updates: ActorUpdates
    _go_live: GoLive
    _settings: Settings

    @classmethod
    def load(
        cls,
        clock: IReactorTime,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        send: Send,
        platform_name: Callable[[str], str],
        has_picture: Callable[[str], bool],
        in_thread: InThread,
    ) -> "Federation":
        """
        Put the federation together; nothing runs yet.

        @param connection: used only during this call.
        @param send: signs and sends what is delivered.
        @param platform_name: what people call a social platform.
        @param has_picture: whether there is a picture of the stream of some media type.
        """

        def now() -> datetime:
            return datetime.fromtimestamp(clock.seconds(), UTC)

        def active() -> bool:
            return account_of(settings) is not None

        async def actor(account: Account) -> Document:
            public_key = settings.get(catalogue.FEDERATION_PUBLIC_KEY)
            return actor_document(account, settings, public_key, platform_name)

        answers = Answers(settings)
        blocked = BlockedDomains(settings)
        followers = Followers.load(connection, database, now)
        deliveries = Deliveries(clock, database, send, active, blocked.blocks)
        outbox = Outbox(
            clock, database, settings, deliveries, followers.inboxes, actor, has_picture, in_thread
        )
        return cls(
            rooms=(
                DiscoveryAPI(answers, settings, lambda: database.read(outbox_rows.count_posts)),
                AccountAPI(answers, settings, database, stream, actor),
            ),
            followers=followers,
            outbox=outbox,
            deliveries=deliveries,
            updates=ActorUpdates(clock, settings, active, outbox.update_actor),
            go_live=GoLive(clock, stream, active, outbox.last_live, outbox.go_live),
            settings=settings,
        )

    def start(self) -> None:
        """
        Go on with what is to be delivered, as soon as there is an account.
        """
        self.deliveries.start()
        self._updates.start()
        self._settings.subscribe(catalogue.FEDERATION_ENABLED, self._switched)
        self._settings.subscribe(catalogue.SERVER_URL, self._switched)

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast, to tell that the stream is on.
        """
        self._go_live.happened(event)

    async def stop(self) -> None:
        """
        Leave no timer and no request; what is still to be delivered is in the database.
        """
        posting = self._go_live.stop()
        if posting is not None:
            await posting
        await self._updates.stop()
        await self.deliveries.stop()

    def _switched(self, value: object) -> None:
        self.deliveries.start()
