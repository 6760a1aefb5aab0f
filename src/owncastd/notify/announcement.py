"""
What the world is told: that the stream is on.
"""

from datetime import datetime

from attrs import frozen

from owncastd.settings import catalogue
from owncastd.settings.store import Settings


@frozen
class Announcement:
    """
    A broadcast, as those who are told of it see it.

    @ivar occasion: the same text for everything that is said of one broadcast.
    @ivar url: where to watch, or empty while the administrator has not said where that is.
    @ivar started_at: when the broadcast began (UTC).
    """

    occasion: str
    started_at: datetime
    server_name: str
    summary: str
    stream_title: str
    url: str

    @classmethod
    def of(cls, settings: Settings, occasion: str, started_at: datetime) -> "Announcement":
        """
        What the settings say right now.
        """
        return cls(
            occasion=occasion,
            started_at=started_at,
            server_name=settings.get(catalogue.SERVER_NAME),
            summary=settings.get(catalogue.SERVER_SUMMARY),
            stream_title=settings.get(catalogue.STREAM_TITLE),
            url=settings.get(catalogue.SERVER_URL),
        )

    def at(self, path: str) -> str:
        """
        The whole address of something on this server; empty if nobody knows where that is.

        @param path: with a slash in front.
        """
        return f"{self.url}{path}" if self.url else ""
