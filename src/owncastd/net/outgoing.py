"""
Requests of ours to addresses that somebody else named: guarded and bounded.

A stranger's URL may lead to this machine, to its neighbours or to a cloud's metadata; what is there
may answer without end, or never. So addresses are checked where sockets are opened, after names
were resolved and for every hop of a redirect: a name that leads elsewhere a moment later gains
nothing. Connecting, silence, head, body and all of it together have bounds.
"""

# Twisted and hyperlink leave some of these without annotations.
# mypy: allow-untyped-calls

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, evolve, field, frozen
from hyperlink import URL
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime
from twisted.internet.ssl import CertificateOptions
from twisted.python.failure import Failure
from twisted.web.client import Agent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from owncastd import __version__

from .bodies import AnswerSilent, AnswerTooLong, HTTPAnswer, read_bounded
from .connecting import Conversation, GuardedEndpoints, Names
from .errors import NoAnswer, OutgoingError, TooBusy, TooLong
from .failures import Trouble, innermost, trouble_of
from .secure import client_options
from .urls import outgoing_url, resolved

__all__ = ["ANYWHERE", "PUBLIC_ONLY", "Bounds", "HTTPAnswer", "Outgoing", "OutgoingPolicy"]

USER_AGENT: Final = f"owncastd/{__version__}"
#: Requests that are on their way at once, all users of one L{Outgoing} together.
MAX_REQUESTS: Final = 256
#: How long a body may pause.
SILENT_SECONDS: Final = 10.0

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Headers that go along to another origin.
_FOR_ANYBODY: Final = frozenset({"accept", "accept-language", "user-agent"})
_WORDS: Final = {
    Trouble.NO_ADDRESS: "the host has no address",
    Trouble.NOTHING_LISTENS: "nothing listens there",
    Trouble.TOO_SLOW: "it does not answer in time",
    Trouble.NOT_SECURE: "no secure connection could be made: is the certificate valid?",
    Trouble.NO_CONNECTION: "no connection could be made",
    Trouble.CLOSED: "the connection was closed before the answer was complete",
}


@frozen
class OutgoingPolicy:
    """
    Where requests may lead.

    @ivar private_peers: also to this machine, its neighbours and whatever else is not public.
    @ivar plain_http: also without TLS.
    """

    private_peers: bool = False
    plain_http: bool = True


#: For what strangers name.
PUBLIC_ONLY: Final = OutgoingPolicy()
#: For what the administrator typed, such as a bot of theirs on this machine; and for tests.
ANYWHERE: Final = OutgoingPolicy(private_peers=True)


@frozen
class Bounds:
    """
    What one request may cost.

    @ivar max_bytes: of the body of an answer; a longer one is an error.
    @ivar seconds: for all of it, redirects included.
    @ivar redirects: how many are followed, for GET and HEAD. Without any, the answer that points
        elsewhere is the answer.
    """

    max_bytes: int = 1024 * 1024
    seconds: float = 30.0
    redirects: int = 0


@define(eq=False)
class Outgoing:
    """
    Sends requests. Every one is bounded; nothing stays open between them.
    """

    _reactor: Any
    policy: OutgoingPolicy
    _names: Names
    _tls: CertificateOptions = field(factory=client_options)
    _running: set["_Request"] = field(factory=set, repr=False)

    @classmethod
    def make(cls, reactor: Any, policy: OutgoingPolicy = PUBLIC_ONLY) -> "Outgoing":
        """
        Use a reactor's sockets, clock and resolver.
        """
        return cls(reactor, policy, Names(reactor.nameResolver))

    def to(self, policy: OutgoingPolicy) -> "Outgoing":
        """
        The same under another policy; its bounds are shared.
        """
        return evolve(self, policy=policy)

    def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Send a request and read the answer, whatever its status. Cancelling closes the connection.

        Failures: L{OutgoingError} and its kinds; the text says what happened.

        @param headers: beside those that every request has. Of these, another origin to which a
            redirect leads gets none that could be for the first one only.
        """
        bounds = bounds or Bounds()
        if len(self._running) >= MAX_REQUESTS:
            return fail(TooBusy("too many requests are on their way already"))
        request = _Request(
            Deferred.fromCoroutine(self._follow(method, url, headers or {}, data, bounds)),
            self._running,
        )
        return request.within(bounds.seconds, self._reactor)

    async def _follow(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None,
        bounds: Bounds,
    ) -> HTTPAnswer:
        target = outgoing_url(url, self.policy.plain_http)
        remaining = bounds.redirects if method in ("GET", "HEAD") else 0
        while True:
            answer = await self._ask(method, target, headers, data, bounds)
            location = answer.header("location")
            if answer.status not in _REDIRECTS or not location or not bounds.redirects:
                return answer
            if not remaining:
                raise NoAnswer("it redirects too often")
            remaining -= 1
            following = redirected(target, location, self.policy.plain_http)
            if not same_origin(target, following):
                headers = {
                    name: value for name, value in headers.items() if name.lower() in _FOR_ANYBODY
                }
            target = following

    async def _ask(
        self,
        method: str,
        target: URL,
        headers: Mapping[str, str],
        data: bytes | None,
        bounds: Bounds,
    ) -> HTTPAnswer:
        conversation = Conversation(self.policy.private_peers)
        endpoints = GuardedEndpoints(self._reactor, self._names, self._tls, conversation)
        agent = Agent.usingEndpointFactory(self._reactor, endpoints)
        sent = Headers({"User-Agent": [USER_AGENT]})
        for name, value in headers.items():
            sent.setRawHeaders(name, [value])
        body = None if data is None else _Whole(data)
        try:
            response = await agent.request(
                method.encode("ascii"), target.to_text().encode("ascii"), sent, body
            )
            conversation.head_read = True
            content = await read_bounded(response, bounds.max_bytes, self._reactor, SILENT_SECONDS)
        except BaseException:
            # What is too long, too slow or no longer wanted must not go on arriving.
            conversation.abort()
            if conversation.head_too_long:
                raise TooLong("the head of the answer is too long") from None
            raise
        return HTTPAnswer(response.code, response.headers, content)


def redirected(base: URL, location: str, plain_http: bool) -> URL:
    """
    Where a redirect leads (RFC 9110, 10.2.2), never from TLS to plain text.

    @raise BadURL: nowhere.
    """
    plain_http = plain_http and base.scheme == "http"
    return outgoing_url(resolved(base, location), plain_http)


def same_origin(first: URL, second: URL) -> bool:
    """
    Whether two URLs are of one scheme, host and port (RFC 6454, 4).
    """
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def _told(error: BaseException) -> OutgoingError:
    """
    A failure in words.
    """
    error = innermost(error)
    if isinstance(error, OutgoingError):
        return error
    if isinstance(error, AnswerTooLong):
        return TooLong(str(error))
    if isinstance(error, AnswerSilent):
        return NoAnswer(str(error), Trouble.TOO_SLOW)
    trouble = trouble_of(error)
    return NoAnswer(_WORDS.get(trouble) or f"the request failed ({type(error).__name__})", trouble)


@define(eq=False)
class _Request:
    """
    A request on its way, until its work has ended: when nobody waits any more, that may be later.

    What is cancelled in Twisted's HTTP client ends in many ways, so whether it was, and by whom,
    is noted here.

    @ivar _running: all that are on their way.
    """

    _asking: Deferred[HTTPAnswer]
    _running: set["_Request"]
    _answer: Deferred[HTTPAnswer] = field(init=False)
    _left: bool = field(init=False, default=False)
    _timer: IDelayedCall | None = field(init=False, default=None)

    def within(self, seconds: float, clock: IReactorTime) -> Deferred[HTTPAnswer]:
        """
        The answer, or a failure in words; after so many seconds that there was no answer in time.
        """
        self._answer = Deferred(lambda _: self._leave())
        self._running.add(self)
        self._timer = clock.callLater(seconds, self._expire)
        self._asking.addCallbacks(self._answered, self._failed)
        return self._answer

    def _answered(self, answer: HTTPAnswer) -> None:
        self._end()
        if not self._left:
            self._answer.callback(answer)

    def _failed(self, failure: Failure) -> None:
        self._end()
        if not self._left:
            self._answer.errback(_told(failure.value or NoAnswer("it failed")))

    def _expire(self) -> None:
        self._timer = None
        self._leave()
        self._answer.errback(NoAnswer(_WORDS[Trouble.TOO_SLOW], Trouble.TOO_SLOW))

    def _leave(self) -> None:
        """
        Nobody waits any more.
        """
        self._left = True
        self._asking.cancel()

    def _end(self) -> None:
        self._running.discard(self)
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


@implementer(IBodyProducer)
@define(eq=False)
class _Whole:
    """
    A body that is in memory.
    """

    _data: bytes
    length: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.length = len(self._data)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """
        Write all of it.
        """
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """
        It is written already.
        """

    def resumeProducing(self) -> None:
        """
        It is written already.
        """

    def stopProducing(self) -> None:
        """
        It is written already.
        """
