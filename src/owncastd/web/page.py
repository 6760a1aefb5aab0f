"""
The page at C{/}: rendered here with all it needs, so that it asks nothing before it plays.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup
from twisted.web.http import TEMPORARY_REDIRECT
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue

from .addresses import base_url
from .answers import Leaf, Redirect, finish
from .bots import BotPages, is_bot
from .headers import (
    BOTS_POLICY,
    allow_any_origin,
    content_security_policy,
    max_age,
    set_policy,
)
from .languages import VARY
from .metadata import Metadata, metadata_of
from .modules import PLAYBACK, needed_by
from .platforms import PLATFORMS
from .rendering import Rendering, script_string

STREAM: Final = "/hls/stream.m3u8"
#: User-Agents that contain one of these are players that were given the page's address.
_PLAYERS: Final = ("mpv", "vlc", "player", "applecoremedia")
_LINK_SCHEMES: Final = {"http", "https", "mailto", "xmpp", "matrix", "irc", "ircs"}
_HTML: Final = "text/html; charset=utf-8"


def _links(handles: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {
            "url": handle["url"],
            "label": PLATFORMS.get(handle["platform"], handle["platform"]),
            "icon": handle.get("icon", ""),
        }
        for handle in handles
        if urlsplit(handle["url"].strip()).scheme in _LINK_SCHEMES
    ]


def _modules(phase: str, *, has_chat: bool) -> tuple[str, ...]:
    chat = needed_by("page.js", "chat/panel.js") if has_chat else needed_by("page.js")
    return chat if phase == "offline" else (*chat, PLAYBACK)


class IndexPage(Leaf):
    """
    The viewer's page; for programs that fetch it, a small one; for players, the way to the stream.
    """

    def __init__(self, rendering: Rendering) -> None:
        super().__init__()
        self._rendering = rendering
        self._template = rendering.template("index.html")
        _modules("offline", has_chat=True)
        _modules("offline", has_chat=False)
        self._bot_pages = BotPages(rendering.template("bots.html"))

    def answer(self, request: IRequest) -> int:
        """
        The page that suits whoever asks.
        """
        allow_any_origin(request)
        headers = request.responseHeaders
        headers.setRawHeaders("Cache-Control", [max_age("/")])
        headers.setRawHeaders("Vary", ["User-Agent"])
        agent = request.requestHeaders.getRawHeaders("User-Agent", [""])[0].lower()
        if any(name in agent for name in _PLAYERS):
            return Redirect(TEMPORARY_REDIRECT, STREAM).render(request)
        config = self._rendering.documents.config()
        settings = self._rendering.settings
        about = metadata_of(
            config,
            base_url(request, settings.get(catalogue.SERVER_URL)),
            has_thumbnail=self._rendering.documents.thumbnail_size() is not None,
        )
        if is_bot(agent):
            set_policy(request, BOTS_POLICY)
            html = self._bot_pages.html(about, _links(config["socialHandles"]))
            return finish(request, _HTML, html)
        headers.setRawHeaders("Vary", [f"User-Agent, {VARY}"])
        nonce = self._rendering.make_nonce()
        scripted = bool(settings.get(catalogue.CUSTOM_JAVASCRIPT))
        set_policy(request, content_security_policy(nonce, scripts_load_more=scripted))
        language = self._rendering.languages.suiting(request)
        status = self._rendering.documents.status()
        context = self._rendering.viewer_context(nonce, language, config, status)
        page = self._html(context, config, status, about, scripted=scripted)
        return finish(request, _HTML, page.encode())

    def inert_html(self, request: IRequest) -> str:
        """
        The same page for a preview: without scripts, and without the administrator's styles.
        """
        documents = self._rendering.documents
        config, status = documents.config(), documents.status()
        language = self._rendering.languages.suiting(request)
        context = self._rendering.viewer_context("", language, config, status)
        server_url = self._rendering.settings.get(catalogue.SERVER_URL)
        about = metadata_of(config, base_url(request, server_url), has_thumbnail=False)
        return self._html({**context, "styles": ""}, config, status, about, inert=True)

    def _html(
        self,
        context: dict[str, Any],
        config: dict[str, Any],
        status: dict[str, Any],
        about: Metadata,
        *,
        scripted: bool = False,
        inert: bool = False,
    ) -> str:
        phase = context["phase"]
        return self._template.render(
            context,
            about=about,
            modules=() if inert else _modules(phase, has_chat=not config["chatDisabled"]),
            inert=inert,
            has_chat=not config["chatDisabled"],
            summary=config["summary"],
            tags=config["tags"],
            links=_links(config["socialHandles"]),
            # A title that was left over from the last stream says nothing.
            title=(phase != "offline" and status["streamTitle"]) or config["name"],
            follower_count=config["federation"].get("followerCount", 0),
            viewers=status.get("viewerCount", 0),
            page_url="",
            initially_muted=False,
            # Rendered and sanitised when it was made.
            extra_content=Markup(config["extraPageContent"]),  # noqa: S704
            custom_javascript=scripted,
            config_hydration=script_string(config),
        )
