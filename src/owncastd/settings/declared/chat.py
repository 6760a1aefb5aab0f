"""
Settings of the chat.
"""

from .. import checks, name_checks
from ..setting import Setting

__all__ = [
    "CHAT_DISABLED",
    "CHAT_JOIN_MESSAGES_ENABLED",
    "CHAT_ESTABLISHED_USERS_ONLY",
    "FORBIDDEN_USERNAMES",
    "SUGGESTED_USERNAMES",
    "WELCOME_MESSAGE",
]

CHAT_DISABLED = Setting("chat_disabled", bool, lambda: False, api_name="chatDisabled")
CHAT_JOIN_MESSAGES_ENABLED = Setting(
    "chat_join_messages_enabled", bool, lambda: True, api_name="chatJoinMessagesEnabled"
)
CHAT_ESTABLISHED_USERS_ONLY = Setting(
    "chat_established_users_only_mode", bool, lambda: False, api_name="chatEstablishedUserMode"
)
FORBIDDEN_USERNAMES = Setting(
    "blocked_usernames",
    tuple[str, ...],
    lambda: name_checks.DEFAULT_FORBIDDEN,
    name_checks.forbidden_names,
    api_name="forbiddenUsernames",
)
SUGGESTED_USERNAMES: Setting[tuple[str, ...]] = Setting(
    "suggested_usernames",
    tuple[str, ...],
    lambda: (),
    name_checks.suggested_names,
    api_name="suggestedUsernames",
)
WELCOME_MESSAGE = Setting(
    "server_welcome_message",
    str,
    lambda: "",
    checks.at_most(checks.MAX_PAGE),
    api_name="instanceDetails.welcomeMessage",
)
