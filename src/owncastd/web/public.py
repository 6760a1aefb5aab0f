"""
The API that needs no permission: status, configuration, signs of life of viewers, qualities.
"""

from typing import Any

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.interfaces import IAudience
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .documents import PublicDocuments
from .origins import client_address
from .platforms import PLATFORMS, icon_path
from .routes import READ, READ_OR_POST, Guard, route
from .variants import variants_document

#: Longest part of a User-Agent that is passed on; what follows tells no viewer from another.
MAX_USER_AGENT = 512


@define(eq=False)
class PublicAPI:
    """
    The public routes below C{/api/}.

    @param proxies: whose word about the viewer's address is taken.
    """

    _documents: PublicDocuments
    _settings: Settings
    _audience: IAudience
    _proxies: TrustedProxies

    @route(READ, "/api/status", Guard.NOBODY)
    def status(self, request: IRequest) -> dict[str, Any]:
        """
        Whether there is a stream, since when, and how many watch.
        """
        return self._documents.status()

    @route(READ, "/api/config", Guard.NOBODY)
    def config(self, request: IRequest) -> dict[str, Any]:
        """
        Who streams here, and how the page is to look.
        """
        return self._documents.config()

    @route(READ_OR_POST, "/api/ping", Guard.NOBODY)
    def ping(self, request: IRequest) -> None:
        """
        A viewer is still watching.
        """
        address = client_address(request, self._proxies)
        agents = request.requestHeaders.getRawHeaders("User-Agent", [""])
        self._audience.watching(address, agents[0][:MAX_USER_AGENT])

    @route(READ, "/api/video/variants", Guard.NOBODY)
    def variants(self, request: IRequest) -> list[dict[str, object]]:
        """
        The qualities that the stream is offered in.
        """
        renditions = self._settings.get(catalogue.VIDEO_RENDITIONS)
        return variants_document(renditions)

    @route(READ, "/api/socialplatforms", Guard.NOBODY)
    def social_platforms(self, request: IRequest) -> dict[str, dict[str, str | None]]:
        """
        The platforms that profile links have pictures for.
        """
        return {
            platform: {"platform": name, "icon": icon_path(platform)}
            for platform, name in PLATFORMS.items()
        }
