"""
Small aids for the tests of windows and their delivery.
"""

from datetime import UTC, datetime

from attrs import define, field
from twisted.internet.task import Clock
from zope.interface import implementer

from owncastd.hls.delivery import Delivery
from owncastd.hls.origin import Origin
from owncastd.hls.segments import InitSection, Part
from owncastd.hls.window import Window
from owncastd.interfaces import BroadcastPlan, IAudience
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.net.answers import Answer
from owncastd.net.facts import RequestFacts

#: A clock that starts at a date worth reading.
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC).timestamp()


def started_clock() -> Clock:
    """
    A clock at L{START}.
    """
    clock = Clock()
    clock.advance(START)
    return clock


def an_init(part_target_ms: int = 500, data: bytes = b"init") -> InitSection:
    """
    An init section of 720p video with audio.
    """
    return InitSection(data, "avc1.64001f,mp4a.40.2", 1280, 720, 30.0, part_target_ms)


def plan(level: int = 2, *renditions: Rendition, broadcast_id: str = "x") -> BroadcastPlan:
    """
    A plan, by default of the source alone.
    """
    return BroadcastPlan(
        broadcast_id, datetime.fromtimestamp(START, UTC), LATENCY_LEVELS[level],
        renditions or (SOURCE,),
    )  # fmt: skip


def feed(window: Window, segments: int, parts: int = 4, part_ms: int = 500) -> None:
    """
    Complete some segments; the first part of each is independent.
    """
    for _ in range(segments):
        feed_parts(window, parts, part_ms)
        window.end_segment()


def feed_parts(window: Window, parts: int, part_ms: int = 500, first: bool = True) -> None:
    """
    Add some parts to the open segment.

    @param first: whether the first of them begins it.
    """
    for number in range(parts):
        data = b"<%d>" % number * 50
        window.add_part(Part(data, part_ms, independent=first and number == 0))


@implementer(IAudience)
@define(eq=False)
class MemoryAudience:
    """
    Remembers who watched; a real L{owncastd.interfaces.IAudience}.
    """

    seen: list[tuple[str, str]] = field(factory=list)

    def watching(self, address: str, user_agent: str) -> None:
        """
        Note it.
        """
        self.seen.append((address, user_agent))


@define(eq=False)
class MemoryWaiter:
    """
    Keeps the answer it waits for.
    """

    got: Answer | None = None

    def answer(self, answer: Answer) -> None:
        """
        Keep it.
        """
        assert self.got is None, "answered twice"
        self.got = answer


SOMEBODY = RequestFacts(accepts_gzip=False, address="192.0.2.7", user_agent="Player/1")


@define(eq=False)
class House:
    """
    An origin with its delivery, on one clock.
    """

    clock: Clock = field(factory=started_clock)
    audience: MemoryAudience = field(factory=MemoryAudience)
    origin: Origin = field(init=False)
    delivery: Delivery = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.origin = Origin(self.clock)
        self.delivery = Delivery(self.origin, self.audience)

    def window(self, level: int = 2) -> Window:
        """
        Open a broadcast of one rendition, which has its init section.
        """
        [window] = self.origin.open(plan(level))
        window.begin(an_init())
        return window

    def get(self, target: str, facts: RequestFacts = SOMEBODY) -> Answer | MemoryWaiter:
        """
        Ask; what waits is returned as its waiter.
        """
        waiter = MemoryWaiter()
        path, _, query = target.encode().partition(b"?")
        reply = self.delivery.respond(path, query, facts, waiter)
        return reply if isinstance(reply, Answer) else waiter

    def text(self, target: str = "0/stream.m3u8") -> str:
        """
        The body that is answered at once.
        """
        answer = self.get(target)
        assert isinstance(answer, Answer), "it waits"
        return bytes(answer.body).decode()

    def status(self, target: str) -> int:
        """
        The status that is answered at once; 0 if the request waits.
        """
        answer = self.get(target)
        return answer.status if isinstance(answer, Answer) else 0
