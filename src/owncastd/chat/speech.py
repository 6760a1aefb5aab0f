"""
What becomes of what clients say: heard or not, understood or not, and then done.
"""

from datetime import timedelta
from typing import Final

from attrs import define, field
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.identity.registry import COLORS, Users
from owncastd.identity.users import MODERATOR, User
from owncastd.interfaces import IStreamStatus, StreamState
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .blocklist import Blocklist
from .clients import ChatClient, CloseCode
from .events import Action, Limit, LimitKind, Message, NameChanged
from .history import History
from .holding import Holding
from .inbound import MAX_PAYLOAD_BYTES, Misunderstood, Recolor, Rename, Say, decode
from .limits import Heard, Limits
from .names import NameRefused, NameRules
from .rendering import Renderer, sentence
from .room import Room
from .stamps import Stamps
from .timeouts import Timeouts

#: How old users must be where only established ones may speak.
ESTABLISHED_SECONDS: Final = 900.0
#: How long after a broadcast the chat goes on.
AFTERTALK_SECONDS: Final = 300.0


@define(eq=False)
class Speech:
    """
    Hears what clients say.

    @ivar message_count: how many messages of people were let through since the start.
    """

    _room: Room
    _history: History
    _users: Users
    _settings: Settings
    _stream: IStreamStatus
    _stamps: Stamps
    _renderer: Renderer
    _names: NameRules
    _limits: Limits
    _timeouts: Timeouts
    _blocklist: Blocklist
    holding: Holding = field(init=False)
    message_count: int = field(init=False, default=0)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self.holding = Holding(self._room, self._history, self._stamps, self._post)

    def heard(self, user: User, client: ChatClient, payload: bytes) -> None:
        """
        One frame of a client.
        """
        if user.disabled:
            return
        moderates = MODERATOR in user.scopes
        if not moderates and not self._listens(user, client):
            return
        if len(payload) > MAX_PAYLOAD_BYTES:
            self._tell(client, "Your message is too long and was not sent.")
            return
        if not moderates and self._too_new(user):
            self._tell(client, "You cannot chat yet: you have to be here for a while first.")
            return
        request = decode(payload)
        if isinstance(request, Misunderstood):
            return
        if isinstance(request, Recolor):
            self._recolor(user, request)
        elif not self._timed_out(user, client):
            if isinstance(request, Say):
                self._say(user, client, request, moderates)
            elif isinstance(request, Rename):
                self._rename(user, client, request)

    def limit_of(self, user: User) -> Limit | None:
        """
        Until when a user may not speak, if so.
        """
        timeout = self._timeouts.of(user.id)
        if timeout is not None:
            seconds = (timeout.until - self._stamps.now()).total_seconds()
            return Limit(LimitKind.TIMEOUT, timeout.until, seconds, timeout.reason)
        muted = self._limits.muted_seconds(user.id)
        return self._limit(LimitKind.FLOOD, muted) if muted else None

    # Whether they are heard.

    def _listens(self, user: User, client: ChatClient) -> bool:
        heard = self._limits.hear(user.id, client.address)
        if heard is Heard.FLOODING:
            seconds = self._limits.muted_seconds(user.id)
            told = "You send too much at once, and are not heard for a while."
            event = Action(
                self._stamps.new(), sentence(told), self._limit(LimitKind.FLOOD, seconds)
            )
            self._room.send_to_user(user.id, event)
        elif heard is Heard.ADDRESS_FLOODING:
            told = "Too much comes from your network right now; try again in a moment."
            pause = self._settings.get(catalogue.CHAT_RATE_SECONDS)
            self._tell(client, told, self._limit(LimitKind.ADDRESS, pause))
        elif heard is Heard.ENOUGH:
            client.close(CloseCode.POLICY, "You send too much.")
        return heard is Heard.YES

    def _too_new(self, user: User) -> bool:
        age = (self._stamps.now() - user.created_at).total_seconds()
        return age < ESTABLISHED_SECONDS and self._settings.get(
            catalogue.CHAT_ESTABLISHED_USERS_ONLY
        )

    def _timed_out(self, user: User, client: ChatClient) -> bool:
        timeout = self._timeouts.of(user.id)
        if timeout is None:
            return False
        told = "A moderator has asked you to be quiet for a while."
        if timeout.reason:
            told = f"{told} Reason: {timeout.reason}"
        self._tell(client, told, self.limit_of(user))
        return True

    def _over(self) -> bool:
        """
        Whether the stream ended so long ago that nobody chats any more.
        """
        status = self._stream.stream_status()
        if status.state is not StreamState.OFFLINE or status.last_disconnect_time is None:
            return False
        since = self._stamps.now() - status.last_disconnect_time
        return since.total_seconds() > AFTERTALK_SECONDS

    # What they want.

    def _say(self, user: User, client: ChatClient, request: Say, moderates: bool) -> None:
        if self._over():
            self._tell(client, "The chat is closed until the stream is on again.")
            return
        if not moderates and (seconds := self._limits.slow_seconds(user.id)):
            told = "Slow mode is on: wait a little before your next message."
            self._tell(client, told, self._limit(LimitKind.SLOW_MODE, seconds))
            return
        body = self._renderer.message(request.body)
        if not body:
            return
        if not moderates and (objection := self._blocklist.objection(body)) is not None:
            self._tell(client, objection)
            return
        self._limits.spoke(user.id)
        message = Message(self._stamps.new(), user, body, request.body, client.client_id)
        if not moderates and self._settings.get(catalogue.CHAT_HOLD_FIRST_MESSAGES):
            self.holding.consider(message)
        else:
            self._post(message)

    def _post(self, message: Message) -> None:
        self._history.add(message)
        self._room.announce(message)
        self._room.count_message(message.client_id)
        self.message_count += 1

    def _rename(self, user: User, client: ChatClient, request: Rename) -> None:
        try:
            name = self._names.check(request.new_name, user.id)
        except NameRefused as refusal:
            self._tell(client, str(refusal))
            self._room.tell_who(client)
            return
        if name == user.display_name:
            self._room.tell_who(client)
            return

        def renamed(changed: User | None) -> None:
            if changed is not None:
                self._history.lists.changed()
                self._room.announce(
                    NameChanged(self._stamps.new(), changed, user.display_name, client.client_id)
                )
                self._room.user_changed(changed)

        self._users.rename(user.id, name).addCallback(renamed).addErrback(self._failed)

    def _recolor(self, user: User, request: Recolor) -> None:
        if not 0 <= request.new_color < COLORS:
            return

        def recolored(changed: User | None) -> None:
            if changed is not None:
                self._history.lists.changed()
                self._room.user_changed(changed)

        self._users.recolor(user.id, request.new_color).addCallback(recolored).addErrback(
            self._failed
        )

    def _failed(self, failure: Failure) -> None:
        self._log.failure("A user of the chat could not be changed", failure)

    # What they are told.

    def _limit(self, kind: LimitKind, seconds: float) -> Limit:
        return Limit(kind, self._stamps.now() + timedelta(seconds=seconds), seconds)

    def _tell(self, client: ChatClient, told: str, limit: Limit | None = None) -> None:
        event = Action(self._stamps.new(), sentence(told), limit)
        self._room.send_to_client(client.client_id, event)
