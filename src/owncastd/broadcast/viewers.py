"""
Who is watching: counted by signs of life, forgotten without them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import IAudience

#: A player that showed no sign of life for this long has gone.
ACTIVE_SECONDS = 15.0
#: How often those who have gone are forgotten.
PRUNE_SECONDS = 5.0
#: More players at once are not counted: whoever makes them up must not fill the memory.
MAX_VIEWERS = 50_000
#: How much of a user agent is looked at, in characters.
MAX_USER_AGENT = 256


@frozen
class Peaks:
    """
    The most viewers there were at once.

    @ivar session: during the present broadcast, or the last one.
    @ivar overall: ever.
    """

    session: int = 0
    overall: int = 0


@frozen
class Viewer:
    """
    One player. Two behind one address with equal user agents count as one.

    Cheap to make, since there may be very many: what takes time is worked out when it is asked for.

    @ivar first_seen_at: since when it is watching, in seconds of Unix time.
    """

    address: str
    user_agent: str
    first_seen_at: float

    @property
    def viewer_id(self) -> str:
        """
        The same for the same player every time.
        """
        identity = f"{self.address}\n{self.user_agent}".encode("utf-8", "surrogatepass")
        return blake2b(identity, digest_size=16).hexdigest()

    @property
    def first_seen(self) -> datetime:
        """
        Since when it is watching (UTC).
        """
        return datetime.fromtimestamp(self.first_seen_at, UTC)


@define(eq=False)
class _Seen:
    first_at: float
    last_at: float


@implementer(IAudience)
@define(eq=False)
class Audience:
    """
    Counts players while a broadcast runs.

    @ivar _players: by address and user agent, the one that was silent for the longest first.
    @ivar _online: whether there is something to play; C{None} while nothing is counted.
    """

    _clock: IReactorTime
    _peaks: Peaks = Peaks()
    _players: dict[tuple[str, str], _Seen] = field(init=False, factory=dict)
    _online: Callable[[], bool] | None = field(init=False, default=None)
    _pruning: LoopingCall = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._pruning = LoopingCall(self._prune)
        self._pruning.clock = self._clock

    def open(self, online: Callable[[], bool]) -> None:
        """
        A broadcast begins: count from zero.

        @param online: whether there is something to play right now; before that players are
            remembered, but do not count.
        """
        self.close()
        self._online = online
        self._peaks = Peaks(session=0, overall=self._peaks.overall)
        self._pruning.start(PRUNE_SECONDS, now=False).addErrback(
            lambda failure: self._log.failure("Forgetting viewers failed", failure)
        )

    def close(self) -> None:
        """
        The broadcast is over: nobody is counted.
        """
        if self._online is not None:
            self._note_peak()
            self._online = None
            self._pruning.stop()
        self._players.clear()

    def watching(self, address: str, user_agent: str) -> None:
        """
        A player showed a sign of life.
        """
        if self._online is None:
            return
        now = self._clock.seconds()
        player = (address, user_agent[:MAX_USER_AGENT])
        seen = self._players.pop(player, None)
        if seen is not None:
            seen.last_at = now
            self._players[player] = seen
        elif len(self._players) < MAX_VIEWERS:
            self._players[player] = _Seen(now, now)
            self._note_peak()

    @property
    def count(self) -> int:
        """
        Players seen lately; 0 while there is nothing to play.
        """
        if self._online is None or not self._online():
            return 0
        return len(self._players)

    @property
    def peaks(self) -> Peaks:
        """
        The most there were.
        """
        self._note_peak()
        return self._peaks

    def viewers(self) -> tuple[Viewer, ...]:
        """
        Each player seen lately.
        """
        return tuple(
            Viewer(address, user_agent, seen.first_at)
            for (address, user_agent), seen in self._players.items()
        )

    def _note_peak(self) -> None:
        count = self.count
        if count > self._peaks.session:
            self._peaks = Peaks(session=count, overall=max(count, self._peaks.overall))

    def _prune(self) -> None:
        self._note_peak()
        oldest = self._clock.seconds() - ACTIVE_SECONDS
        gone = []
        for player, seen in self._players.items():
            if seen.last_at > oldest:
                break
            gone.append(player)
        for player in gone:
            del self._players[player]
