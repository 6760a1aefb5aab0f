"""
Where entries end up: streams, files and the system's log.
"""

# Twisted's log files have no annotations.
# mypy: allow-untyped-calls

import syslog
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from attrs import define, field
from twisted.python.logfile import LogFile

from .entries import Entry, Severity
from .lines import human_line, json_line, plain_line

#: Takes entries. It may raise; others get the entry all the same.
Sink = Callable[[Entry], None]

FILE_NAME: Final = "owncast.log"
#: A file that has grown to this becomes C{owncast.log.1}, and so on.
FILE_BYTES: Final = 10 * 1024 * 1024
FILES_KEPT: Final = 5
_FILE_MODE: Final = 0o600

_PRIORITIES: Final = {
    Severity.DEBUG: syslog.LOG_DEBUG,
    Severity.INFO: syslog.LOG_INFO,
    Severity.WARNING: syslog.LOG_WARNING,
    Severity.ERROR: syslog.LOG_ERR,
}


@define(eq=False)
class StreamSink:
    """
    Writes lines for people to a stream: the terminal, or a file that twistd was told of.
    """

    _stream: TextIO | LogFile

    def __call__(self, entry: Entry) -> None:
        """
        Write an entry.
        """
        self._stream.write(human_line(entry) + "\n")
        self._stream.flush()


@define(eq=False)
class SyslogSink:
    """
    Sends lines for people to the system's log.

    @param prefix: the name that it has there.
    """

    _prefix: str

    def __attrs_post_init__(self) -> None:
        syslog.openlog(self._prefix, syslog.LOG_PID, syslog.LOG_DAEMON)

    def __call__(self, entry: Entry) -> None:
        """
        Send an entry, line by line: the system's log knows only single lines.
        """
        for line in plain_line(entry).split("\n"):
            syslog.syslog(_PRIORITIES[entry.severity], line)


@define(eq=False)
class JSONFileSink:
    """
    Writes lines of JSON to a file that only its owner may read, and starts a new one when it is
    full.

    @param directory: must exist when the first entry comes.
    """

    _directory: Path
    _file_bytes: int = FILE_BYTES
    _files_kept: int = FILES_KEPT
    _file: LogFile | None = field(init=False, default=None)
    _closed: bool = field(init=False, default=False)

    def __call__(self, entry: Entry) -> None:
        """
        Write an entry; what comes after L{close} is left out.
        """
        if self._closed:
            return
        if self._file is None:
            self._file = LogFile(
                FILE_NAME,
                str(self._directory),
                rotateLength=self._file_bytes,
                defaultMode=_FILE_MODE,
                maxRotatedFiles=self._files_kept,
            )
        # Encoded here: the file counts what it is given, and the bound is one of bytes.
        self._file.write((json_line(entry) + "\n").encode())

    def close(self) -> None:
        """
        Close the file.
        """
        self._closed = True
        if self._file is not None:
            self._file.close()
            self._file = None
