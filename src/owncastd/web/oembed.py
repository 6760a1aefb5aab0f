"""
oEmbed 1.0 (oembed.com): how other sites show the player, given a link to this server.
"""

from html import escape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .addresses import base_url
from .documents import PublicDocuments
from .errors import Refused
from .headers import cache_for
from .metadata import EMBED_HEIGHT, EMBED_WIDTH, Metadata, metadata_of
from .routes import READ, Guard, route

#: Seconds that a description may be kept.
CACHE_SECONDS: Final = 300
_MAX_FIELDS: Final = 20
_MAX_DIGITS: Final = 6
#: Paths that show the stream.
_PAGES: Final = {"", "/", "/index.html", "/embed/video", "/embed/video/"}


@define(eq=False)
class OEmbedAPI:
    """
    The provider's endpoint.
    """

    _documents: PublicDocuments
    _settings: Settings

    @route(READ, "/oembed", Guard.NOBODY)
    def describe(self, request: IRequest) -> dict[str, Any]:
        """
        The player as HTML, no larger than what is asked for.
        """
        fields = _fields(request)
        if fields.get("format", "json") != "json":
            # oEmbed 2.3.4: a format that is not provided.
            raise Refused("only JSON is provided", 501)
        base = base_url(request, self._settings.get(catalogue.SERVER_URL))
        about = metadata_of(self._documents.config(), base)
        if not _is_ours(fields.get("url", ""), about.base):
            raise Refused("this is not a page of this server", 404)
        most = fields.get("maxwidth", ""), fields.get("maxheight", "")
        width, height = fitted(*most)
        cache_for(request, f"public, max-age={CACHE_SECONDS}")
        return {
            "type": "video",
            "version": "1.0",
            "title": about.name,
            "provider_name": about.name,
            "provider_url": about.url,
            "cache_age": CACHE_SECONDS,
            "width": width,
            "height": height,
            "html": frame(about, width, height),
            **self._thumbnail(about, *most),
        }

    def _thumbnail(self, about: Metadata, max_width: str, max_height: str) -> dict[str, Any]:
        """
        The picture of the stream (oEmbed, 2.3.4.1), if there is one that is no larger than what is
        asked for.
        """
        size = self._documents.thumbnail_size()
        if size is None:
            return {}
        width, height = size
        if width > _bound(max_width, width) or height > _bound(max_height, height):
            return {}
        return {
            "thumbnail_url": about.thumbnail_url,
            "thumbnail_width": width,
            "thumbnail_height": height,
        }


def fitted(max_width: str, max_height: str) -> tuple[int, int]:
    """
    The largest usual size of the player within bounds; its shape stays.

    @param max_width: as a stranger sent it; what is no number bounds nothing.
    """
    scale = min(
        _bound(max_width, EMBED_WIDTH) / EMBED_WIDTH,
        _bound(max_height, EMBED_HEIGHT) / EMBED_HEIGHT,
    )
    return max(1, int(EMBED_WIDTH * scale)), max(1, int(EMBED_HEIGHT * scale))


def frame(about: Metadata, width: int, height: int) -> str:
    """
    The element that shows the player.
    """
    return (
        f'<iframe src="{escape(about.embed_url)}/" width="{width}" height="{height}" '
        f'title="{escape(about.name)}" allow="autoplay; fullscreen; picture-in-picture" '
        'allowfullscreen style="border: 0"></iframe>'
    )


def _bound(text: str, usual: int) -> int:
    if not text.isascii() or not text.isdigit():
        return usual
    return min(usual, int(text[:_MAX_DIGITS]))


def _fields(request: IRequest) -> dict[str, str]:
    query = request.uri.partition(b"?")[2].decode("ascii", "replace")
    try:
        found = parse_qs(query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _is_ours(url: str, base: str) -> bool:
    """
    Whether a link leads to the stream of this server. The scheme is not compared: links from before
    the server had TLS still work.
    """
    try:
        asked, own = urlsplit(url), urlsplit(base)
        return (
            asked.scheme in ("http", "https")
            and asked.netloc.lower() == own.netloc.lower()
            and asked.path in _PAGES
        )
    except ValueError:
        return False
