"""
Messages that wait for a moderator: the first ones of people who have never spoken here.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, evolve, field
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.identity.users import MODERATOR, User

from .events import Action, Message, encode
from .history import History
from .rendering import sentence
from .room import Room
from .stamps import Stamps

#: Messages that wait; the one that has waited longest is given up for another one.
MAX_HELD: Final = 500
#: Users of whom it is known that they have spoken; who spoke longest ago is looked up again.
MAX_SPEAKERS: Final = 10_000
#: Messages of one user that wait while it is looked up whether they have spoken.
MAX_PENDING: Final = 10


@define(eq=False)
class _Held:
    """
    One message that waits.

    @ivar shown_to: the numbers of the moderators' sockets that have it.
    """

    message: Message
    shown_to: frozenset[int]


@define(eq=False)
class Holding:
    """
    Holds messages back, and lets them go.

    @ivar _post: says a message to everybody.
    @ivar _spoken: users who have spoken, who did so longest ago first.
    @ivar _pending: messages of users of whom that is being looked up.
    """

    _room: Room
    _history: History
    _stamps: Stamps
    _post: Callable[[Message], None]
    _held: OrderedDict[str, _Held] = field(init=False, factory=OrderedDict, repr=False)
    _spoken: OrderedDict[str, None] = field(init=False, factory=OrderedDict, repr=False)
    _pending: dict[str, list[Message]] = field(init=False, factory=dict, repr=False)

    _log = Logger()

    def consider(self, message: Message) -> None:
        """
        Post a message, or hold it if its user has never spoken here.
        """
        user_id = message.user.id
        if user_id in self._spoken:
            self._spoken.move_to_end(user_id)
            self._post(message)
            return
        pending = self._pending.get(user_id)
        if pending is not None:
            if len(pending) < MAX_PENDING:
                pending.append(message)
            return
        self._pending[user_id] = [message]
        self._history.has_spoken(user_id).addErrback(self._unknown).addCallback(
            self._decide, user_id
        )

    def release(self, ids: Sequence[str]) -> tuple[Message, ...]:
        """
        A moderator approves of messages: those of them that are held are said to everybody now,
        and their users need no approval any more.

        @return: those that were held.
        """
        released = []
        for message_id in ids:
            held = self._held.pop(message_id, None)
            if held is None:
                continue
            message = evolve(held.message, hidden_at=None, held=False)
            user_id = message.user.id
            self._remember(user_id)
            self._history.approve(user_id).addErrback(self._not_approved)
            # Moderators have it already, and are told by the change of its visibility.
            encoded = encode(message)
            for _, seat in self._room.seats():
                if seat.client.client_id not in held.shown_to:
                    seat.client.send(encoded)
            self._room.announce(message, shown=False)
            released.append(message)
        return tuple(released)

    def reject(self, ids: Sequence[str]) -> tuple[Message, ...]:
        """
        A moderator does not approve of messages: they stay hidden.

        @return: those that were held.
        """
        dropped = (self._held.pop(message_id, None) for message_id in ids)
        return tuple(held.message for held in dropped if held is not None)

    def drop_all_of(self, user_id: str) -> None:
        """
        A user was disabled: nothing of theirs is held any more.
        """
        for message_id in [
            message_id for message_id, held in self._held.items() if held.message.user.id == user_id
        ]:
            del self._held[message_id]

    def waiting(self) -> tuple[Message, ...]:
        """
        What is held, the oldest first.
        """
        return tuple(held.message for held in self._held.values())

    def _unknown(self, failure: Failure) -> bool:
        self._log.failure("Whether somebody has chatted before could not be looked up", failure)
        return False

    def _not_approved(self, failure: Failure) -> None:
        self._log.failure("That somebody was approved of could not be written down", failure)

    def _decide(self, spoken: bool, user_id: str) -> None:
        if spoken:
            self._remember(user_id)
        for message in self._pending.pop(user_id, ()):
            if spoken:
                self._post(message)
            else:
                self._hold(message)

    def _remember(self, user_id: str) -> None:
        self._spoken[user_id] = None
        self._spoken.move_to_end(user_id)
        if len(self._spoken) > MAX_SPEAKERS:
            self._spoken.popitem(last=False)

    def _hold(self, message: Message) -> None:
        held = evolve(message, hidden_at=self._stamps.now(), held=True)

        def moderates(user: User) -> bool:
            return MODERATOR in user.scopes

        shown_to = self._room.send_where(moderates, held)
        self._held[held.stamp.id] = _Held(held, frozenset(shown_to))
        if len(self._held) > MAX_HELD:
            self._held.popitem(last=False)
        self._history.add(held)
        told = "Your first message here waits for a moderator, who may let it through."
        self._room.send_to_user(message.user.id, Action(self._stamps.new(), sentence(told)))
