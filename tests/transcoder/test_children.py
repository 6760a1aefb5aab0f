"""
Short-lived children are waited for at the end, whoever started them.
"""

import sys

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.transcoder.children import GONE_SECONDS, Children
from owncastd.transcoder.probe import run_briefly

from .fakes import FakeReactor


class ChildrenTests(SynchronousTestCase):
    """
    With children that a test scripts.
    """

    def setUp(self) -> None:
        """
        Nobody has a child.
        """
        self.reactor = FakeReactor()
        self.children = Children(self.reactor)

    def run_briefly(self) -> Deferred[bytes]:
        """
        Somebody has one.
        """
        return run_briefly(self.children, ("/bin/tool",), {})

    def test_nobody(self) -> None:
        """
        There is nothing to wait for before there was a child, nor after it ended.
        """
        self.successResultOf(self.children.stop())
        done = self.run_briefly()
        (process,) = self.reactor.processes
        process.say(1, b"output")
        process.exit()
        self.assertEqual(self.successResultOf(done), b"output")
        self.successResultOf(self.children.stop())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_abandoned(self) -> None:
        """
        Who killed a child does not wait for it; the end does.
        """
        done = self.run_briefly()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        stopping = self.children.stop()
        self.assertNoResult(stopping)
        (process,) = self.reactor.processes
        process.exit(signal=9)
        self.successResultOf(stopping)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_forgotten(self) -> None:
        """
        Those that nobody has killed are killed.
        """
        first, second = self.run_briefly(), self.run_briefly()
        stopping = self.children.stop()
        for process in self.reactor.processes:
            self.assertEqual(process.signals, ["KILL"])
            self.assertNoResult(stopping)
            process.exit(signal=9)
        self.successResultOf(stopping)
        for done in (first, second):
            self.failureResultOf(done)

    def test_hanging(self) -> None:
        """
        One that does not end even so does not keep the server.
        """
        done = self.run_briefly()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        stopping = self.children.stop()
        with capturedLogs() as events:
            self.reactor.advance(GONE_SECONDS)
        self.successResultOf(stopping)
        self.assertIn("not end: 1", formatEvent(events[-1]))
        # Its end is nothing to anybody any more.
        self.reactor.processes[0].exit(signal=9)

    def test_refused(self) -> None:
        """
        One that could not be started is not waited for.
        """
        self.reactor.refusal = OSError(2, "No such file")
        self.failureResultOf(self.run_briefly())
        self.successResultOf(self.children.stop())


class RealChildrenTests(TestCase):
    """
    With one that is real.
    """

    async def test_gone(self) -> None:
        """
        It is gone when the end has come.
        """
        children = Children(reactor)
        done = run_briefly(children, (sys.executable, "-c", "import time; time.sleep(600)"), {})
        done.addErrback(lambda failure: failure.trap(CancelledError))
        (watched,) = children._living
        assert watched.process is not None
        done.cancel()
        await children.stop()
        self.assertIsNone(watched.process.pid)
