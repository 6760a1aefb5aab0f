"""
The one observer of everything that is logged in this process.
"""

import sys
from collections.abc import Iterable
from pathlib import PurePath
from threading import RLock
from types import FrameType
from typing import Final

from attrs import define, evolve, field
from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from .entries import Entry, Severity, entry_of, severity_of
from .sinks import Sink

#: Code between the one who tells something and this observer.
_PASSED_THROUGH: Final = (
    "twisted.logger.",
    "twisted.python.log.",
    "twisted.python.threadable.",
    f"{__package__}.",
)


@implementer(ILogObserver)
@define(eq=False)
class ServerLog:
    """
    Turns events into entries and gives each to every sink.

    Events come from threads as well; sinks are called by one at a time.

    @param level: what is less severe is left out.
    @param detailed: the names of packages whose details are kept whatever the level.
    @param with_callers: whether entries name the line of code that they come from.
    """

    _sinks: Iterable[Sink]
    _level: Severity = Severity.INFO
    _detailed: tuple[str, ...] = ()
    _with_callers: bool = False
    _failing: set[int] = field(init=False, factory=set)
    # Reentrant: what a sink uses may log something itself.
    _lock: RLock = field(init=False, factory=RLock, repr=False)

    def __attrs_post_init__(self) -> None:
        self._sinks = list(self._sinks)

    def add(self, sink: Sink) -> None:
        """
        Give entries to one more sink.
        """
        with self._lock:
            self._sinks = [*self._sinks, sink]

    def __call__(self, event: LogEvent) -> None:
        """
        Observe an event.
        """
        if severity_of(event) < self._level and not self._is_detailed(event):
            return
        entry = entry_of(event, _caller() if self._with_callers else None)
        if entry is None:
            return
        with self._lock:
            for sink in self._sinks:
                self._give(sink, entry)

    def _is_detailed(self, event: LogEvent) -> bool:
        return bool(self._detailed) and str(event.get("log_namespace", "")).startswith(
            self._detailed
        )

    def _give(self, sink: Sink, entry: Entry) -> None:
        """
        Give an entry to a sink. One that begins to fail is told of once to the others.
        """
        try:
            sink(entry)
        except Exception as error:  # noqa: BLE001 - a full disk must not keep it from the others
            if id(sink) in self._failing:
                return
            self._failing.add(id(sink))
            notice = evolve(
                entry,
                severity=Severity.ERROR,
                namespace=__name__,
                message=f"{type(sink).__name__} lost an entry of the log: {error}",
                traceback=None,
            )
            for other in self._sinks:
                if other is not sink:
                    self._give(other, notice)
        else:
            self._failing.discard(id(sink))


def _caller() -> str | None:
    """
    File and line of the code that logs.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not f"{module}.".startswith(_PASSED_THROUGH):
            return f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back
    return None
