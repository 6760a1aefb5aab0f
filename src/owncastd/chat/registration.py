"""
How people become users of the chat.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime

from owncastd.identity.registry import Users
from owncastd.identity.users import User

from .limits import Bucket, Pace
from .names import NameRules

#: How many users one address may become in a row, and in how long as many again.
PACE: Final = Pace(20, 600.0)
#: Addresses that are remembered; the one that was here longest ago is forgotten.
MAX_ADDRESSES: Final = 10_000


class TooManyRegistrations(Exception):
    """
    An address has become too many users lately. The text is for people.
    """


@frozen
class Registered:
    """
    A new user, and the token that they are told once.
    """

    user: User
    token: str = field(repr=False)


@define(eq=False)
class Registration:
    """
    Makes users of strangers.

    @ivar _shared: whether so many people have an address that it is no use to count.
    """

    _clock: IReactorTime
    _users: Users
    _names: NameRules
    _shared: Callable[[str], bool] = lambda address: False
    _buckets: OrderedDict[str, Bucket] = field(init=False, factory=OrderedDict, repr=False)

    def register(self, address: str, display_name: str = "") -> Deferred[Registered]:
        """
        Make a new user, with the name that they ask for, or another one if they may not have it.

        Failures: L{TooManyRegistrations}, and those of L{Users.create_person}.

        @param address: whence they come.
        """
        if not self._shared(address) and not self._admits(address):
            return fail(
                TooManyRegistrations("too many users came from your address; try again later")
            )
        name = self._names.for_newcomer(display_name)
        return self._users.create_person(name).addCallback(lambda made: Registered(*made))

    def _admits(self, address: str) -> bool:
        now = self._clock.seconds()
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(PACE.burst, now)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
        return bucket.take(PACE, now)
