"""
Reading what others answer: no more than is reasonable, and not for ever.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from attrs import field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse


class AnswerTooLong(Exception):
    """
    More came than is read.
    """


class AnswerSilent(Exception):
    """
    Nothing came for a while, in the middle of an answer.
    """


@frozen
class HTTPAnswer:
    """
    An answer, read to its end.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """
        The value of a header, the last if there are several, or an empty text.
        """
        # As bytes, since Twisted would take it for UTF-8 and raise if it is not.
        values = self.headers.getRawHeaders(name.encode("ascii"))
        return values[-1].decode("latin-1") if values else ""


def read_bounded(
    response: IResponse,
    max_bytes: int,
    clock: IReactorTime | None = None,
    silent_seconds: float = 0.0,
) -> Deferred[bytes]:
    """
    The body of an answer; cancelling closes the connection.

    Failures: L{AnswerTooLong}, L{AnswerSilent}, and what ended the connection before its time.

    @param clock: with it, the body may not pause for longer than C{silent_seconds}.
    """
    reader = _BoundedBody(max_bytes, clock, silent_seconds)
    response.deliverBody(reader)
    return reader.done


class _BoundedBody(Protocol):
    """
    Collects a body up to a bound.
    """

    def __init__(self, max_bytes: int, clock: IReactorTime | None, silent_seconds: float) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._silent_seconds = silent_seconds
        self._pieces: list[bytes] = []
        self._size = 0
        self._silence: IDelayedCall | None = None
        self.done: Deferred[bytes] = Deferred(lambda _: self._abort())
        self._listen()

    def dataReceived(self, data: bytes) -> None:
        """
        Keep a piece.
        """
        if self.done.called:
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            self._give_up(AnswerTooLong(f"the answer is longer than {self._max_bytes} bytes"))
            return
        self._pieces.append(data)
        self._listen()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The body is there, or the connection is gone.
        """
        self._stop_listening()
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(b"".join(self._pieces))
        else:
            self.done.errback(reason)

    def _listen(self) -> None:
        self._stop_listening()
        if self._clock is not None:
            self._silence = self._clock.callLater(self._silent_seconds, self._fell_silent)

    def _stop_listening(self) -> None:
        silence, self._silence = self._silence, None
        if silence is not None:
            silence.cancel()

    def _fell_silent(self) -> None:
        self._silence = None
        self._give_up(AnswerSilent(f"nothing came for {self._silent_seconds:g} seconds"))

    def _give_up(self, error: Exception) -> None:
        self._pieces.clear()
        self.done.errback(error)
        self._abort()

    def _abort(self) -> None:
        self._stop_listening()
        if self.transport is not None:
            self.transport.loseConnection()
