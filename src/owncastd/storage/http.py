"""
Requests of ours to a storage service: bounded in time and in what is read.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.web.client import Agent, HTTPConnectionPool

from owncastd.net.bodies import HTTPAnswer, read_bounded

from .problems import error_of_exception

#: Longest answer that is read, in bytes: a listing of 1000 keys with their attributes.
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
#: How requests are sent: C{request} of a client of treq.
Send = Callable[..., Deferred[Any]]

CONNECT_SECONDS: Final = 10.0
#: How long a connection is kept for the next request.
IDLE_SECONDS: Final = 30


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
    body = await read_bounded(response, MAX_ANSWER_BYTES)
    return HTTPAnswer(response.code, response.headers, body)
