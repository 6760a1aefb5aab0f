"""
The API that needs no permission: status, configuration, signs of life of viewers, qualities.
"""

from typing import Any

from attrs import define
from klein import Klein
from twisted.web.iweb import IRequest

from owncastd.interfaces import IAudience
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .answers import json_bytes
from .documents import PublicDocuments
from .errors import add_error_answers
from .headers import allow_any_origin, forbid_caching, set_common
from .platforms import PLATFORMS, icon_path
from .variants import variants_document

_READ = ["GET", "HEAD"]
#: Longest part of a User-Agent that is passed on; what follows tells no viewer from another.
MAX_USER_AGENT = 512


def _never_stored(request: IRequest, document: object) -> bytes:
    set_common(request)
    forbid_caching(request)
    allow_any_origin(request)
    return json_bytes(request, document)


# No slots: Klein keeps the application bound to this instance on the instance.
@define(eq=False, slots=False)
class PublicAPI:
    """
    The public routes below C{/api/}.

    @param proxies: whose word about the viewer's address is taken.
    """

    app = Klein()

    _documents: PublicDocuments
    _settings: Settings
    _audience: IAudience
    _proxies: TrustedProxies

    @property
    def documents(self) -> PublicDocuments:
        """
        What the pages are delivered with, so that they need not ask.
        """
        return self._documents

    @app.route("/api/status", methods=_READ)
    def status(self, request: IRequest) -> bytes:
        """
        Whether there is a stream, since when, and how many watch.
        """
        return _never_stored(request, self._documents.status())

    @app.route("/api/config", methods=_READ)
    def config(self, request: IRequest) -> bytes:
        """
        Who streams here, and how the page is to look.
        """
        return _never_stored(request, self._documents.config())

    @app.route("/api/ping", methods=["GET", "HEAD", "POST"])
    def ping(self, request: Any) -> bytes:
        """
        A viewer is still watching.
        """
        set_common(request)
        forbid_caching(request)
        address = self._proxies.client_address(
            request.getClientAddress().host,
            request.requestHeaders.getRawHeaders("X-Forwarded-For", []),
        )
        agents = request.requestHeaders.getRawHeaders("User-Agent", [""])
        self._audience.watching(address, agents[0][:MAX_USER_AGENT])
        return b""

    @app.route("/api/video/variants", methods=_READ)
    def variants(self, request: IRequest) -> bytes:
        """
        The qualities that the stream is offered in.
        """
        renditions = self._settings.get(catalogue.VIDEO_RENDITIONS)
        return _never_stored(request, variants_document(renditions))

    @app.route("/api/socialplatforms", methods=_READ)
    def social_platforms(self, request: IRequest) -> bytes:
        """
        The platforms that profile links have pictures for.
        """
        document = {
            platform: {"platform": name, "icon": icon_path(platform)}
            for platform, name in PLATFORMS.items()
        }
        return _never_stored(request, document)


add_error_answers(PublicAPI.app)
