"""
Where entries end up.
"""

import json
import syslog
from io import StringIO
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from owncastd.logs.entries import Entry, Severity
from owncastd.logs.history import KEPT_ENTRIES, RecentEntries
from owncastd.logs.lines import human_line
from owncastd.logs.sinks import FILE_NAME, JSONFileSink, StreamSink, SyslogSink

from .test_lines import ENTRY


def numbered(number: int, severity: Severity = Severity.INFO) -> Entry:
    """
    An entry that can be told from others.
    """
    return evolve(ENTRY, message=str(number), severity=severity)


class StreamTests(SynchronousTestCase):
    """
    Lines for people.
    """

    def test_written(self) -> None:
        """
        One line for each entry.
        """
        stream = StringIO()
        sink = StreamSink(stream)
        sink(ENTRY)
        sink(ENTRY)
        self.assertEqual(stream.getvalue(), f"{human_line(ENTRY)}\n" * 2)


class SyslogTests(SynchronousTestCase):
    """
    The system's log.
    """

    def test_sent(self) -> None:
        """
        Each line with the priority of the entry, under the given name.
        """
        opened, sent = [], []
        self.patch(syslog, "openlog", lambda *args: opened.append(args[0]))
        self.patch(syslog, "syslog", lambda priority, text: sent.append((priority, text)))
        sink = SyslogSink("stream")
        sink(evolve(ENTRY, message="a\nb"))
        self.assertEqual(opened, ["stream"])
        self.assertEqual(
            sent,
            [
                (syslog.LOG_WARNING, "warning rtmp.protocol: a"),
                (syslog.LOG_WARNING, "    b"),
            ],
        )


class FileTests(SynchronousTestCase):
    """
    Lines of JSON in files.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()

    def lines(self, name: str = FILE_NAME) -> list[str]:
        """
        The messages in a file.
        """
        text = (self.directory / name).read_text()
        return [json.loads(line)["message"] for line in text.splitlines()]

    def test_private(self) -> None:
        """
        The file appears with the first entry, for its owner alone.
        """
        sink = JSONFileSink(self.directory)
        self.addCleanup(sink.close)
        self.assertEqual(list(self.directory.iterdir()), [])
        sink(ENTRY)
        self.assertEqual((self.directory / FILE_NAME).stat().st_mode & 0o777, 0o600)

    def test_goes_on(self) -> None:
        """
        A restarted server adds to the file.
        """
        for number in (1, 2):
            sink = JSONFileSink(self.directory)
            sink(numbered(number))
            sink.close()
        self.assertEqual(self.lines(), ["1", "2"])

    def test_rotation(self) -> None:
        """
        A full file is put aside, and only so many are kept; all of them are private.
        """
        sink = JSONFileSink(self.directory, file_bytes=100, files_kept=2)
        self.addCleanup(sink.close)
        for number in range(5):
            sink(numbered(number))
        self.assertEqual(
            sorted(path.name for path in self.directory.iterdir()),
            [FILE_NAME, f"{FILE_NAME}.1", f"{FILE_NAME}.2"],
        )
        self.assertEqual(
            [self.lines(f"{FILE_NAME}.2"), self.lines(f"{FILE_NAME}.1"), self.lines()],
            [["2"], ["3"], ["4"]],
        )
        for path in self.directory.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_closed(self) -> None:
        """
        What comes after the end is left out.
        """
        sink = JSONFileSink(self.directory)
        sink.close()
        sink(ENTRY)
        self.assertEqual(list(self.directory.iterdir()), [])


class RecentEntriesTests(SynchronousTestCase):
    """
    What the administrator's page shows.
    """

    def test_oldest_first(self) -> None:
        """
        Entries come in their order.
        """
        recent = RecentEntries()
        self.assertEqual((recent.entries(), recent.warnings()), ((), ()))
        for number in range(3):
            recent(numbered(number))
        self.assertEqual([entry.message for entry in recent.entries()], ["0", "1", "2"])

    def test_bounded(self) -> None:
        """
        The newest are kept.
        """
        recent = RecentEntries()
        for number in range(KEPT_ENTRIES + 1):
            recent(numbered(number))
        kept = recent.entries()
        self.assertEqual(len(kept), KEPT_ENTRIES)
        self.assertEqual((kept[0].message, kept[-1].message), ("1", str(KEPT_ENTRIES)))

    def test_without_tracebacks(self) -> None:
        """
        The memory is bounded in bytes as well.
        """
        recent = RecentEntries()
        recent(evolve(ENTRY, traceback="Traceback"))
        for entries in (recent.entries(), recent.warnings()):
            self.assertEqual([entry.traceback for entry in entries], [None])

    def test_warnings_outlive_talk(self) -> None:
        """
        Warnings and errors have a ring of their own.
        """
        recent = RecentEntries()
        recent(numbered(1, Severity.WARNING))
        recent(numbered(2, Severity.ERROR))
        for number in range(KEPT_ENTRIES):
            recent(numbered(number))
        self.assertEqual([entry.message for entry in recent.warnings()], ["1", "2"])
        self.assertNotIn(Severity.ERROR, {entry.severity for entry in recent.entries()})
