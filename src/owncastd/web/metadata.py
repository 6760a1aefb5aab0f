"""
What is told about the page to those who show a link to it: search engines, chats, other servers.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from attrs import frozen

#: The size that a frame of the player is given elsewhere, in pixels.
EMBED_WIDTH: Final = 560
EMBED_HEIGHT: Final = 315


@frozen
class Metadata:
    """
    The facts and addresses that metadata are made of.

    @ivar base: address of this server without a slash at its end, or empty.
    @ivar has_thumbnail: whether there is a picture of the running stream.
    """

    base: str
    name: str
    summary: str
    tags: tuple[str, ...]
    has_thumbnail: bool = False
    width: int = EMBED_WIDTH
    height: int = EMBED_HEIGHT

    @property
    def url(self) -> str:
        """
        Of the page.
        """
        return f"{self.base}/"

    @property
    def embed_url(self) -> str:
        """
        Of the player alone. Without a slash: those who check what Owncast says expect it so.
        """
        return f"{self.base}/embed/video"

    @property
    def logo_url(self) -> str:
        """
        Of the logo, in a format that everybody can show.
        """
        return f"{self.base}/logo/external"

    @property
    def thumbnail_url(self) -> str:
        """
        Of the picture of the running stream.
        """
        return f"{self.base}/thumbnail.jpg"

    @property
    def image_url(self) -> str:
        """
        Of the picture beside a link: the stream's, or the logo.
        """
        return self.thumbnail_url if self.has_thumbnail else self.logo_url

    @property
    def oembed_url(self) -> str:
        """
        Of the description for those who embed the player (oEmbed, 4).
        """
        return f"{self.base}/oembed?url={quote(self.url, safe='')}&format=json"


def metadata_of(config: Mapping[str, Any], base: str, *, has_thumbnail: bool = False) -> Metadata:
    """
    The metadata of a server.

    @param config: the document of C{/api/config}.
    @param has_thumbnail: whether there is a picture of the running stream.
    """
    tags = tuple(config["tags"])
    return Metadata(base, config["name"], config["summary"], tags, has_thumbnail)
