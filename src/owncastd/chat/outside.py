"""
What of the chat is told to those outside, such as webhooks, and in which words: the documents that
Owncast's webhooks have as C{eventData}, and what later releases of it added.
"""

from collections.abc import Callable

from attrs import frozen

from owncastd.identity.users import User

from .events import (
    Document,
    Engagement,
    Joined,
    Message,
    NameChanged,
    Parted,
    PublicEvent,
    VisibilityUpdate,
    user_document,
)
from .stamps import Stamp, time_text

#: Is told the type of what happened, and what describes it if anybody wants to know.
Tell = Callable[[str, Callable[[], Document]], None]


@frozen
class Outside:
    """
    Hands on what those outside may know.
    """

    _tell: Tell

    def __call__(self, event: PublicEvent) -> None:
        """
        Everybody in the room was told of an event.
        """
        if isinstance(event, Message):
            # Programs would answer themselves and each other for ever.
            if not event.user.is_bot:
                self._tell(event.type, lambda: _message(event))
        elif isinstance(event, Joined | Parted):
            self._tell(event.type, lambda: _by_user(event.stamp, event.user, event.client_id))
        elif isinstance(event, NameChanged):
            self._tell(event.type, lambda: _name_change(event))
        elif isinstance(event, VisibilityUpdate):
            self._tell(event.type, lambda: _visibility(event))
        elif isinstance(event, Engagement):
            self._tell(event.type, lambda: _engagement(event))


def _stamped(stamp: Stamp) -> Document:
    return {"id": stamp.id, "timestamp": time_text(stamp.at)}


def _by_user(stamp: Stamp, user: User, client_id: int) -> Document:
    document = {**_stamped(stamp), "user": user_document(user)}
    # What no socket did has none.
    return {**document, "clientId": client_id} if client_id else document


def _message(event: Message) -> Document:
    return {
        **_by_user(event.stamp, event.user, event.client_id),
        "body": event.body,
        "rawBody": event.raw_body,
        "visible": event.hidden_at is None,
    }


def _name_change(event: NameChanged) -> Document:
    return {
        **_by_user(event.stamp, event.user, event.client_id),
        "type": event.type,
        "newName": event.user.display_name,
        "oldName": event.old_name,
    }


def _visibility(event: VisibilityUpdate) -> Document:
    ids = list(event.ids)
    return {
        **_stamped(event.stamp),
        "user": None,
        "body": "",
        # Owncast 0.1 has capitals here.
        "MessageIDs": ids,
        "Visible": event.visible,
        "ids": ids,
        "visible": event.visible,
    }


def _engagement(event: Engagement) -> Document:
    return {
        **_stamped(event.stamp),
        "name": event.name,
        "username": event.account,
        "image": event.image,
        "link": event.link,
        "body": event.body,
    }
