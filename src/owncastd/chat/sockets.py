"""
The chat's sockets as a whole: their parts put together, for the service.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from owncastd.net.limits import ConnectionLimit
from owncastd.net.proxies import TrustedProxies

from .clients import Whereabouts
from .fan_out import CoalescingFanOut
from .handshakes import MAX_WAITING_PER_ADDRESS, HandshakeQueue
from .protocol import SocketRoom, Surroundings
from .upgrade import FindUser, SocketResource
from .watch import Watch

#: How much of the open descriptors may be chat sockets; the others are for those who watch.
SHARE_OF_DESCRIPTORS: Final = 0.7
#: How long clients are given to answer when all sockets are closed, in seconds.
CLOSING_SECONDS: Final = 2.0


@define(eq=False)
class Sockets:
    """
    All sockets of one room.

    @ivar fan_out: what the room broadcasts with.
    @ivar resource: C{/ws}.
    """

    _clock: IReactorTime
    _room: SocketRoom
    fan_out: CoalescingFanOut
    _find_user: FindUser
    _proxies: TrustedProxies
    _locate: Callable[[str], Whereabouts | None]
    resource: SocketResource = field(init=False)
    _queue: HandshakeQueue = field(init=False)
    _watch: Watch = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._watch = Watch(self._clock)
        # Whoever comes through a proxy that does not say for whom shares its address with all.
        places = ConnectionLimit(MAX_WAITING_PER_ADDRESS, exempt=self._proxies.trusts)
        self._queue = HandshakeQueue(self._clock, places)
        surroundings = Surroundings(
            self._clock, self._room, self._watch, self.fan_out.catch_up, self._locate
        )
        self.resource = SocketResource(surroundings, self._queue, self._find_user, self._proxies)

    def stop(self) -> Deferred[None]:
        """
        Let nobody in any more, and wait until all are gone; the room has told them to go.
        """
        self._queue.stop()
        empty = self._watch.wait_until_empty(CLOSING_SECONDS)
        return empty.addCallback(lambda _: self.fan_out.stop())
