"""
An HTTP/1.1 channel with a short path beside the ordinary site.

Most requests of an audience are plain GETs below one path, and to build a request object and walk a
resource tree for each would cost several times what answering does. L{ShortPathChannel} answers
those itself and gives every byte of anything else to L{HTTPChannel}: other paths and methods,
bodies, ranges, conditions, upgrades, HTTP/1.0, requests that arrive in pieces. Requests on one
connection are answered in order, whoever answers them.

The two must agree on where each request ends, or one could be smuggled inside another. So the short
path takes a request only when it has all of it, nothing precedes it, and every line of it is of a
form that leaves no choice (see L{owncastd.net.facts.plain_headers}).
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

import re
from collections.abc import Callable
from typing import Any, Protocol, cast

from attrs import field, frozen
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from .answers import SMALL_BODY, Answer, Openings
from .eager import EagerServer
from .facts import RequestFacts, plain_headers, read_facts
from .proxies import TrustedProxies

#: Bytes of later requests kept while an earlier one waits; then reading stops.
MAX_BEHIND = 16384
#: A connection with this much unsent that asks for more is dropped. An answer alone may be larger.
MAX_UNSENT_BYTES = 4 * 1024 * 1024
#: A connection whose full send buffer does not move for this long is dropped.
STALL_SECONDS = 20
#: How long an orderly close of an idle connection may take (TLS waits for its peer's goodbye).
CLOSE_SECONDS = 15


class Waiter(Protocol):
    """
    Who waits for an answer.
    """

    def answer(self, answer: Answer) -> None:
        """
        Here it is. Called at most once; to be ignored after L{Hold.leave}.
        """


class Hold(Protocol):
    """
    Where a waiter waits.
    """

    def leave(self, waiter: Waiter) -> None:
        """
        The waiter is gone. Harmless when it is not, or no longer, waiting here.
        """


class ShortPath(Protocol):
    """
    Answers plain GET requests below a prefix.
    """

    prefix: bytes

    def respond(
        self, path: bytes, query: bytes, facts: RequestFacts, waiter: Waiter
    ) -> Answer | Hold:
        """
        Answer, or let the waiter wait.

        @param path: the path of the request behind the prefix; letters, digits and C{/._~-} only.
        @param query: what follows the question mark, or nothing.
        """


@frozen
class Door:
    """
    What all channels of a port share.
    """

    short_path: ShortPath
    openings: Openings
    proxies: TrustedProxies
    beginning: bytes = field(init=False)
    request_line: "re.Pattern[bytes]" = field(init=False)

    @beginning.default
    def _beginning(self) -> bytes:
        return b"GET " + self.short_path.prefix

    @request_line.default
    def _request_line(self) -> "re.Pattern[bytes]":
        return re.compile(
            re.escape(self.beginning) + rb"([\w/.~-]{0,512})(?:\?([\w=&.~-]{0,512}))? HTTP/1\.1\r\n"
        )


class ShortPathChannel(HTTPChannel):
    """
    One connection.
    """

    # Browsers send some twenty header lines; Twisted's own limit on their bytes (16 KiB) stays.
    maxHeaders = 100

    # The transport, typed as what is used of it: TCP and TLS transports have it all.
    transport: Any

    _hold: Hold | None = None
    _behind = b""
    #: Reading is stopped because too much is behind.
    _full = False
    #: Our send buffer is full.
    _clogged = False
    #: The client does things that we need not understand: it has the ordinary path to itself.
    _ordinary = False
    #: L{HTTPChannel} is at work further up the stack.
    _inside = False
    _block: bytes | None = None
    _facts: RequestFacts | None = None
    _unsent_before = 0
    _stall_check: IDelayedCall | None = None
    _closing_check: IDelayedCall | None = None

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    # -- reading

    def dataReceived(self, data: bytes) -> None:
        """
        Answer what is ours, and pass on the rest.
        """
        if self._hold is not None or self._behind:
            self._keep_behind(data)
            return
        if self.requests or self._inside or self._ordinary or not self.persistent:
            self._pass_on(data)
            return
        # Bytes of an unfinished request line would otherwise be joined to a later request.
        data = self.clearLineBuffer() + data
        self.resetTimeout()
        start = 0
        while data.startswith(self._door.beginning, start):
            end = data.find(b"\r\n\r\n", start)
            if end < 0:
                break
            match = self._door.request_line.match(data, start)
            if match is None:
                break
            block = data[match.end() : end]
            facts = self._facts if block == self._block else self._read(block)
            if facts is None:
                break
            reply = self._door.short_path.respond(match[1], match[2] or b"", facts, self)
            start = end + 4
            if not isinstance(reply, Answer):
                self._hold = reply
            else:
                self._send(reply)
                if start == len(data):
                    return
            if self._hold is not None or self._clogged:
                if start != len(data):
                    self._keep_behind(data[start:])
                return
        rest = data[start:] if start else data
        if rest:
            if not rest[:1].isalpha():
                self._ordinary = True
            self._pass_on(rest)

    def _pass_on(self, data: bytes) -> None:
        """
        Give bytes to the ordinary site.
        """
        inside, self._inside = self._inside, True
        try:
            super().dataReceived(data)
        finally:
            self._inside = inside

    def _read(self, block: bytes) -> RequestFacts | None:
        """
        Read a block of header lines and remember it: a browser sends the same one each time.
        """
        headers = plain_headers(block)
        if headers is None:
            return None
        peer = getattr(self.transport.getPeer(), "host", "")
        self._facts = read_facts(lambda name: headers.get(name, ()), peer, self._door.proxies)
        self._block = block
        return self._facts

    def _keep_behind(self, data: bytes) -> None:
        """
        Keep what came while an earlier request waits, or while our answers are not taken.
        """
        self._behind += data
        if len(self._behind) > MAX_BEHIND and not self._full:
            self._full = True
            self.transport.pauseProducing()

    def _continue(self) -> None:
        """
        Read what was kept.
        """
        if self._full:
            self._full = False
            self.transport.resumeProducing()
        data, self._behind = self._behind, b""
        self.dataReceived(data)

    # -- writing

    def answer(self, answer: Answer) -> None:
        """
        The answer that this connection waited for.
        """
        if self._hold is None:
            return
        self._hold = None
        self._send(answer)
        if self._behind and not self._clogged:
            self._continue()

    def _send(self, answer: Answer) -> None:
        """
        Send a prepared answer.
        """
        opened = answer.opened(self._door.openings.opening(answer.status))
        body = answer.body
        transport = self.transport
        if len(body) <= SMALL_BODY:
            transport.write(opened)
        elif isinstance(transport, EagerServer):
            transport.write_pair(opened, body)
        else:
            transport.writeSequence((opened, bytes(body)))

    def write(self, data: bytes) -> None:
        """
        Write for a request of the ordinary site.
        """
        if not self._overfull():
            super().write(data)

    def writeSequence(self, iovec: Any) -> None:
        """
        Write for a request of the ordinary site.
        """
        if not self._overfull():
            super().writeSequence(iovec)

    def _overfull(self) -> bool:
        """
        Drop the connection if it asks for ever more without taking it, by pipelining.
        """
        if _unsent(self.transport) <= MAX_UNSENT_BYTES:
            return False
        self.transport.abortConnection()
        return True

    def pauseProducing(self) -> None:
        """
        The send buffer is full: stop reading, and see that it moves.
        """
        self._clogged = True
        super().pauseProducing()
        if self._stall_check is None and self.transport is not None:
            self._watch_stall()

    def resumeProducing(self) -> None:
        """
        The send buffer is empty again.
        """
        self._clogged = False
        if self._stall_check is not None:
            self._stall_check.cancel()
            self._stall_check = None
        super().resumeProducing()
        if self._full:
            self.transport.pauseProducing()
        if self._behind and self._hold is None:
            self._continue()

    # -- time

    def _call_later(self, seconds: float, function: Callable[[], None]) -> IDelayedCall:
        """
        Call later, by the clock that the factory gave us.
        """
        return cast(IDelayedCall, self.callLater(seconds, function))

    def _watch_stall(self) -> None:
        """
        Look again later whether anything was sent.
        """
        self._unsent_before = _unsent(self.transport)
        self._stall_check = self._call_later(STALL_SECONDS, self._check_stall)

    def _check_stall(self) -> None:
        """
        Drop the connection if nothing moved.
        """
        self._stall_check = None
        # Who upgraded the connection took the transport along, and minds it.
        if self.transport is None:
            return
        if _unsent(self.transport) == self._unsent_before:
            self.transport.abortConnection()
        else:
            self._watch_stall()

    def resetTimeout(self) -> None:
        """
        Something came. But headers that drip in do not count: their time runs from the first byte.
        """
        if not self.requests or not self.line_mode:
            super().resetTimeout()

    def timeoutConnection(self) -> None:
        """
        Close an idle connection; one that waits, or takes its time to receive, is not idle.
        """
        if self._hold is not None or self._clogged:
            self.setTimeout(self.timeOut)
            return
        self._closing_check = self._call_later(CLOSE_SECONDS, self._abort)
        self.loseConnection()

    def _abort(self) -> None:
        """
        The orderly close took too long.
        """
        self._closing_check = None
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Leave nothing behind.
        """
        hold, self._hold = self._hold, None
        if hold is not None:
            hold.leave(self)
        for check in (self._stall_check, self._closing_check):
            if check is not None:
                check.cancel()
        self._stall_check = self._closing_check = None
        self._behind = b""
        super().connectionLost(reason)


def _unsent(transport: Any) -> int:
    """
    What a transport holds unsent. TLS and wrappers show the attributes of what they wrap; a
    transport that cannot tell says nothing.
    """
    unsent: int = getattr(transport, "unsent_bytes", 0)
    return unsent
