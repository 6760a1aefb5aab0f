"""
Log events, as Twisted makes them.
"""

from collections.abc import Callable
from typing import Any

from twisted.logger import LimitedHistoryLogObserver, LogEvent, Logger, LogLevel
from twisted.python.failure import Failure

NAMESPACE = "owncastd.broadcast.machine.LiveSession"
#: 2023-11-21T18:11:12.25Z
WHEN = 1_700_590_272.25


def event(
    message: str,
    level: Any = LogLevel.info,
    namespace: str = NAMESPACE,
    failure: Failure | None = None,
    **fields: Any,
) -> LogEvent:
    """
    An event at a known time.
    """
    seen = LimitedHistoryLogObserver(1)
    Logger(namespace, observer=seen).emit(level, message, **fields)
    made: LogEvent = {}
    seen.replayTo(made.update)  # type: ignore[arg-type]
    made["log_time"] = WHEN
    if failure is not None:
        made["log_failure"] = failure
    return made


def failure_of(raises: Callable[[], Any]) -> Failure:
    """
    The failure of a call.
    """
    try:
        raises()
    except Exception:  # noqa: BLE001
        return Failure()
    raise AssertionError("it did not fail")


def raising(error: Exception) -> Callable[[], None]:
    """
    A call that fails.
    """

    def call() -> None:
        raise error

    return call
