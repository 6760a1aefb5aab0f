"""
What remains of a log event: a value without secrets, bounded, that any thread may keep.
"""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from attrs import field, frozen
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.logger import LogEvent, LogLevel, formatEvent
from twisted.python.failure import Failure

from .redaction import redact

#: Longer texts are cut: a log is no place to store what a stranger sent.
MAX_MESSAGE: Final = 4_000
MAX_TRACEBACK: Final = 20_000
#: Happen to every server all the time: one line says it all.
_EXPECTED: Final = (ConnectionDone, ConnectionLost, ConnectionAborted)
#: What these tell at C{info} matters to somebody who looks for a fault.
_FRAMEWORKS: Final = {"twisted", "klein", "treq", "autobahn", "txaio", "log_legacy"}
#: Logged by the framework in the name of our own classes.
_FRAMEWORK_FORMATS: Final = {"Starting factory {factory!r}", "Stopping factory {factory!r}"}


class Severity(IntEnum):
    """
    How bad it is. Owncast's admin page knows these levels, by these names in lower case.
    """

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40

    @property
    def label(self) -> str:
        """
        The name as logs and API write it.
        """
        return self.name.lower()


_SEVERITIES: Final = {
    LogLevel.debug: Severity.DEBUG,
    LogLevel.info: Severity.INFO,
    LogLevel.warn: Severity.WARNING,
    LogLevel.error: Severity.ERROR,
    # Twisted's for every unexpected exception. To clients "fatal" means that the server died of it.
    LogLevel.critical: Severity.ERROR,
}


@frozen
class Entry:
    """
    One entry of the log.

    @ivar time: when it happened (UTC).
    @ivar namespace: the module, and the class if there is one, that tells it.
    @ivar message: for people; one line but for what others wrote.
    @ivar traceback: of an unexpected exception.
    @ivar caller: file and line of the code that tells it, if that is asked for.
    """

    time: datetime
    severity: Severity
    namespace: str
    message: str
    traceback: str | None = field(default=None, repr=False)
    caller: str | None = None


def severity_of(event: LogEvent) -> Severity:
    """
    How bad an event is; what frameworks tell of their own doings is only of use to developers.
    """
    severity = _SEVERITIES.get(event.get("log_level", LogLevel.info), Severity.INFO)
    if severity is Severity.INFO and (
        str(event.get("log_namespace", "")).partition(".")[0] in _FRAMEWORKS
        or event.get("log_format") in _FRAMEWORK_FORMATS
    ):
        return Severity.DEBUG
    return severity


def entry_of(event: LogEvent, caller: str | None = None) -> Entry | None:
    """
    Make an entry of an event.

    @return: C{None} if the event says nothing.
    """
    message = formatEvent(event)
    traceback = None
    # The second name is that of events from twisted.python.log.
    failure = event.get("log_failure") or event.get("failure")
    if isinstance(failure, Failure):
        reason = (
            f"{failure.type.__name__ if failure.type else 'Error'}: {failure.getErrorMessage()}"
        )
        # The text of those has the whole traceback in it.
        first = message.partition("\n")[0].rstrip(": ")
        message = f"{first}: {reason}" if first else reason
        if not isinstance(failure.value, _EXPECTED):
            traceback = _bounded(failure.getTraceback(), MAX_TRACEBACK)
    if not message:
        return None
    return Entry(
        datetime.fromtimestamp(event["log_time"], UTC),
        severity_of(event),
        str(event.get("log_namespace", "")),
        _bounded(message, MAX_MESSAGE),
        traceback,
        caller,
    )


def _bounded(text: str, characters: int) -> str:
    """
    A text that is not too long, can be written as UTF-8, and holds no secret.
    """
    # Cut first, so that the search for secrets is bounded too.
    cut = text if len(text) <= characters else text[:characters] + " [...]"
    return redact(cut.encode("utf-8", "backslashreplace").decode())
