"""
The actor: how the server presents itself in the fediverse (ActivityPub, 4).
"""

from collections.abc import Callable
from html import escape
from pathlib import PurePosixPath
from typing import Final

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .account import Account
from .hashtags import hashtag, tag_documents
from .vocabulary import Document

#: A server, not a person: others show it as an automatic account.
TYPE: Final = "Service"
#: Media types of the logo by its file; others get vector logos as a picture of points.
_LOGO_TYPES: Final = {".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_POINTS: Final = "image/png"


def logo_type(settings: Settings) -> str:
    """
    The media type of the logo as other services get it.
    """
    name = settings.get(catalogue.LOGO_PATH)
    return _LOGO_TYPES.get(PurePosixPath(name).suffix.lower(), _POINTS)


def logo_address(account: Account, settings: Settings) -> str:
    """
    Where other services get the logo: another address for each logo, since they keep it.
    """
    uniqueness = settings.get(catalogue.LOGO_UNIQUENESS)
    address = f"{account.base}/logo/external"
    return f"{address}?uc={uniqueness}" if uniqueness else address


def _link(name: str, url: str) -> Document:
    shown = escape(url)
    return {
        "type": "PropertyValue",
        "name": name,
        "value": f'<a href="{shown}" rel="me nofollow noopener noreferrer" target="_blank">'
        f"{shown}</a>",
    }


def actor_document(
    account: Account,
    settings: Settings,
    public_key: str,
    platform_name: Callable[[str], str],
) -> Document:
    """
    The actor, without its context.

    @param public_key: PEM of the kind C{PUBLIC KEY} (SubjectPublicKeyInfo).
    @param platform_name: what people call a social platform.
    """
    get = settings.get
    picture = {
        "type": "Image",
        "mediaType": logo_type(settings),
        "url": logo_address(account, settings),
    }
    links = [_link("Stream", account.base)]
    links += [
        _link(platform_name(handle.platform), handle.url)
        for handle in get(catalogue.SOCIAL_HANDLES)
        if handle.url.startswith(("https://", "http://"))
    ]
    tags = [hashtag(tag) for tag in get(catalogue.SERVER_TAGS)]
    document: Document = {
        "id": account.actor,
        "type": TYPE,
        "preferredUsername": account.username,
        "name": get(catalogue.SERVER_NAME),
        "summary": f"<p>{escape(get(catalogue.SERVER_SUMMARY), quote=False)}</p>",
        "url": account.base,
        "webfinger": account.handle,
        "inbox": account.inbox,
        "outbox": account.outbox,
        "followers": account.followers,
        "following": account.following,
        "featured": account.featured,
        "endpoints": {"sharedInbox": account.shared_inbox},
        "manuallyApprovesFollowers": get(catalogue.FEDERATION_PRIVATE),
        "discoverable": True,
        "indexable": not get(catalogue.DISABLE_SEARCH_INDEXING),
        "icon": picture,
        "image": picture,
        "attachment": links,
        "tag": tag_documents(account, [tag for tag in tags if tag]),
        "publicKey": {
            "id": account.key_id,
            "owner": account.actor,
            "publicKeyPem": public_key,
        },
    }
    if since := get(catalogue.SERVER_STARTED_AT):
        document["published"] = since
    return document
