"""
Sending much, at the pace of who takes it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

#: What is read, and handed to the socket, at once.
CHUNK_BYTES: Final = 64 * 1024
#: A client that takes nothing for so long has gone.
STALL_SECONDS: Final = 60.0


@implementer(IPushProducer)
@define(eq=False)
class Tap:
    """
    Whether the socket takes more, as the transport says it.

    @ivar stopped: nobody takes any more.
    """

    stopped: bool = field(init=False, default=False)
    _paused: bool = field(init=False, default=False)
    _waiting: Deferred[None] | None = field(init=False, default=None)

    def pauseProducing(self) -> None:
        """
        The socket's buffer is full.
        """
        self._paused = True

    def resumeProducing(self) -> None:
        """
        There is room again.
        """
        self._paused = False
        self._release()

    def stopProducing(self) -> None:
        """
        The client is gone.
        """
        self.stopped = True
        self._release()

    def opened(self) -> Deferred[None]:
        """
        Fires when there is room, or nobody takes any more.
        """
        if not self._paused or self.stopped:
            return succeed(None)
        self._waiting = Deferred()
        return self._waiting

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)


async def pour(
    clock: IReactorTime,
    request: Any,
    tap: Tap,
    read: Callable[[int, int], Awaitable[bytes]],
    start: int,
    length: int,
) -> None:
    """
    Send a part of something as the body of an answer, and end the answer.

    @param request: its headers, C{Content-Length} among them, are set.
    @param tap: hears of the end of the request (C{notifyFinish}).
    @param read: given position and size, brings that many bytes, or fewer.
    """
    request.registerProducer(tap, True)
    end = start + length
    while start < end:
        try:
            await tap.opened().addTimeout(STALL_SECONDS, clock)
        except TimeoutError:
            break
        data = b"" if tap.stopped else await read(start, min(CHUNK_BYTES, end - start))
        if not data or tap.stopped:
            break
        request.write(data)
        start += len(data)
    if tap.stopped:
        return
    request.unregisterProducer()
    if start == end:
        request.finish()
    else:
        # Only a connection that ends too early says that something is missing.
        request.loseConnection()
