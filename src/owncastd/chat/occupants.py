"""
Who is in the room: users, and the sockets of each.
"""

from collections import Counter
from collections.abc import Iterator

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall

from owncastd.identity.users import User

from .clients import ChatClient


@frozen
class Capacity:
    """
    How many sockets the room has room for.

    @ivar per_address: does not count for addresses that many people share for good reasons.
    """

    total: int = 5_000
    per_user: int = 20
    per_address: int = 100


@define(eq=False)
class Seat:
    """
    One socket in the room.

    @ivar message_count: how many messages came from it.
    @ivar welcome: the welcome message that is yet to come.
    """

    client: ChatClient
    message_count: int = 0
    welcome: IDelayedCall | None = None


@define(eq=False)
class Occupant:
    """
    One user in the room, or one who left a moment ago.

    @ivar user: as they are now.
    @ivar announced: whether everybody was told that they came.
    @ivar parting: runs while there is no socket of theirs.
    """

    user: User
    seats: dict[int, Seat] = field(factory=dict)
    announced: bool = False
    parting: IDelayedCall | None = None


@define(eq=False)
class Occupants:
    """
    All users in the room.
    """

    _by_user: dict[str, Occupant] = field(init=False, factory=dict)
    _seats: dict[int, tuple[Occupant, Seat]] = field(init=False, factory=dict)
    _addresses: Counter[str] = field(init=False, factory=Counter)

    def __len__(self) -> int:
        return len(self._seats)

    def __iter__(self) -> Iterator[tuple[Occupant, Seat]]:
        return iter(tuple(self._seats.values()))

    def users(self) -> tuple[Occupant, ...]:
        """
        Everybody, those who left a moment ago included.
        """
        return tuple(self._by_user.values())

    def user(self, user_id: str) -> Occupant | None:
        """
        The occupant with this user id.
        """
        return self._by_user.get(user_id)

    def seat(self, client_id: int) -> tuple[Occupant, Seat] | None:
        """
        The socket with this number, and whose it is.
        """
        return self._seats.get(client_id)

    def at_address(self, address: str) -> int:
        """
        How many sockets an address has.
        """
        return self._addresses[address]

    def sit_down(self, client: ChatClient) -> tuple[Occupant, Seat]:
        """
        Give a client a seat, as one more of its user.
        """
        occupant = self._by_user.get(client.user.id)
        if occupant is None:
            occupant = self._by_user[client.user.id] = Occupant(client.user)
        elif not occupant.seats:
            occupant.user = client.user
        seat = occupant.seats[client.client_id] = Seat(client)
        self._seats[client.client_id] = (occupant, seat)
        self._addresses[client.address] += 1
        return occupant, seat

    def stand_up(self, client_id: int) -> tuple[Occupant, Seat] | None:
        """
        Take a seat away.

        @return: what it was, or C{None} if there was none.
        """
        known = self._seats.pop(client_id, None)
        if known is None:
            return None
        occupant, seat = known
        del occupant.seats[client_id]
        address = seat.client.address
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]
        return known

    def forget(self, occupant: Occupant) -> None:
        """
        Somebody without a seat is gone for good.
        """
        self._by_user.pop(occupant.user.id, None)
