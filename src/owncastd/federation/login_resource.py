"""
Proving by an account in the fediverse who one is in the chat.
"""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Final

from attrs import define, frozen
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.identity.proofs import FEDIVERSE, NobodyToProve, Proofs, canonical_account
from owncastd.identity.tokens import digest_of
from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.answers import set_status
from owncastd.web.auth import query_token
from owncastd.web.body import read_as
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .answers import Answers
from .direct_messages import CannotTell
from .one_time_codes import CODE_SECONDS, CodeRefused, OneTimeCodes

#: Longest body, in bytes.
MAX_BODY: Final = 8_192

#: Sends HTML to an account, seen by nobody else. Raises L{CannotTell}.
Tell = Callable[[str, str], Awaitable[None]]


@frozen
class _Claim:
    """
    Whose account it is said to be.
    """

    account: str


@frozen
class _Proof:
    """
    What that account was sent.
    """

    code: str


def message(server_name: str, code: str) -> str:
    """
    What somebody is sent.
    """
    minutes = int(CODE_SECONDS // 60)
    return (
        f"<p>Somebody, probably you, wants to use this account in the chat of"
        f" {escape(server_name, quote=False)}. If it was not you, there is nothing to do.</p>"
        f"<p>The code, for the next {minutes} minutes: <strong>{code}</strong></p>"
    )


@define(eq=False)
class FediverseLoginAPI:
    """
    The two steps.
    """

    _answers: Answers
    _settings: Settings
    _codes: OneTimeCodes
    _tell: Tell
    _proofs: Proofs

    _log = Logger()

    @route(POST, "/api/auth/fediverse", Guard.USER)
    async def start(self, request: IRequest, user: User) -> Simple:
        """
        Send a code to an account.
        """
        claim = read_as(request, _Claim, MAX_BODY)
        try:
            account = canonical_account(claim.account)
        except ValueError as error:
            raise Refused(f"account: {error}") from None
        self._answers.account(400)
        who = digest_of(query_token(request) or "")
        try:
            code = self._codes.request(who, account)
        except CodeRefused as error:
            raise Refused(str(error)) from None
        try:
            text = message(self._settings.get(catalogue.SERVER_NAME), code)
            await self._tell(account, text)
        except CannotTell as error:
            self._codes.withdraw(who)
            raise Refused(f"Could not send code to fediverse: {error}") from None
        except BaseException:
            self._codes.withdraw(who)
            raise
        return Simple("")

    @route(POST, "/api/auth/fediverse/verify", Guard.NOBODY)
    async def verify(self, request: IRequest) -> Simple | None:
        """
        Take the code back.
        """
        proof = read_as(request, _Proof, MAX_BODY)
        token = query_token(request)
        account = None
        if token is not None:
            account = self._codes.verify(digest_of(token), proof.code.strip())
        if token is not None and account is not None:
            try:
                await self._proofs.accept(token, FEDIVERSE, account)
            except NobodyToProve:
                self._log.info("Somebody who may not sign in has proved an account")
            else:
                return Simple("")
        set_status(request, 403)
        return None
