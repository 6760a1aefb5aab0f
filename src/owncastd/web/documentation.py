"""
What the API says of itself: its OpenAPI document, and a page that shows it.
"""

import json
from pathlib import Path
from typing import Final

import yaml
from attrs import define
from jinja2 import Environment
from twisted.web.iweb import IRequest

from .headers import cache_for
from .routes import READ, Guard, route
from .static_files import StaticFile, negotiate

#: The document as it is written and kept up, by hand.
SOURCE: Final = Path(__file__).with_name("openapi.yaml")
_PAGE: Final = Path(__file__).parent / "templates" / "docs.html"
#: Asked for again at each visit, so that an upgrade is seen at once.
_CACHING: Final = "no-cache"
#: The page needs nothing but what this server has, and no script or style in its own text.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@define(eq=False)
class Documentation:
    """
    Serves the document in both notations, and the page.
    """

    _yaml: StaticFile
    _json: StaticFile
    _page: bytes

    @classmethod
    def load(cls, assets: str) -> "Documentation":
        """
        Read and convert the document, synchronously, before the reactor runs.

        @param assets: address below which this release's files lie.
        """
        text = SOURCE.read_bytes()
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        as_json = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        template = Environment(autoescape=True).from_string(_PAGE.read_text("utf-8"))
        return cls(
            StaticFile.make("openapi.yaml", text),
            StaticFile.make("openapi.json", as_json.encode()),
            template.render(assets=assets).encode(),
        )

    @route(READ, "/api/openapi.yaml", Guard.NOBODY)
    def as_yaml(self, request: IRequest) -> bytes:
        """
        The document as it is written.
        """
        return _send(request, self._yaml)

    @route(READ, "/api/openapi.json", Guard.NOBODY)
    def as_json(self, request: IRequest) -> bytes:
        """
        The same for programs, and for the page.
        """
        return _send(request, self._json)

    @route(READ, "/api/docs", Guard.NOBODY)
    def page(self, request: IRequest) -> bytes:
        """
        The page.
        """
        cache_for(request, _CACHING)
        headers = request.responseHeaders
        headers.setRawHeaders("Content-Type", ["text/html; charset=utf-8"])
        headers.setRawHeaders("Content-Security-Policy", [_POLICY])
        headers.setRawHeaders("Content-Length", [str(len(self._page))])
        return self._page


def _send(request: IRequest, file: StaticFile) -> bytes:
    """
    The document, or nothing for who has it already.
    """
    cache_for(request, _CACHING)
    data = negotiate(request, file)
    if data is None:
        return b""
    request.responseHeaders.setRawHeaders("Content-Type", [file.content_type])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(data))])
    return data
