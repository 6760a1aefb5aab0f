"""
twistd's own options decide where lines for people go.
"""

import json
import os
import signal
import sys
import syslog
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from twisted.application.service import Application, MultiService
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import ILogObserver, LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from owncastd.logs.logs import Logs
from owncastd.logs.sinks import FILE_NAME, SyslogSink
from owncastd.logs.twistd import twistd_sink

from .events import event
from .test_lines import ENTRY


@implementer(IReactorFromThreads)
class ThreadReactor:
    """
    Remembers what it is asked to call.
    """

    def __init__(self) -> None:
        self.calls: list[Callable[..., Any]] = []

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """
        Remember.
        """
        self.calls.append(callable)


class SinkTests(SynchronousTestCase):
    """
    Each way of twistd has its sink.
    """

    def setUp(self) -> None:
        self.stdout = StringIO()
        self.patch(sys, "stdout", self.stdout)
        # Whatever the runner of these tests does with the signal.
        before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        self.reactor = ThreadReactor()

    def sink(self, **options: Any):
        """
        The sink for options of twistd.
        """
        return twistd_sink(self.reactor, options)

    def test_terminal(self) -> None:
        """
        In the foreground lines go to the terminal.
        """
        for options in ({"nodaemon": True}, {"nodaemon": True, "logfile": "-"}, {"debug": True}):
            sink = self.sink(**{"nodaemon": False, **options})
            assert sink is not None
            sink(ENTRY)
        self.assertEqual(self.stdout.getvalue().count("It is late\n"), 3)

    def test_log_file(self) -> None:
        """
        C{--logfile} is where they go, in the foreground or not; SIGUSR1 starts a new one.
        """
        path = Path(self.mktemp()).absolute()
        for foreground in (True, False):
            sink = self.sink(nodaemon=foreground, logfile=str(path))
            assert sink is not None
            sink(ENTRY)
        self.assertEqual(path.read_text().count("It is late\n"), 2)
        self.assertEqual(self.stdout.getvalue(), "")
        os.kill(os.getpid(), signal.SIGUSR1)
        (rotate,) = self.reactor.calls
        rotate()
        self.assertTrue(path.with_name(path.name + ".1").exists())

    def test_daemon(self) -> None:
        """
        A daemon without a file has twistd's usual one.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(directory)
        sink = self.sink(nodaemon=False)
        assert sink is not None
        sink(ENTRY)
        self.assertIn("It is late", Path("twistd.log").read_text())

    def test_daemon_without_terminal(self) -> None:
        """
        A daemon has no terminal to log to.
        """
        self.assertRaises(SystemExit, self.sink, nodaemon=False, logfile="-")

    def test_syslog(self) -> None:
        """
        C{--syslog} wins over a file, with its prefix.
        """
        names: list[str] = []
        self.patch(syslog, "openlog", lambda *args: names.append(args[0]))
        sink = self.sink(nodaemon=True, syslog=True, prefix="stream", logfile="x")
        self.assertIsInstance(sink, SyslogSink)
        self.assertEqual(names, ["stream"])

    def test_other_observer(self) -> None:
        """
        An observer of the operator's own is left alone.
        """
        self.assertIsNone(self.sink(nodaemon=True, logger=lambda event: None))


class LogsTests(SynchronousTestCase):
    """
    From the first line to the last.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.stdout = StringIO()
        self.patch(sys, "stdout", self.stdout)
        self.logs = Logs.make(self.directory)
        self.addCleanup(self.logs.stop)

    def file_messages(self) -> list[str]:
        """
        The messages in the file.
        """
        text = (self.directory / FILE_NAME).read_text()
        return [json.loads(line)["message"] for line in text.splitlines()]

    def test_offered_to_twistd(self) -> None:
        """
        twistd finds our observer in the application, and all sinks hear what it hears.
        """
        application = Application("owncast")
        self.logs.replace_twistds(ThreadReactor(), {"nodaemon": True})
        self.logs.begin(application)
        observer = application.getComponent(ILogObserver)
        observer(event("hello"))
        self.logs.start()
        globalLogPublisher(event("not heard twice"))
        self.assertIn("hello\n", self.stdout.getvalue())
        self.assertEqual(self.file_messages(), ["hello"])
        self.assertEqual([entry.message for entry in self.logs.recent.entries()], ["hello"])

    def test_end(self) -> None:
        """
        After the end the terminal still gets twistd's last words.
        """
        application = Application("owncast")
        self.logs.replace_twistds(ThreadReactor(), {"nodaemon": True})
        self.logs.begin(application)
        observer = application.getComponent(ILogObserver)
        observer(event("first"))
        self.logs.stop()
        observer(event("last"))
        self.assertEqual(self.file_messages(), ["first"])
        self.assertIn("last\n", self.stdout.getvalue())

    def test_without_twistd(self) -> None:
        """
        Where nobody takes our observer, it observes from the start to the stop.
        """
        for parent, options in (
            (Application("owncast"), {"logger": lambda event: None}),
            (MultiService(), {"nodaemon": True}),
        ):
            logs = Logs.make(self.directory)
            logs.replace_twistds(ThreadReactor(), options)
            logs.begin(parent)
            globalLogPublisher(event("before"))
            logs.start()
            globalLogPublisher(event("between"))
            logs.stop()
            globalLogPublisher(event("after"))
            self.assertEqual([entry.message for entry in logs.recent.entries()], ["between"])

    def test_verbose_and_debugging(self) -> None:
        """
        The options of the command line reach the observer.
        """
        for made, kept in (
            (Logs.make(self.directory), []),
            (Logs.make(self.directory, verbose=True), ["ours", "ffmpeg"]),
            (Logs.make(self.directory, debugging=True), ["ffmpeg"]),
        ):
            made.start()
            globalLogPublisher(event("ours", LogLevel.debug))
            globalLogPublisher(event("ffmpeg", LogLevel.debug, "owncastd.transcoder.process"))
            made.stop()
            self.assertEqual([entry.message for entry in made.recent.entries()], kept)
