"""
Codes that somebody is sent to show that an account is theirs.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from .allowance import Allowance

DIGITS: Final = 6
#: How long a code is good.
CODE_SECONDS: Final = 600.0
#: How often a code may be guessed; then it is void.
MAX_ATTEMPTS: Final = 5
#: How many codes may be waited for at once.
MAX_PENDING: Final = 1_000
#: How many codes one account is sent in a row, and within how many seconds as many again: nobody
#: may be pestered, and guesses are few.
CODES_PER_ACCOUNT: Final = 5
ACCOUNT_SECONDS: Final = 3_600.0


class CodeRefused(Exception):
    """
    No code is made. The text is for people.
    """


@define(eq=False)
class _Pending:
    """
    A code that is waited for.

    @ivar until: by the clock.
    """

    account: str
    code: str = field(repr=False)
    until: float
    attempts: int = 0


@define(eq=False)
class OneTimeCodes:
    """
    Makes codes and takes them back, one at a time for each person. All is in
    memory: after a restart a new code is asked for.

    @ivar _pending: by whom it was asked for, the oldest first.
    """

    _clock: IReactorTime
    _below: Callable[[int], int] = secrets.randbelow
    _pending: OrderedDict[bytes, _Pending] = field(init=False, factory=OrderedDict, repr=False)
    _allowance: Allowance = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._allowance = Allowance(self._clock, CODES_PER_ACCOUNT, ACCOUNT_SECONDS)

    def request(self, who: bytes, account: str) -> str:
        """
        A code for an account.

        @param who: digest of the token of the person that asks.
        @param account: in its canonical form.
        @raise CodeRefused: not now.
        """
        self._forget_old()
        if who in self._pending:
            raise CodeRefused(
                "Could not register auth request. One may already be pending. Try again later."
            )
        if len(self._pending) >= MAX_PENDING:
            raise CodeRefused("Could not register auth request: too many are pending")
        if not self._allowance.take(account):
            raise CodeRefused(
                "Could not register auth request: too many codes were sent to this account"
            )
        code = f"{self._below(10**DIGITS):0{DIGITS}}"
        self._pending[who] = _Pending(account, code, self._clock.seconds() + CODE_SECONDS)
        return code

    def withdraw(self, who: bytes) -> None:
        """
        A code could not be sent: another one may be asked for at once.
        """
        self._pending.pop(who, None)

    def verify(self, who: bytes, code: str) -> str | None:
        """
        Take a code back, in time that tells nothing of it.

        @return: the account that was proved, or C{None} for a wrong code, or where there is none.
        """
        self._forget_old()
        pending = self._pending.get(who)
        if pending is None:
            return None
        pending.attempts += 1
        right = hmac.compare_digest(code.encode("utf-8", "replace"), pending.code.encode())
        if right or pending.attempts >= MAX_ATTEMPTS:
            del self._pending[who]
        return pending.account if right else None

    def _forget_old(self) -> None:
        now = self._clock.seconds()
        while self._pending:
            oldest = next(iter(self._pending.values()))
            if now < oldest.until:
                return
            self._pending.popitem(last=False)
