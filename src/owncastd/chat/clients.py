"""
The seam between the room and its sockets.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import define, field

from owncastd.identity.users import User


class Whereabouts(Protocol):
    """
    Where in the world an address is.
    """

    @property
    def country_code(self) -> str:
        """
        Two letters (ISO 3166-1).
        """

    @property
    def region_name(self) -> str:
        """
        In English.
        """

    @property
    def time_zone(self) -> str:
        """
        Such as C{Europe/Berlin}, or empty.
        """


class CloseCode(Enum):
    """
    Why the room closes a socket (RFC 6455, 7.4). Those from 4000 are ours: a client that gets
    4001 to 4009 should not come back by itself.
    """

    GOING_AWAY = 1001
    POLICY = 1008
    TOO_BIG = 1009
    CHAT_DISABLED = 4001
    USER_DISABLED = 4002
    BANNED = 4003
    NEEDS_REGISTRATION = 4004
    TRY_LATER = 4010


class Refusal(Enum):
    """
    Why a client is not let into the room.
    """

    CHAT_DISABLED = "CHAT_DISABLED"
    ADDRESS_BANNED = "ADDRESS_BANNED"
    FULL = "ERROR_MAX_CONNECTIONS_EXCEEDED"
    TOO_MANY_OF_ADDRESS = "ERROR_TOO_MANY_OF_ADDRESS"
    TOO_MANY_OF_USER = "ERROR_TOO_MANY_OF_USER"
    USER_DISABLED = "ERROR_USER_DISABLED"
    CLOSING = "CLOSING"


class ChatClient(Protocol):
    """
    One connected socket.
    """

    @property
    def client_id(self) -> int:
        """
        Counts the sockets of this process from 1.
        """

    @property
    def user(self) -> User:
        """
        Who it was when it connected; the room knows who it is now.
        """

    @property
    def address(self) -> str:
        """
        The IP address, proxies seen through.
        """

    @property
    def user_agent(self) -> str:
        """
        As the browser gave it, cut to a reasonable length.
        """

    @property
    def geo(self) -> Whereabouts | None:
        """
        Where it is, as soon as that is known.
        """

    @property
    def connected_at(self) -> datetime:
        """
        Since when (UTC).
        """

    def send(self, encoded: bytes) -> None:
        """
        Send one event to this client alone, after all that was sent or broadcast to it before.
        Never raises, never waits: a client that is too slow is dropped, which ends in
        L{Room.leave} later, not within this call.
        """

    def close(self, code: CloseCode, reason: str) -> None:
        """
        Close it, after what was sent before. L{Room.leave} follows later, not within this call.
        """


class FanOut(Protocol):
    """
    Sends one event to many sockets.
    """

    def add(self, client: ChatClient) -> None:
        """
        Broadcast to this one as well, from now on.
        """

    def remove(self, client: ChatClient) -> None:
        """
        No longer broadcast to this one.
        """

    def broadcast(self, encoded: bytes) -> None:
        """
        Send one event to all. Never raises, never waits.
        """


@define(eq=False)
class OneByOne:
    """
    The plain way: hand each event to each client.
    """

    _clients: dict[int, ChatClient] = field(init=False, factory=dict)

    def add(self, client: ChatClient) -> None:
        """
        Broadcast to this one as well.
        """
        self._clients[client.client_id] = client

    def remove(self, client: ChatClient) -> None:
        """
        No longer broadcast to this one.
        """
        self._clients.pop(client.client_id, None)

    def broadcast(self, encoded: bytes) -> None:
        """
        Send to all.
        """
        for client in self._everybody():
            client.send(encoded)

    def _everybody(self) -> Iterable[ChatClient]:
        return tuple(self._clients.values())
