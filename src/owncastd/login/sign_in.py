"""
Signing in to the chat by IndieAuth: this server as the client.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.identity.proofs import INDIEAUTH, NobodyToProve, Proofs, canonical_url
from owncastd.identity.users import User
from owncastd.net.errors import OutgoingError
from owncastd.net.fetch import Fetch
from owncastd.net.outgoing import Bounds

from .discovery import Authorization, Discovery, NotSupported, parsed_object
from .pending import Pending
from .pkce import challenge_of
from .queries import with_query

#: Who is on their way at the same time, and for how long; more are refused.
MAX_PENDING: Final = 100
PENDING_SECONDS: Final = 600.0
CALLBACK: Final = "/api/auth/indieauth/callback"
EXCHANGE: Final = Bounds(max_bytes=64 * 1024, seconds=10.0)
#: Longest code that is handed on, and longest reason that is repeated, in characters.
MAX_CODE: Final = 4_096
MAX_REASON: Final = 200
_SECRET_BYTES: Final = 32


class SignInRefused(Exception):
    """
    Somebody cannot sign in. The text is for them.
    """


class TooManySignIns(SignInRefused):
    """
    So many are on their way that no more are taken.
    """


@frozen
class _Journey:
    """
    Somebody on their way to prove who they are.

    @ivar token: of the chat, by which they asked.
    @ivar browser: what their browser must show when it comes back.
    """

    token: str = field(repr=False)
    browser: str = field(repr=False)
    verifier: str = field(repr=False)
    me: str
    authorization: Authorization
    client_id: str
    redirect_uri: str


@frozen
class Departure:
    """
    Where to send somebody, and what their browser is to keep.
    """

    redirect: str
    browser: str = field(repr=False)


@frozen
class Arrival:
    """
    What somebody comes back with.

    @ivar browser: what their browser kept.
    """

    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None
    error: str
    browser: str = field(repr=False)


def client_id_of(server_url: str) -> str:
    """
    What this server calls itself: its URL, which has a path (IndieAuth, 3.3).
    """
    return f"{server_url}/" if server_url.count("/") == 2 else server_url


@define(eq=False)
class SignIn:
    """
    Sends people to whoever knows them, and takes their word when they come back.

    @ivar _server_url: where the world reaches this server, or empty.
    """

    _clock: IReactorTime
    _fetch: Fetch
    _discovery: Discovery
    _proofs: Proofs
    _server_url: Callable[[], str]
    _secret: Callable[[int], str] = field(default=secrets.token_urlsafe, repr=False)
    _pending: Pending[_Journey] = field(init=False, repr=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._pending = Pending(self._clock, MAX_PENDING, PENDING_SECONDS)

    async def start(self, token: str, page: str) -> Departure:
        """
        Somebody says that a page is theirs.

        @param token: of the chat.
        @param page: its URL; C{https://} may be left out.
        @raise SignInRefused: it cannot be found out.
        """
        server_url = self._server_url()
        if not server_url:
            raise SignInRefused("This server does not know its own address, which is needed.")
        if self._pending.full:
            raise TooManySignIns("Too many are signing in right now. Try again in some minutes.")
        try:
            me = canonical_url(page if "://" in page else f"https://{page}")
        except ValueError as error:
            raise SignInRefused(f"This is not the address of a page: {error}.") from None
        authorization = await self._authorization(me)
        # Others may have come meanwhile; the oldest of them makes room.
        journey = _Journey(
            token,
            self._secret(_SECRET_BYTES),
            self._secret(_SECRET_BYTES),
            me,
            authorization,
            client_id_of(server_url),
            server_url + CALLBACK,
        )
        state = self._secret(_SECRET_BYTES)
        self._pending.add(state, journey)
        redirect = with_query(
            authorization.endpoint,
            {
                "response_type": "code",
                "client_id": journey.client_id,
                "redirect_uri": journey.redirect_uri,
                "state": state,
                "code_challenge": challenge_of(journey.verifier),
                "code_challenge_method": "S256",
                "me": me,
            },
        )
        return Departure(redirect, journey.browser)

    async def finish(self, arrival: Arrival) -> User:
        """
        Somebody comes back.

        @return: who they are in the chat from now on.
        @raise SignInRefused: they proved nothing.
        """
        journey = self._pending.take(arrival.state)
        # One who was lured here with somebody else's state would make their own identity theirs.
        if journey is None or not hmac.compare_digest(
            journey.browser.encode(), arrival.browser.encode("utf-8", "replace")
        ):
            raise SignInRefused("This sign-in is not known here any more. Begin again.")
        if not _is_from(arrival.issuer, journey.authorization):
            raise SignInRefused("Another one answered than was asked.")
        if arrival.error:
            raise SignInRefused(f"It was refused: {_shown(arrival.error)}.")
        if not arrival.code or len(arrival.code) > MAX_CODE:
            raise SignInRefused("The answer has no code.")
        me = await self._exchange(journey, arrival.code)
        try:
            return await self._proofs.accept(journey.token, INDIEAUTH, me)
        except NobodyToProve as error:
            raise SignInRefused(str(error)) from None

    async def _authorization(self, me: str) -> Authorization:
        try:
            return await self._discovery.authorization(me)
        except NotSupported as error:
            # Clients look for these words.
            raise SignInRefused(f"url does not support indieauth: {error}") from None
        except OutgoingError as error:
            raise SignInRefused(f"The page cannot be asked: {error}.") from None

    async def _exchange(self, journey: _Journey, code: str) -> str:
        """
        Ask whose page it is (IndieAuth, 5.3).

        @return: the page, which may be another one than was given, but leads to the same endpoint.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": journey.client_id,
            "redirect_uri": journey.redirect_uri,
            "code_verifier": journey.verifier,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        endpoint = journey.authorization.endpoint
        try:
            answer = await self._fetch(
                "POST", endpoint, headers, urlencode(form).encode("ascii"), EXCHANGE
            )
            document = parsed_object(answer.body)
        except (OutgoingError, NotSupported) as error:
            raise SignInRefused(f"Your identity could not be verified: {error}") from None
        error_named = document.get("error")
        if answer.status != 200 or error_named:
            reason = _shown(error_named) if isinstance(error_named, str) else str(answer.status)
            raise SignInRefused(f"Your identity was not confirmed: {reason}.")
        try:
            me = canonical_url(str(document.get("me", "")))
        except ValueError:
            raise SignInRefused("Your identity was not confirmed: no page is named.") from None
        if me != journey.me:
            # IndieAuth, 5.4: whoever it is must be named by the other page as well.
            named = await self._authorization(me)
            if named.endpoint != endpoint:
                raise SignInRefused("Another page was confirmed than the one that you gave.")
        return me


def _is_from(issuer: str | None, known: Authorization) -> bool:
    """
    Whether an answer is from whom it was asked (RFC 9207, 2.4).
    """
    if known.issuer is None:
        return True
    return not known.names_issuer if issuer is None else issuer == known.issuer


def _shown(text: str) -> str:
    """
    A stranger's text, short and printable.
    """
    return "".join(each for each in text[:MAX_REASON] if each.isprintable())
