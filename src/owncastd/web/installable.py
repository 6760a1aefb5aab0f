"""
What a browser shows this server by among its bookmarks and apps.
"""

import struct
from pathlib import Path
from typing import Final
from urllib.parse import quote

from attrs import define, field
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .answers import has_already, json_bytes
from .headers import allow_any_origin, cache_for, max_age
from .logo import Logo
from .pictures import Picture, recognise
from .routes import READ, Guard, route

#: Names under an icon have room for about so many characters (W3C Web Application Manifest, 3.4).
MAX_SHORT_NAME: Final = 12
_PNG_HEAD: Final = 24
_STATIC: Final = Path(__file__).parent / "static"


def _own_icon() -> Picture:
    return recognise((_STATIC / "favicon.png").read_bytes())


@define(eq=False)
class InstallableAPI:
    """
    The web app manifest, and the icon that browsers ask for without being told.
    """

    _settings: Settings
    _logo: Logo
    _icon: Picture = field(init=False, factory=_own_icon, repr=False)

    @route(READ, "/manifest.json", Guard.NOBODY)
    def manifest(self, request: IRequest) -> bytes:
        """
        Name and logo, as the administrator chose them.
        """
        name = self._settings.get(catalogue.SERVER_NAME)
        document = {
            "name": name,
            "short_name": name if len(name) <= MAX_SHORT_NAME else name[: MAX_SHORT_NAME - 1] + "…",
            "description": self._settings.get(catalogue.SERVER_SUMMARY),
            "id": "/",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#101316",
            "theme_color": "#101316",
            "icons": self._icons(),
        }
        body = json_bytes(request, document)
        request.responseHeaders.setRawHeaders("Content-Type", ["application/manifest+json"])
        cache_for(request, max_age("manifest.json"))
        return body

    @route(READ, "/favicon.ico", Guard.NOBODY)
    def favicon(self, request: IRequest) -> bytes:
        """
        The logo, or our own icon until there is one.
        """
        picture = self._logo.external() if self._version else self._icon
        cache_for(request, max_age(f"favicon{picture.suffix}"))
        allow_any_origin(request)
        request.responseHeaders.setRawHeaders("Content-Type", [picture.content_type])
        if has_already(request, picture.tag):
            return b""
        request.responseHeaders.setRawHeaders("Content-Length", [str(len(picture.data))])
        return picture.data

    @property
    def _version(self) -> str:
        return self._settings.get(catalogue.LOGO_UNIQUENESS)

    def _icons(self) -> list[dict[str, str]]:
        query = f"?{quote(self._version, safe='')}" if self._version else ""
        logo, external = self._logo.picture(), self._logo.external()
        icons = [_icon_entry(f"/logo{query}", logo)]
        if logo.is_vector:
            # Systems that show no vector pictures among their apps take the other.
            icons.append(_icon_entry(f"/logo/external{query}", external))
        return icons


def _icon_entry(address: str, picture: Picture) -> dict[str, str]:
    entry = {"src": address, "type": picture.content_type}
    if picture.is_vector:
        entry["sizes"] = "any"
    elif picture.content_type == "image/png" and len(picture.data) >= _PNG_HEAD:
        # The first chunk begins with width and height (PNG, 11.2.1).
        width, height = struct.unpack_from(">II", picture.data, 16)
        entry["sizes"] = f"{width}x{height}"
    return entry
