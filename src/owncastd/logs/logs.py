"""
All logs of a server, from its first line to its last.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.python.components import Componentized

from .entries import Severity
from .history import RecentEntries
from .observer import ServerLog
from .sinks import JSONFileSink
from .twistd import twistd_sink

#: What is looked at when something is wrong with the pictures.
_DEBUGGED: Final = ("owncastd.transcoder.",)


@define(eq=False)
class Logs:
    """
    Observes what is logged: from the beginning of twistd's logging where twistd lets us, otherwise
    from L{start}.

    @ivar recent: the last entries, for the administrator's page.
    """

    recent: RecentEntries
    _file: JSONFileSink
    _observer: ServerLog
    _is_twistds: bool = field(init=False, default=False)
    _is_ours: bool = field(init=False, default=False)

    @classmethod
    def make(cls, directory: Path, *, verbose: bool = False, debugging: bool = False) -> "Logs":
        """
        Prepare the logs; nothing is observed or opened yet.

        @param directory: for log files; it must exist when the first entry comes.
        @param verbose: whether details are kept that only help to find faults.
        @param debugging: whether entries name the line of code that they come from, and ffmpeg's
            command and all its words are among them.
        """
        recent = RecentEntries()
        file = JSONFileSink(directory)
        level = Severity.DEBUG if verbose else Severity.INFO
        detailed = _DEBUGGED if debugging else ()
        return cls(recent, file, ServerLog([recent, file], level, detailed, debugging))

    def replace_twistds(self, reactor: IReactorFromThreads, options: Mapping[str, Any]) -> None:
        """
        Log to where twistd would have logged, in its place: see L{begin}.

        @param options: twistd's own, as parsed.
        @raise SystemExit: they contradict each other.
        """
        sink = twistd_sink(reactor, options)
        if sink is not None:
            self._observer.add(sink)
            self._is_twistds = True

    def begin(self, application: object) -> None:
        """
        Offer our observer to twistd, if we are to replace its own. It looks for one in the
        application between making our service and starting it.

        @param application: what our service became part of.
        """
        if self._is_twistds and isinstance(application, Componentized):
            application.setComponent(ILogObserver, self._observer)  # type: ignore[no-untyped-call]
        else:
            self._is_twistds = False

    def start(self) -> None:
        """
        Observe from now on, unless twistd has seen to it.
        """
        if not self._is_twistds and not self._is_ours:
            self._is_ours = True
            globalLogPublisher.addObserver(self._observer)

    def stop(self) -> None:
        """
        Close the file; what follows goes to the terminal only.
        """
        if self._is_ours:
            self._is_ours = False
            globalLogPublisher.removeObserver(self._observer)
        self._file.close()
