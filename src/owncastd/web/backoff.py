"""
Slowing down those who guess passwords.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

#: So many wrong passwords are forgiven before an address has to wait.
FREE_FAILURES: Final = 5
#: The first wait, doubled by each further failure up to the longest.
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 300.0
#: Failures are forgotten after this long without another.
MEMORY_SECONDS: Final = 900.0
#: How many addresses are remembered; the one that failed longest ago makes room.
MAX_ADDRESSES: Final = 10_000
#: IPv6 hosts can choose addresses within their network freely, so the network counts.
IPV6_PREFIX: Final = 64


@define(eq=False)
class _Failures:
    count: int
    last_at: float


@define(eq=False)
class Backoff:
    """
    Remembers failures by address, and says how long to wait.

    No timer: what is too old is dropped when it is looked at, or makes room for others.
    """

    _clock: IReactorTime
    _failures: OrderedDict[str, _Failures] = field(init=False, factory=OrderedDict)

    def seconds_left(self, address: str) -> int:
        """
        Whole seconds that an address must still wait; 0 if it may try.
        """
        key = _network(address)
        failures = self._failures.get(key)
        if failures is None:
            return 0
        passed = self._clock.seconds() - failures.last_at
        if passed >= MEMORY_SECONDS:
            del self._failures[key]
            return 0
        return max(0, ceil(_wait_seconds(failures.count) - passed))

    def failed(self, address: str) -> None:
        """
        A wrong password came from an address.
        """
        key = _network(address)
        failures = self._failures.pop(key, None) or _Failures(0, 0.0)
        now = self._clock.seconds()
        count = 1 if now - failures.last_at >= MEMORY_SECONDS else failures.count + 1
        self._failures[key] = _Failures(count, now)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """
        The right password came: what was before is forgiven.
        """
        self._failures.pop(_network(address), None)


def _wait_seconds(count: int) -> float:
    beyond = count - FREE_FAILURES
    if beyond <= 0:
        return 0.0
    # The exponent is bounded first: a float cannot hold any power.
    return min(FIRST_WAIT_SECONDS * 2.0 ** min(beyond - 1, 16), LONGEST_WAIT_SECONDS)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> (128 - IPV6_PREFIX))
    return address
