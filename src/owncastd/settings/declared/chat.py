"""
Settings of the chat.
"""

from .. import chat_checks, checks, name_checks
from ..setting import Setting

__all__ = [
    "CHAT_DISABLED",
    "CHAT_JOIN_MESSAGES_ENABLED",
    "CHAT_ESTABLISHED_USERS_ONLY",
    "FORBIDDEN_USERNAMES",
    "SUGGESTED_USERNAMES",
    "WELCOME_MESSAGE",
    "CHAT_RATE_MESSAGES",
    "CHAT_RATE_SECONDS",
    "CHAT_FLOOD_SECONDS",
    "CHAT_SLOW_MODE_SECONDS",
    "CHAT_HOLD_FIRST_MESSAGES",
    "CHAT_BLOCKED_WORDS",
    "CHAT_BLOCKED_LINKS",
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
#: How many messages somebody may send in a row, and within how many seconds they may send as many
#: again; 0 messages mean no limit.
CHAT_RATE_MESSAGES = Setting(
    "chat_rate_messages",
    int,
    lambda: 3,
    checks.between(0, 100),
    api_name="chatModeration.rateMessages",
)
CHAT_RATE_SECONDS = Setting(
    "chat_rate_seconds",
    float,
    lambda: 2.0,
    checks.between(0.1, 600),
    api_name="chatModeration.rateSeconds",
)
#: How long somebody who sends more is not heard.
CHAT_FLOOD_SECONDS = Setting(
    "chat_flood_seconds",
    float,
    lambda: 10.0,
    checks.between(1, 600),
    api_name="chatModeration.floodSeconds",
)
#: How long everybody waits between two messages of theirs; 0 is off.
CHAT_SLOW_MODE_SECONDS = Setting(
    "chat_slow_mode_seconds",
    float,
    lambda: 0.0,
    checks.between(0, 3_600),
    api_name="chatModeration.slowModeSeconds",
)
#: Whether a moderator must approve of the first message of everybody.
CHAT_HOLD_FIRST_MESSAGES = Setting(
    "chat_hold_first_messages",
    bool,
    lambda: False,
    api_name="chatModeration.holdFirstMessages",
)
#: What nobody may say: entries of L{owncastd.patterns.words}.
CHAT_BLOCKED_WORDS: Setting[tuple[str, ...]] = Setting(
    "chat_blocked_words",
    tuple[str, ...],
    lambda: (),
    chat_checks.blocked_words,
    api_name="chatModeration.blockedWords",
)
#: Where links may not lead: names of hosts, which stand for those below them as well, with stars.
CHAT_BLOCKED_LINKS: Setting[tuple[str, ...]] = Setting(
    "chat_blocked_links",
    tuple[str, ...],
    lambda: (),
    chat_checks.blocked_links,
    api_name="chatModeration.blockedLinks",
)
