"""
The gate of the HTTP API: who may pass which guard.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.identity.admin import TooManyAttempts
from owncastd.identity.users import MODERATOR, User
from owncastd.net.proxies import TrustedProxies

from .backoff import Backoff
from .errors import Refused, Unauthorized
from .origins import client_address, is_foreign
from .routes import Guard

ADMIN_NAME: Final = "admin"
#: Clients recognise the reference's realm.
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Owncast Authenticated Request"'}
#: Longer headers and tokens are not looked at.
MAX_CREDENTIALS: Final = 8_192
MAX_TOKEN: Final = 200

#: Finds whose access token this is.
FindUser = Callable[[str], Deferred[User | None]]


def nobody(token: str) -> Deferred[User | None]:
    """
    Finds no user, whatever the token.
    """
    return succeed(None)


@define(eq=False)
class Gate:
    """
    Checks the credentials of requests.

    @ivar _verify: whether this is the administrator's password (L{AdminPassword.verify}).
    @ivar _backoff: makes addresses wait that tell wrong passwords.
    @ivar _server_url: where the world reaches this server, or empty.
    @ivar _find_user: whose access token this is.
    @ivar _used: told of users whose bearer token was let pass.
    @ivar _banned: whether an address is banned.
    """

    _verify: Callable[[str], Deferred[bool]] = field(repr=False)
    _backoff: Backoff
    _proxies: TrustedProxies
    _server_url: Callable[[], str]
    _find_user: FindUser = nobody
    _used: Callable[[User], None] = lambda user: None
    _banned: Callable[[str], bool] = lambda address: False

    _log = Logger()

    async def admit(self, request: IRequest, guard: Guard, changes: bool) -> User | None:
        """
        Let a request pass, or refuse it.

        @param changes: whether it may change something.
        @return: the user, where the guard identifies one.
        @raise Refused: it may not pass.
        """
        if guard is Guard.NOBODY:
            return None
        if guard is Guard.ADMIN:
            # Before the password: what foreign pages make browsers send is not worth hashing.
            if changes and is_foreign(request, self._proxies, self._server_url()):
                raise Refused("requests of other sites are refused", 403)
            await self.admit_admin(request)
            return None
        if guard.scope is not None:
            return await self._admit_scope(request, guard.scope)
        user = await self._admit_user(query_token(request), request)
        if guard is Guard.MODERATOR and MODERATOR not in user.scopes:
            raise Unauthorized("unauthorized")
        return user

    async def admit_admin(self, request: IRequest) -> None:
        """
        Let the administrator pass (HTTP Basic, RFC 7617).

        @raise Unauthorized: there are no credentials, or wrong ones.
        @raise Refused: the address told too many wrong ones, or too many are being checked.
        """
        address = client_address(request, self._proxies)
        if seconds := self._backoff.seconds_left(address):
            raise Refused(
                f"too many wrong passwords came from your address; try again in {seconds} s",
                429,
                {"Retry-After": str(seconds)},
            )
        credentials = _basic_credentials(request)
        if credentials is None:
            raise Unauthorized("Unauthorized", CHALLENGE)
        name, password = credentials
        try:
            right = name == ADMIN_NAME and await self._verify(password)
        except TooManyAttempts:
            raise Refused(
                "the server is busy checking passwords; try again", 503, {"Retry-After": "1"}
            ) from None
        if not right:
            self._backoff.failed(address)
            self._log.warn("A wrong administrator password came from {address}", address=address)
            raise Unauthorized("Unauthorized", CHALLENGE)
        self._backoff.succeeded(address)

    async def _admit_scope(self, request: IRequest, scope: str) -> User:
        token = bearer_token(request)
        user = None if token is None else await self._find_user(token)
        if user is None or user.disabled or scope not in user.scopes:
            raise Unauthorized("unauthorized")
        self._used(user)
        return user

    async def _admit_user(self, token: str | None, request: IRequest) -> User:
        if token is None or self._banned(client_address(request, self._proxies)):
            raise Unauthorized("unauthorized")
        user = await self._find_user(token)
        if user is None or user.disabled:
            raise Unauthorized("unauthorized")
        return user


def _authorization(request: IRequest, scheme: str) -> str | None:
    """
    What follows the scheme in the one C{Authorization} header.
    """
    values = request.requestHeaders.getRawHeaders("Authorization", [])
    if len(values) != 1 or len(values[0]) > MAX_CREDENTIALS:
        return None
    word, _, rest = values[0].strip().partition(" ")
    rest = rest.strip()
    return rest if rest and word.lower() == scheme else None


def _basic_credentials(request: IRequest) -> tuple[str, str] | None:
    """
    User name and password, or C{None}.
    """
    encoded = _authorization(request, "basic")
    if encoded is None:
        return None
    try:
        raw = b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # What some browsers still send.
        text = raw.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def bearer_token(request: IRequest) -> str | None:
    """
    The token of an C{Authorization: Bearer} header (RFC 6750, 2.1).
    """
    token = _authorization(request, "bearer")
    return token if token is not None and len(token) <= MAX_TOKEN else None


def query_token(request: IRequest) -> str | None:
    """
    The C{accessToken} of the query; its C{=} signs may come raw.
    """
    query = request.uri.partition(b"?")[2].decode("ascii", "ignore")
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return None
    tokens = [value for name, value in pairs if name == "accessToken"]
    return tokens[0] if len(tokens) == 1 and len(tokens[0]) <= MAX_TOKEN else None
