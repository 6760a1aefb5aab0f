"""
The observer that gives every event to every sink.
"""

from twisted.logger import ILogObserver, Logger, LogLevel
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.logs.entries import Entry, Severity
from owncastd.logs.observer import ServerLog

from .events import event


class ObserverTests(SynchronousTestCase):
    """
    What is passed on, and what a failing sink does to the others.
    """

    def setUp(self) -> None:
        self.entries: list[Entry] = []

    def messages(self) -> list[str]:
        """
        What arrived.
        """
        return [entry.message for entry in self.entries]

    def test_interface(self) -> None:
        """
        Twisted takes it for an observer.
        """
        self.assertTrue(verifyObject(ILogObserver, ServerLog([])))

    def test_level(self) -> None:
        """
        Details are only kept when they are asked for.
        """
        for level, kept in ((Severity.INFO, ["b", "c"]), (Severity.DEBUG, ["a", "b", "c"])):
            self.entries.clear()
            log = ServerLog([self.entries.append], level)
            log(event("a", LogLevel.debug))
            log(event("b"))
            log(event("c", LogLevel.error))
            log(event("", LogLevel.error))
            self.assertEqual(self.messages(), kept)

    def test_detailed(self) -> None:
        """
        Details of one package can be kept alone.
        """
        log = ServerLog([self.entries.append], detailed=("owncastd.transcoder.",))
        log(event("a", LogLevel.debug, "owncastd.transcoder.process.FFmpegChild"))
        log(event("b", LogLevel.debug, "owncastd.transcoders"))
        self.assertEqual(self.messages(), ["a"])

    def test_caller(self) -> None:
        """
        Entries name the line of code that told them, if that is asked for.
        """
        observer = ServerLog([self.entries.append], with_callers=True)
        Logger("owncastd.tests", observer=observer).info("here")
        Logger("owncastd.tests", observer=ServerLog([self.entries.append])).info("here")
        first, second = self.entries
        self.assertRegex(first.caller or "", r"\Atest_observer\.py:\d+\Z")
        self.assertIsNone(second.caller)

    def test_failing_sink(self) -> None:
        """
        The others get every entry, and are told once until it works again.
        """
        full = True

        def disk(entry: Entry) -> None:
            if full:
                raise OSError("no space left")

        log = ServerLog([disk])
        log.add(self.entries.append)
        log(event("a"))
        log(event("b"))
        full = False
        log(event("c"))
        full = True
        log(event("d"))
        notice = "function lost an entry of the log: no space left"
        self.assertEqual(self.messages(), [notice, "a", "b", "c", notice, "d"])
        self.assertEqual(self.entries[0].severity, Severity.ERROR)

    def test_all_sinks_fail(self) -> None:
        """
        Nothing is raised into the code that logs.
        """

        def broken(entry: Entry) -> None:
            raise ValueError("closed")

        def broken_too(entry: Entry) -> None:
            raise ValueError("closed")

        ServerLog([broken, broken_too])(event("a"))
