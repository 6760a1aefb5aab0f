"""
Settings of how the world is told that the stream is on.
"""

from .. import checks
from ..setting import Setting
from ..values import BrowserPush, Discord

__all__ = [
    "DISCORD",
    "BROWSER_PUSH",
    "BROWSER_PUSH_PUBLIC_KEY",
    "BROWSER_PUSH_PRIVATE_KEY",
    "DIRECTORY_ENABLED",
    "DIRECTORY_REGISTRATION_KEY",
]

DISCORD = Setting(
    "discord_configuration",
    Discord,
    Discord,
    checks.discord,
    api_name="notifications.discord",
    secret=True,
)
BROWSER_PUSH = Setting(
    "browser_push_configuration",
    BrowserPush,
    lambda: BrowserPush(enabled=True, go_live_message="The stream is on!"),
    checks.browser_push,
    api_name="notifications.browser",
)
#: The VAPID key pair, as URL-safe base64 without padding; empty until it is made.
BROWSER_PUSH_PUBLIC_KEY = Setting(
    "browser_push_public_key", str, lambda: "", checks.at_most(checks.MAX_KEY)
)
BROWSER_PUSH_PRIVATE_KEY = Setting(
    "browser_push_private_key", str, lambda: "", checks.at_most(checks.MAX_KEY), secret=True
)
DIRECTORY_ENABLED = Setting("directory_enabled", bool, lambda: False, api_name="yp.enabled")
#: By what the directory knows this server again; empty until it has told.
DIRECTORY_REGISTRATION_KEY = Setting(
    "directory_registration_key", str, lambda: "", checks.at_most(checks.MAX_LINE), secret=True
)
