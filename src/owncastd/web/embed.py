"""
The player alone, for the pages of other sites.
"""

from typing import Final
from urllib.parse import parse_qs

from twisted.web.iweb import IRequest

from owncastd.settings import catalogue

from .addresses import base_url
from .answers import Leaf, finish
from .headers import allow_any_origin, allow_framing, content_security_policy, max_age, set_policy
from .languages import VARY
from .metadata import metadata_of
from .modules import PLAYBACK, needed_by
from .rendering import Rendering

#: Fields of a query beyond these are not looked at.
_MAX_FIELDS: Final = 20


class EmbeddedVideo(Leaf):
    """
    The page at C{/embed/video/}. With C{initiallyMuted=true} it begins muted, and with
    C{supportsSocialFollow=false} nobody is asked to follow.
    """

    def __init__(self, rendering: Rendering) -> None:
        super().__init__()
        self._rendering = rendering
        self._template = rendering.template("embed.html")
        self._modules = needed_by("embed.js")

    def answer(self, request: IRequest) -> int:
        """
        The page; any site may put it into a frame.
        """
        allow_any_origin(request)
        allow_framing(request)
        request.responseHeaders.setRawHeaders("Cache-Control", [max_age("/")])
        request.responseHeaders.setRawHeaders("Vary", [VARY])
        nonce = self._rendering.make_nonce()
        set_policy(request, content_security_policy(nonce, framed=True))
        documents = self._rendering.documents
        config = documents.config()
        server_url = self._rendering.settings.get(catalogue.SERVER_URL)
        fields = _query(request)
        context = self._rendering.viewer_context(
            nonce, self._rendering.languages.suiting(request), config, documents.status()
        )
        if fields.get(b"supportsSocialFollow") == b"false":
            context["has_follow"] = False
        html = self._template.render(
            context,
            about=metadata_of(
                config,
                base_url(request, server_url),
                has_thumbnail=documents.thumbnail_size() is not None,
            ),
            modules=(
                self._modules if context["phase"] == "offline" else (*self._modules, PLAYBACK)
            ),
            page_url="/",
            initially_muted=fields.get(b"initiallyMuted") == b"true",
        )
        return finish(request, "text/html; charset=utf-8", html.encode())


def _query(request: IRequest) -> dict[bytes, bytes]:
    """
    The first value of each field of a query; nothing of one that cannot be read.
    """
    try:
        fields = parse_qs(request.uri.partition(b"?")[2], max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
