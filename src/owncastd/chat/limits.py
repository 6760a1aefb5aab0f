"""
How much anybody may say: across all sockets of a user, and across all of an address.
"""

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

#: How many times as much as a user an address may say: several people may share one.
ADDRESS_FACTOR: Final = 10
#: Who floods again soon is not heard for twice as long as the last time, up to this.
MAX_MUTE_SECONDS: Final = 600.0
#: How long after it is heard again it counts as again.
AGAIN_SECONDS: Final = 60.0
#: Frames of somebody who is not heard that are ignored before their socket is closed.
MAX_IGNORED: Final = 200
#: Users, and addresses, that are remembered; who spoke longest ago is forgotten.
MAX_REMEMBERED: Final = 20_000


class Heard(Enum):
    """
    What becomes of a frame.
    """

    YES = "yes"
    #: It is the one too many: whoever sent it is to be told.
    FLOODING = "flooding"
    #: Too much comes from the address: whoever sent it is to be told.
    ADDRESS_FLOODING = "address flooding"
    #: They have been told.
    NO = "no"
    #: They do not stop: their socket is to be closed.
    ENOUGH = "enough"


@frozen
class Pace:
    """
    So many, and as many again within so many seconds.

    @ivar burst: 0 means any number.
    """

    burst: int
    seconds: float


@define(eq=False)
class Bucket:
    """
    A token bucket.
    """

    tokens: float
    filled_at: float

    def take(self, pace: Pace, now: float) -> bool:
        """
        Take one token, if there is one.
        """
        gained = (now - self.filled_at) * pace.burst / pace.seconds
        self.tokens = min(pace.burst, self.tokens + gained)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@define(eq=False)
class Speaker:
    """
    What is remembered of a user.

    @ivar muted_until: they are not heard before.
    @ivar mute_seconds: for how long they were not heard the last time.
    @ivar ignored: frames of theirs since then.
    @ivar spoke_at: when their last message was let through.
    """

    bucket: Bucket
    muted_until: float = 0.0
    mute_seconds: float = 0.0
    ignored: int = 0
    spoke_at: float = float("-inf")


@define(eq=False)
class Limits:
    """
    Decides whether frames and messages are heard. What is decided for one socket of a user holds
    for all of them, and outlives reconnecting.

    @ivar _shared: whether so many people have an address that it is no use to count.
    """

    _clock: IReactorTime
    _settings: Settings
    _shared: Callable[[str], bool] = lambda address: False
    _speakers: OrderedDict[str, Speaker] = field(init=False, factory=OrderedDict, repr=False)
    _addresses: OrderedDict[str, Bucket] = field(init=False, factory=OrderedDict, repr=False)

    def hear(self, user_id: str, address: str) -> Heard:
        """
        A frame has come: whether it is looked at.
        """
        now = self._clock.seconds()
        pace = self._pace()
        speaker = self._speaker(user_id, pace, now)
        if now < speaker.muted_until:
            speaker.ignored += 1
            return Heard.NO if speaker.ignored <= MAX_IGNORED else Heard.ENOUGH
        if not pace.burst:
            return Heard.YES
        if not speaker.bucket.take(pace, now):
            self._mute(speaker, now)
            return Heard.FLOODING
        return self._hear_address(address, pace, now)

    def muted_seconds(self, user_id: str) -> float:
        """
        How long a user is not heard yet.
        """
        speaker = self._speakers.get(user_id)
        return 0.0 if speaker is None else max(0.0, speaker.muted_until - self._clock.seconds())

    def slow_seconds(self, user_id: str) -> float:
        """
        How long a user waits for their next message in slow mode.
        """
        speaker = self._speakers.get(user_id)
        if speaker is None:
            return 0.0
        slow = self._settings.get(catalogue.CHAT_SLOW_MODE_SECONDS)
        return max(0.0, speaker.spoke_at + slow - self._clock.seconds())

    def spoke(self, user_id: str) -> None:
        """
        A message of a user was let through.
        """
        now = self._clock.seconds()
        self._speaker(user_id, self._pace(), now).spoke_at = now

    def _pace(self) -> Pace:
        return Pace(
            self._settings.get(catalogue.CHAT_RATE_MESSAGES),
            self._settings.get(catalogue.CHAT_RATE_SECONDS),
        )

    def _speaker(self, user_id: str, pace: Pace, now: float) -> Speaker:
        speaker = self._speakers.get(user_id)
        if speaker is None:
            speaker = self._speakers[user_id] = Speaker(Bucket(pace.burst, now))
            if len(self._speakers) > MAX_REMEMBERED:
                self._speakers.popitem(last=False)
        else:
            self._speakers.move_to_end(user_id)
        return speaker

    def _mute(self, speaker: Speaker, now: float) -> None:
        seconds = self._settings.get(catalogue.CHAT_FLOOD_SECONDS)
        if speaker.mute_seconds and now - speaker.muted_until < AGAIN_SECONDS:
            seconds = max(seconds, min(2 * speaker.mute_seconds, MAX_MUTE_SECONDS))
        speaker.mute_seconds = seconds
        speaker.muted_until = now + seconds
        speaker.ignored = 0
        # They may say one thing then, and earn the rest again.
        speaker.bucket = Bucket(1, speaker.muted_until)

    def _hear_address(self, address: str, pace: Pace, now: float) -> Heard:
        if self._shared(address):
            return Heard.YES
        all_of_it = Pace(pace.burst * ADDRESS_FACTOR, pace.seconds)
        bucket = self._addresses.get(address)
        if bucket is None:
            bucket = self._addresses[address] = Bucket(all_of_it.burst, now)
            if len(self._addresses) > MAX_REMEMBERED:
                self._addresses.popitem(last=False)
        else:
            self._addresses.move_to_end(address)
        return Heard.YES if bucket.take(all_of_it, now) else Heard.ADDRESS_FLOODING
