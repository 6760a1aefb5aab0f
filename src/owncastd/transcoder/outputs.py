"""
Where the renditions go, and what is said when they end early.
"""

from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.logger import Logger

from owncastd.interfaces import IMediaSink, IRenditionReport
from owncastd.media.messages import MediaMessage


@define(eq=False)
class Outputs:
    """
    The sinks of the renditions, by position, as long as each brings media.

    A sink that raises has a bug, which is logged; it costs its own rendition alone. Whatever is
    reported is reported once per rendition, and its sink is then left alone.

    @ivar indexes: the renditions' indexes in the broadcast's plan.
    @ivar sinks: where each of them goes.
    """

    _log = Logger()

    _indexes: Sequence[int]
    _sinks: Sequence[IMediaSink]
    _report: IRenditionReport
    _alive: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        if not self._sinks or len(self._indexes) != len(self._sinks):
            raise ValueError("one output for each rendition, and at least one")
        self._alive = list(range(len(self._sinks)))

    def __len__(self) -> int:
        return len(self._sinks)

    def write(self, position: int, message: MediaMessage) -> None:
        """
        Pass a message on.
        """
        if position in self._alive:
            self._tell(position, lambda sink: sink.write(message))

    def discontinuity(self) -> None:
        """
        Tell all.
        """
        for position in tuple(self._alive):
            self._tell(position, lambda sink: sink.discontinuity())

    def end(self) -> None:
        """
        End all.
        """
        for position in tuple(self._alive):
            self._tell(position, lambda sink: sink.end())
        self._alive.clear()

    def fail(self, reason: str) -> None:
        """
        Report all, and leave them alone.

        @param reason: a sentence for the operator.
        """
        for position in tuple(self._alive):
            self.lose(position, reason)

    def _tell(self, position: int, verb: Callable[[IMediaSink], None]) -> None:
        with self._log.failuresHandled("in the output of a rendition") as done:
            verb(self._sinks[position])
        if done.failed:
            self.lose(position, "The packaging of this rendition failed; the log says why.")

    def lose(self, position: int, reason: str) -> None:
        """
        Report one, and leave it alone.

        @param reason: a sentence for the operator.
        """
        if position not in self._alive:
            return
        self._alive.remove(position)
        index = self._indexes[position]
        self._log.error("rendition {index}: {reason}", index=index, reason=reason)
        with self._log.failuresHandled("while reporting a lost rendition"):
            self._report.rendition_failed(index, reason)
