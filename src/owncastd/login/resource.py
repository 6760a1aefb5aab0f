"""
The routes of IndieAuth: signing in here, and elsewhere as the owner of this server.
"""

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from attrs import define, field
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.web.answers import json_bytes, set_status
from owncastd.web.auth import query_token
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Methods, route

from .pages import consent_page, failure_page
from .provider import ENDPOINT, BadAuthorizationRequest, BadCode, Provider
from .queries import form_of, query_of
from .sign_in import CALLBACK, PENDING_SECONDS, Arrival, SignIn, SignInRefused, TooManySignIns

#: Largest body of the request to sign in, in bytes: one address.
MAX_START_BYTES: Final = 8_192
#: Keeps in a browser what it must show when it comes back.
COOKIE: Final = "owncast-sign-in"
MAX_COOKIES: Final = 8_192
CONSENT: Final = f"{ENDPOINT}/consent"
#: Browsers come back by GET, which ends something and must not be given up half-way.
_COMING_BACK: Final = Methods(("GET",), 405)
_NONCE_BYTES: Final = 18
_SEE_OTHER: Final = 303
_TEMPORARY_REDIRECT: Final = 307


def _redirect(request: IRequest, status: int, location: str) -> None:
    set_status(request, status)
    request.responseHeaders.setRawHeaders("Location", [location])


def _kept(request: IRequest) -> str:
    """
    What the browser kept; empty if nothing.
    """
    cookies: SimpleCookie = SimpleCookie()
    try:
        for header in request.requestHeaders.getRawHeaders("Cookie", [])[:1]:
            cookies.load(header[:MAX_COOKIES])
    except CookieError:
        return ""
    kept = cookies.get(COOKIE)
    return "" if kept is None else kept.value


@define(eq=False)
class SignInAPI:
    """
    Signing in to the chat.

    @ivar _server_url: where the world reaches this server, or empty.
    """

    _sign_in: SignIn
    _server_url: Callable[[], str]
    _nonce: Callable[[int], str] = field(default=secrets.token_urlsafe, repr=False)

    @route(POST, "/api/auth/indieauth", Guard.USER)
    async def start(self, request: IRequest, user: User) -> dict[str, str]:
        """
        Find out where somebody is to be sent.
        """
        page = read_object(request, MAX_START_BYTES).get("authHost")
        token = query_token(request)
        if not isinstance(page, str) or not page.strip():
            raise Refused("authHost: must be the address of a page")
        if user.is_bot or token is None:
            raise Refused("programs do not sign in")
        try:
            departure = await self._sign_in.start(token, page.strip())
        except TooManySignIns as error:
            raise Refused(str(error), 429, {"Retry-After": "60"}) from None
        except SignInRefused as error:
            raise Refused(str(error)) from None
        self._keep(request, departure.browser, int(PENDING_SECONDS))
        return {"redirect": departure.redirect}

    @route(_COMING_BACK, CALLBACK, Guard.NOBODY)
    async def callback(self, request: IRequest) -> bytes | None:
        """
        Somebody comes back; the page knows the rest.
        """
        try:
            query = query_of(request)
            arrival = Arrival(
                state=query.get("state", ""),
                code=query.get("code", ""),
                issuer=query.get("iss"),
                error=query.get("error", ""),
                browser=_kept(request),
            )
            await self._sign_in.finish(arrival)
        except (SignInRefused, Refused) as error:
            set_status(request, 400)
            return failure_page(request, self._nonce(_NONCE_BYTES), str(error))
        self._keep(request, "", 0)
        _redirect(request, _TEMPORARY_REDIRECT, "/")
        return None

    def _keep(self, request: IRequest, value: str, seconds: int) -> None:
        secure = "; Secure" if self._server_url().startswith("https://") else ""
        request.responseHeaders.addRawHeader(
            "Set-Cookie",
            f"{COOKIE}={value}; Path={CALLBACK}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        )


@define(eq=False)
class ProviderAPI:
    """
    Signing in elsewhere, as the owner of this server.
    """

    _provider: Provider
    _server_url: Callable[[], str]
    _nonce: Callable[[int], str] = field(default=secrets.token_urlsafe, repr=False)

    @route(READ, ENDPOINT, Guard.ADMIN)
    async def ask(self, request: IRequest) -> bytes:
        """
        Ask the owner, who has shown the password.
        """
        try:
            name, question = await self._provider.ask(query_of(request))
        except (BadAuthorizationRequest, Refused) as error:
            set_status(request, 400)
            return failure_page(request, self._nonce(_NONCE_BYTES), str(error))
        return consent_page(
            request,
            self._nonce(_NONCE_BYTES),
            CONSENT,
            name,
            question.client_host,
            question.origin,
            self._server_url(),
        )

    @route(POST, CONSENT, Guard.ADMIN)
    async def consent(self, request: IRequest) -> bytes | None:
        """
        The owner's answer: the browser goes back to who asked.
        """
        form = form_of(request)
        try:
            target = self._provider.answer(form.get("request", ""), form.get("answer") == "allow")
        except BadAuthorizationRequest as error:
            set_status(request, 400)
            return failure_page(request, self._nonce(_NONCE_BYTES), str(error))
        _redirect(request, _SEE_OTHER, target)
        return None

    @route(POST, ENDPOINT, Guard.NOBODY)
    async def redeem(self, request: IRequest) -> dict[str, Any] | bytes:
        """
        Who the owner is, for a code.
        """
        try:
            return self._provider.redeem(form_of(request))
        except (BadCode, Refused) as error:
            set_status(request, error.status if isinstance(error, Refused) else 400)
            document = {
                # As every refusal here, besides what clients of this protocol read.
                "success": False,
                "message": str(error),
                "profile": {"name": "", "url": "", "photo": ""},
                "error": "invalid_client",
                "error_description": str(error),
            }
            return json_bytes(request, document)

    @route(READ, f"{ENDPOINT}/metadata", Guard.NOBODY)
    def metadata(self, request: IRequest) -> dict[str, Any]:
        """
        What clients may know.
        """
        if not self._server_url():
            raise Refused("this server does not know its own address", 404)
        return self._provider.metadata()
