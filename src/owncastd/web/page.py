"""
The page at C{/}: rendered here with all it needs, so that it asks nothing before it plays.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from twisted.web.http import TEMPORARY_REDIRECT
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .answers import Leaf, Redirect, finish
from .documents import PublicDocuments
from .headers import allow_any_origin, content_security_policy, max_age
from .platforms import PLATFORMS

STREAM: Final = "/hls/stream.m3u8"
#: Bytes of randomness in a nonce: 128 bits.
_NONCE_BYTES: Final = 16
#: User-Agents that contain one of these are players that were given the page's address.
_PLAYERS: Final = ("mpv", "vlc", "player", "applecoremedia")
#: What the page loads first; named so that the browser need not find them one by one.
_MODULES: Final = (
    "player.js",
    "session.js",
    "controls.js",
    "status.js",
    "vendor/hls.light.min.mjs",
)
_LINK_SCHEMES: Final = {"http", "https", "mailto", "xmpp", "matrix", "irc", "ircs"}
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")

_BADGES: Final = {
    "offline": "Offline",
    "starting": "Starting",
    "live": "Live",
    "interrupted": "Interrupted",
}
_NOTICES: Final = {
    "offline": "The stream is offline",
    "starting": "The stream is starting",
    "live": "",
    "interrupted": "The stream is coming back",
}


def script_string(document: object) -> Markup:
    """
    A document as JSON text in a JavaScript string literal, safe within a script element.
    """
    literal = json.dumps(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    for sign in "<>&":
        literal = literal.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(literal)  # noqa: S704 - every sign that HTML knows is escaped above


def style_text(variables: Mapping[str, str], styles: str) -> Markup:
    """
    The administrator's colours and style sheet, safe within a style element.
    """
    declared = "".join(
        f"--{name}: {value};"
        for name, value in variables.items()
        if _VARIABLE_NAME.fullmatch(name) and not set(value) & set("{};")
    )
    text = f":root {{{declared}}}\n{styles}" if declared else styles
    # Nothing but an end tag ends the element; escaped, it means the same to CSS.
    return Markup(text.replace("</", "<\\/"))  # noqa: S704


def phase_of(status: Mapping[str, Any]) -> str:
    """
    What the page shows first; the scripts know the same rule.
    """
    state = str(status["state"])
    return "starting" if state != "offline" and not status["online"] else state


def _links(handles: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {"url": handle["url"], "label": PLATFORMS.get(handle["platform"], handle["platform"])}
        for handle in handles
        if urlsplit(handle["url"].strip()).scheme in _LINK_SCHEMES
    ]


def _viewers(count: int) -> str:
    if not count:
        return ""
    return f"{count} viewer" if count == 1 else f"{count} viewers"


class IndexPage(Leaf):
    """
    The viewer's page.

    @param assets: address below which this release's files lie.
    @param make_nonce: makes fresh random text for each page.
    """

    def __init__(
        self,
        documents: PublicDocuments,
        settings: Settings,
        assets: str,
        make_nonce: Callable[[], str] = lambda: secrets.token_urlsafe(_NONCE_BYTES),
    ) -> None:
        super().__init__()
        self._documents = documents
        self._settings = settings
        self._assets = assets
        self._make_nonce = make_nonce
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("index.html")

    def answer(self, request: IRequest) -> int:
        """
        The page, or for a player the way to the stream.
        """
        allow_any_origin(request)
        headers = request.responseHeaders
        headers.setRawHeaders("Cache-Control", [max_age("/")])
        headers.setRawHeaders("Vary", ["User-Agent"])
        agent = request.requestHeaders.getRawHeaders("User-Agent", [""])[0].lower()
        if any(name in agent for name in _PLAYERS):
            return Redirect(TEMPORARY_REDIRECT, STREAM).render(request)
        nonce = self._make_nonce()
        headers.setRawHeaders("Content-Security-Policy", [content_security_policy(nonce)])
        return finish(request, "text/html; charset=utf-8", self._html(nonce).encode())

    def _html(self, nonce: str) -> str:
        config = self._documents.config()
        status = self._documents.status()
        phase = phase_of(status)
        return self._template.render(
            nonce=nonce,
            assets=self._assets,
            modules=_MODULES,
            url=self._settings.get(catalogue.SERVER_URL),
            name=config["name"],
            summary=config["summary"],
            tags=config["tags"],
            links=_links(config["socialHandles"]),
            logo=config["logo"],
            # A title that was left over from the last stream says nothing.
            title=(phase != "offline" and status["streamTitle"]) or config["name"],
            viewers=_viewers(status.get("viewerCount", 0)),
            phase=phase,
            badge=_BADGES[phase],
            notice=_NOTICES[phase],
            # Rendered and sanitised when they were made.
            extra_content=Markup(config["extraPageContent"]),  # noqa: S704
            offline_message=Markup(config["offlineMessage"]),  # noqa: S704
            custom_javascript=bool(self._settings.get(catalogue.CUSTOM_JAVASCRIPT)),
            styles=style_text(config["appearanceVariables"], config["customStyles"]),
            config_hydration=script_string(config),
            status_hydration=script_string(status),
        )
