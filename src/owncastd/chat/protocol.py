"""
The room's sockets: what the network and the room know of each other.
"""

# Autobahn leaves its classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from attrs import frozen
from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.interfaces import IReactorTime

from owncastd.identity.users import User

from .bounded import BoundedSocket
from .clients import ChatClient, CloseCode, Refusal, Whereabouts
from .events import UserDisabled, encode
from .frames import PING, text_frame
from .watch import Watch

#: Whoever was silent for so long is asked whether they are there; proxies often forget a connection
#: after a minute.
PING_AFTER_SECONDS: Final = 40.0
#: Whoever was silent for so long is not.
DEAD_AFTER_SECONDS: Final = 65.0

_REFUSED: Final = {
    Refusal.USER_DISABLED: (CloseCode.USER_DISABLED, "This user may not chat any more."),
    Refusal.CHAT_DISABLED: (CloseCode.CHAT_DISABLED, "The chat is switched off."),
    Refusal.ADDRESS_BANNED: (CloseCode.BANNED, "This address is banned."),
    Refusal.CLOSING: (CloseCode.GOING_AWAY, "The server is shutting down."),
    Refusal.TOO_MANY_OF_USER: (CloseCode.TRY_LATER, "You have the chat open too often."),
    Refusal.TOO_MANY_OF_ADDRESS: (CloseCode.TRY_LATER, "Your network has too many sockets open."),
    Refusal.FULL: (CloseCode.TRY_LATER, "The chat is full."),
}


class SocketRoom(Protocol):
    """
    What the sockets need of the room (L{owncastd.chat.room.Room}).
    """

    def admits(self, address: str) -> Refusal | None:
        """
        Whether a socket from this address may be opened at all.
        """

    def join(self, client: ChatClient) -> Refusal | None:
        """
        Let a client in.
        """

    def leave(self, client: ChatClient) -> None:
        """
        A client is gone.
        """

    def receive(self, client: ChatClient, payload: bytes) -> None:
        """
        A client said something.
        """


@frozen
class Surroundings:
    """
    What all sockets of a server share.

    @ivar catch_up: what was broadcast and not yet given to a client, which the caller gives it now.
    @ivar locate: where in the world an address is, as far as that is known.
    """

    clock: IReactorTime
    room: SocketRoom
    watch: Watch
    catch_up: Callable[[ChatClient], Sequence[bytes]]
    locate: Callable[[str], Whereabouts | None]


class ChatSocket(BoundedSocket):
    """
    One client in the room.
    """

    def __init__(
        self, surroundings: Surroundings, client_id: int, user: User, address: str, user_agent: str
    ) -> None:
        super().__init__(surroundings.clock)
        self.client_id = client_id
        self.user = user
        self.address = address
        self.user_agent = user_agent
        self.connected_at = datetime.fromtimestamp(surroundings.clock.seconds(), UTC)
        self._surroundings = surroundings

    @property
    def geo(self) -> Whereabouts | None:
        """
        Where it is, as soon as that is known.
        """
        return self._surroundings.locate(self.address)

    # The room's side.

    def send(self, encoded: bytes) -> None:
        """
        Send one event to this client alone, after all that was sent or broadcast to it before.
        """
        if self.may_send:
            missing = self._surroundings.catch_up(self)
            self.outgoing.write(text_frame(b"\n".join([*missing, encoded])))

    @property
    def deliver(self) -> Callable[[bytes], None]:
        """
        Sends a frame of events.
        """
        return self.outgoing.write

    def close(self, code: CloseCode, reason: str) -> None:
        """
        Close it, after what was sent before.
        """
        if not self.may_send:
            return
        missing = self._surroundings.catch_up(self)
        if missing:
            self.outgoing.write(text_frame(b"\n".join(missing)))
        self.say_goodbye(code.value, reason)

    # The network's side.

    def opened(self) -> None:
        """
        The connection is a websocket: enter the room.
        """
        self._surroundings.watch.enter(self)
        refusal = self._surroundings.room.join(self)
        if refusal is not None:
            if refusal is Refusal.USER_DISABLED:
                self.send(encode(UserDisabled()))
            self.say_goodbye(_REFUSED[refusal][0].value, _REFUSED[refusal][1])

    def received(self, payload: bytes) -> None:
        """
        The client said something.
        """
        self._surroundings.room.receive(self, payload)

    def lost(self) -> None:
        """
        The client is gone.
        """
        self._surroundings.watch.leave(self)
        self._surroundings.room.leave(self)

    # The watch's side.

    def look(self, now: float) -> None:
        """
        See whether the peer is still there and takes what it is sent.
        """
        if not self.may_send:
            return
        silence = now - self.heard_at
        if self.outgoing.is_stuck() or silence > DEAD_AFTER_SECONDS:
            self.cut()
        elif silence > PING_AFTER_SECONDS:
            self.outgoing.write(PING)


class Farewell(BoundedSocket):
    """
    A socket that is told something and closed: browsers show their page nothing of an upgrade that
    was refused, not even why.
    """

    def __init__(
        self, clock: IReactorTime, watch: Watch, event: bytes, code: CloseCode, reason: str
    ) -> None:
        """
        @param event: may be empty.
        """
        super().__init__(clock)
        self._watch = watch
        self._event = event
        self._code = code
        self._reason = reason

    def opened(self) -> None:
        """
        Say it.
        """
        self._watch.enter(self)
        if self._event:
            self.outgoing.write(text_frame(self._event))
        self.say_goodbye(self._code.value, self._reason)

    def look(self, now: float) -> None:
        """
        It is closing anyway.
        """

    def lost(self) -> None:
        """
        It is gone.
        """
        self._watch.leave(self)


def make_autobahn_factory(clock: IReactorTime) -> WebSocketServerFactory:
    """
    What Autobahn's protocols refer to. It builds none: each of ours is made for its client.
    """
    # Without a name of the software in the answers.
    return WebSocketServerFactory(server="", reactor=clock)
