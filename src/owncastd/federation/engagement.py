"""
Telling the chat what people in the fediverse do.
"""

from typing import Final, Protocol

from attrs import define, frozen

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

#: Kinds, by the names that the chat and the database have for them.
FOLLOW: Final = "FEDIVERSE_ENGAGEMENT_FOLLOW"
LIKE: Final = "FEDIVERSE_ENGAGEMENT_LIKE"
REPOST: Final = "FEDIVERSE_ENGAGEMENT_REPOST"


@frozen
class Somebody:
    """
    Who did something.

    @ivar name: what they call themselves: plain text of a stranger.
    @ivar account: their handle, such as C{ana@example.social}.
    @ivar image: address of their picture, or C{None}.
    @ivar link: of their page.
    """

    name: str
    account: str
    image: str | None
    link: str


class TellChat(Protocol):
    """
    Tells the chat.
    """

    def __call__(self, kind: str, somebody: Somebody, did: str) -> None:
        """
        Somebody did something.

        @param kind: L{FOLLOW}, L{LIKE} or L{REPOST}.
        @param did: what follows their name in a sentence.
        """


@define(eq=False)
class Engagements:
    """
    Puts it into words, if the administrator wants it told.
    """

    _settings: Settings
    _tell: TellChat

    def followed(self, somebody: Somebody) -> None:
        """
        Somebody follows from now on.
        """
        self._say(FOLLOW, somebody, " followed this stream.")

    def liked(self, somebody: Somebody, live: bool) -> None:
        """
        Somebody likes a post.

        @param live: whether it is one that told that the stream is on.
        """
        what = "that this stream went live" if live else f"a post from {self._name()}"
        self._say(LIKE, somebody, f" liked {what}.")

    def reposted(self, somebody: Somebody, live: bool) -> None:
        """
        Somebody shared a post; see L{liked}.
        """
        what = "this stream" if live else f"a post from {self._name()}"
        self._say(REPOST, somebody, f" shared {what} with their followers.")

    def _name(self) -> str:
        return self._settings.get(catalogue.SERVER_NAME)

    def _say(self, kind: str, somebody: Somebody, did: str) -> None:
        get = self._settings.get
        if get(catalogue.FEDERATION_SHOW_ENGAGEMENT) and not get(catalogue.CHAT_DISABLED):
            self._tell(kind, somebody, did)
