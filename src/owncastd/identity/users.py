"""
Users: people who chat, and programs that act on their own token.
"""

from datetime import datetime
from typing import Final

from attrs import frozen

#: The scope of chat moderators.
MODERATOR: Final = "MODERATOR"
#: Scopes of access tokens for programs. Each stands for itself; none includes another.
CAN_SEND_MESSAGES: Final = "CAN_SEND_MESSAGES"
CAN_SEND_SYSTEM_MESSAGES: Final = "CAN_SEND_SYSTEM_MESSAGES"
HAS_ADMIN_ACCESS: Final = "HAS_ADMIN_ACCESS"
#: Longest name of anybody, in characters; the chat sets a tighter limit to what people choose.
MAX_NAME: Final = 100
TOKEN_SCOPES: Final = frozenset({CAN_SEND_MESSAGES, CAN_SEND_SYSTEM_MESSAGES, HAS_ADMIN_ACCESS})


@frozen
class User:
    """
    Somebody with a name of their own.

    @ivar display_color: 0 to 7, an index into the page's palette.
    @ivar previous_names: the names so far, the original one first, the present one last.
    @ivar is_bot: whether it is a program, which was given its token by the administrator.
    @ivar disabled_at: since when they may do nothing any more, or C{None}.
    @ivar authenticated_at: since when they have proved who they are elsewhere, or C{None}.
    @ivar last_used_at: when their token was used last; kept for programs only.
    """

    id: str
    display_name: str
    display_color: int
    created_at: datetime
    previous_names: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    is_bot: bool = False
    name_changed_at: datetime | None = None
    disabled_at: datetime | None = None
    authenticated_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def disabled(self) -> bool:
        """
        Whether they may do nothing any more.
        """
        return self.disabled_at is not None
