"""
Webhooks over a real database file, with a clock that we move and receivers in memory.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.notify.webhooks import rows
from owncastd.notify.webhooks.hook import EVENTS, Webhook
from owncastd.notify.webhooks.journal import Journal
from owncastd.notify.webhooks.payloads import StreamFacts
from owncastd.notify.webhooks.posting import Outcome, Verdict, outcome_of
from owncastd.notify.webhooks.rows import Delivery
from owncastd.notify.webhooks.webhooks import Webhooks
from owncastd.settings.store import Settings
from tests.chat.house import START, InlineDatabase, MemoryStream

URL = "http://127.0.0.1:8100/hook"
TAKEN = outcome_of(200)
AWAY = Outcome(Verdict.AWAY, "No answer: nothing listens there", answered=False)


@define(eq=False)
class Receivers:
    """
    All that webhooks lead to.

    @ivar got: what was taken, by the ids of the webhooks, in order.
    @ivar outcomes: what the others answer, by the ids of the webhooks.
    @ivar hanging: the ids of those that do not answer.
    @ivar waiting: what they were asked.
    """

    got: dict[int, list[Delivery]] = field(factory=dict)
    tried: int = 0
    outcomes: dict[int, Outcome] = field(factory=dict)
    hanging: set[int] = field(factory=set)
    waiting: list[Deferred[Outcome]] = field(factory=list)

    def __call__(self, webhook: Webhook, delivery: Delivery) -> Deferred[Outcome]:
        """
        Take a delivery, or not.
        """
        self.tried += 1
        if webhook.id in self.hanging:
            self.waiting.append(Deferred())
            return self.waiting[-1]
        outcome = self.outcomes.get(webhook.id, TAKEN)
        if outcome.verdict is Verdict.TAKEN:
            self.got.setdefault(webhook.id, []).append(delivery)
        return succeed(outcome)

    def numbers(self, webhook_id: int) -> list[Any]:
        """
        The numbers in what a webhook has taken.
        """
        return [
            json.loads(delivery.body)["eventData"]["number"]
            for delivery in self.got.get(webhook_id, [])
        ]


class WebhooksCase(SynchronousTestCase):
    """
    Gives each test a server's webhooks, without any at first.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        self.database = InlineDatabase(directory / "owncast.db")
        self.addCleanup(self.database.connection.close)
        self.settings = Settings.in_memory()
        self.stream = MemoryStream()
        self.receivers = Receivers()
        self.numbers = 0
        self.webhooks = self.load()
        self.addCleanup(self.stop)

    def load(self) -> Webhooks:
        """
        The webhooks, as the service makes them, but for the requests.
        """
        webhooks = Webhooks(
            self.clock,
            self.database,
            self.receivers,
            StreamFacts(self.settings, self.stream, lambda: "an-id"),
            Journal(self.clock, self.database),
            random_bytes=lambda count: b"\x07" * count,
            jitter=lambda: 0.0,
        )
        for webhook, waiting in rows.all_webhooks(self.database.connection):
            webhooks._open(webhook, waiting)
        webhooks.start()
        return webhooks

    def kill(self) -> None:
        """
        Start again with what is on disk.
        """
        for call in self.clock.getDelayedCalls():
            call.cancel()
        self.webhooks = self.load()

    def stop(self) -> None:
        """
        Stop; no timer is left.
        """
        stopping = Deferred.fromCoroutine(self.webhooks.stop())
        self.clock.pump([0.05] * 60)
        self.successResultOf(stopping)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def create(self, *events: str, url: str = URL) -> Webhook:
        """
        Add a webhook, for all events if none are named.
        """
        adding = Deferred.fromCoroutine(self.webhooks.create(url, events or EVENTS))
        return self.successResultOf(adding)

    def tell(self, count: int = 1, kind: str = "CHAT") -> None:
        """
        Let something happen; each event has the next number.
        """
        for _ in range(count):
            self.numbers += 1
            self.webhooks.tell(kind, describe(self.numbers))

    def pass_time(self, seconds: float, step: float = 0.1) -> None:
        """
        Let time pass, little by little.
        """
        self.clock.pump([step] * round(seconds / step))

    def standing(self, webhook: Webhook) -> Webhook:
        """
        A webhook as it is now.
        """
        found = self.webhooks.get(webhook.id)
        assert found is not None
        return found

    def waiting(self, webhook: Webhook) -> int:
        """
        How much waits for a webhook.
        """
        return {each.id: count for each, count in self.webhooks.all()}[webhook.id]

    def stored(self) -> int:
        """
        How much waits on disk.
        """
        query = "SELECT count(*) FROM webhook_deliveries"
        (count,) = self.database.connection.execute(query).fetchone()
        return int(count)


def describe(number: int) -> Callable[[], dict[str, Any]]:
    """
    What describes an event with a number.
    """
    return lambda: {"number": number}
