"""
Routes for the last entries of the log.
"""

from collections.abc import Iterable
from typing import Any

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.logs.entries import Entry
from owncastd.logs.history import RecentEntries
from owncastd.logs.lines import rfc3339
from owncastd.web.routes import READ, Guard, route


def _documents(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "time": rfc3339(entry.time),
            "message": entry.message,
            "level": entry.severity.label,
        }
        for entry in entries
    ]


@define(eq=False)
class LogsAPI:
    """
    Shows what has been logged lately, oldest first.
    """

    _recent: RecentEntries

    @route(READ, "/api/admin/logs", Guard.ADMIN)
    def entries(self, request: IRequest) -> list[dict[str, Any]]:
        """
        The last entries of any level that is logged.
        """
        return _documents(self._recent.entries())

    @route(READ, "/api/admin/logs/warnings", Guard.ADMIN)
    def warnings(self, request: IRequest) -> list[dict[str, Any]]:
        """
        The last warnings and errors.
        """
        return _documents(self._recent.warnings())
