"""
A webhook: who is told of what, and how that goes.
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from attrs import field, frozen

#: What Owncast 0.1 tells of.
EVENTS_OF_OWNCAST: Final = (
    "CHAT",
    "USER_JOINED",
    "USER_PARTED",
    "NAME_CHANGE",
    "VISIBILITY-UPDATE",
    "STREAM_STARTED",
    "STREAM_STOPPED",
    "STREAM_TITLE_UPDATED",
)
#: All that can be asked for: later releases of Owncast know the first of these as well.
EVENTS: Final = (
    *EVENTS_OF_OWNCAST,
    "FEDIVERSE_ENGAGEMENT_FOLLOW",
    "FEDIVERSE_ENGAGEMENT_LIKE",
    "FEDIVERSE_ENGAGEMENT_REPOST",
)


@frozen
class Webhook:
    """
    One webhook.

    @ivar url: may hold a secret, so it is never logged; L{host} is.
    @ivar secret: what deliveries are signed with, or C{None}: they are not signed.
    @ivar last_used_at: when its receiver answered last, whatever it said.
    @ivar last_tried_at: when something was sent to it last, answered or not.
    @ivar last_result: what came of that, for people.
    @ivar failing_since: of the deliveries that failed after the last that succeeded, when the
        first one did; C{None} if none did.
    @ivar disabled_at: since when nothing is sent to it any more, or C{None}.
    @ivar dropped: how many events it was never given.
    """

    id: int
    url: str = field(repr=False)
    events: tuple[str, ...]
    secret: str | None = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None = None
    last_tried_at: datetime | None = None
    last_result: str | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    dropped: int = 0

    @property
    def host(self) -> str:
        """
        Where it leads, for logs.
        """
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2] or "nowhere"
        except ValueError:
            return "nowhere"
