"""
The administrator's pages at C{/admin/}: one document, whose scripts draw each page from the API.
"""

from typing import Final

from attrs import define, field
from jinja2 import Template
from twisted.web.http import MOVED_PERMANENTLY, NOT_FOUND, SEE_OTHER
from twisted.web.iweb import IRequest

from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.threads import InThread

from .answers import set_status
from .auth import CHALLENGE
from .body import read_value
from .errors import Refused, Unauthorized
from .headers import allow_framing, set_policy
from .languages import Language
from .markdown import render_markdown
from .origins import is_foreign
from .page import IndexPage
from .rendering import Rendering
from .routes import POST, READ, Guard, route

BASE: Final = "/admin/"
SIGN_OUT: Final = BASE + "logout"
#: What there is below it; a test holds the list in C{static/administration/pages.js} together with
#: it. Most are where Owncast's are, so that bookmarks keep working.
PAGES: Final = frozenset(
    {
        *("start", "viewer-info", "stream-health", "hardware-info", "logs", "upgrade", "help"),
        *("config/general", "config/content", "config/appearance", "config-social-items"),
        *("config-video", "config/keys", "config/storage", "config/server"),
        *("config-chat", "chat/users", "chat/messages", "chat/moderation", "chat/emojis"),
        *("config-federation", "federation/followers", "federation/actions"),
        *("federation/compose", "config-notify", "access-tokens", "webhooks", "actions"),
    }
)
#: How many sign-outs are remembered.
MAX_SIGN_OUTS: Final = 100
#: Longest text that names one.
MAX_MARK: Final = 64
#: Where our modules are.
MODULES: Final = "administration"
_HTML: Final = "text/html; charset=utf-8"
#: The viewers' page in a preview runs nothing, and may look as the administrator likes.
_PREVIEW_POLICY: Final = (
    "default-src 'none'; img-src * data:; media-src *; style-src 'self' 'unsafe-inline' https:; "
    "font-src * data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def _policy(nonce: str) -> str:
    """
    Scripts and styles are this server's own, nothing is evaluated, nobody else is asked.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class _SignedOut(Unauthorized):
    """
    The answer that makes a browser forget the password: it was refused.
    """

    def __init__(self, page: str, policy: str) -> None:
        # Browsers that know it forget at once, without asking for another password.
        super().__init__("signed out", {**CHALLENGE, "Clear-Site-Data": '"cookies"'})
        self._page = page
        self._policy = policy

    def body(self, request: IRequest, form: object) -> bytes:
        """
        What is seen by who gives no password then.
        """
        set_policy(request, self._policy)
        return _html(request, self._page)


@define(eq=False)
class AdministrationPages:
    """
    Serves the document, the preview of the viewers' page, and the way out.

    @ivar _index: the viewers' page.
    @ivar _in_thread: renders texts where they block nobody.
    @ivar _modules: what the document's first script needs; named so that the browser need not find
        them one by one.
    @ivar _signed_out: marks of the sign-outs that were carried out, the newest last.
    """

    _rendering: Rendering
    _index: IndexPage
    _proxies: TrustedProxies
    _in_thread: InThread
    _modules: tuple[str, ...]
    _page: Template = field(init=False, repr=False)
    _farewell: Template = field(init=False, repr=False)
    _signed_out: list[str] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self._page = self._rendering.template("administration.html")
        self._farewell = self._rendering.template("signed_out.html")

    @route(READ, "/admin", Guard.NOBODY)
    def without_slash(self, request: IRequest) -> bytes:
        """
        To the front page.
        """
        return _moved(request, MOVED_PERMANENTLY, BASE)

    @route(READ, BASE, Guard.ADMIN)
    def front(self, request: IRequest) -> bytes:
        """
        The front page.
        """
        return self._document(request)

    @route(READ, BASE + "<path:path>", Guard.ADMIN)
    def page(self, request: IRequest, path: str) -> bytes:
        """
        A page by its path; one that does not exist says so itself.
        """
        if path in PAGES:
            return _moved(request, MOVED_PERMANENTLY, f"{BASE}{path}/")
        if path.removesuffix("/") not in PAGES or not path.endswith("/"):
            set_status(request, NOT_FOUND)
        return self._document(request)

    @route(READ, SIGN_OUT, Guard.ADMIN)
    def sign_out(self, request: IRequest) -> bytes:
        """
        Make the browser forget the password.

        A browser forgets a password when it is refused, and then asks for another. So the first
        request with a mark (the query) is refused although its password is right; the next one with
        it comes from who has typed the password again, and is led to the front page.
        """
        server_url = self._rendering.settings.get(catalogue.SERVER_URL)
        if is_foreign(request, self._proxies, server_url):
            raise Refused("requests of other sites are refused", 403)
        mark = request.uri.partition(b"?")[2][:MAX_MARK].decode("ascii", "replace")
        if not mark:
            return _moved(request, SEE_OTHER, f"{SIGN_OUT}?{self._rendering.make_nonce()}")
        if mark in self._signed_out:
            return _moved(request, SEE_OTHER, BASE)
        self._signed_out = [*self._signed_out[1 - MAX_SIGN_OUTS :], mark]
        page = self._farewell.render(self._context("", request))
        raise _SignedOut(page, _policy(self._rendering.make_nonce()))

    @route(READ, BASE + "preview", Guard.ADMIN)
    def preview(self, request: IRequest) -> bytes:
        """
        The viewers' page for a frame of ours: without scripts, and without the styles that the
        administrator may be changing.
        """
        allow_framing(request)
        set_policy(request, _PREVIEW_POLICY)
        return _html(request, self._index.inert_html(request))

    @route(POST, "/api/admin/markdown", Guard.ADMIN)
    async def render(self, request: IRequest) -> dict[str, str]:
        """
        A text as the viewers' page would show it, for previews.
        """
        text = read_value(request, catalogue.EXTRA_PAGE_CONTENT)
        return {"html": await self._in_thread(lambda: render_markdown(text))}

    def _document(self, request: IRequest) -> bytes:
        nonce = self._rendering.make_nonce()
        set_policy(request, _policy(nonce))
        page = self._page.render(self._context(nonce, request), modules=self._modules)
        return _html(request, page)

    def _context(self, nonce: str, request: IRequest) -> dict[str, object]:
        language: Language = self._rendering.languages.suiting(request)
        return {
            **self._rendering.page_context(nonce, language),
            "name": self._rendering.settings.get(catalogue.SERVER_NAME),
        }


def _html(request: IRequest, page: str) -> bytes:
    body = page.encode()
    request.responseHeaders.setRawHeaders("Content-Type", [_HTML])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(body))])
    return body


def _moved(request: IRequest, status: int, location: str) -> bytes:
    set_status(request, status)
    request.responseHeaders.setRawHeaders("Location", [location])
    request.responseHeaders.setRawHeaders("Content-Type", ["text/plain; charset=utf-8"])
    return location.encode()
