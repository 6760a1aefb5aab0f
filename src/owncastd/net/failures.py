"""
Why a request got no answer, as one of a few facts.
"""

from enum import Enum, auto

from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.error import (
    ConnectError,
    ConnectionClosed,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    SSLError,
)
from twisted.internet.error import TimeoutError as ConnectTimeoutError
from twisted.web.client import RequestTransmissionFailed, ResponseFailed, ResponseNeverReceived
from twisted.web.http import _DataLoss


class Trouble(Enum):
    """
    What went wrong.
    """

    NO_ADDRESS = auto()
    NOTHING_LISTENS = auto()
    TOO_SLOW = auto()
    NOT_SECURE = auto()
    NO_CONNECTION = auto()
    CLOSED = auto()
    OTHER = auto()


def innermost(error: BaseException) -> BaseException:
    """
    What Twisted's HTTP client wrapped: the first reason that says more than that the connection
    ended, or else that it did.
    """
    if not isinstance(error, (ResponseNeverReceived, RequestTransmissionFailed, ResponseFailed)):
        return error
    for reason in error.reasons:
        if not isinstance(reason.value, ConnectionClosed):
            return innermost(reason.value)
    return ConnectionLost()


def trouble_of(error: BaseException) -> Trouble:
    """
    The fact behind an exception that L{innermost} gave.
    """
    if isinstance(error, DNSLookupError):
        return Trouble.NO_ADDRESS
    if isinstance(error, ConnectionRefusedError):
        return Trouble.NOTHING_LISTENS
    if isinstance(error, (TimeoutError, ConnectTimeoutError, CancelledError)):
        return Trouble.TOO_SLOW
    if isinstance(error, SSLError) or _is_of_tls(type(error)):
        return Trouble.NOT_SECURE
    if isinstance(error, ConnectError):
        return Trouble.NO_CONNECTION
    if isinstance(error, (ConnectionClosed, _DataLoss)):
        return Trouble.CLOSED
    return Trouble.OTHER


def _is_of_tls(kind: type[BaseException]) -> bool:
    return "SSL" in kind.__module__ or kind.__module__.startswith("service_identity")
