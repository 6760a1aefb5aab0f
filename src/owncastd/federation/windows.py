"""
For how long a signature is good.
"""

from datetime import datetime
from typing import Final

from .errors import SignatureRefused

#: How far our clocks may be apart, or a request be under way: an hour, as other servers have it,
#: and some minutes.
SKEW_SECONDS: Final = 3_900


def check_time(created: int, expires: int | None, now: datetime) -> None:
    """
    Make sure that a signature is neither old nor from the future.

    @param created: seconds of Unix time; so is C{expires}, if it is there.
    @raise SignatureRefused: it is.
    """
    seconds = now.timestamp()
    if created < seconds - SKEW_SECONDS:
        raise SignatureRefused("the signature is too old")
    if created > seconds + SKEW_SECONDS:
        raise SignatureRefused("the signature is from the future")
    if expires is not None and expires < seconds:
        raise SignatureRefused("the signature has expired")
