"""
When it is posted that the stream is on.
"""

from datetime import UTC, datetime, timedelta

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.events import Ended, Interrupted, Resumed, Started
from owncastd.federation.go_live import LOOK_SECONDS, MIN_BETWEEN, PLAYABLE_SECONDS, GoLive
from owncastd.interfaces import BroadcastPlan, StreamState
from owncastd.media.latency import LATENCY_LEVELS
from tests.chat.house import START, MemoryStream

from .house import DAY

PLAN = BroadcastPlan("b", DAY, LATENCY_LEVELS[2], ())


class GoLiveTests(SynchronousTestCase):
    """
    From the start of a broadcast to its post.
    """

    def setUp(self) -> None:
        """
        Nothing is on.
        """
        self.clock = Clock()
        self.clock.advance(START)
        self.stream = MemoryStream()
        self.stream.online, self.stream.state = False, StreamState.OFFLINE
        self.wanted = True
        self.posted: list[datetime] = []
        self.last: datetime | None = None
        self.failing: Exception | None = None
        self.go_live = GoLive(
            self.clock, self.stream, lambda: self.wanted, lambda: succeed(self.last), self.post
        )

    async def post(self) -> str:
        """
        Remember when it was posted.
        """
        if self.failing is not None:
            raise self.failing
        self.last = self.now()
        self.posted.append(self.last)
        return "iri"

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def begin(self, *, playable: bool = True) -> None:
        """
        An encoder comes.
        """
        self.stream.state, self.stream.online = StreamState.LIVE, playable
        self.go_live.happened(Started(PLAN, self.now()))

    def end(self) -> None:
        """
        The broadcast is over.
        """
        self.stream.state, self.stream.online = StreamState.OFFLINE, False
        self.go_live.happened(Ended(PLAN, self.now(), "it stopped"))

    def pass_time(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.clock.pump([LOOK_SECONDS / 2] * int(seconds / LOOK_SECONDS * 2))

    def test_when_playable(self) -> None:
        """
        Not before there is something to see, and has been for a while; then once.
        """
        self.begin(playable=False)
        self.pass_time(60)
        self.assertEqual(self.posted, [])
        self.stream.online = True
        self.pass_time(PLAYABLE_SECONDS - 1)
        self.assertEqual(self.posted, [])
        self.pass_time(PLAYABLE_SECONDS)
        self.assertEqual(len(self.posted), 1)
        self.pass_time(3_600)
        self.assertEqual(len(self.posted), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_resumed(self) -> None:
        """
        An encoder that comes back is no reason for another post, nor may it be away for the first.
        """
        self.begin()
        self.pass_time(PLAYABLE_SECONDS / 2)
        self.stream.state = StreamState.INTERRUPTED
        self.go_live.happened(Interrupted(PLAN, self.now(), "lost", 30.0))
        self.pass_time(PLAYABLE_SECONDS * 2)
        self.assertEqual(self.posted, [])
        self.stream.state = StreamState.LIVE
        self.go_live.happened(Resumed(PLAN, self.now()))
        self.pass_time(PLAYABLE_SECONDS * 2)
        self.assertEqual(len(self.posted), 1)
        self.go_live.happened(Interrupted(PLAN, self.now(), "lost", 30.0))
        self.go_live.happened(Resumed(PLAN, self.now()))
        self.pass_time(3_600)
        self.assertEqual(len(self.posted), 1)

    def test_false_start(self) -> None:
        """
        A broadcast that ends at once is told to nobody.
        """
        self.begin()
        self.pass_time(PLAYABLE_SECONDS / 2)
        self.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.pass_time(60)
        self.assertEqual(self.posted, [])

    def test_soon_again(self) -> None:
        """
        A second broadcast within minutes is not told of, also if the server was started anew in
        between; a later one is.
        """
        for again in (False, True):
            self.begin()
            self.pass_time(PLAYABLE_SECONDS * 2)
            self.end()
            self.assertEqual(len(self.posted), 1, again)
        self.last = self.now() - MIN_BETWEEN + timedelta(minutes=1)
        self.begin()
        self.pass_time(PLAYABLE_SECONDS * 2)
        self.end()
        self.assertEqual(len(self.posted), 1)
        self.pass_time(MIN_BETWEEN.total_seconds())
        self.begin()
        self.pass_time(PLAYABLE_SECONDS * 2)
        self.end()
        self.assertEqual(len(self.posted), 2)

    def test_not_wanted(self) -> None:
        """
        While federation is off nothing is posted.
        """
        self.wanted = False
        self.begin()
        self.pass_time(60)
        self.assertEqual((self.posted, self.clock.getDelayedCalls()), ([], []))

    def test_failure(self) -> None:
        """
        A failure is logged, and does no harm.
        """
        self.failing = ValueError("broken")
        self.begin()
        self.pass_time(60)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.go_live.stop()

    def test_stop(self) -> None:
        """
        It leaves no timer, and tells of what is being posted.
        """
        self.begin()
        self.go_live.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        waiting: Deferred[datetime | None] = Deferred()
        go_live = GoLive(self.clock, self.stream, lambda: True, lambda: waiting, self.post)
        go_live.happened(Started(PLAN, self.now()))
        self.pass_time(PLAYABLE_SECONDS * 2)
        posting = go_live.stop()
        assert posting is not None
        self.assertNoResult(posting)
        waiting.callback(None)
        self.successResultOf(posting)
        self.assertEqual(len(self.posted), 1)
