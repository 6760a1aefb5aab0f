"""
Keeping twistd's own log options true: the same entries go where it was told to log.

twistd asks the application for an observer before it makes one of its own, which would write
events as they are, secrets and all. So we hand it ours, and write where its own would have.
"""

# Twisted leaves what is called here without annotations.
# mypy: allow-untyped-calls

import signal
import sys
from collections.abc import Mapping
from typing import Any

from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.logfile import LogFile

from .sinks import Sink, StreamSink, SyslogSink

_DAEMONS_FILE = "twistd.log"


def twistd_sink(reactor: IReactorFromThreads, options: Mapping[str, Any]) -> Sink | None:
    """
    A sink for where twistd was told to log: C{--syslog}, C{--logfile}, or the terminal.

    @param options: twistd's own, as parsed.
    @return: C{None} if the operator brought an observer (C{--logger}), which then sees the events
        themselves and is left alone.
    @raise SystemExit: a daemon has no terminal to log to.
    """
    if options.get("logger"):
        return None
    if options.get("syslog"):
        return SyslogSink(options.get("prefix") or "owncastd")
    path = options.get("logfile")
    foreground = options.get("nodaemon", True) or options.get("debug", False)
    if path == "-" and not foreground:
        raise SystemExit("owncastd: a daemon cannot log to standard output")
    if path == "-" or (foreground and not path):
        # twistd redirects sys.stdout into the log soon after.
        return StreamSink(sys.stdout)
    file = LogFile.fromFullPath(path or _DAEMONS_FILE)
    _rotate_on_signal(reactor, file)
    return StreamSink(file)


def _rotate_on_signal(reactor: IReactorFromThreads, file: LogFile) -> None:
    """
    Start a new file on SIGUSR1, as twistd does.
    """
    if signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, lambda number, frame: reactor.callFromThread(file.rotate))
