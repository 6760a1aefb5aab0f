"""
How the account is found by its handle: webfinger (RFC 7033) and host-meta (RFC 6415).
"""

from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from owncastd.settings.store import Settings

from .account import Account
from .actor import logo_address, logo_type
from .vocabulary import ACTIVITY_JSON

JRD: Final = "application/jrd+json"
XRD: Final = "application/xrd+xml"
#: Longest resource that is looked at.
MAX_RESOURCE: Final = 1_000

_ACCT: Final = "acct:"
_HLS: Final = "application/x-mpegURL"


class NoSuchResource(LookupError):
    """
    A resource that is not ours.
    """


class InvalidResource(ValueError):
    """
    What is no resource at all. The text says why.
    """


def check_resource(resource: str, account: Account) -> None:
    """
    Make sure that somebody asks for this account: by its handle, whatever the letter case, as the
    server itself, or by an address of the actor's.

    @raise InvalidResource: it cannot be asked for.
    @raise NoSuchResource: it is something else.
    """
    if not resource or len(resource) > MAX_RESOURCE:
        raise InvalidResource("resource: must be an acct: address or a URL")
    if resource[: len(_ACCT)].lower() == _ACCT:
        handle = resource[len(_ACCT) :].removeprefix("@")
        if handle.count("@") != 1 or not all(handle.split("@")):
            raise InvalidResource("resource: must be acct:, a name, an at sign and a host")
        name, host = handle.split("@")
        asked = f"{name}@{host.lower().removesuffix(':443')}"
        if asked.casefold() != account.handle.casefold():
            raise NoSuchResource(handle)
        return
    try:
        parts = urlsplit(resource)
    except ValueError:
        raise InvalidResource("resource: must be an acct: address or a URL") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidResource("resource: must be an acct: address or a URL")
    if resource.rstrip("/") not in (account.actor, account.base):
        raise NoSuchResource(resource)


def jrd_document(account: Account, settings: Settings) -> dict[str, Any]:
    """
    The answer of webfinger.
    """
    return {
        "subject": f"{_ACCT}{account.handle}",
        "aliases": [account.actor, f"{account.base}/"],
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": account.actor},
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": f"{account.base}/",
            },
            {
                "rel": "http://webfinger.net/rel/avatar",
                "type": logo_type(settings),
                "href": logo_address(account, settings),
            },
            {"rel": "alternate", "type": _HLS, "href": f"{account.base}/hls/stream.m3u8"},
        ],
    }


def host_meta(account: Account) -> str:
    """
    Where webfinger is, for who asks the old way.
    """
    template = f"{account.base}/.well-known/webfinger?resource={{uri}}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="{JRD}" template={quoteattr(template)}/>\n'
        "</XRD>\n"
    )
