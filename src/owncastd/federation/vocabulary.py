"""
The words that servers of the fediverse share: ActivityStreams 2.0, its extensions, media types.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

Document = dict[str, Any]

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
#: Addressed to this, a post is for everybody (ActivityPub, 5.6).
PUBLIC: Final = ACTIVITY_STREAMS + "#Public"
#: How the same is written by some.
_PUBLIC_NAMES: Final = frozenset({PUBLIC, "as:Public", "Public"})

#: Media types (ActivityPub, 3.2).
ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = f'application/ld+json; profile="{ACTIVITY_STREAMS}"'

#: Of every document. Terms beyond the vocabulary are defined inline, because a processor of JSON-LD
#: fails on a context that it cannot fetch; the order never changes, so neither do the bytes.
CONTEXT: Final[list[str | Mapping[str, Any]]] = [
    ACTIVITY_STREAMS,
    "https://w3id.org/security/v1",
    {
        "toot": "http://joinmastodon.org/ns#",
        "discoverable": "toot:discoverable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "indexable": "toot:indexable",
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "Hashtag": "as:Hashtag",
        "sensitive": "as:sensitive",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    },
]


def with_context(document: Document) -> Document:
    """
    A document that can stand alone.
    """
    inner = {name: value for name, value in document.items() if name != "@context"}
    return {"@context": CONTEXT, **inner}


def without_context(document: Document) -> Document:
    """
    A document as it is inside of another one.
    """
    return {name: value for name, value in document.items() if name != "@context"}


def listed(value: object) -> list[Any]:
    """
    The values of a property, which may be one value, several or none (ActivityStreams, 4).
    """
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def is_public(document: Mapping[str, Any]) -> bool:
    """
    Whether something is addressed to everybody.
    """
    addressed = [*listed(document.get("to")), *listed(document.get("cc"))]
    return any(isinstance(each, str) and each in _PUBLIC_NAMES for each in addressed)


def time_text(moment: datetime) -> str:
    """
    A time as documents have it: RFC 3339 in UTC, to the second.
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
