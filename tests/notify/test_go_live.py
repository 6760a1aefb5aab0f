"""
When the world is told: once, late enough, and not after it is over.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.events import Ended, Interrupted, Resumed, Started
from owncastd.database.migrations import prepare
from owncastd.interfaces import BroadcastPlan, StreamState
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE
from owncastd.notify.announcement import Announcement
from owncastd.notify.fetching import NotTold
from owncastd.notify.go_live import (
    AGAIN_SECONDS,
    LOOK_SECONDS,
    MIN_SECONDS_BETWEEN,
    RESTART_SECONDS,
    Channel,
    GoLive,
    Wanted,
)
from owncastd.notify.occasions import Occasion, store_occasion, stored_occasion
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from tests.web.support import LIVE, NOW, OFFLINE, FixedStatus

DELAY = catalogue.GO_LIVE_DELAY_SECONDS.default()


class GoLiveCase(SynchronousTestCase):
    """
    A server that tells through two channels, and can be killed and started again.
    """

    def setUp(self) -> None:
        """
        It has never told anybody.
        """
        self.clock = Clock()
        self.clock.advance(NOW)
        self.settings = Settings.in_memory()
        self.status = FixedStatus()
        self.told: list[tuple[str, str]] = []
        self.wanted: list[Wanted] = []
        self.enabled = {"once", "resumable"}
        self.results: dict[str, list[Any]] = {}
        self.saved: Occasion | None = None
        self.saving: Deferred[None] | None = None
        self.go_live = self.make()

    def make(self, last_alive: datetime | None = None) -> GoLive:
        """
        Start the server, which knows what was saved.
        """
        return GoLive(
            self.clock,
            self.status,
            self.settings,
            [self.channel("once"), self.channel("resumable", resumable=True)],
            self.save,
            self.saved,
            last_alive,
        )

    def channel(self, name: str, resumable: bool = False) -> Channel:
        """
        A channel that notes what it is told, and ends as it was set.
        """

        async def tell(announcement: Announcement, wanted: Wanted) -> None:
            self.told.append((name, announcement.occasion))
            self.wanted.append(wanted)
            for result in self.results.get(name, [])[:1]:
                self.results[name].pop(0)
                if isinstance(result, Exception):
                    raise result
                await result

        return Channel(name, lambda: name in self.enabled, tell, resumable)

    def save(self, occasion: Occasion) -> Deferred[None]:
        """
        Make it durable, now or when the test wants it.
        """
        if self.saving is not None:
            return self.saving
        self.saved = occasion
        return succeed(None)

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def plan(self, name: str) -> BroadcastPlan:
        """
        A broadcast.
        """
        return BroadcastPlan(name, self.now(), LATENCY_LEVELS[2], (SOURCE,))

    def start(self, name: str = "a", online: bool = True) -> None:
        """
        A broadcast begins.
        """
        self.status.status = LIVE if online else evolve(LIVE, online=False)
        self.go_live.happened(Started(self.plan(name), self.now()))

    def end(self, name: str = "a") -> None:
        """
        It is over.
        """
        self.status.status = OFFLINE
        self.go_live.happened(Ended(self.plan(name), self.now(), "The streamer stopped."))

    def kill(self, after: float) -> None:
        """
        The server dies, and is there again after so many seconds.
        """
        died = self.now()
        for call in self.clock.getDelayedCalls():
            call.cancel()
        self.told.clear()
        self.status.status = OFFLINE
        self.clock.advance(after)
        self.go_live = self.make(died)


class OnceTests(GoLiveCase):
    """
    Without accidents.
    """

    def test_delay(self) -> None:
        """
        Everybody is told after the delay, and not before; then not again.
        """
        self.start()
        self.clock.advance(DELAY - 1)
        self.assertEqual(self.told, [])
        self.clock.advance(1)
        self.assertEqual(self.told, [("once", "a"), ("resumable", "a")])
        self.clock.advance(10_000)
        self.assertEqual(len(self.told), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_delay(self) -> None:
        """
        The delay is a setting, and may be none.
        """
        self.successResultOf(self.settings.set(catalogue.GO_LIVE_DELAY_SECONDS, 0.0))
        self.start()
        self.clock.advance(0)
        self.assertEqual(len(self.told), 2)

    def test_over_before(self) -> None:
        """
        Of what ends before the delay nobody is told.
        """
        self.start()
        self.clock.advance(DELAY - 1)
        self.end()
        self.clock.advance(DELAY)
        self.assertEqual(self.told, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_not_playable(self) -> None:
        """
        Nobody is told before there is something to see, nor while the encoder is lost.
        """
        self.start(online=False)
        self.clock.advance(DELAY)
        self.assertEqual(self.told, [])
        self.status.status = evolve(LIVE, state=StreamState.INTERRUPTED)
        self.clock.pump([LOOK_SECONDS] * 20)
        self.assertEqual(self.told, [])
        self.status.status = LIVE
        self.clock.advance(LOOK_SECONDS)
        self.assertEqual(len(self.told), 2)

    def test_resumed(self) -> None:
        """
        An encoder that was lost and came back is no second stream.
        """
        self.start()
        self.clock.advance(DELAY)
        self.go_live.happened(Interrupted(self.plan("a"), self.now(), "lost", 30.0))
        self.go_live.happened(Resumed(self.plan("a"), self.now()))
        self.clock.advance(10_000)
        self.assertEqual(len(self.told), 2)

    def test_switched_off(self) -> None:
        """
        Channels that are not wanted tell nothing.
        """
        self.enabled = {"resumable"}
        self.start()
        self.clock.advance(DELAY)
        self.assertEqual(self.told, [("resumable", "a")])

    def test_again(self) -> None:
        """
        The next broadcast is told of, unless the last was told of just before.
        """
        self.start()
        self.clock.advance(DELAY)
        self.end()
        self.start("b")
        self.clock.advance(MIN_SECONDS_BETWEEN - 1)
        self.end("b")
        self.assertEqual(len(self.told), 2)
        self.start("c")
        self.clock.advance(DELAY)
        self.assertEqual(self.told[2:], [("once", "c"), ("resumable", "c")])

    def test_tried_again(self) -> None:
        """
        What may go better later is tried a few times.
        """
        self.enabled = {"once"}
        self.results = {"once": [NotTold("busy", again=True)] * 10}
        self.start()
        self.clock.advance(DELAY)
        self.clock.pump(AGAIN_SECONDS)
        self.clock.advance(10_000)
        self.assertEqual(len(self.told), 1 + len(AGAIN_SECONDS))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_given_up(self) -> None:
        """
        What will not go better is not tried again, nor what is over.
        """
        self.results = {"once": [NotTold("no")], "resumable": [NotTold("busy", again=True)]}
        self.start()
        self.clock.advance(DELAY)
        self.end()
        self.clock.advance(10_000)
        self.assertEqual(len(self.told), 2)

    def test_wanted(self) -> None:
        """
        Channels can tell when it is over.
        """
        self.start()
        self.clock.advance(DELAY)
        self.assertTrue(all(wanted() for wanted in self.wanted))
        self.end()
        self.start("b")
        self.assertFalse(any(wanted() for wanted in self.wanted))

    def test_broken(self) -> None:
        """
        A mistake in one channel is logged, and keeps it from no other.
        """
        self.results = {"once": [ZeroDivisionError()]}
        self.start()
        self.clock.advance(DELAY)
        self.assertEqual(len(self.told), 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_stopped(self) -> None:
        """
        When the server stops, nothing is left behind.
        """
        waiting: Deferred[None] = Deferred()
        self.results = {"once": [NotTold("busy", again=True)], "resumable": [waiting]}
        self.start()
        self.clock.advance(DELAY)
        self.successResultOf(self.go_live.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(waiting.called)


class KilledTests(GoLiveCase):
    """
    A server that dies in the middle.
    """

    def test_before_the_delay(self) -> None:
        """
        Nobody is forgotten: the delay is that of the whole broadcast.
        """
        self.start()
        self.clock.advance(DELAY - 20)
        self.kill(10)
        self.start("b")
        self.clock.advance(9)
        self.assertEqual(self.told, [])
        self.clock.advance(1)
        self.assertEqual(self.told, [("once", "a"), ("resumable", "a")])

    def test_afterwards(self) -> None:
        """
        Nobody is told twice, however long the broadcast had been going on.
        """
        self.start()
        self.clock.advance(50_000)
        self.kill(RESTART_SECONDS)
        self.start("b")
        self.clock.advance(50_000)
        self.assertEqual(self.told, [])

    def test_in_the_middle(self) -> None:
        """
        What was begun is not begun again, unless it knows itself where it was.
        """
        self.results = {"once": [Deferred()], "resumable": [Deferred()]}
        self.start()
        self.clock.advance(DELAY)
        self.kill(5)
        self.results = {}
        self.start("b")
        self.clock.advance(1)
        self.assertEqual(self.told, [("resumable", "a")])

    def test_written_down_first(self) -> None:
        """
        A channel is not begun before it is durable that it was.
        """
        self.enabled = {"once"}
        self.start()
        self.saving = Deferred()
        self.clock.advance(DELAY)
        self.assertEqual(self.told, [])
        self.saving.callback(None)
        self.assertEqual(len(self.told), 1)

    def test_not_written_down(self) -> None:
        """
        A database that fails keeps nobody from being told.
        """
        self.enabled = {"once"}
        self.start()
        self.saving = Deferred()
        self.clock.advance(DELAY)
        self.saving.errback(OSError("disk"))
        self.assertEqual(len(self.told), 1)
        self.flushLoggedErrors(OSError)

    def test_much_later(self) -> None:
        """
        An encoder that comes after a long time begins something new.
        """
        self.start()
        self.clock.advance(DELAY)
        self.kill(RESTART_SECONDS + 1)
        self.start("b")
        self.clock.advance(DELAY)
        self.assertEqual(self.told, [("once", "b"), ("resumable", "b")])

    def test_orderly_restart(self) -> None:
        """
        A server that is stopped ends the broadcast itself; that is no end to those who were told.
        """
        self.start()
        self.clock.advance(5_000)
        self.successResultOf(self.go_live.stop())
        self.end()
        self.kill(30)
        self.start("b")
        self.clock.advance(5_000)
        self.assertEqual(self.told, [])

    def test_ended_before(self) -> None:
        """
        What was over before the server died does not go on.
        """
        self.start()
        self.clock.advance(DELAY)
        self.end()
        self.kill(MIN_SECONDS_BETWEEN)
        self.start("b")
        self.clock.advance(DELAY)
        self.assertEqual(len(self.told), 2)


class RowTests(SynchronousTestCase):
    """
    Occasions in the database.
    """

    def test_round_trip(self) -> None:
        """
        The newest is kept as it was; before the first there is none.
        """
        folder = Path(self.mktemp()).absolute()
        connection = prepare(folder / "owncast.db", folder)
        self.addCleanup(connection.close)
        self.assertIsNone(stored_occasion(connection))
        when = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
        for occasion in (
            Occasion("a", when),
            Occasion("b", when, when, when, frozenset({"x", "y"})),
        ):
            store_occasion(connection.cursor(), occasion)
            self.assertEqual(stored_occasion(connection), occasion)
