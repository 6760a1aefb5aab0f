"""
Sending recorded media at the pace it was made, so that the wall time of every frame is known.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from attrs import define, evolve, field

from owncastd.media.flv import FLVDemuxer
from owncastd.media.messages import MediaMessage

READ_SIZE = 1 << 20
#: Between two passes over the same media, in milliseconds.
LOOP_GAP_MS = 33


def read_messages(path: Path) -> Iterator[MediaMessage]:
    """
    The messages of an FLV file.
    """
    demuxer = FLVDemuxer()
    with path.open("rb") as file:
        while data := file.read(READ_SIZE):
            yield from demuxer.feed(data)


def repeated(messages: list[MediaMessage], times: int) -> Iterator[MediaMessage]:
    """
    Media several times over, with the time running on.
    """
    length = messages[-1].timestamp_ms + LOOP_GAP_MS
    for number in range(times):
        for message in messages:
            yield evolve(message, timestamp_ms=message.timestamp_ms + number * length)


@define(eq=False)
class PacedSender:
    """
    Hands over each message when its time has come, in a thread of its own.

    @ivar started_at: the wall clock at media time zero, in seconds.
    @ivar largest_lag: the most that a message was late, in seconds; if this is not small, the
        machine was too busy to measure on.
    """

    messages: Iterable[MediaMessage] = field(repr=False)
    send: Callable[[MediaMessage], object] = field(repr=False)
    started_at: float = field(default=0.0, init=False)
    largest_lag: float = field(default=0.0, init=False)
    problem: str = field(default="", init=False)
    _begin: float = field(default=0.0, init=False)
    _stopping: threading.Event = field(factory=threading.Event, init=False)
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """
        Begin now.
        """
        self._begin = time.monotonic()
        self.started_at = time.time()
        self._thread.start()

    def _run(self) -> None:
        try:
            for message in self.messages:
                wait = self._begin + message.timestamp_ms / 1000 - time.monotonic()
                if wait > 0 and self._stopping.wait(wait):
                    return
                self.largest_lag = max(self.largest_lag, -wait)
                self.send(message)
        except OSError as error:
            self.problem = str(error)

    def wait(self, seconds: float) -> None:
        """
        Let it go on for a while.
        """
        self._thread.join(seconds)

    def stop(self) -> None:
        """
        Send no more.

        @raise RuntimeError: it had stopped by itself, for the reason in the message.
        """
        self._stopping.set()
        self._thread.join()
        if self.problem:
            raise RuntimeError(f"sending failed: {self.problem}")
