"""
Leading a visitor to the place where they can follow this account from their own.
"""

from typing import Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.net.proxies import TrustedProxies
from owncastd.web.body import read_as
from owncastd.web.errors import Refused
from owncastd.web.origins import client_address
from owncastd.web.routes import POST, Guard, route

from .allowance import Allowance
from .answers import Answers
from .look_up import LookUp, LookUpFailed

#: How often an address may have somebody looked up, and within how many seconds as often again.
LOOK_UPS: Final = 10
LOOK_UP_SECONDS: Final = 300.0
#: Longest body, in bytes.
MAX_BODY: Final = 8_192


@frozen
class _Wish:
    """
    Who wants to follow.
    """

    account: str = ""


@define(eq=False)
class RemoteFollowAPI:
    """
    Finds the page of another server for following somebody.
    """

    _answers: Answers
    _look_up: LookUp
    _allowance: Allowance
    _proxies: TrustedProxies

    @route(POST, "/api/remotefollow", Guard.NOBODY)
    async def remote_follow(self, request: IRequest) -> dict[str, str]:
        """
        Where somebody with an account elsewhere can follow this one.
        """
        account = read_as(request, _Wish, MAX_BODY).account.strip()
        if not account:
            raise Refused("account: a fediverse account is needed to follow")
        own = self._answers.account(400)
        if not self._allowance.take(client_address(request, self._proxies)):
            raise Refused("too many accounts were looked up; try again later", 429)
        try:
            found = await self._look_up(account)
            return {"redirectUrl": found.follow_page(own.actor)}
        except LookUpFailed as error:
            raise Refused(str(error)) from None
