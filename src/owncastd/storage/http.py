"""
Requests of ours to a storage service: bounded in time and in what is read.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse

from .problems import BucketError, error_of_exception

#: Longest answer that is read, in bytes: a listing of 1000 keys with their attributes.
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
#: How requests are sent: C{request} of a client of treq.
Send = Callable[..., Deferred[Any]]

CONNECT_SECONDS: Final = 10.0
#: How long a connection is kept for the next request.
IDLE_SECONDS: Final = 30


@frozen
class HTTPAnswer:
    """
    An answer, read to its end.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)


@define(eq=False)
class Connections:
    """
    The connections to storage services, which are kept open between requests.
    """

    _pool: HTTPConnectionPool
    agent: Agent

    @classmethod
    def make(cls, reactor: Any, per_host: int) -> "Connections":
        """
        None is open yet.

        @param per_host: how many idle ones are kept.
        """
        pool = HTTPConnectionPool(reactor)
        pool.maxPersistentPerHost = per_host
        pool.cachedConnectionTimeout = IDLE_SECONDS
        return cls(pool, Agent(reactor, pool=pool, connectTimeout=CONNECT_SECONDS))

    def close(self) -> Deferred[Any]:
        """
        Close those that are idle.
        """
        closing: Deferred[Any] = self._pool.closeCachedConnections()
        return closing


async def fetch(
    clock: IReactorTime,
    send: Send,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes,
    seconds: float,
) -> HTTPAnswer:
    """
    Send a request and read the answer. Redirects are not followed: a signature is for one host.

    @param seconds: for all of it.
    @raise BucketError: there was no answer, or a too long one.
    """
    try:
        return await Deferred.fromCoroutine(_fetch(send, method, url, headers, data)).addTimeout(
            seconds, clock
        )
    except BucketError:
        raise
    except Exception as error:  # whatever happened is told in words
        raise error_of_exception(error) from error


async def _fetch(
    send: Send, method: str, url: str, headers: Mapping[str, str], data: bytes
) -> HTTPAnswer:
    response = await send(
        method,
        url,
        headers=dict(headers),
        # An empty body is sent with its length as well: some services insist.
        data=data if data or method == "PUT" else None,
        allow_redirects=False,
        unbuffered=True,
    )
    body = await _bounded(response)
    return HTTPAnswer(response.code, response.headers, body)


def _bounded(response: IResponse) -> Deferred[bytes]:
    """
    The body of an answer; cancelling closes the connection.
    """
    reader = _BoundedBody()
    response.deliverBody(reader)
    return reader.done


class _BoundedBody(StreamProtocol):
    """
    Collects a body, but not more than is reasonable.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self.done: Deferred[bytes] = Deferred(lambda _: self._abort())

    def dataReceived(self, data: bytes) -> None:
        """
        Keep a piece.
        """
        self._size += len(data)
        if self._size <= MAX_ANSWER_BYTES:
            self._pieces.append(data)
        elif not self.done.called:
            self.done.errback(BucketError("the answer of the service is far too long"))
            self._abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The body is there, or the connection is gone.
        """
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(b"".join(self._pieces))
        else:
            self.done.errback(reason)

    def _abort(self) -> None:
        abort = getattr(self.transport, "abortConnection", None)
        if abort is not None:
            abort()
