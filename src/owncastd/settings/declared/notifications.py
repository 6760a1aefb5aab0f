"""
Settings of how the world is told that the stream is on.
"""

from .. import checks, notification_checks
from ..setting import Needs, Setting
from ..values import BrowserPush, Discord, Email, JSONPost

__all__ = [
    "GO_LIVE_DELAY_SECONDS",
    "DISCORD",
    "BROWSER_PUSH",
    "BROWSER_PUSH_PUBLIC_KEY",
    "BROWSER_PUSH_PRIVATE_KEY",
    "EMAIL",
    "EMAIL_PASSWORD",
    "JSON_POST",
    "JSON_POST_AUTHORIZATION",
    "DIRECTORY_ENABLED",
    "DIRECTORY_URL",
    "DIRECTORY_REGISTRATION_KEY",
]

#: Long enough for a streamer to see that something is wrong before everybody is told.
GO_LIVE_DELAY_SECONDS = Setting(
    "go_live_delay_seconds",
    float,
    lambda: 120.0,
    checks.between(0, notification_checks.MAX_DELAY_SECONDS),
    Needs.NEXT_BROADCAST,
    api_name="notifications.delaySeconds",
)

DISCORD = Setting(
    "discord_configuration",
    Discord,
    Discord,
    notification_checks.discord,
    api_name="notifications.discord",
    secret=True,
)
BROWSER_PUSH = Setting(
    "browser_push_configuration",
    BrowserPush,
    lambda: BrowserPush(enabled=True, go_live_message="The stream is on!"),
    notification_checks.browser_push,
    api_name="notifications.browser",
)
#: The VAPID key pair, as URL-safe base64 without padding; empty until it is made.
BROWSER_PUSH_PUBLIC_KEY = Setting(
    "browser_push_public_key", str, lambda: "", checks.at_most(checks.MAX_KEY)
)
BROWSER_PUSH_PRIVATE_KEY = Setting(
    "browser_push_private_key", str, lambda: "", checks.at_most(checks.MAX_KEY), secret=True
)
EMAIL = Setting(
    "email_notification_configuration",
    Email,
    Email,
    notification_checks.email,
    api_name="notifications.email",
)
#: Shown only as a word about whether there is one; so is the next but one.
EMAIL_PASSWORD = Setting(
    "email_notification_password",
    str,
    lambda: "",
    notification_checks.secret_line,
    api_name="notifications.emailPasswordSet",
    secret=True,
)
JSON_POST = Setting(
    "json_notification_configuration",
    JSONPost,
    lambda: JSONPost(template=notification_checks.SOME_TEMPLATE),
    notification_checks.json_post,
    api_name="notifications.json",
    secret=True,
)
#: The value of the C{Authorization} header.
JSON_POST_AUTHORIZATION = Setting(
    "json_notification_authorization",
    str,
    lambda: "",
    notification_checks.secret_line,
    api_name="notifications.jsonAuthorizationSet",
    secret=True,
)
DIRECTORY_ENABLED = Setting("directory_enabled", bool, lambda: False, api_name="yp.enabled")
DIRECTORY_URL = Setting(
    "directory_url",
    str,
    lambda: "https://directory.owncast.online",
    notification_checks.directory_url,
    api_name="yp.directoryUrl",
)
#: By what the directory knows this server again; empty until it has told.
DIRECTORY_REGISTRATION_KEY = Setting(
    "directory_registration_key", str, lambda: "", checks.at_most(checks.MAX_LINE), secret=True
)
