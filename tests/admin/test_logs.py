"""
The administrator's look at the log.
"""

import json
from collections.abc import Sequence

from attrs import evolve
from twisted.logger import Logger, LogLevel

from owncastd.admin.logs import LogsAPI
from owncastd.logs.entries import Severity
from owncastd.logs.history import KEPT_ENTRIES, RecentEntries
from owncastd.logs.observer import ServerLog
from tests.logs.test_lines import ENTRY
from tests.web.support import ADMIN, SiteTestCase

BOTH = ("/api/admin/logs", "/api/admin/logs/warnings")


class LogsAPITests(SiteTestCase):
    """
    Two lists, for the administrator alone.
    """

    def rooms(self) -> Sequence[object]:
        """
        The routes under test.
        """
        self.recent = RecentEntries()
        return [LogsAPI(self.recent)]

    def listed(self, path: str) -> list[dict[str, str]]:
        """
        What a path answers.
        """
        answer = self.ask(path, headers=ADMIN)
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "application/json")
        return json.loads(answer.body)

    def test_guarded(self) -> None:
        """
        Nobody else sees the log.
        """
        for path in BOTH:
            self.assertEqual(self.ask(path).code, 401)

    def test_empty(self) -> None:
        """
        Before there is anything, both are empty lists.
        """
        self.assertEqual([self.listed(path) for path in BOTH], [[], []])

    def test_entries(self) -> None:
        """
        Oldest first, with Owncast's names of levels; the second list has only what is bad.
        """
        log = Logger("owncastd.tests", observer=ServerLog([self.recent]))
        for level in (LogLevel.info, LogLevel.warn, LogLevel.critical):
            log.emit(level, level.name)
        told = [(entry["message"], entry["level"]) for entry in self.listed(BOTH[0])]
        self.assertEqual(told, [("info", "info"), ("warn", "warning"), ("critical", "error")])
        bad = [entry["level"] for entry in self.listed(BOTH[1])]
        self.assertEqual(bad, ["warning", "error"])

    def test_document(self) -> None:
        """
        The keys are exactly those of the API, the time is RFC 3339 with a fraction.
        """
        self.recent(ENTRY)
        document = {
            "time": "2023-11-21T18:11:12.250000Z",
            "message": "It is late",
            "level": "warning",
        }
        self.assertEqual([self.listed(path) for path in BOTH], [[document], [document]])

    def test_full(self) -> None:
        """
        The newest entry is among them when the list is full.
        """
        for number in range(KEPT_ENTRIES + 5):
            self.recent(evolve(ENTRY, severity=Severity.ERROR, message=str(number)))
        for path in BOTH:
            listed = self.listed(path)
            self.assertEqual(len(listed), KEPT_ENTRIES)
            self.assertEqual(listed[-1]["message"], str(KEPT_ENTRIES + 4))
