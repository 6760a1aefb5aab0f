"""
What becomes of a log event.
"""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.logger import LogLevel, capturedLogs
from twisted.python import log
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from owncastd.logs.entries import MAX_MESSAGE, MAX_TRACEBACK, Severity, entry_of, severity_of

from .events import NAMESPACE, event, failure_of, raising


class EntryTests(SynchronousTestCase):
    """
    Entries are complete, bounded and without secrets.
    """

    def entry(self, *args, **fields):
        """
        The entry of an event, which must not be empty.
        """
        entry = entry_of(event(*args, **fields))
        assert entry is not None
        return entry

    def test_values(self) -> None:
        """
        Time, level, namespace and formatted message.
        """
        entry = self.entry("Started by {address}", address="192.0.2.1")
        self.assertEqual(entry.time, datetime(2023, 11, 21, 18, 11, 12, 250_000, UTC))
        self.assertEqual(entry.severity, Severity.INFO)
        self.assertEqual(entry.namespace, NAMESPACE)
        self.assertEqual(entry.message, "Started by 192.0.2.1")
        self.assertIsNone(entry.traceback)

    def test_levels(self) -> None:
        """
        Every level of Twisted has one that Owncast's clients know.
        """
        labels = [severity_of(event("x", level)).label for level in LogLevel.iterconstants()]
        self.assertEqual(labels, ["debug", "info", "warning", "error", "error"])

    def test_framework_noise(self) -> None:
        """
        What frameworks tell about themselves is debugging; what they warn of stays a warning.
        """
        for namespace in ("twisted.internet.base", "log_legacy", "autobahn.x", "klein"):
            self.assertEqual(severity_of(event("x", namespace=namespace)), Severity.DEBUG)
            warning = event("x", LogLevel.warn, namespace=namespace)
            self.assertEqual(severity_of(warning), Severity.WARNING)
        factory = event("Starting factory {factory!r}", factory=None)
        self.assertEqual(severity_of(factory), Severity.DEBUG)
        self.assertEqual(severity_of(event("x", namespace="twistedly")), Severity.INFO)

    def test_unexpected_failure(self) -> None:
        """
        The message names the exception, and the traceback is kept apart.
        """
        failure = failure_of(raising(ValueError("accessToken=abcdef")))
        entry = self.entry("A route failed", LogLevel.critical, failure=failure)
        self.assertEqual(entry.severity, Severity.ERROR)
        self.assertEqual(entry.message, "A route failed: ValueError: accessToken=[removed]")
        assert entry.traceback is not None
        self.assertIn("events.py", entry.traceback)
        self.assertNotIn("abcdef", entry.traceback)
        self.assertNotIn("Traceback", repr(entry))

    def test_expected_failure(self) -> None:
        """
        A lost connection needs no traceback.
        """
        for error in (ConnectionLost(), ConnectionDone()):
            entry = self.entry("While sending", LogLevel.error, failure=Failure(error))
            self.assertIsNone(entry.traceback)
            self.assertIn(f"While sending: {type(error).__name__}: ", entry.message)

    def test_legacy_failure(self) -> None:
        """
        The traceback in the text of older events is not repeated.
        """
        failure = failure_of(raising(KeyError("x")))
        with capturedLogs() as events:
            log.err(failure, "Unhandled Error")
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        entry = entry_of(events[0])
        assert entry is not None
        self.assertEqual(entry.message, "Unhandled Error: KeyError: 'x'")

    def test_nothing_to_say(self) -> None:
        """
        An empty event makes no entry.
        """
        self.assertIsNone(entry_of(event("")))

    def test_bounds(self) -> None:
        """
        Long texts are cut; a secret that is cut in half is still found.
        """
        entry = self.entry("{text}", text="x" * (MAX_MESSAGE - 20) + " accessToken=" + "Q" * 99)
        self.assertLess(len(entry.message), MAX_MESSAGE + 20)
        self.assertNotIn("Q", entry.message)
        failure = failure_of(raising(ValueError("y" * MAX_TRACEBACK * 2)))
        failed = self.entry("x", failure=failure)
        assert failed.traceback is not None
        self.assertLess(len(failed.traceback), MAX_TRACEBACK + 20)

    def test_broken_event(self) -> None:
        """
        An event whose fields do not fit its format still makes an entry.
        """
        self.assertIn("{missing}", self.entry("{missing}").message)

    @settings(max_examples=150, deadline=None)
    @given(st.text(min_size=1))
    def test_any_text(self, text: str) -> None:
        """
        Any text that a stranger sent can be written as UTF-8.
        """
        self.entry("{text}", text=f"x{text}").message.encode()

    def test_lone_surrogates(self) -> None:
        """
        Text that came from undecodable bytes is escaped.
        """
        self.assertEqual(self.entry("{text}", text="a\udcff").message, "a\\udcff")
