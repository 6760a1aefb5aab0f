"""
The federation as a whole: its parts put together, for the service.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define, evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from owncastd.database.connection import Database
from owncastd.identity.proofs import Proofs, Told
from owncastd.identity.registry import Users
from owncastd.interfaces import IStreamStatus
from owncastd.net.courier import Courier
from owncastd.net.outgoing import Outgoing
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from . import outbox_rows
from .abroad import Abroad
from .account import Account, account_of
from .actor import actor_document
from .actor_updates import ActorUpdates
from .allowance import Allowance
from .answers import Answers
from .blocks import BlockedDomains
from .client import FederationClient
from .decisions import Decisions
from .delivery import Deliveries
from .direct_messages import DirectMessages
from .discovery_resource import DiscoveryAPI
from .engagement import Engagements, TellChat
from .followers import Followers
from .followers_resource import FollowersAPI
from .incoming import Incoming
from .login_resource import FediverseLoginAPI
from .one_time_codes import OneTimeCodes
from .outbox import Outbox
from .own_key import OwnKey
from .posts_resource import FederationAdminAPI
from .remote_follow import LOOK_UP_SECONDS, LOOK_UPS, RemoteFollowAPI
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
    incoming: Incoming
    _updates: ActorUpdates
    _settings: Settings
    _courier: Courier | None = None

    @classmethod
    def make(
        cls,
        clock: IReactorTime,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        outgoing: Outgoing,
        users: Users,
        proved: Told,
        tell_chat: TellChat,
        proxies: TrustedProxies,
        platform_name: Callable[[str], str],
        has_picture: Callable[[str], bool],
        in_thread: InThread,
    ) -> "Federation":
        """
        Put the federation together, as L{load} does, with a way to other servers over the network.
        """
        key = OwnKey(settings, in_thread)

        def now() -> datetime:
            return datetime.fromtimestamp(clock.seconds(), UTC)

        courier = Courier(clock, evolve(outgoing.policy, plain_http=False))
        client = FederationClient(outgoing, lambda: account_of(settings), key, now, courier.fetch)
        made = cls.load(
            clock,
            connection,
            database,
            settings,
            stream,
            Abroad.make(outgoing, client, BlockedDomains(settings).blocks),
            key.public,
            users,
            proved,
            tell_chat,
            proxies,
            platform_name,
            has_picture,
            in_thread,
        )
        made._courier = courier
        return made

    @classmethod
    def load(
        cls,
        clock: IReactorTime,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        abroad: Abroad,
        public_key: Callable[[], Deferred[str]],
        users: Users,
        proved: Told,
        tell_chat: TellChat,
        proxies: TrustedProxies,
        platform_name: Callable[[str], str],
        has_picture: Callable[[str], bool],
        in_thread: InThread,
    ) -> "Federation":
        """
        Put the federation together; nothing runs yet.

        @param connection: used only during this call.
        @param abroad: the way to other servers.
        @param public_key: the account's, as PEM.
        @param proved: is told of those who proved who they are.
        @param tell_chat: is told what people in the fediverse do.
        @param proxies: whose word about a visitor's address is taken.
        @param platform_name: what people call a social platform.
        @param has_picture: whether there is a picture of the stream of some media type.
        """

        def now() -> datetime:
            return datetime.fromtimestamp(clock.seconds(), UTC)

        def active() -> bool:
            return account_of(settings) is not None

        async def actor(account: Account) -> Document:
            return actor_document(account, settings, await public_key(), platform_name)

        answers = Answers(settings)
        blocked = BlockedDomains(settings)
        followers = Followers.load(connection, database, now)
        deliveries = Deliveries(
            clock, database, abroad.send, active, blocked.blocks, followers.recount
        )
        outbox = Outbox(
            clock, database, settings, deliveries, followers.inboxes, actor, has_picture, in_thread
        )
        engagements = Engagements(settings, tell_chat)
        decisions = Decisions(settings, outbox, engagements)
        incoming = Incoming.make(
            clock,
            database,
            settings,
            abroad,
            followers,
            engagements,
            outbox.answer,
            deliveries.heard_from,
            blocked.blocks,
            proxies,
            now,
        )
        messages = DirectMessages(clock, settings, abroad.look_up, abroad.actor, abroad.send)
        look_ups = Allowance(clock, LOOK_UPS, LOOK_UP_SECONDS)
        return cls(
            rooms=(
                DiscoveryAPI(answers, settings, lambda: database.read(outbox_rows.count_posts)),
                AccountAPI(answers, settings, database, stream, actor, incoming.signed_by),
                FollowersAPI(followers, decisions.made),
                FederationAdminAPI(outbox, deliveries, database),
                RemoteFollowAPI(answers, abroad.look_up, look_ups, proxies),
                FediverseLoginAPI(
                    answers, settings, OneTimeCodes(clock), messages.tell, Proofs(users, proved)
                ),
                *incoming.rooms,
            ),
            followers=followers,
            outbox=outbox,
            deliveries=deliveries,
            incoming=incoming,
            updates=ActorUpdates(clock, settings, active, outbox.update_actor),
            settings=settings,
        )

    def start(self) -> None:
        """
        Go on with what is to be delivered, as soon as there is an account.
        """
        self.deliveries.start()
        self.incoming.start()
        self._updates.start()
        self._settings.subscribe(catalogue.FEDERATION_ENABLED, self._switched)
        self._settings.subscribe(catalogue.SERVER_URL, self._switched)

    async def stop(self) -> None:
        """
        Leave no timer and no request; what is still to be delivered is in the database.
        """
        await self.incoming.stop()
        await self._updates.stop()
        await self.deliveries.stop()
        if self._courier is not None:
            await self._courier.stop()

    def _switched(self, value: object) -> None:
        self.deliveries.start()
        self.incoming.start()
