"""
Activities that come in, as our own values (ActivityStreams vocabulary, 3.1).
"""

from enum import Enum
from typing import Final

from attrs import field, frozen

from .account import PATH, Account
from .documents import (
    Document,
    iri_of,
    iris_of,
    needed_iri,
    object_of,
    same_origin,
    types_of,
)
from .errors import InvalidDocument
from .remote_actors import is_actor


class Kind(Enum):
    """
    Activities that something is done about.
    """

    FOLLOW = "Follow"
    UNDO = "Undo"
    LIKE = "Like"
    ANNOUNCE = "Announce"
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    MOVE = "Move"
    BLOCK = "Block"


#: What may stand in C{Create} as a reply. Polls and longer texts are replies as well.
_TEXTS: Final = frozenset({"Note", "Article", "Question", "Page", "Event"})
_KINDS: Final = {kind.value: kind for kind in Kind}


@frozen
class Activity:
    """
    Somebody did something.

    @ivar kind: what, or C{None} for what nothing is done about: answers to requests that this
        account never makes (C{Accept}, C{Reject}), reports (C{Flag}), and all that is unknown.
    @ivar actor: who.
    @ivar object: the name of what it was done to, if it has one.
    @ivar inner: that itself, where it was sent along.
    """

    iri: str
    kind: Kind | None
    actor: str
    object: str | None
    inner: Document | None = field(repr=False)
    document: Document = field(repr=False)

    @property
    def is_about_actor(self) -> bool:
        """
        Whether it was done to the actor, such as the deletion of an account.
        """
        return self.object == self.actor


def read_activity(document: Document) -> Activity:
    """
    The activity of a document.

    @raise InvalidDocument: it is none, or names things of other servers as its own.
    """
    iri = needed_iri(document)
    actor = needed_iri(document, "actor")
    if not same_origin(iri, actor):
        raise InvalidDocument("the activity is of another server than its actor")
    kinds = [_KINDS[name] for name in types_of(document) if name in _KINDS]
    if not types_of(document) or len(kinds) > 1:
        raise InvalidDocument("the activity has no type, or several")
    return Activity(
        iri,
        kinds[0] if kinds else None,
        actor,
        iri_of(document.get("object")),
        object_of(document.get("object")),
        document,
    )


def undone(activity: Activity) -> Activity | None:
    """
    What an C{Undo} takes back, as far as it was sent along.

    @raise InvalidDocument: it is of somebody else.
    """
    if activity.inner is None:
        return None
    kinds = [_KINDS[name] for name in types_of(activity.inner) if name in _KINDS]
    actor = iri_of(activity.inner.get("actor"))
    if actor is not None and actor != activity.actor:
        raise InvalidDocument("what is undone was done by somebody else")
    inner = activity.inner
    return Activity(
        iri_of(inner) or "",
        kinds[0] if len(kinds) == 1 else None,
        activity.actor,
        iri_of(inner.get("object")),
        object_of(inner.get("object")),
        inner,
    )


def is_text(document: Document | None) -> bool:
    """
    Whether this is something that people write.
    """
    return document is not None and not _TEXTS.isdisjoint(types_of(document))


def replied_to(document: Document, account: Account) -> str | None:
    """
    The post of ours that a text is a reply to.
    """
    for iri in iris_of(document.get("inReplyTo")):
        if is_ours(iri, account):
            return iri
    return None


def is_ours(iri: str | None, account: Account) -> bool:
    """
    Whether this is a name of something that we publish.
    """
    return iri is not None and iri.startswith(f"{account.base}{PATH}/")


def concerns_us(activity: Activity, account: Account) -> bool:
    """
    Whether anything would be done about it: if not, it is not worth finding out who sent it.

    @raise InvalidDocument: it contradicts itself.
    """
    match activity.kind:
        case Kind.FOLLOW | Kind.BLOCK:
            return activity.object == account.actor
        case Kind.LIKE | Kind.ANNOUNCE:
            return is_ours(activity.object, account)
        case Kind.CREATE:
            return is_text(activity.inner) and _is_reply(activity.inner, account)
        case Kind.UNDO:
            taken_back = undone(activity)
            return taken_back is None or (
                taken_back.kind in (Kind.FOLLOW, Kind.LIKE, Kind.ANNOUNCE)
                and (taken_back.object is None or is_ours(taken_back.object, account))
            )
        case Kind.UPDATE:
            return activity.inner is None or is_actor(activity.inner) or is_text(activity.inner)
        case Kind.DELETE | Kind.MOVE:
            return activity.object is not None
    return False


def _is_reply(document: Document | None, account: Account) -> bool:
    return document is not None and replied_to(document, account) is not None
