"""
Settings of the server's account in the fediverse.
"""

from .. import checks, name_checks
from ..setting import Setting

__all__ = [
    "FEDERATION_ENABLED",
    "FEDERATION_PRIVATE",
    "FEDERATION_SHOW_ENGAGEMENT",
    "FEDERATION_USERNAME",
    "FEDERATION_GO_LIVE_MESSAGE",
    "FEDERATION_BLOCKED_DOMAINS",
    "FEDERATION_PUBLIC_KEY",
    "FEDERATION_PRIVATE_KEY",
]

FEDERATION_ENABLED = Setting(
    "federation_enabled", bool, lambda: False, api_name="federation.enabled"
)
FEDERATION_PRIVATE = Setting(
    "federation_private", bool, lambda: False, api_name="federation.isPrivate"
)
FEDERATION_SHOW_ENGAGEMENT = Setting(
    "federation_show_engagement", bool, lambda: True, api_name="federation.showEngagement"
)
FEDERATION_USERNAME = Setting(
    "federation_username",
    str,
    lambda: name_checks.DEFAULT_ACCOUNT,
    name_checks.account_name,
    api_name="federation.username",
)
#: Posted when a broadcast starts; an empty one posts nothing.
FEDERATION_GO_LIVE_MESSAGE = Setting(
    "federation_go_live_message",
    str,
    lambda: "The stream is on: come and watch!",
    checks.at_most(checks.MAX_PAGE),
    api_name="federation.goLiveMessage",
)
FEDERATION_BLOCKED_DOMAINS: Setting[tuple[str, ...]] = Setting(
    "federation_blocked_domains",
    tuple[str, ...],
    lambda: (),
    name_checks.domains,
    api_name="federation.blockedDomains",
)
#: The account's key pair as PEM; empty until it is made.
FEDERATION_PUBLIC_KEY = Setting("public_key", str, lambda: "", checks.at_most(checks.MAX_KEY))
FEDERATION_PRIVATE_KEY = Setting(
    "private_key", str, lambda: "", checks.at_most(checks.MAX_KEY), secret=True
)
