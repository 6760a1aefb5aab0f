"""
The life of a broadcast: a table of what happens, driven by a clock, and what is seen of it.

A script is a list of words: C{a1} publishes with key a from connection 1, C{a1+} sends a key frame
on it, C{a1-} loses it, C{a1.} stops it in an orderly way, and a number lets seconds pass.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.broadcast.events import (
    BroadcastEvent,
    Ended,
    Interrupted,
    Resumed,
    Retitled,
    Started,
)
from owncastd.broadcast.history import History, StreamRecord
from owncastd.broadcast.machine import SILENCE_SECONDS
from owncastd.broadcast.session import TAKEOVER_SILENCE_SECONDS, Broadcast
from owncastd.broadcast.viewers import Audience
from owncastd.interfaces import (
    AlreadyLive,
    BroadcastPlan,
    IFlow,
    IIngest,
    IMediaSink,
    IPublication,
    IStreamStatus,
    PublishRefused,
    StreamKeyRejected,
    StreamState,
)
from owncastd.media.latency import DEFAULT_LATENCY_LEVEL
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import SOURCE
from tests.fakes import MemoryPublisher, MemorySink

OFFLINE, LIVE, INTERRUPTED = StreamState.OFFLINE, StreamState.LIVE, StreamState.INTERRUPTED
GRACE = 30.0
START = 1_700_000_000.0


def frame(timestamp_ms: int = 0) -> MediaMessage:
    """
    An AVC key frame, so far as anybody looks at it.
    """
    return MediaMessage(MessageKind.VIDEO, timestamp_ms, b"\x17\x01\0\0\0frame")


@define(eq=False)
class FailingSink:
    """
    A sink that raises whatever is asked of it, and counts.
    """

    calls: list[str] = field(factory=list)

    def write(self, message: MediaMessage) -> None:
        """
        Raise.
        """
        self.calls.append("write")
        raise ZeroDivisionError

    def discontinuity(self) -> None:
        """
        Raise.
        """
        self.calls.append("discontinuity")
        raise ZeroDivisionError

    def end(self) -> None:
        """
        Raise.
        """
        self.calls.append("end")
        raise ZeroDivisionError


class BroadcastTestCase(SynchronousTestCase):
    """
    A broadcast with memory around it.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.grace = GRACE
        self.frames = 0
        self.playable = True
        self.events: list[BroadcastEvent] = []
        self.sinks: list[MemorySink] = []
        self.flows: list[IFlow] = []
        self.extra_sinks: list[IMediaSink] = []
        self.publishers: dict[str, MemoryPublisher] = {}
        self.publications: dict[str, IPublication] = {}
        self.audience = Audience(self.clock)
        self.history = History.in_memory(self.clock)
        self.broadcast = Broadcast(
            self.clock,
            lambda key: key[0] if key[:1] in ("a", "b") else None,
            self.make_plan,
            self.make_sinks,
            lambda: self.grace,
            lambda: self.playable,
            self.audience,
            self.history,
            [self.events.append],
        )

    def tearDown(self) -> None:
        self.broadcast.shutdown()
        self.assertEqual(self.clock.getDelayedCalls(), [], "a timer outlived the broadcast")

    def make_plan(self) -> BroadcastPlan:
        """
        A plan with a number for a name.
        """
        return BroadcastPlan(
            broadcast_id=str(len(self.sinks) + 1),
            started_at=datetime.fromtimestamp(self.clock.seconds(), UTC),
            latency=DEFAULT_LATENCY_LEVEL,
            renditions=(SOURCE,),
        )

    def make_sinks(self, plan: BroadcastPlan, flow: IFlow) -> Sequence[IMediaSink]:
        """
        One sink that remembers, after those that a test wants.
        """
        self.sinks.append(MemorySink())
        self.flows.append(flow)
        return [*self.extra_sinks, self.sinks[-1]]

    def publish(self, name: str) -> IPublication:
        """
        Publish with the key that the name begins with.
        """
        self.publishers[name] = MemoryPublisher(address=name)
        self.publications[name] = self.broadcast.publish(name, self.publishers[name])
        return self.publications[name]

    def play(self, script: str) -> None:
        """
        Do what a script says.
        """
        for word in script.split():
            if word[0].isdigit():
                self.clock.advance(float(word))
            elif word.endswith("+"):
                self.frames += 1
                self.publications[word[:-1]].write(frame(self.frames * 40))
            elif word.endswith("-"):
                self.publications[word[:-1]].lost("The connection was lost.")
            elif word.endswith("."):
                self.publications[word[:-1]].stop()
            else:
                self.publish(word)

    def told(self) -> list[str]:
        """
        The events as short words with the number of their broadcast.
        """
        return [
            f"{type(event).__name__.lower()} {event.plan.broadcast_id if event.plan else '-'}"
            for event in self.events
        ]

    def received(self, index: int = 0) -> str:
        """
        What one broadcast's sink got: frames, discontinuities, end.
        """
        sink = self.sinks[index]
        marks = "".join("|" if message is None else "." for message in sink.received)
        return marks + ("E" if sink.ended else "")


#: script, state at the end, events, what each broadcast's sink received
LIVES: list[tuple[str, StreamState, list[str], list[str]]] = [
    ("", OFFLINE, [], []),
    ("a1", LIVE, ["started 1"], [""]),
    ("a1 a1+ a1.", OFFLINE, ["started 1", "ended 1"], [".E"]),
    ("a1 a1+ a1-", INTERRUPTED, ["started 1", "interrupted 1"], [".|"]),
    ("a1 a1- 29.9", INTERRUPTED, ["started 1", "interrupted 1"], ["|"]),
    ("a1 a1- 30", OFFLINE, ["started 1", "interrupted 1", "ended 1"], ["|E"]),
    (
        "a1 a1+ a1- 5 a2 a2+",
        LIVE,
        ["started 1", "interrupted 1", "resumed 1"],
        [".|."],
    ),
    (
        "a1 a1- 29 a2 29 a2+ 9 a2-",
        INTERRUPTED,
        # Silent for 29 seconds: lost 10 seconds after it came back, and given up later.
        ["started 1", "interrupted 1", "resumed 1", "interrupted 1"],
        ["||"],
    ),
    ("a1 a1- a2 a2.", OFFLINE, ["started 1", "interrupted 1", "resumed 1", "ended 1"], ["|E"]),
    (
        "a1 a1+ a1- b2 b2+",
        LIVE,
        ["started 1", "interrupted 1", "ended 1", "started 2"],
        [".|E", "."],
    ),
    ("a1 a1. a1+ a1- a1.", OFFLINE, ["started 1", "ended 1"], ["E"]),
    ("a1 a1- a1+ a1. a1-", INTERRUPTED, ["started 1", "interrupted 1"], ["|"]),
    ("a1 a1- a2 a1+ a1. a1-", LIVE, ["started 1", "interrupted 1", "resumed 1"], ["|"]),
    # Silence.
    ("a1 9.9", LIVE, ["started 1"], [""]),
    ("a1 10", INTERRUPTED, ["started 1", "interrupted 1"], ["|"]),
    ("a1 9 a1+ 9 a1+ 9", LIVE, ["started 1"], [".."]),
    ("a1 9 a1+ 1 9", INTERRUPTED, ["started 1", "interrupted 1"], [".|"]),
    ("a1 10 30", OFFLINE, ["started 1", "interrupted 1", "ended 1"], ["|E"]),
    # Taking over.
    ("a1 a1+ 3 a2 a2+", LIVE, ["started 1"], [".|."]),
    ("a1 a1+ 3 a2 a1+ a1. a1- a2+", LIVE, ["started 1"], [".|."]),
    ("a1 3 a2 10", INTERRUPTED, ["started 1", "interrupted 1"], ["||"]),
    # A second broadcast.
    (
        "a1 a1+ a1. a2 a2+ a2.",
        OFFLINE,
        ["started 1", "ended 1", "started 2", "ended 2"],
        [".E", ".E"],
    ),
]


class LifeTests(BroadcastTestCase):
    """
    The table, and the refusals.
    """

    def test_provides(self) -> None:
        """
        The interfaces are kept, by publications too.
        """
        verifyObject(IIngest, self.broadcast)
        verifyObject(IStreamStatus, self.broadcast)
        verifyObject(IPublication, self.publish("a1"))
        verifyObject(IFlow, self.flows[0])

    def test_lives(self) -> None:
        """
        Each script leads to its state, its events and its media.
        """
        for script, state, events, received in LIVES:
            self.setUp()
            self.play(script)
            self.assertIs(self.broadcast.stream_state, state, script)
            self.assertEqual(self.told(), events, script)
            self.assertEqual(
                [self.received(index) for index in range(len(self.sinks))], received, script
            )
            self.tearDown()

    def test_wrong_key(self) -> None:
        """
        A wrong key is refused in every state, and disturbs nothing.
        """
        for script, state in (("", OFFLINE), ("a1", LIVE), ("a1 a1-", INTERRUPTED)):
            self.setUp()
            self.play(script)
            self.assertRaises(StreamKeyRejected, self.publish, "x9")
            self.assertRaises(StreamKeyRejected, self.publish, "")
            self.assertIs(self.broadcast.stream_state, state)
            self.tearDown()

    def test_already_live(self) -> None:
        """
        While somebody is live nobody else is let in: another key never, the same key not before
        the present encoder has been silent.
        """
        self.play("a1 a1+")
        self.clock.advance(TAKEOVER_SILENCE_SECONDS - 0.1)
        self.assertRaises(AlreadyLive, self.publish, "a2")
        self.assertRaises(AlreadyLive, self.publish, "b2")
        self.clock.advance(0.2)
        self.assertRaises(AlreadyLive, self.publish, "b2")
        self.publish("a2")
        self.assertIsNotNone(self.publishers["a1"].disconnected)
        self.assertIsNone(self.publishers["a2"].disconnected)

    def test_metadata_is_no_media(self) -> None:
        """
        An encoder that sends only metadata is silent.
        """
        publication = self.publish("a1")
        for _ in range(int(SILENCE_SECONDS)):
            self.clock.advance(1)
            publication.write(MediaMessage(MessageKind.METADATA, 0, b"hello"))
        self.assertIs(self.broadcast.stream_state, INTERRUPTED)

    def test_silent_encoder_is_sent_away(self) -> None:
        """
        An encoder that is given up is told so, and its late media is ignored.
        """
        self.play("a1 10")
        self.assertIn("10 seconds", str(self.publishers["a1"].disconnected))
        self.play("a1+")
        self.assertEqual(self.received(), "|")

    def test_no_grace(self) -> None:
        """
        With the grace time off, a loss or a silence ends the broadcast at once.
        """
        self.grace = 0.0
        self.play("a1 a1-")
        self.assertEqual(self.told(), ["started 1", "ended 1"])
        self.play("a2 10")
        self.assertEqual(self.told()[2:], ["started 2", "ended 2"])
        self.assertEqual([self.received(0), self.received(1)], ["E", "E"])

    def test_grace_is_asked_each_time(self) -> None:
        """
        A changed grace time counts at the next interruption.
        """
        self.play("a1 a1- a2")
        self.grace = 5.0
        self.play("a2- 5")
        self.assertIs(self.broadcast.stream_state, OFFLINE)
        (_, _, _, interrupted, _) = self.events
        assert isinstance(interrupted, Interrupted)
        self.assertEqual(interrupted.grace_seconds, 5.0)

    def test_events(self) -> None:
        """
        Events carry the plan, the time and the reason.
        """
        self.play("a1 2 a1- 3 a2 4 a2.")
        plan = self.events[0].plan
        assert plan is not None
        at = [datetime.fromtimestamp(START + seconds, UTC) for seconds in (0, 2, 5, 9)]
        self.assertEqual(
            self.events,
            [
                Started(plan, at[0]),
                Interrupted(plan, at[1], "The connection was lost.", GRACE),
                Resumed(plan, at[2]),
                Ended(plan, at[3], "The streamer stopped."),
            ],
        )

    def test_plan(self) -> None:
        """
        The plan is asked for once per broadcast, and shown while it runs.
        """
        self.assertIsNone(self.broadcast.plan)
        self.play("a1")
        plan = self.broadcast.plan
        self.play("a1- a2")
        self.assertIs(self.broadcast.plan, plan)
        self.play("a2.")
        self.assertIsNone(self.broadcast.plan)


class MediaTests(BroadcastTestCase):
    """
    What the sinks get.
    """

    def test_one_clock(self) -> None:
        """
        Over an interruption the clock goes on, whatever the second encoder's says.
        """
        first = self.publish("a1")
        for timestamp in (5000, 5040, 5080):
            first.write(frame(timestamp))
        self.play("a1- 7")
        second = self.publish("a2")
        for timestamp in (900, 940):
            second.write(frame(timestamp))
        times = [None if each is None else each.timestamp_ms for each in self.sinks[0].received]
        self.assertEqual(times, [0, 40, 80, None, 7000, 7040])

    def test_jump(self) -> None:
        """
        A jump within a publication is a discontinuity.
        """
        publication = self.publish("a1")
        publication.write(frame(1000))
        publication.write(frame(900_000))
        self.assertEqual(self.received(), ".|.")

    def test_failing_sink(self) -> None:
        """
        A sink that raises is logged, ended once and left out; the other gets everything.
        """
        failing = FailingSink()
        self.extra_sinks = [failing]  # type: ignore[list-item]
        self.play("a1 a1+ a1+ a1- a2 a2.")
        self.assertEqual(failing.calls, ["write", "end"])
        self.assertEqual(self.received(), "..|E")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_sink_failing_at_an_interruption(self) -> None:
        """
        The same at a discontinuity, and at the end.
        """
        failing = FailingSink()
        self.extra_sinks = [failing]  # type: ignore[list-item]
        self.play("a1 a1- a2 a2.")
        self.assertEqual(failing.calls, ["discontinuity", "end"])
        failing.calls.clear()
        self.play("a3 a3.")
        self.assertEqual(failing.calls, ["end"])
        self.assertEqual([self.received(0), self.received(1)], ["|E", "E"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 3)

    def test_no_sink_left(self) -> None:
        """
        When the last sink has failed the broadcast ends, and the encoder is sent away.
        """
        for script in ("a1 a1+", "a1 a1-", "a1 3 a2"):
            self.setUp()
            self.patch(self.broadcast, "_pipeline", lambda plan, flow: [FailingSink()])
            self.play(script)
            self.assertEqual(self.told()[-1], "ended 1", script)
            self.assertIs(self.broadcast.stream_state, OFFLINE)
            if not script.endswith("-"):
                self.assertIsNotNone(self.publishers[script.split()[-1][:2]].disconnected)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
            self.tearDown()

    def test_pipeline_cannot_start(self) -> None:
        """
        When sinks cannot be made the encoder is refused, and may try again.
        """

        def fail(plan: BroadcastPlan, flow: IFlow) -> Sequence[IMediaSink]:
            raise ZeroDivisionError

        works = self.broadcast._pipeline
        self.broadcast._pipeline = fail
        self.assertRaises(PublishRefused, self.publish, "a1")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertIs(self.broadcast.stream_state, OFFLINE)
        self.broadcast._pipeline = works
        self.publish("a1")

    def test_failing_listener(self) -> None:
        """
        A listener that raises is logged, and the others hear everything.
        """

        def fail(event: BroadcastEvent) -> None:
            raise ZeroDivisionError

        heard: list[BroadcastEvent] = []
        self.broadcast.subscribe(fail, heard.append)
        self.play("a1 a1.")
        self.assertEqual(heard, self.events)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_listener_that_ends_the_broadcast(self) -> None:
        """
        A listener may end the broadcast from within an event; what happens keeps its order.
        """

        def end(event: BroadcastEvent) -> None:
            if isinstance(event, Started | Interrupted):
                self.broadcast.disconnect("enough")

        self.broadcast.subscribe(end)
        self.play("a1")
        self.assertEqual(self.told(), ["started 1", "ended 1"])
        self.assertEqual(self.publishers["a1"].disconnected, "enough")


class FlowTests(BroadcastTestCase):
    """
    Backpressure.
    """

    def test_forwarded(self) -> None:
        """
        Pauses and resumes reach the encoder.
        """
        self.play("a1")
        publisher = self.publishers["a1"]
        self.flows[0].pause()
        self.assertTrue(publisher.paused)
        self.flows[0].resume()
        self.assertFalse(publisher.paused)

    def test_new_publisher_is_paused(self) -> None:
        """
        An encoder that comes back while the sinks are full is paused, too.
        """
        self.play("a1")
        self.flows[0].pause()
        self.play("a1- a2")
        self.assertTrue(self.publishers["a2"].paused)
        self.flows[0].resume()
        self.assertFalse(self.publishers["a2"].paused)

    def test_nobody_to_pause(self) -> None:
        """
        Pauses during an interruption, and after the end, go nowhere.
        """
        self.play("a1 a1-")
        self.flows[0].pause()
        self.flows[0].resume()
        self.play("a2 a2. a3")
        self.flows[0].pause()
        self.assertEqual(self.publishers["a3"].pauses, 0)

    def test_not_left_paused(self) -> None:
        """
        A connection that stopped while it was paused is read again: it may publish once more.
        """
        self.play("a1")
        self.flows[0].pause()
        self.play("a1.")
        self.assertFalse(self.publishers["a1"].paused)

    def test_paused_is_not_silent(self) -> None:
        """
        An encoder that we do not read is neither lost nor replaceable; its silence counts from
        the moment we read again.
        """
        self.play("a1")
        self.flows[0].pause()
        self.clock.pump([1.0] * 60)
        self.assertRaises(AlreadyLive, self.publish, "a2")
        self.flows[0].resume()
        self.assertRaises(AlreadyLive, self.publish, "a2")
        self.clock.pump([0.1] * 99)
        self.assertIs(self.broadcast.stream_state, LIVE)
        self.clock.advance(0.2)
        self.assertIs(self.broadcast.stream_state, INTERRUPTED)


class StatusTests(BroadcastTestCase):
    """
    What is known of the stream, and how it is ended from here.
    """

    def test_offline(self) -> None:
        """
        A new server has nothing to tell.
        """
        status = self.broadcast.stream_status()
        self.assertEqual((status.state, status.online, status.viewer_count), (OFFLINE, False, 0))
        self.assertIsNone(status.last_connect_time)
        self.assertIsNone(status.last_disconnect_time)

    def test_times(self) -> None:
        """
        The connect time is there while a broadcast runs, interruptions included; the disconnect
        time while none does.
        """
        began = datetime.fromtimestamp(START, UTC)
        for script in ("a1", "2 a1-", "a2"):
            self.play(script)
            status = self.broadcast.stream_status()
            self.assertEqual(
                (status.last_connect_time, status.last_disconnect_time), (began, None), script
            )
        self.play("a2.")
        status = self.broadcast.stream_status()
        self.assertIsNone(status.last_connect_time)
        self.assertEqual(status.last_disconnect_time, datetime.fromtimestamp(START + 2, UTC))

    def test_online_needs_media(self) -> None:
        """
        The stream is online when there is something to play, also while interrupted, and never
        while offline.
        """
        self.playable = False
        self.play("a1")
        self.assertFalse(self.broadcast.stream_status().online)
        self.playable = True
        self.assertTrue(self.broadcast.stream_status().online)
        self.play("a1-")
        self.assertTrue(self.broadcast.stream_status().online)
        self.play("30")
        self.assertFalse(self.broadcast.stream_status().online)

    def test_retitled(self) -> None:
        """
        Another title is told during a broadcast and between two; losing it is not.
        """
        self.broadcast.retitle("Soon")
        self.play("a1")
        self.broadcast.retitle("Now")
        self.broadcast.retitle("")
        self.assertEqual(self.told(), ["retitled -", "started 1", "retitled 1"])
        soon, started, now = self.events
        assert isinstance(soon, Retitled) and isinstance(now, Retitled)
        self.assertEqual((soon.title, now.title), ("Soon", "Now"))
        self.assertEqual((now.plan, now.at), (started.plan, datetime.fromtimestamp(START, UTC)))

    def test_viewers(self) -> None:
        """
        Viewers count while online; the peaks stay.
        """
        self.playable = False
        self.audience.watching("192.0.2.1", "early")
        self.play("a1")
        self.audience.watching("192.0.2.1", "a")
        self.audience.watching("192.0.2.1", "b")
        self.assertEqual(self.broadcast.stream_status().viewer_count, 0)
        self.playable = True
        self.assertEqual(self.broadcast.stream_status().viewer_count, 2)
        self.play("a1.")
        status = self.broadcast.stream_status()
        self.assertEqual(
            (
                status.viewer_count,
                status.session_peak_viewer_count,
                status.overall_peak_viewer_count,
            ),
            (0, 2, 2),
        )
        self.play("a2")
        self.audience.watching("192.0.2.1", "a")
        status = self.broadcast.stream_status()
        self.assertEqual(
            (status.session_peak_viewer_count, status.overall_peak_viewer_count), (1, 2)
        )

    def test_disconnect(self) -> None:
        """
        The administrator can end a broadcast, live or interrupted, and learns if there was none.
        """
        self.assertFalse(self.broadcast.disconnect("Enough."))
        self.play("a1")
        self.assertTrue(self.broadcast.disconnect("Enough."))
        self.assertEqual(self.publishers["a1"].disconnected, "Enough.")
        self.play("a1+ a1- a2 a2-")
        self.assertTrue(self.broadcast.disconnect("Enough."))
        self.assertIsNone(self.publishers["a2"].disconnected)
        self.assertEqual([self.received(0), self.received(1)], ["E", "|E"])

    def test_shutdown(self) -> None:
        """
        At the end of the server the broadcast ends as well, its encoder is told, the history is
        saved, and nobody is let in any more.
        """
        saving: list[Deferred[None]] = []
        records: list[StreamRecord] = []

        def save(record: StreamRecord, now: datetime) -> Deferred[None]:
            records.append(record)
            saving.append(Deferred())
            return saving[-1]

        self.patch(self.history, "_save", save)
        self.play("a1 a1+ 1")
        done = self.broadcast.shutdown()
        self.assertEqual(self.received(), ".E")
        self.assertIsNotNone(self.publishers["a1"].disconnected)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertRaises(PublishRefused, self.publish, "a2")
        self.assertNoResult(done)
        saving[0].callback(None)
        self.assertNoResult(done)
        saving[1].callback(None)
        self.successResultOf(done)
        self.assertEqual(records[-1].last_disconnect_time, datetime.fromtimestamp(START + 1, UTC))

    def test_key_is_hidden(self) -> None:
        """
        Nothing that might be logged has the stream key in it.
        """
        self.broadcast.publish("a very secret key", MemoryPublisher())
        self.assertNotIn("secret", repr(self.broadcast))
        self.assertNotIn("'a'", repr(self.broadcast._core))
