"""
Deliveries: what is sent when, how often, and what becomes of servers that take nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.errors import DatabaseBusy
from owncastd.federation import backoff, delivery_rows
from owncastd.federation.backoff import rest_seconds, wish_seconds
from owncastd.federation.delivery import (
    DELIVERY_SECONDS,
    MAX_PARALLEL,
    MAX_PER_SECOND,
    STOP_SECONDS,
    TROUBLE_SECONDS,
    Deliveries,
    DeliveryFigures,
)
from owncastd.federation.lanes import Lanes
from owncastd.federation.outbox_rows import Published
from owncastd.federation.sending import NotSendable, Sent, Verdict, address_of, verdict
from tests.chat.house import START, InlineDatabase

from .house import DAY, URL
from .peers import Peers, answers, breaks, hangs, takes

ACTIVITY = {"id": f"{URL}/federation/a", "type": "Create", "object": "x"}
HOUR = 3_600.0
DAY_SECONDS = 24 * HOUR


class BackoffTests(SynchronousTestCase):
    """
    How long a server is left alone.
    """

    def test_grows(self) -> None:
        """
        A minute, then three times as long with each failure, a day at most.
        """
        rests = [rest_seconds(failures, 0.5) for failures in range(1, 10)]
        self.assertEqual(rests, [60, 180, 540, 1620, 4860, 14580, 43740, DAY_SECONDS, DAY_SECONDS])

    def test_spread(self) -> None:
        """
        Chance makes it a fifth shorter or longer, no more.
        """
        self.assertEqual((rest_seconds(1, 0.0), rest_seconds(1, 1.0)), (48, 72))

    def test_wish(self) -> None:
        """
        A server may ask for a longer rest, but not for ever, nor for a shorter one.
        """
        self.assertEqual(rest_seconds(1, 0.5, 600), 600)
        self.assertEqual(rest_seconds(1, 0.5, 1), 60)
        self.assertEqual(rest_seconds(1, 0.5, 10**9), DAY_SECONDS)

    @fuzz(deadline=None)
    @given(st.integers(), st.floats(0, 1), st.none() | st.floats(0, allow_infinity=False))
    def test_bounds(self, failures: int, spread: float, wish: float | None) -> None:
        """
        Whatever happened, it is more than half a minute and hardly more than a day.
        """
        self.assertTrue(30 < rest_seconds(failures, spread, wish) <= 1.2 * DAY_SECONDS)

    def test_retry_after(self) -> None:
        """
        Seconds, or a date.
        """
        for text, seconds in (
            ("120", 120.0),
            (" 0 ", 0.0),
            ("Wed, 04 Mar 2026 05:07:07 GMT", 60.0),
            ("Wed, 04 Mar 2026 05:00:00 GMT", 0.0),
            ("Wed, 04 Mar 2026 05:07:07", None),
            ("", None),
            ("soon", None),
            ("-5", None),
            ("\u0661", None),
        ):
            self.assertEqual(wish_seconds(text, DAY), seconds, text)

    @fuzz(deadline=None)
    @given(st.text(max_size=60))
    def test_any_retry_after(self, text: str) -> None:
        """
        Whatever a server sends, it is a number of seconds or nothing.
        """
        found = wish_seconds(text, DAY)
        self.assertTrue(found is None or found >= 0)


class LanesTests(SynchronousTestCase):
    """
    Whose turn it is.
    """

    def test_turns(self) -> None:
        """
        In the order in which they came, each once, no more at once than may be.
        """
        lanes = Lanes(2)
        for host in ("a", "b", "a", "c"):
            lanes.offer(host)
        self.assertEqual((lanes.take(), lanes.take(), lanes.take()), ("a", "b", None))
        lanes.offer("a")
        self.assertEqual((lanes.ready, lanes.used), (1, 2))
        lanes.done("a")
        self.assertEqual(lanes.take(), "c")
        lanes.done("b")
        lanes.offer("b")
        lanes.clear()
        self.assertIsNone(lanes.take())

    @fuzz(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["offer", "take", "done"]), st.integers(0, 5))))
    def test_one_at_a_time(self, steps: list[tuple[str, int]]) -> None:
        """
        Whatever the order, no lane is in use twice, and no more than may be.
        """
        lanes, used = Lanes(3), set[str]()
        for step, number in steps:
            host = str(number)
            if step == "offer":
                lanes.offer(host)
            elif step == "done":
                lanes.done(host)
                used.discard(host)
            elif (taken := lanes.take()) is not None:
                self.assertNotIn(taken, used)
                used.add(taken)
            self.assertEqual(lanes.used, len(used))
            self.assertLessEqual(len(used), 3)


class VerdictTests(SynchronousTestCase):
    """
    What answers mean.
    """

    def test_statuses(self) -> None:
        """
        Of refusals, those are not final that may end.
        """
        for statuses, meaning in (
            ((200, 202, 204), Verdict.TAKEN),
            ((301, 400, 403, 404, 406, 413, 501), Verdict.REFUSED),
            ((410,), Verdict.GONE),
            ((401, 408, 425, 429, 500, 502, 503, 504, 521), Verdict.LATER),
        ):
            for status in statuses:
                self.assertIs(verdict(status), meaning, status)

    def test_addresses(self) -> None:
        """
        A server is its host, however that is written and whatever the port.
        """
        for inbox in ("https://A.example/i", "https://a.example:8443/i", "https://a.example./i"):
            address = address_of(inbox)
            assert address is not None
            self.assertEqual(address.host, "a.example")
        for inbox in ("", "x", "https://[", "/inbox"):
            self.assertIsNone(address_of(inbox), inbox)


class DeliveryTests(SynchronousTestCase):
    """
    The queue, over a real database and with a clock that we move.
    """

    def setUp(self) -> None:
        """
        A queue that has nothing to do.
        """
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        self.path = directory / "owncast.db"
        self.database = InlineDatabase(self.path)
        self.addCleanup(self.database.connection.close)
        self.clock = Clock()
        self.clock.advance(START)
        self.peers = Peers()
        self.active = True
        self.lost = 0
        self.blocked: set[str] = set()
        self.queue = self.make()
        self.queue.start()
        self.addCleanup(self.stop)

    def make(self) -> Deliveries:
        """
        A queue over what is in the database.
        """
        return Deliveries(
            self.clock,
            self.database,
            self.peers.send,
            lambda: self.active,
            self.blocked.__contains__,
            self.lose,
            lambda: 0.5,
        )

    def lose(self) -> Deferred[None]:
        """
        Notice that followers were forgotten.
        """
        self.lost += 1
        return succeed(None)

    def stop(self) -> None:
        """
        End the queue; it leaves no timer.
        """
        stopped = self.queue.stop()
        self.clock.advance(STOP_SECONDS)
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def deliver(self, *inboxes: str, kept: Published | None = None) -> None:
        """
        Have something delivered.
        """
        more = [] if kept is None else [kept]
        self.successResultOf(Deferred.fromCoroutine(self.queue.deliver(ACTIVITY, inboxes, *more)))

    def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """
        Let time pass, in steps.
        """
        left = seconds
        while left > 0:
            self.clock.advance(min(step, left))
            left -= step

    def figures(self) -> DeliveryFigures:
        """
        How it fares.
        """
        return self.successResultOf(Deferred.fromCoroutine(self.queue.figures()))

    def test_delivered(self) -> None:
        """
        Each inbox gets it once, as a document that can stand alone; nothing is left.
        """
        self.deliver("https://a.example/i", "https://b.example/i", "https://a.example/i")
        self.pass_time(1)
        self.assertEqual(
            sorted(inbox for inbox, _ in self.peers.sent),
            ["https://a.example/i", "https://b.example/i"],
        )
        _, body = self.peers.sent[0]
        self.assertEqual({**body, "@context": None}, {**ACTIVITY, "@context": None})
        self.assertTrue(body["@context"])
        figures = self.figures()
        self.assertEqual((figures.waiting, figures.delivered, figures.failing), (0, 2, []))
        for table in ("federation_outgoing", "federation_deliveries", "federation_hosts"):
            self.assertEqual(self.count(table), 0, table)

    def count(self, table: str) -> int:
        """
        How many rows a table has.
        """
        (count,) = self.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)

    def test_one_lane_per_host(self) -> None:
        """
        A server gets one at a time, in order; others do not wait for it.
        """
        answering: list[Deferred[Sent]] = []

        def slow() -> Deferred[Sent]:
            answering.append(Deferred())
            return answering[-1]

        self.peers.behaviour["a.example"] = slow
        self.deliver("https://a.example/1", "https://a.example/2", "https://b.example/i")
        self.pass_time(1, 0.1)
        self.assertEqual(self.peers.take(), ["https://a.example/1", "https://b.example/i"])
        answering[0].callback(Sent(202))
        self.pass_time(1, 0.1)
        self.assertEqual(self.peers.take(), ["https://a.example/2"])
        answering[1].callback(Sent(202))
        self.assertEqual(self.figures().waiting, 0)

    def test_bounds(self) -> None:
        """
        No more are begun per second than may be, nor are more on their way at once.
        """
        inboxes = [f"https://h{number}.example/i" for number in range(200)]
        for number in range(100):
            self.peers.behaviour[f"h{number}.example"] = hangs
        self.deliver(*inboxes)
        self.pass_time(1, 0.01)
        self.assertLessEqual(len(self.peers.sent), MAX_PER_SECOND + 1)
        self.assertGreater(len(self.peers.sent), MAX_PER_SECOND * 0.8)
        self.pass_time(DELIVERY_SECONDS * 4, 0.05)
        self.assertEqual(self.peers.most_at_once, MAX_PARALLEL)
        figures = self.figures()
        self.assertEqual((figures.delivered, figures.waiting, figures.failed), (100, 100, 100))

    def test_hanging_hosts_hold_nobody_up(self) -> None:
        """
        While a few servers hang, the others have it within seconds.
        """
        for number in range(20):
            self.peers.behaviour[f"h{number}.example"] = hangs
        self.deliver(*(f"https://h{number}.example/i" for number in range(200)))
        self.pass_time(12, 0.02)
        self.assertEqual(self.figures().delivered, 180)

    def test_retried(self) -> None:
        """
        A server that fails is left alone for longer and longer, and gets all when it works again,
        in order.
        """
        for failing in (breaks, hangs, answers(500), answers(503)):
            self.peers.behaviour["a.example"] = failing
            self.deliver("https://a.example/1")
            self.deliver("https://a.example/2")
            self.pass_time(DELIVERY_SECONDS + 1, 0.5)
            self.assertEqual(self.peers.take(), ["https://a.example/1"])
            self.pass_time(40, 0.5)
            self.assertEqual(self.peers.take(), [])
            self.pass_time(40, 0.5)
            self.assertEqual(self.peers.take(), ["https://a.example/1"])
            (host,) = self.figures().failing
            self.assertEqual((host.host, host.failures, host.waiting), ("a.example", 2, 2))
            self.peers.behaviour["a.example"] = takes
            self.pass_time(200)
            self.assertEqual(self.peers.take(), ["https://a.example/1", "https://a.example/2"])
            self.assertEqual(self.figures().failing, [])

    def test_retry_after(self) -> None:
        """
        A server's wish to be left alone is respected.
        """
        self.peers.behaviour["a.example"] = answers(429, "1000")
        self.deliver("https://a.example/1")
        self.pass_time(999)
        self.assertEqual(len(self.peers.take()), 1)
        self.pass_time(2)
        self.assertEqual(len(self.peers.take()), 1)

    def test_refused(self) -> None:
        """
        What will never be taken is given up, and the rest goes on.
        """
        for status in (400, 403, 404):
            self.peers.behaviour["a.example"] = answers(status)
            self.deliver("https://a.example/1", "https://a.example/2")
            self.pass_time(1, 0.1)
            self.assertEqual(self.peers.take(), ["https://a.example/1", "https://a.example/2"])
        figures = self.figures()
        self.assertEqual((figures.waiting, figures.refused, figures.failing), (0, 6, []))

    def test_not_sendable(self) -> None:
        """
        An address that nothing may be sent to is given up as well.
        """

        def forbidden() -> Sent:
            raise NotSendable("the address is private")

        self.peers.behaviour["a.example"] = forbidden
        self.deliver("https://a.example/1")
        self.pass_time(1)
        self.assertEqual((self.figures().waiting, self.figures().refused), (0, 1))

    def test_gone(self) -> None:
        """
        Whose inbox is gone follows no longer.
        """
        self.database.connection.execute(
            "INSERT INTO federation_followers (iri, inbox, username, request_iri, created_at,"
            " approved_at) VALUES ('https://a.example/u', 'https://a.example/1', 'u', 'x', 'y',"
            " 'y')"
        )
        self.database.connection.commit()
        self.peers.behaviour["a.example"] = answers(410)
        self.deliver("https://a.example/1")
        self.pass_time(1)
        self.assertEqual((self.count("federation_followers"), self.lost), (0, 1))

    def test_blocked(self) -> None:
        """
        Nothing goes to servers that are blocked, not even what waits already.
        """
        self.blocked.add("a.example")
        self.deliver("https://a.example/1")
        self.assertEqual(self.count("federation_outgoing"), 0)
        self.blocked.clear()
        self.active = False
        self.deliver("https://a.example/1", "https://b.example/1")
        self.blocked.add("a.example")
        self.active = True
        self.queue.start()
        self.pass_time(1, 0.1)
        self.assertEqual(self.peers.take(), ["https://b.example/1"])
        self.assertEqual(self.count("federation_outgoing"), 0)

    def test_off(self) -> None:
        """
        While federation is off nothing is sent and no timer runs; later it goes on.
        """
        self.active = False
        self.queue.start()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.deliver("https://a.example/1")
        self.pass_time(10)
        self.assertEqual(self.peers.take(), [])
        self.active = True
        self.queue.start()
        self.pass_time(1)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])

    def test_restart(self) -> None:
        """
        What was not delivered is after a restart, and a server that fails is still left alone.
        """
        self.peers.behaviour["a.example"] = answers(500)
        self.peers.behaviour["b.example"] = hangs
        self.deliver("https://a.example/1", "https://b.example/1", "https://c.example/1")
        self.pass_time(2, 0.1)
        self.assertEqual(len(self.peers.take()), 3)
        self.restart()
        self.peers.behaviour.clear()
        self.pass_time(2, 0.1)
        self.assertEqual(self.peers.take(), ["https://b.example/1"])
        self.pass_time(60)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])

    def restart(self) -> None:
        """
        End the queue, and begin another one.
        """
        self.stop()
        self.queue = self.make()
        self.queue.start()

    def test_stop_waits(self) -> None:
        """
        What is on its way may arrive while the server stops; nothing else is begun.
        """
        answering: Deferred[Sent] = Deferred()
        self.peers.behaviour["a.example"] = lambda: answering
        self.deliver("https://a.example/1", "https://a.example/2")
        self.pass_time(1, 0.1)
        stopped = self.queue.stop()
        self.assertNoResult(stopped)
        answering.callback(Sent(202))
        self.successResultOf(stopped)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])
        self.assertEqual(self.count("federation_deliveries"), 1)

    def test_parked_and_forgotten(self) -> None:
        """
        After a week nothing waits for a server that fails; it is tried once a week when there is
        something; after a month it is forgotten, with its followers, but not with who is blocked.
        """
        for name, disabled in (("u", None), ("v", "z")):
            self.database.connection.execute(
                "INSERT INTO federation_followers (iri, inbox, username, request_iri, created_at,"
                " disabled_at) VALUES (?, 'https://a.example/1', 'u', 'x', 'y', ?)",
                [f"https://a.example/{name}", disabled],
            )
        self.database.connection.commit()
        self.peers.behaviour["a.example"] = answers(500)
        self.deliver("https://a.example/1")
        self.pass_time(8 * DAY_SECONDS, 600)
        attempts = len(self.peers.take())
        self.assertTrue(8 < attempts < 20, attempts)
        (host,) = self.figures().failing
        self.assertIsNotNone(host.parked_at)
        self.assertEqual((host.waiting, self.count("federation_outgoing")), (0, 0))
        self.deliver("https://a.example/1")
        self.pass_time(HOUR, 600)
        self.assertEqual(self.peers.take(), [])
        self.pass_time(7 * DAY_SECONDS, 600)
        self.deliver("https://a.example/1")
        self.pass_time(HOUR, 600)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])
        self.assertEqual(self.count("federation_deliveries"), 0)
        self.pass_time(31 * DAY_SECONDS, HOUR)
        self.assertEqual(self.count("federation_hosts"), 0)
        self.assertEqual(
            self.database.connection.execute("SELECT iri FROM federation_followers").fetchall(),
            [("https://a.example/v",)],
        )
        self.assertEqual(self.lost, 1)

    def test_parked_and_back(self) -> None:
        """
        A parked server that speaks to us is one that works.
        """
        self.peers.behaviour["a.example"] = answers(500)
        self.deliver("https://a.example/1")
        self.pass_time(8 * DAY_SECONDS, 600)
        self.peers.take()
        self.peers.behaviour.clear()
        self.successResultOf(Deferred.fromCoroutine(self.queue.heard_from("a.example")))
        self.deliver("https://a.example/1")
        self.pass_time(1)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])

    def test_heard_from_a_failing_one(self) -> None:
        """
        What waits for a server that speaks to us waits no longer.
        """
        self.peers.behaviour["a.example"] = answers(500)
        self.deliver("https://a.example/1")
        self.pass_time(2)
        self.peers.take()
        self.peers.behaviour.clear()
        self.successResultOf(Deferred.fromCoroutine(self.queue.heard_from("a.example")))
        self.pass_time(2, 0.1)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])

    def test_bounded(self) -> None:
        """
        For a server that fails only so much is kept, the newest.
        """
        self.patch(delivery_rows, "MAX_WAITING_PER_HOST", 3)
        self.peers.behaviour["a.example"] = answers(500)
        self.deliver("https://a.example/0")
        self.pass_time(2)
        for number in range(1, 6):
            self.deliver(f"https://a.example/{number}")
        self.peers.take()
        self.peers.behaviour.clear()
        self.pass_time(200)
        self.assertEqual(self.peers.take(), [f"https://a.example/{each}" for each in (3, 4, 5)])

    def test_stale(self) -> None:
        """
        What is a week old is of no use.
        """
        self.active = False
        self.deliver("https://a.example/1")
        self.clock.advance(9 * DAY_SECONDS)
        self.active = True
        self.queue.start()
        self.pass_time(1)
        self.assertEqual(self.count("federation_outgoing"), 0)

    def test_old_activities(self) -> None:
        """
        Activities about other things than posts can be asked for during a month; posts for ever.
        """
        for kind in ("Note", "Tombstone", "Accept", "Update"):
            self.deliver(kept=Published(f"{URL}/federation/{kind}", kind, {}, self.now()))
        self.pass_time(29 * DAY_SECONDS, HOUR)
        self.assertEqual(self.count("federation_outbox"), 4)
        self.pass_time(2 * DAY_SECONDS, HOUR)
        self.assertEqual(self.count("federation_outbox"), 2)

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def test_database_trouble(self) -> None:
        """
        A database that cannot be used delays, and loses nothing.
        """
        self.active = False
        self.deliver("https://a.example/1")
        self.active = True
        self.database.failing = DatabaseBusy("busy")
        self.queue.start()
        self.pass_time(1)
        self.assertTrue(self.flushLoggedErrors(DatabaseBusy))
        self.database.failing = None
        self.pass_time(TROUBLE_SECONDS + 1)
        self.assertEqual(self.peers.take(), ["https://a.example/1"])

    def test_kept_with_it(self) -> None:
        """
        What is published is to be had at the moment when it begins to be delivered, even if
        nobody is there to deliver it to.
        """
        self.deliver(kept=Published(ACTIVITY["id"], "Create", ACTIVITY, DAY))
        self.assertEqual(self.count("federation_outbox"), 1)
        self.assertEqual(self.count("federation_outgoing"), 0)

    def test_many_inboxes_on_many_hosts(self) -> None:
        """
        More servers than are looked up at once all have their turn.
        """
        from owncastd.federation import delivery

        self.patch(delivery, "MAX_READY", 10)
        self.deliver(*(f"https://h{number}.example/i" for number in range(35)))
        self.pass_time(3, 0.02)
        self.assertEqual(self.figures().delivered, 35)


class RandomDeliveryTests(SynchronousTestCase):
    """
    Whatever servers do: everything arrives once or is given up for a reason, in order per server.
    """

    @fuzz(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from(["take", "fail", "hang"])),
            min_size=1,
            max_size=12,
        )
    )
    def test_all_arrive(self, steps: list[tuple[int, str]]) -> None:
        """
        In the end, when all servers work, each has got all, in order, and none of it twice.
        """
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        database = InlineDatabase(directory / "owncast.db")
        self.addCleanup(database.connection.close)
        clock = Clock()
        clock.advance(START)
        peers = Peers()
        taken: dict[str, list[str]] = {}

        async def send(inbox: str, body: bytes) -> Sent:
            sent = await peers.send(inbox, body)
            if sent.status == 202:
                taken.setdefault(inbox.split("/")[2], []).append(inbox)
            return sent

        queue = Deliveries(
            clock, database, send, lambda: True, lambda host: False, spread=lambda: 0.5
        )
        queue.start()
        behaviours: dict[str, Callable[[], Any]] = {
            "take": takes,
            "fail": answers(500),
            "hang": hangs,
        }
        wanted: dict[str, list[str]] = {}
        for number, (host_number, behaviour) in enumerate(steps):
            host = f"h{host_number}.example"
            peers.behaviour[host] = behaviours[behaviour]
            inbox = f"https://{host}/{number}"
            wanted.setdefault(host, []).append(inbox)
            self.successResultOf(Deferred.fromCoroutine(queue.deliver(ACTIVITY, [inbox])))
            clock.pump([0.5] * 4)
        peers.behaviour.clear()
        clock.pump([30.0] * 80)
        self.assertEqual(taken, wanted)
        stopped = queue.stop()
        clock.advance(STOP_SECONDS)
        self.successResultOf(stopped)
        self.assertEqual(clock.getDelayedCalls(), [])


class TimesTests(SynchronousTestCase):
    """
    The policy as a whole.
    """

    def test_days(self) -> None:
        """
        The rests of a week's failures are from a minute to a day.
        """
        now = datetime(2026, 1, 1, tzinfo=UTC)
        since, failures = now, 0
        while not backoff.is_hopeless(since, now):
            failures += 1
            now += timedelta(seconds=rest_seconds(failures, 0.5))
        self.assertTrue(8 <= failures <= 16, failures)
