"""
What keeps the chat in order: hiding, removing, banning, quieting; each act is written down.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final

from attrs import define
from twisted.logger import Logger

from owncastd.identity.registry import Users
from owncastd.identity.users import MODERATOR, User

from .audit import Act, Actor, ActorKind, AuditLog, ids_text
from .bans import BanRefused, Bans
from .clients import ChatClient, CloseCode
from .events import Action, Limit, LimitKind, VisibilityUpdate, user_document
from .history import History
from .holding import Holding
from .known_names import NameKeeper
from .occupants import Seat
from .rendering import sentence
from .room import Room
from .stamps import Stamps, time_text
from .timeouts import Timeout, Timeouts

#: Messages that are hidden or shown at once.
MAX_IDS: Final = 1_000
MAX_ID: Final = 100
#: Longest timeout: two weeks. Who is to be quiet for longer is to be disabled.
MAX_TIMEOUT_SECONDS: Final = 1_209_600.0
MAX_REASON: Final = 200
#: The note of bans that the administrator makes by hand; clients of Owncast know it.
BY_HAND: Final = "manually added"


class ModerationRefused(Exception):
    """
    An act that is not possible. The text is for people.
    """


class UnknownUser(ModerationRefused):
    """
    There is no such user.
    """


@define(eq=False)
class Moderation:
    """
    Carries acts of moderation out.

    Failures of all that return something to wait for: L{ModerationRefused}, and those of
    L{Database.write}.

    @ivar _shared: whether so many people have an address that it must not be banned with a user.
    """

    _room: Room
    _users: Users
    _history: History
    _holding: Holding
    _bans: Bans
    _timeouts: Timeouts
    _names: NameKeeper
    _stamps: Stamps
    audit: AuditLog
    _shared: Callable[[str], bool] = lambda address: False

    _log = Logger()

    # Messages.

    async def set_visibility(self, actor: Actor, ids: Sequence[str], visible: bool) -> None:
        """
        Hide messages, or show them again; to show one that is held is to approve of it.

        @param ids: those that do not exist do not matter.
        """
        wanted = tuple(dict.fromkeys(ids))
        if not wanted:
            raise ModerationRefused("idArray must have ids of messages in it")
        if len(wanted) > MAX_IDS or any(len(each) > MAX_ID for each in wanted):
            raise ModerationRefused(f"idArray must not have more than {MAX_IDS} ids in it")
        held = self._holding.release(wanted) if visible else self._holding.reject(wanted)
        # Everybody is told at once; keeping it takes its time.
        self._room.announce(VisibilityUpdate(self._stamps.new(), wanted, visible))
        await self._history.set_visible(wanted, visible)
        await self.audit.note(actor, Act.SHOW if visible else Act.HIDE, ids_text(wanted))
        for message in held:
            act = Act.APPROVE if visible else Act.REJECT
            await self.audit.note(actor, act, message.stamp.id, user=message.user.id)

    # Users.

    async def set_enabled(self, actor: Actor, user_id: str, enabled: bool) -> User:
        """
        Remove a user from the chat, with all that they have said, and ban their addresses; or admit
        them again.

        @return: the user as they are then.
        @raise UnknownUser: there is no such user.
        """
        user = await self._users.get(user_id)
        if user is None:
            raise UnknownUser("there is no such user")
        self._check_rank(actor, user)
        await self._users.set_disabled(user_id, not enabled)
        changed = await self._users.get(user_id)
        assert changed is not None, "users are never deleted"
        if enabled:
            self._room.user_changed(changed)
        else:
            await self._remove(changed)
        self._history.lists.changed()
        await self.audit.note(
            actor, Act.ENABLE if enabled else Act.DISABLE, user_id, name=changed.display_name
        )
        return changed

    async def set_moderator(self, actor: Actor, user_id: str, moderates: bool) -> User:
        """
        Make a user a moderator, or one no more.

        @return: the user as they are then.
        @raise UnknownUser: there is no such user.
        """
        changed = await self._users.set_moderator(user_id, moderates)
        if changed is None:
            raise UnknownUser("there is no such user")
        self._room.user_changed(changed)
        self._history.lists.changed()
        await self._names.refresh()
        await self.audit.note(
            actor, Act.GRANT if moderates else Act.REVOKE, user_id, name=changed.display_name
        )
        return changed

    async def time_out(
        self, actor: Actor, user_id: str, seconds: float, reason: str = ""
    ) -> Timeout:
        """
        Let a user not speak for a while; they are told how long, and why.

        @raise UnknownUser: there is no such user.
        """
        if not 1 <= seconds <= MAX_TIMEOUT_SECONDS:
            raise ModerationRefused(
                f"a timeout must be from 1 to {MAX_TIMEOUT_SECONDS:g} seconds long"
            )
        user = await self._users.get(user_id)
        if user is None:
            raise UnknownUser("there is no such user")
        self._check_rank(actor, user)
        reason = reason.strip()[:MAX_REASON]
        timeout = Timeout(user_id, self._stamps.now() + timedelta(seconds=seconds), reason)
        await self._timeouts.put(timeout)
        told = "A moderator has asked you to be quiet for a while."
        if reason:
            told = f"{told} Reason: {reason}"
        limit = Limit(LimitKind.TIMEOUT, timeout.until, seconds, reason)
        self._room.send_to_user(user_id, Action(self._stamps.new(), sentence(told), limit))
        await self.audit.note(
            actor,
            Act.TIME_OUT,
            user_id,
            name=user.display_name,
            seconds=round(seconds),
            reason=reason,
        )
        return timeout

    async def lift_timeout(self, actor: Actor, user_id: str) -> bool:
        """
        Let a user speak again.

        @return: whether they could not.
        """
        lifted = await self._timeouts.lift(user_id)
        if lifted:
            told = sentence("You may speak again.")
            limit = Limit(LimitKind.TIMEOUT, None, 0)
            self._room.send_to_user(user_id, Action(self._stamps.new(), told, limit))
            await self.audit.note(actor, Act.LIFT, user_id)
        return lifted

    async def details(self, user_id: str) -> dict[str, Any]:
        """
        What moderators may know of a user, as the API tells it.

        @raise UnknownUser: there is no such user.
        """
        user = await self._users.get(user_id)
        if user is None:
            raise UnknownUser("there is no such user")
        messages = await self._history.of_user(user_id)
        timeout = self._timeouts.of(user_id)
        document: dict[str, Any] = {
            "user": user_document(user),
            "connectedClients": [_socket(seat) for _, seat in self._room.seats(user_id)],
            "messages": [
                {
                    "timestamp": time_text(message.stamp.at),
                    "id": message.stamp.id,
                    "user": None,
                    "body": message.body,
                    "visible": message.hidden_at is None,
                }
                for message in messages
            ],
        }
        if timeout is not None:
            document["timeout"] = timeout_document(timeout)
        return document

    # Addresses.

    async def ban_address(self, actor: Actor, address: str, notes: str = BY_HAND) -> None:
        """
        Ban an address or a network, and close its sockets.
        """
        try:
            ban = await self._bans.add(address, notes)
        except BanRefused as error:
            raise ModerationRefused(f"the address {error}") from None
        self._room.close_where(self._is_banned, CloseCode.BANNED, "Your address is banned.")
        await self.audit.note(actor, Act.BAN, ban.address, notes=notes)

    async def unban_address(self, actor: Actor, address: str) -> None:
        """
        Lift the ban of an address; one that is not banned does not matter.
        """
        try:
            await self._bans.remove(address)
        except BanRefused as error:
            raise ModerationRefused(f"the address {error}") from None
        await self.audit.note(actor, Act.UNBAN, address)

    def _is_banned(self, client: ChatClient) -> bool:
        return self._bans.banned(client.address)

    def _check_rank(self, actor: Actor, user: User) -> None:
        """
        Moderators are the administrator's to remove, not each other's.
        """
        if actor.kind is not ActorKind.ADMIN and MODERATOR in user.scopes:
            raise ModerationRefused("only the administrator may do that to a moderator")

    async def _remove(self, user: User) -> None:
        clients = self._room.expel(user)
        self._holding.drop_all_of(user.id)
        hidden = await self._history.hide_all_of(user.id)
        if hidden:
            self._room.announce(VisibilityUpdate(self._stamps.new(), hidden, False))
        if not clients:
            return
        told = sentence("", user.display_name, " was removed from the chat.")
        self._room.announce(Action(self._stamps.new(), told))
        for address in dict.fromkeys(client.address for client in clients):
            if not _is_loopback(address) and not self._shared(address):
                await self._ban_with(address, user)

    async def _ban_with(self, address: str, user: User) -> None:
        try:
            await self._bans.add(address, f"Banning of {user.display_name}")
        except BanRefused as error:
            self._log.info(
                "The address of a removed user was not banned: it {reason}", reason=str(error)
            )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True


def _socket(seat: Seat) -> dict[str, Any]:
    """
    A socket as moderators see it: without its address.
    """
    client = seat.client
    document: dict[str, Any] = {
        "connectedAt": time_text(client.connected_at),
        "userAgent": client.user_agent,
        "id": client.client_id,
        "messageCount": seat.message_count,
    }
    if client.geo is not None:
        document["geo"] = client.geo.country_code
    return document


def timeout_document(timeout: Timeout) -> dict[str, Any]:
    """
    A timeout, as the API tells it.
    """
    return {
        "userId": timeout.user_id,
        "until": time_text(timeout.until),
        "reason": timeout.reason,
    }


def client_document(user: User, seat: Seat) -> dict[str, Any]:
    """
    A socket as the administrator and their programs see it.
    """
    client = seat.client
    geo = client.geo
    return {
        "connectedAt": time_text(client.connected_at),
        "user": user_document(user),
        "geo": None
        if geo is None
        else {
            "countryCode": geo.country_code,
            "regionName": geo.region_name,
            "timeZone": geo.time_zone,
        },
        "userAgent": client.user_agent,
        "messageCount": seat.message_count,
    }
