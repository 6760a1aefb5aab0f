"""
Actors of other servers, as far as they concern us.
"""

import re
from typing import Final

from attrs import field, frozen

from .documents import (
    Document,
    clean_line,
    iri_of,
    iris_of,
    link_of,
    needed_iri,
    object_of,
    origin_of,
    same_origin,
    several,
    text_of,
    types_of,
)
from .errors import InvalidDocument

#: ActivityStreams vocabulary, 3.2.
ACTOR_TYPES: Final = frozenset({"Application", "Group", "Organization", "Person", "Service"})
#: Longest name that is shown, and longest first half of a handle.
MAX_NAME: Final = 100
MAX_USERNAME: Final = 64
MAX_PEM: Final = 8_192
#: Keys of one actor that are looked at.
MAX_KEYS: Final = 8

_USERNAME: Final = re.compile(r"[\w.:-]+")


@frozen
class PublishedKey:
    """
    A public key, as a document has it.

    @ivar owner: the actor that it belongs to, as the document says.
    """

    id: str
    owner: str
    pem: str = field(repr=False)


@frozen
class RemoteActor:
    """
    Somebody, or something, with an account elsewhere.

    @ivar inbox: where activities for them go; on their own server.
    @ivar shared_inbox: where activities for everybody on that server go, if it takes them so.
    @ivar username: first half of their handle.
    @ivar name: what they call themselves: plain text of a stranger.
    @ivar image: address of their picture.
    @ivar link: address of the page about them.
    @ivar moved_to: the account that they use now, if they say so.
    @ivar also_known_as: other accounts of theirs.
    """

    iri: str
    inbox: str
    shared_inbox: str | None
    username: str
    name: str
    image: str | None
    link: str
    keys: tuple[PublishedKey, ...] = ()
    moved_to: str | None = None
    also_known_as: tuple[str, ...] = ()

    @property
    def handle(self) -> str:
        """
        Their full name, such as C{ana@social.example}.
        """
        host, port = origin_of(self.iri)
        return f"{self.username}@{host}" + ("" if port == 443 else f":{port}")


def is_actor(document: Document) -> bool:
    """
    Whether a document is one of an actor.
    """
    return not ACTOR_TYPES.isdisjoint(types_of(document))


def read_actor(document: Document) -> RemoteActor:
    """
    The actor of a document.

    @raise InvalidDocument: it is none, or one that nothing can be sent to.
    """
    if not is_actor(document):
        raise InvalidDocument("the document is not one of an actor")
    iri = needed_iri(document)
    inbox = needed_iri(document, "inbox")
    # Else anybody could have us deliver to anybody.
    if not same_origin(iri, inbox):
        raise InvalidDocument("the actor's inbox is on another server")
    username = clean_line(text_of(document, "preferredUsername"), MAX_USERNAME)
    if not _USERNAME.fullmatch(username):
        raise InvalidDocument("the actor has no valid preferredUsername")
    endpoints = object_of(document.get("endpoints"))
    shared_inbox = iri_of(endpoints.get("sharedInbox")) if endpoints is not None else None
    if shared_inbox is not None and not same_origin(iri, shared_inbox):
        shared_inbox = None
    return RemoteActor(
        iri=iri,
        inbox=inbox,
        shared_inbox=shared_inbox,
        username=username,
        name=clean_line(text_of(document, "name"), MAX_NAME) or username,
        image=link_of(document.get("icon")),
        link=link_of(document.get("url")) or iri,
        keys=tuple(_keys(document, iri)),
        moved_to=iri_of(document.get("movedTo")),
        also_known_as=tuple(iris_of(document.get("alsoKnownAs"))),
    )


def _keys(document: Document, iri: str) -> list[PublishedKey]:
    keys = [read_key(each, iri) for each in several(document.get("publicKey"))[:MAX_KEYS]]
    return [key for key in keys if key is not None]


def read_key(value: object, owner: str | None = None) -> PublishedKey | None:
    """
    A key in a document; C{None} for what is none.

    @param owner: whose it is unless it says itself.
    """
    if not isinstance(value, dict):
        return None
    iri = iri_of(value)
    owner = iri_of(value.get("owner")) or iri_of(value.get("controller")) or owner
    pem = value.get("publicKeyPem")
    if iri is None or owner is None or not isinstance(pem, str) or len(pem) > MAX_PEM:
        return None
    return PublishedKey(iri, owner, pem)
