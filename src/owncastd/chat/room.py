"""
The room: who is in it, what they are told, and in which order. It knows no sockets.

A client's way: L{Room.admits} before the upgrade, L{Room.join} after it, L{Room.receive} for each
frame, L{Room.leave} once the connection is gone, whoever closed it.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .clients import ChatClient, CloseCode, FanOut, OneByOne, Refusal
from .events import (
    ConnectedUserInfo,
    Event,
    Joined,
    Limit,
    Parted,
    PublicEvent,
    SystemMessage,
    UserDisabled,
    encode,
)
from .occupants import Capacity, Occupant, Occupants, Seat
from .stamps import Stamps

#: How long after the last socket of a user was closed everybody is told that they left.
PART_SECONDS: Final = 10.0
#: How long after it came a client is welcomed.
WELCOME_SECONDS: Final = 7.0
#: Who was welcomed is not welcomed again within this time, however often they reconnect.
WELCOME_AGAIN_SECONDS: Final = 600.0
MAX_WELCOMED: Final = 10_000
#: How long a disabled user's sockets stay open, so that they can say why they close.
EXPEL_SECONDS: Final = 2.0

#: Is called with each event that everybody is told; what it raises is logged.
ChatListener = Callable[[PublicEvent], None]
#: Is called with each frame: who sent it, from which socket, and what.
Hear = Callable[[User, ChatClient, bytes], None]


def _deaf(user: User, client: ChatClient, payload: bytes) -> None:
    """
    Hear nothing.
    """


@define(eq=False)
class Room:
    """
    Everybody who chats, and the one way to tell them something.

    @ivar _online: whether there is something to watch right now.
    @ivar _render: makes harmless HTML of the administrator's Markdown.
    @ivar _banned: whether an address is banned.
    @ivar _shared: whether so many people have an address that it is no use to count its sockets.
    @ivar limit_of: until when a user may not speak, if so.
    @ivar hear: is given what clients say, since the room itself only carries it.
    @ivar _welcomed: when users were welcomed, the longest ago first.
    """

    _clock: IReactorTime
    _settings: Settings
    _stamps: Stamps
    _online: Callable[[], bool]
    _render: Callable[[str], str]
    _banned: Callable[[str], bool] = lambda address: False
    _shared: Callable[[str], bool] = lambda address: False
    _fan_out: FanOut = field(factory=OneByOne)
    _capacity: Capacity = field(factory=Capacity)
    limit_of: Callable[[User], Limit | None] = field(
        init=False, default=lambda user: None, repr=False
    )
    hear: Hear = field(init=False, default=_deaf, repr=False)
    _occupants: Occupants = field(init=False, factory=Occupants)
    _listeners: list[ChatListener] = field(init=False, factory=list)
    _welcomed: OrderedDict[str, float] = field(init=False, factory=OrderedDict, repr=False)
    _expelled: set[IDelayedCall] = field(init=False, factory=set, repr=False)
    _unsubscribe: Callable[[], None] = field(init=False, repr=False)
    _closing: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._unsubscribe = self._settings.subscribe(catalogue.CHAT_DISABLED, self._disabled)

    # The socket's side.

    def admits(self, address: str) -> Refusal | None:
        """
        Whether a socket from an address may be opened at all: asked before the upgrade.

        @return: why not, or C{None}.
        """
        if self._closing:
            return Refusal.CLOSING
        if self._settings.get(catalogue.CHAT_DISABLED):
            return Refusal.CHAT_DISABLED
        if self._banned(address):
            return Refusal.ADDRESS_BANNED
        if len(self._occupants) >= self._capacity.total:
            return Refusal.FULL
        of_address = self._occupants.at_address(address)
        if of_address >= self._capacity.per_address and not self._shared(address):
            return Refusal.TOO_MANY_OF_ADDRESS
        return None

    def join(self, client: ChatClient) -> Refusal | None:
        """
        Let a client in, and tell it who it is.

        @return: why it may not come in, or C{None}: it is in.
        """
        refusal = self.admits(client.address) or self._admits_user(client.user)
        if refusal is not None:
            return refusal
        occupant, seat = self._occupants.sit_down(client)
        client.send(encode(self._who(occupant.user)))
        self._fan_out.add(client)
        if occupant.parting is not None:
            occupant.parting.cancel()
            occupant.parting = None
        elif len(occupant.seats) == 1:
            self._joined(occupant, client)
        if self._online():
            self._welcome_later(occupant, seat)
        return None

    def leave(self, client: ChatClient) -> None:
        """
        A client is gone. May be called again.
        """
        self._fan_out.remove(client)
        known = self._occupants.stand_up(client.client_id)
        if known is None:
            return
        occupant, seat = known
        if seat.welcome is not None:
            seat.welcome.cancel()
            seat.welcome = None
        if occupant.seats:
            return
        if self._closing:
            self._occupants.forget(occupant)
        else:
            occupant.parting = self._clock.callLater(
                PART_SECONDS, self._parted, occupant, client.client_id
            )

    def receive(self, client: ChatClient, payload: bytes) -> None:
        """
        A client sent a text frame. Whatever is in it, this does not raise.

        @param payload: at most L{owncastd.chat.inbound.MAX_FRAME_BYTES}.
        """
        known = self._occupants.seat(client.client_id)
        if known is None or self._closing:
            return
        occupant, _ = known
        try:
            self.hear(occupant.user, client, payload)
        except Exception:  # noqa: BLE001 - one frame must not close the room
            self._log.failure("A chat frame could not be handled")

    # Everybody else's side.

    def subscribe(self, *listeners: ChatListener) -> None:
        """
        Tell these of all events that everybody is told, from now on.
        """
        self._listeners.extend(listeners)

    def announce(self, event: PublicEvent, *, shown: bool = True) -> None:
        """
        Tell everybody, in the room and outside.

        @param shown: whether the sockets are told, or only the listeners.
        """
        if shown:
            self._fan_out.broadcast(encode(event))
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - the others must be told
                self._log.failure("A listener of the chat failed: {listener!r}", listener=listener)

    def send_to_user(self, user_id: str, event: Event) -> bool:
        """
        Tell all sockets of one user.

        @return: whether there is any.
        """
        occupant = self._occupants.user(user_id)
        if occupant is None or not occupant.seats:
            return False
        encoded = encode(event)
        for seat in tuple(occupant.seats.values()):
            seat.client.send(encoded)
        return True

    def send_to_client(self, client_id: int, event: Event) -> bool:
        """
        Tell one socket.

        @return: whether it is there.
        """
        known = self._occupants.seat(client_id)
        if known is None:
            return False
        known[1].client.send(encode(event))
        return True

    def send_where(self, wanted: Callable[[User], bool], event: Event) -> tuple[int, ...]:
        """
        Tell all sockets of some users.

        @return: the numbers of these sockets.
        """
        encoded = encode(event)
        told = []
        for occupant, seat in self._occupants:
            if wanted(occupant.user):
                seat.client.send(encoded)
                told.append(seat.client.client_id)
        return tuple(told)

    def user_changed(self, user: User) -> None:
        """
        A user has another name, colour or scope: their sockets are told who they are now.
        """
        occupant = self._occupants.user(user.id)
        if occupant is not None:
            occupant.user = user
            self.send_to_user(user.id, self._who(user))

    def tell_who(self, client: ChatClient) -> None:
        """
        Tell one socket again who it is.
        """
        known = self._occupants.seat(client.client_id)
        if known is not None:
            client.send(encode(self._who(known[0].user)))

    def tell_everybody_who(self) -> None:
        """
        Tell every socket again who it is, and what holds for it.
        """
        for occupant, seat in self._occupants:
            seat.client.send(encode(self._who(occupant.user)))

    def expel(self, user: User) -> tuple[ChatClient, ...]:
        """
        A user was disabled: their sockets are told, and closed a moment later.

        @return: the sockets.
        """
        occupant = self._occupants.user(user.id)
        if occupant is None:
            return ()
        occupant.user = user
        clients = tuple(seat.client for seat in occupant.seats.values())
        if clients:
            self.send_to_user(user.id, UserDisabled(self._stamps.new()))
            self._close_later(clients)
        return clients

    def close_where(
        self, wanted: Callable[[ChatClient], bool], code: CloseCode, reason: str
    ) -> None:
        """
        Close some sockets now.
        """
        for _, seat in self._occupants:
            if wanted(seat.client):
                seat.client.close(code, reason)

    def count_message(self, client_id: int) -> None:
        """
        A message of a socket was let through.
        """
        known = self._occupants.seat(client_id)
        if known is not None:
            known[1].message_count += 1

    def seats(self, user_id: str | None = None) -> list[tuple[User, Seat]]:
        """
        All sockets, or those of one user, with the users as they are now, the oldest first.
        """
        found = [
            (occupant.user, seat)
            for occupant, seat in self._occupants
            if user_id is None or occupant.user.id == user_id
        ]
        return sorted(found, key=lambda each: each[1].client.connected_at)

    def user(self, user_id: str) -> User | None:
        """
        A user in the room, as they are now.
        """
        occupant = self._occupants.user(user_id)
        return None if occupant is None else occupant.user

    @property
    def client_count(self) -> int:
        """
        How many sockets there are.
        """
        return len(self._occupants)

    def welcome_all(self) -> None:
        """
        The stream begins: whoever is here already and was not welcomed lately is welcomed.
        """
        for occupant, seat in self._occupants:
            self._welcome_later(occupant, seat)

    def shutdown(self) -> None:
        """
        Close all sockets, and let nobody in any more. No timer is left.
        """
        if self._closing:
            return
        self._closing = True
        self._unsubscribe()
        for call in tuple(self._expelled):
            call.cancel()
        self._expelled.clear()
        for _, seat in self._occupants:
            if seat.welcome is not None:
                seat.welcome.cancel()
                seat.welcome = None
            seat.client.close(CloseCode.GOING_AWAY, "The server is shutting down.")
        for occupant in self._occupants.users():
            if occupant.parting is not None:
                occupant.parting.cancel()
                occupant.parting = None

    # Coming and going.

    def _admits_user(self, user: User) -> Refusal | None:
        occupant = self._occupants.user(user.id)
        if user.disabled or (occupant is not None and occupant.user.disabled):
            return Refusal.USER_DISABLED
        if occupant is not None and len(occupant.seats) >= self._capacity.per_user:
            return Refusal.TOO_MANY_OF_USER
        return None

    def _who(self, user: User) -> ConnectedUserInfo:
        return ConnectedUserInfo(
            self._stamps.new(),
            user,
            slow_mode_seconds=self._settings.get(catalogue.CHAT_SLOW_MODE_SECONDS),
            limit=self.limit_of(user),
        )

    def _tells_of_moves(self) -> bool:
        return self._online() and self._settings.get(catalogue.CHAT_JOIN_MESSAGES_ENABLED)

    def _joined(self, occupant: Occupant, client: ChatClient) -> None:
        occupant.announced = self._tells_of_moves()
        self.announce(
            Joined(self._stamps.new(), occupant.user, client.client_id), shown=occupant.announced
        )

    def _parted(self, occupant: Occupant, client_id: int) -> None:
        occupant.parting = None
        self._occupants.forget(occupant)
        # Whoever was told that they came is told that they left, also when the stream has ended.
        shown = self._settings.get(catalogue.CHAT_JOIN_MESSAGES_ENABLED) and (
            occupant.announced or self._online()
        )
        self.announce(Parted(self._stamps.new(), occupant.user, client_id), shown=shown)

    def _welcome_later(self, occupant: Occupant, seat: Seat) -> None:
        welcomed = self._welcomed.get(occupant.user.id)
        now = self._clock.seconds()
        if seat.welcome is None and (welcomed is None or now - welcomed >= WELCOME_AGAIN_SECONDS):
            seat.welcome = self._clock.callLater(WELCOME_SECONDS, self._welcome, occupant, seat)

    def _welcome(self, occupant: Occupant, seat: Seat) -> None:
        seat.welcome = None
        text = self._settings.get(catalogue.WELCOME_MESSAGE)
        if not text or not self._online():
            return
        self._welcomed[occupant.user.id] = self._clock.seconds()
        self._welcomed.move_to_end(occupant.user.id)
        if len(self._welcomed) > MAX_WELCOMED:
            self._welcomed.popitem(last=False)
        name = self._settings.get(catalogue.SERVER_NAME)
        message = SystemMessage(self._stamps.new(), self._render(text), name)
        seat.client.send(encode(message))

    def _close_later(self, clients: tuple[ChatClient, ...]) -> None:
        def close() -> None:
            self._expelled.discard(call)
            for client in clients:
                client.close(CloseCode.USER_DISABLED, "You were removed from the chat.")

        call = self._clock.callLater(EXPEL_SECONDS, close)
        self._expelled.add(call)

    def _disabled(self, disabled: bool) -> None:
        if disabled:
            self.close_where(
                lambda client: True, CloseCode.CHAT_DISABLED, "The chat was switched off."
            )
