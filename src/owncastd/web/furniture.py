"""
Small texts that belong to the page: the administrator's script, and what crawlers are told.
"""

from typing import Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .routes import READ, Guard, route

_ROBOTS: Final = ("User-agent: *", "Disallow: /admin", "Disallow: /api")


def _text(request: IRequest, content_type: str, text: str) -> bytes:
    body = text.encode()
    request.responseHeaders.setRawHeaders("Content-Type", [f"{content_type}; charset=utf-8"])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(body))])
    return body


@define(eq=False)
class Furniture:
    """
    Serves them from the settings.
    """

    _settings: Settings

    @route(READ, "/customjavascript", Guard.NOBODY)
    @route(READ, "/api/customjavascript", Guard.NOBODY)
    def custom_javascript(self, request: IRequest) -> bytes:
        """
        The administrator's script, which the page loads.
        """
        return _text(request, "text/javascript", self._settings.get(catalogue.CUSTOM_JAVASCRIPT))

    @route(READ, "/robots.txt", Guard.NOBODY)
    def robots(self, request: IRequest) -> bytes:
        """
        Where crawlers may go.
        """
        lines = list(_ROBOTS)
        if self._settings.get(catalogue.DISABLE_SEARCH_INDEXING):
            lines.append("Disallow: /")
        return _text(request, "text/plain", "\n".join(lines))
