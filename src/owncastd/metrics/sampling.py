"""
The figures of this server: what is sampled every two minutes, and kept.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.broadcast.events import BroadcastEvent, Ended
from owncastd.database.connection import Database
from owncastd.threads import reactor_threads

from .encoder_advice import encoder_problems
from .facts import StreamFacts
from .figures import ChatFigures
from .geoip import FILE_NAME, GeoIP
from .hardware import Hardware, read_hardware
from .health import Evidence, Health, assess
from .history import ViewerHistory
from .playback import Playback
from .repeating import Repeating
from .series import SAMPLE_SECONDS


def no_chat() -> ChatFigures:
    """
    The figures of a server without a chat.
    """
    return ChatFigures()


@define(eq=False)
class Metrics:
    """
    Samples at one pace, and holds what was sampled.

    @ivar facts: how the stream is right now.
    @ivar chat: how the chat is right now.
    """

    _log = Logger()

    _clock: IReactorTime
    facts: Callable[[], StreamFacts]
    history: ViewerHistory
    hardware: Hardware
    geoip: GeoIP
    chat: Callable[[], ChatFigures] = no_chat
    playback: Playback = field(init=False, factory=Playback)
    _health: Health | None = field(init=False, default=None)
    #: Names of the encoder's problems that the log knows of in this broadcast.
    _told: set[str] = field(init=False, factory=set)
    _machine: Repeating = field(init=False)
    _audience: Repeating = field(init=False)

    def __attrs_post_init__(self) -> None:
        # Two, because a disk that does not answer must not keep the viewers from being counted.
        self._machine = Repeating(
            self._clock, "Asking the machine how busy it is", self.hardware.sample
        )
        self._audience = Repeating(self._clock, "Sampling the audience", self._sample_audience)

    def start(self) -> None:
        """
        Begin to sample; the first points come with the first full interval.
        """
        self.geoip.start()
        self._machine.start(SAMPLE_SECONDS, now=True)
        self._audience.start(SAMPLE_SECONDS, now=False)

    def stop(self) -> Deferred[None]:
        """
        Sample no more.

        @return: fires when no timer and no thread is left at work, and what was sampled is stored.
        """
        ending = [self._machine.stop(), self._audience.stop(), self.geoip.stop()]
        return DeferredList(ending).addCallback(lambda _: self.history.settled())

    @classmethod
    def make(
        cls,
        reactor: Any,
        data_dir: Path,
        database: Database,
        facts: Callable[[], StreamFacts],
        chat: Callable[[], ChatFigures] = no_chat,
    ) -> "Metrics":
        """
        The figures of a server.

        @param data_dir: its file system is watched, and a geo-IP database looked for there.
        @param facts: how the stream is right now.
        @param chat: how the chat is right now.
        """
        in_thread = reactor_threads(reactor)
        return cls(
            reactor,
            facts,
            ViewerHistory.stored(reactor, database),
            Hardware(reactor, lambda: in_thread(lambda: read_hardware(data_dir))),
            GeoIP(reactor, in_thread, data_dir / FILE_NAME),
            chat,
        )

    @property
    def health(self) -> Health | None:
        """
        How the stream fared in the last complete window; C{None} when there is no stream, or
        nothing is known of it.
        """
        return self._health

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast: what was said of the last one is not true of the next.
        """
        if isinstance(event, Ended):
            self._health = None
            self._told.clear()
            self.playback.discard_window()

    def _sample_audience(self) -> None:
        facts = self.facts()
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        self.history.add(facts.viewers if facts.online else None, self.chat().clients)
        self._tell_problems(facts)
        summary = self.playback.close_window(now)
        if facts.online:
            self._health = assess(Evidence(summary, facts, self.hardware.recent_cpu))

    def _tell_problems(self, facts: StreamFacts) -> None:
        """
        Log what is wrong with the encoder, once per broadcast.
        """
        for problem in () if facts.encoder is None else encoder_problems(facts.encoder):
            if problem.name not in self._told:
                self._told.add(problem.name)
                self._log.warn("{advice}", advice=problem.message)
