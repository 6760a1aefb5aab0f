"""
What the chat tells its clients, and how that looks on the wire.

Every event is one JSON object in one line with its C{type}. A socket may put several of them,
separated by newlines, into one frame. What clients send is in L{owncastd.chat.inbound}.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from attrs import frozen

from owncastd.identity.users import User

from .stamps import Stamp, time_text

Document = dict[str, Any]


def user_document(user: User) -> Document:
    """
    A user, as the socket and every list of the API tells of them.
    """
    document: Document = {
        "id": user.id,
        "displayName": user.display_name,
        "displayColor": user.display_color,
        "createdAt": time_text(user.created_at),
        "previousNames": list(user.previous_names),
    }
    if user.name_changed_at is not None:
        document["nameChangedAt"] = time_text(user.name_changed_at)
    if user.disabled_at is not None:
        document["disabledAt"] = time_text(user.disabled_at)
    if user.scopes:
        document["scopes"] = sorted(user.scopes)
    document["isBot"] = user.is_bot
    document["authenticated"] = user.authenticated_at is not None
    return document


class LimitKind(Enum):
    """
    Why somebody may not speak for a while.
    """

    FLOOD = "flood"
    SLOW_MODE = "slowMode"
    TIMEOUT = "timeout"
    ADDRESS = "address"


@frozen
class Limit:
    """
    Until when somebody may not speak: clients that know of it count it down.

    @ivar until: C{None} if it has been lifted.
    @ivar seconds: how long that is from now on.
    @ivar reason: what the moderator gave as reason; may be empty.
    """

    kind: LimitKind
    until: datetime | None
    seconds: float
    reason: str = ""

    def document(self) -> Document:
        """
        The limit as clients are told.
        """
        return {
            "kind": self.kind.value,
            "until": None if self.until is None else time_text(self.until),
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
        }


@frozen
class Message:
    """
    C{CHAT}: somebody said something.

    @ivar body: harmless HTML.
    @ivar raw_body: as it was written; for webhooks only, and not kept.
    @ivar client_id: of the socket that it came from; 0 if it came from elsewhere.
    @ivar hidden_at: since when it is not to be seen any more, or C{None}.
    @ivar held: whether a moderator must approve of it first.
    """

    stamp: Stamp
    user: User
    body: str
    raw_body: str = ""
    client_id: int = 0
    hidden_at: datetime | None = None
    held: bool = False

    type: ClassVar[str] = "CHAT"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        document = _stamped(self.type, self.stamp) | {
            "body": self.body,
            "visible": self.hidden_at is None,
            "user": user_document(self.user),
        }
        if self.held:
            document["held"] = True
        return document


@frozen
class SystemMessage:
    """
    C{SYSTEM}: the server says something.

    @ivar body: harmless HTML.
    """

    stamp: Stamp
    body: str
    server_name: str

    type: ClassVar[str] = "SYSTEM"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {
            "body": self.body,
            "user": {"displayName": self.server_name},
        }


@frozen
class Action:
    """
    C{CHAT_ACTION}: something happened, told in words.

    @ivar body: harmless HTML.
    @ivar limit: if it tells somebody that they must wait, how long.
    """

    stamp: Stamp
    body: str
    limit: Limit | None = None

    type: ClassVar[str] = "CHAT_ACTION"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        document = _stamped(self.type, self.stamp) | {"body": self.body}
        if self.limit is not None:
            document["limit"] = self.limit.document()
        return document


class EngagementKind(Enum):
    """
    What somebody in the fediverse did.
    """

    FOLLOW = "FEDIVERSE_ENGAGEMENT_FOLLOW"
    LIKE = "FEDIVERSE_ENGAGEMENT_LIKE"
    REPOST = "FEDIVERSE_ENGAGEMENT_REPOST"


@frozen
class Engagement:
    """
    C{FEDIVERSE_ENGAGEMENT_...}: somebody in the fediverse followed, liked or shared.

    @ivar body: harmless HTML.
    @ivar account: their full name, such as C{ana@example.social}.
    @ivar image: URL of their picture, or C{None}.
    @ivar link: URL of their page.
    @ivar name: what they call themselves; for webhooks only, and not kept.
    """

    stamp: Stamp
    kind: EngagementKind
    body: str
    account: str
    image: str | None
    link: str
    server_name: str
    name: str = ""

    @property
    def type(self) -> str:
        """
        The name on the wire.
        """
        return self.kind.value

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {
            "body": self.body,
            "title": self.account,
            "image": self.image,
            "link": self.link,
            "user": {"displayName": self.server_name},
        }


@frozen
class Joined:
    """
    C{USER_JOINED}: somebody came.
    """

    stamp: Stamp
    user: User
    client_id: int = 0

    type: ClassVar[str] = "USER_JOINED"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {"user": user_document(self.user)}


@frozen
class Parted:
    """
    C{USER_PARTED}: somebody left and did not come back.
    """

    stamp: Stamp
    user: User
    client_id: int = 0

    type: ClassVar[str] = "USER_PARTED"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {"user": user_document(self.user)}


@frozen
class NameChanged:
    """
    C{NAME_CHANGE}: somebody has another name.

    @ivar user: with the new name.
    """

    stamp: Stamp
    user: User
    old_name: str
    client_id: int = 0

    type: ClassVar[str] = "NAME_CHANGE"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {
            "oldName": self.old_name,
            "user": user_document(self.user),
        }


@frozen
class ConnectedUserInfo:
    """
    C{CONNECTED_USER_INFO}: tells one client who it is.

    @ivar slow_mode_seconds: how long everybody waits between two messages, if at all.
    @ivar limit: until when this user may not speak, if so.
    """

    stamp: Stamp
    user: User
    slow_mode_seconds: float = 0.0
    limit: Limit | None = None

    type: ClassVar[str] = "CONNECTED_USER_INFO"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        document = _stamped(self.type, self.stamp) | {"user": user_document(self.user)}
        if self.slow_mode_seconds:
            document["slowModeSeconds"] = self.slow_mode_seconds
        if self.limit is not None:
            document["limit"] = self.limit.document()
        return document


@frozen
class VisibilityUpdate:
    """
    C{VISIBILITY-UPDATE}: messages are to be hidden, or shown again.
    """

    stamp: Stamp
    ids: tuple[str, ...]
    visible: bool

    type: ClassVar[str] = "VISIBILITY-UPDATE"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return _stamped(self.type, self.stamp) | {"ids": list(self.ids), "visible": self.visible}


@frozen
class UserDisabled:
    """
    C{ERROR_USER_DISABLED}: the user of this client may do nothing any more.

    @ivar stamp: C{None} where a client is refused when it connects.
    """

    stamp: Stamp | None = None

    type: ClassVar[str] = "ERROR_USER_DISABLED"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        if self.stamp is None:
            return {"type": self.type}
        return _stamped(self.type, self.stamp) | {"user": None}


@frozen
class NeedsRegistration:
    """
    C{ERROR_NEEDS_REGISTRATION}: nobody knows this client's token.
    """

    type: ClassVar[str] = "ERROR_NEEDS_REGISTRATION"

    def document(self) -> Document:
        """
        The event on the wire.
        """
        return {"type": self.type}


#: What is told to everybody, and therefore to listeners such as webhooks.
PublicEvent = (
    Message | SystemMessage | Action | Engagement | Joined | Parted | NameChanged | VisibilityUpdate
)
#: What is kept.
StoredEvent = Message | SystemMessage | Action | Engagement
Event = PublicEvent | ConnectedUserInfo | UserDisabled | NeedsRegistration


def encode(event: Event) -> bytes:
    """
    The event's line, without a newline. Once per event is enough, however many get it.
    """
    return json_bytes(event.document())


def json_bytes(document: object) -> bytes:
    """
    Compact JSON in UTF-8, in one line. What is no Unicode becomes question marks.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def history_document(event: StoredEvent) -> Mapping[str, Any]:
    """
    An event of the past: as it was on the wire, and since when it is hidden, if it is.
    """
    document = event.document()
    if isinstance(event, Message) and event.hidden_at is not None:
        document["hiddenAt"] = time_text(event.hidden_at)
    return document


def _stamped(kind: str, stamp: Stamp) -> Document:
    return {"type": kind, "id": stamp.id, "timestamp": time_text(stamp.at)}
