"""
The webhooks as a whole: who they are, what they are told, and how the administrator changes them.
"""

import random
import secrets
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from attrs import define, field
from twisted.internet.defer import gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from owncastd.broadcast.events import BroadcastEvent
from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.net.errors import BadURL
from owncastd.net.outgoing import Outgoing
from owncastd.net.urls import outgoing_url
from owncastd.settings.store import Settings

from . import rows
from .hook import EVENTS, Webhook
from .journal import MAX_WAITING, Journal
from .lane import Lane
from .pace import Pace
from .payloads import Document, StreamFacts, envelope
from .posting import Outcome, Post, Poster, without_credentials
from .rows import Changes, Delivery
from .signature import make_secret
from .stream import StreamTeller

MAX_WEBHOOKS: Final = 100
#: A secret that the administrator chose, in characters.
MIN_SECRET: Final = 16
MAX_SECRET: Final = 200
#: When the server stops, what was told last has this long to arrive.
DRAIN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.05
#: Bytes of randomness in an event's id.
_ID_BYTES: Final = 9


class InvalidWebhook(ValueError):
    """
    A webhook that cannot be. The text says why.
    """


@define(eq=False)
class Webhooks:
    """
    Tells webhooks of events.

    @ivar _lanes: by the ids of their webhooks, the oldest first.
    @ivar _random_bytes: makes secrets and ids.
    """

    _clock: IReactorTime
    _database: Database
    _post: Post
    _facts: StreamFacts
    _journal: Journal
    _random_bytes: Callable[[int], bytes]
    _jitter: Callable[[], float]
    _lanes: dict[int, Lane] = field(init=False, factory=dict)
    _pace: Pace = field(init=False)
    _stream: StreamTeller = field(init=False)
    _stopped: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._journal.written = self._written
        self._pace = Pace(self._clock)
        self._stream = StreamTeller(self._clock, self._tell_of_stream)

    @classmethod
    def load(
        cls,
        clock: IReactorTime,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        outgoing: Outgoing,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        jitter: Callable[[], float] = random.random,
    ) -> "Webhooks":
        """
        The webhooks that there are; nothing is sent yet.

        @param connection: used only during this call.
        @param outgoing: may lead anywhere, since the administrator says where.
        """

        def make_id() -> str:
            return urlsafe_b64encode(random_bytes(_ID_BYTES)).decode("ascii")

        webhooks = cls(
            clock,
            database,
            Poster(clock, outgoing),
            StreamFacts(settings, stream, make_id),
            Journal(clock, database),
            random_bytes,
            jitter,
        )
        for webhook, waiting in rows.all_webhooks(connection):
            webhooks._open(webhook, waiting)
        return webhooks

    def start(self) -> None:
        """
        Deliver what waits since the last time.
        """
        for lane in self._lanes.values():
            lane.wake()

    async def stop(self) -> None:
        """
        Let what was told last arrive, if that does not take long, and keep the rest. No timer is
        left.
        """
        until = self._clock.seconds() + DRAIN_SECONDS
        while self._clock.seconds() < until and not self._settled():
            await deferLater(self._clock, _LOOK_SECONDS)
        self._stopped = True
        await gatherResults([lane.stop() for lane in self._lanes.values()])
        await self._journal.close()

    # What happens.

    def tell(self, kind: str, describe: Callable[[], Document]) -> None:
        """
        Something happened.

        @param kind: its type, such as C{CHAT}.
        @param describe: says more, in the API's terms; asked only if somebody wants to know.
        """
        wanting = [lane for lane in self._lanes.values() if _wants(lane.webhook, kind)]
        if not wanting or self._stopped:
            return
        body = envelope(kind, {**describe(), **self._facts.common()})
        for lane in wanting:
            if not self._journal.add(lane.webhook.id, body):
                lane.dropped(1)

    def happened(self, event: BroadcastEvent) -> None:
        """
        Something happened to the stream.
        """
        self._stream.happened(event)

    def playable(self) -> None:
        """
        There is something to see of the stream.
        """
        self._stream.playable()

    # What the administrator does.

    def all(self) -> tuple[tuple[Webhook, int], ...]:
        """
        Every webhook, the oldest first, with how many events wait for it.
        """
        return tuple(
            (lane.webhook, self._journal.waiting(lane.webhook.id)) for lane in self._lanes.values()
        )

    def get(self, webhook_id: int) -> Webhook | None:
        """
        The webhook with this id.
        """
        lane = self._lanes.get(webhook_id)
        return None if lane is None else lane.webhook

    async def create(self, url: str, events: Iterable[str], secret: str | None = None) -> Webhook:
        """
        Add a webhook.

        @param secret: to sign deliveries with; if C{None}, one is made.
        @raise InvalidWebhook: it cannot be.
        """
        url, wanted = url.strip(), tuple(dict.fromkeys(events))
        _check(url, wanted, secret)
        if len(self._lanes) >= MAX_WEBHOOKS:
            raise InvalidWebhook(f"there cannot be more than {MAX_WEBHOOKS} webhooks")
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        secret = secret or make_secret(self._random_bytes)
        webhook_id = await self._database.write(rows.insert, url, wanted, secret, now)
        webhook = Webhook(webhook_id, url, wanted, secret, now)
        self._open(webhook, 0)
        return webhook

    async def delete(self, webhook_id: int) -> bool:
        """
        Remove a webhook, and what waits for it.

        @return: whether it was there.
        """
        lane = self._lanes.pop(webhook_id, None)
        if lane is None:
            return False
        await lane.stop()
        self._journal.forget(webhook_id)
        await self._database.write(rows.delete, webhook_id)
        return True

    async def set_enabled(self, webhook_id: int, enabled: bool) -> bool:
        """
        Leave a webhook alone, or serve it again.

        @return: whether it is there.
        """
        lane = self._lanes.get(webhook_id)
        if lane is None:
            return False
        if enabled:
            lane.enable()
        else:
            lane.disable()
        changes = Changes(standings=[lane.webhook])
        await self._database.write(rows.change, changes, MAX_WAITING)
        return True

    async def test(self, webhook_id: int) -> Outcome | None:
        """
        Send a webhook something right now, whatever waits for it, be it disabled or not.

        @return: what came of it, or C{None} if there is no such webhook.
        """
        lane = self._lanes.get(webhook_id)
        if lane is None:
            return None
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        described = {**self._facts.of_stream(now), **self._facts.common()}
        outcome = await self._post(lane.webhook, Delivery(0, envelope("TEST", described)))
        if self._lanes.get(webhook_id) is lane:
            lane.tested(outcome)
        return outcome

    def _open(self, webhook: Webhook, waiting: int) -> None:
        self._journal.expect(webhook.id, waiting)
        self._lanes[webhook.id] = Lane(
            webhook, self._clock, self._journal, self._post, self._pace, self._jitter
        )

    def _written(self, dropped: Mapping[int, int]) -> None:
        """
        Some webhooks have something new.
        """
        for webhook_id, count in dropped.items():
            lane = self._lanes.get(webhook_id)
            if lane is not None:
                if count:
                    lane.dropped(count)
                lane.wake()

    def _settled(self) -> bool:
        return self._journal.settled and all(lane.idle for lane in self._lanes.values())

    def _tell_of_stream(self, kind: str, at: datetime) -> None:
        self.tell(kind, lambda: self._facts.of_stream(at))


def _wants(webhook: Webhook, kind: str) -> bool:
    return kind in webhook.events and webhook.disabled_at is None


def _check(url: str, events: tuple[str, ...], secret: str | None) -> None:
    try:
        outgoing_url(without_credentials(url)[0])
    except BadURL as error:
        raise InvalidWebhook(str(error)) from None
    for event in events:
        if event not in EVENTS:
            raise InvalidWebhook("events must be among " + ", ".join(EVENTS))
    if secret is not None and not (
        MIN_SECRET <= len(secret) <= MAX_SECRET and secret.isascii() and secret.isprintable()
    ):
        raise InvalidWebhook(
            f"the secret must have {MIN_SECRET} to {MAX_SECRET} printable ASCII characters"
        )
