"""
What this server is, for who counts servers: nodeinfo 2.0 and 2.1 (FEP-f1d5), x-nodeinfo2, and the
first version of Mastodon's document about itself.
"""

from collections.abc import Mapping
from typing import Any, Final

from owncastd import __version__
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .account import Account

SOFTWARE: Final = "owncastd"
VERSIONS: Final = ("2.0", "2.1")
_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_ONE_USER: Final[Mapping[str, int]] = {"total": 1, "activeMonth": 1, "activeHalfyear": 1}


def media_type(version: str) -> str:
    """
    The media type of the document of a version.
    """
    return f'application/json; profile="{_SCHEMA}{version}#"'


def links_document(account: Account) -> dict[str, Any]:
    """
    Where the documents are, by version.
    """
    return {
        "links": [
            {"rel": f"{_SCHEMA}{version}", "href": f"{account.base}/nodeinfo/{version}"}
            for version in VERSIONS
        ]
    }


def nodeinfo_document(version: str, settings: Settings, posts: int) -> dict[str, Any]:
    """
    Nodeinfo itself.

    @param version: one of L{VERSIONS}.
    @param posts: how many there are.
    """
    return {
        "version": version,
        "software": {"name": SOFTWARE, "version": __version__},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": dict(_ONE_USER), "localPosts": posts},
        "metadata": {
            "chat_enabled": not settings.get(catalogue.CHAT_DISABLED),
            "nodeName": settings.get(catalogue.SERVER_NAME),
            "nodeDescription": settings.get(catalogue.SERVER_SUMMARY),
        },
    }


def nodeinfo2_document(account: Account, settings: Settings, posts: int) -> dict[str, Any]:
    """
    The document of C{/.well-known/x-nodeinfo2}.
    """
    return {
        "version": "1.0",
        "server": {
            "baseUrl": account.base,
            "name": settings.get(catalogue.SERVER_NAME),
            "software": SOFTWARE,
            "version": __version__,
        },
        "organization": {
            "name": settings.get(catalogue.SERVER_NAME),
            "contact": account.base,
        },
        "protocols": ["activitypub"],
        "services": {"inbound": ["activitypub"], "outbound": ["activitypub"]},
        "openRegistrations": False,
        "usage": {
            "users": {**_ONE_USER, "activeWeek": 1},
            "localPosts": posts,
            "localComments": 0,
        },
    }


def instance_document(account: Account, settings: Settings, posts: int) -> dict[str, Any]:
    """
    The document of C{/api/v1/instance}, which others ask of every server.
    """
    summary = settings.get(catalogue.SERVER_SUMMARY)
    return {
        "uri": account.base,
        "title": settings.get(catalogue.SERVER_NAME),
        "short_description": summary,
        "description": summary,
        "version": f"{SOFTWARE} v{__version__}",
        "thumbnail": f"{account.base}/logo/external",
        "languages": [],
        "stats": {"user_count": 1, "status_count": posts, "domain_count": 0},
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
    }
