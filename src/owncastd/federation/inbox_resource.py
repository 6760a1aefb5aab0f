"""
The routes that others bring activities to.
"""

from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.net.proxies import TrustedProxies
from owncastd.web.answers import set_status
from owncastd.web.errors import Refused
from owncastd.web.origins import client_address
from owncastd.web.routes import Guard, Methods, route

from .account import PATH, Account
from .allowance import Allowance
from .answers import Answers
from .documents import MAX_BYTES
from .errors import Blocked, InvalidDocument, Overloaded, SignatureRefused
from .inbox import Inbox
from .verification import signable

#: Other methods are refused as other servers expect it.
DELIVER: Final = Methods(("POST",), 405)

#: Media types of activities (ActivityPub, 7).
_MEDIA_TYPES: Final = frozenset(
    {"application/activity+json", "application/ld+json", "application/json"}
)
#: A request counts for one, and for one more with every so many bytes: the longest documents take a
#: hundred times as long to read as usual ones.
UNIT_BYTES: Final = 16 * 1024
#: How much one address may bring: so many in a row, and again in the course of so many seconds.
#: A large server brings what thousands of people do.
BURST: Final = 600
BURST_SECONDS: Final = 60.0
#: The same for all of them together: what the server can look at without the video noticing.
BURST_OF_ALL: Final = 200
BURST_OF_ALL_SECONDS: Final = 2.0
#: How much is written about what is refused.
REMARKS: Final = 30
REMARK_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 60

_EVERYBODY: Final = ""


@define(eq=False)
class InboxAPI:
    """
    Takes deliveries.

    @ivar _proxies: whose word about a sender's address is taken. What seems to come from one of
        them may come from anybody, so it is not counted as one sender's.
    """

    _clock: IReactorTime
    _answers: Answers
    _inbox: Inbox
    _proxies: TrustedProxies
    _of_one: Allowance = field(init=False)
    _of_all: Allowance = field(init=False)
    _remarks: Allowance = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._of_one = Allowance(self._clock, BURST, BURST_SECONDS)
        self._of_all = Allowance(self._clock, BURST_OF_ALL, BURST_OF_ALL_SECONDS)
        self._remarks = Allowance(self._clock, REMARKS, REMARK_SECONDS)

    @route(DELIVER, f"{PATH}/user/<username>/inbox", Guard.NOBODY)
    async def inbox(self, request: IRequest, username: str) -> bytes:
        """
        The account's own inbox.
        """
        return await self._take(request, self._answers.own(username))

    @route(DELIVER, f"{PATH}/inbox", Guard.NOBODY)
    async def shared_inbox(self, request: IRequest) -> bytes:
        """
        The one for everybody on this server.
        """
        return await self._take(request, self._answers.account())

    async def _take(self, request: IRequest, account: Account) -> bytes:
        address = client_address(request, self._proxies)
        try:
            body: bytes = request.content.read(MAX_BYTES + 1)
            self._admit(address, 1 + len(body) // UNIT_BYTES)
            _check(request, body)
            await self._inbox.receive(signable(request, account, body), account)
        except (Refused, InvalidDocument, SignatureRefused, Blocked, Overloaded) as error:
            if self._remarks.take(_EVERYBODY):
                self._log.info(
                    "What {address} brought to the inbox is refused: {reason}",
                    address=address,
                    reason=str(error),
                )
            raise (error if isinstance(error, Refused) else _refusal(error)) from None
        set_status(request, 202)
        return b""

    def _admit(self, address: str, units: int) -> None:
        """
        Let somebody bring something of a certain size.

        @raise Refused: it is too much at the moment.
        """
        # In this order: who brings too much must not use up what is for all.
        if not self._proxies.trusts(address) and not self._of_one.take(address, units):
            raise _later("too much came from your address", 429)
        if not self._of_all.take(_EVERYBODY, units):
            raise _later("too much is being brought at the moment", 503)


def _check(request: IRequest, body: bytes) -> None:
    """
    Make sure that a request may hold an activity.

    @raise Refused: it may not.
    """
    types: list[str] = request.requestHeaders.getRawHeaders("Content-Type", [])
    media_type = types[0].partition(";")[0].strip().lower() if types else ""
    if media_type not in _MEDIA_TYPES:
        raise Refused("activities are of the type application/activity+json", 415)
    if len(body) > MAX_BYTES:
        raise Refused(f"the body must not be larger than {MAX_BYTES} bytes", 413)


def _later(message: str, status: int) -> Refused:
    return Refused(message, status, {"Retry-After": str(RETRY_SECONDS)})


def _refusal(error: Exception) -> Refused:
    """
    What the sender is told. They need 401 to try another kind of signature.
    """
    if isinstance(error, Overloaded):
        return _later(str(error), 503)
    if isinstance(error, Blocked):
        return Refused(str(error), 403)
    if isinstance(error, SignatureRefused):
        return Refused(str(error), 401)
    return Refused(str(error), 400)
