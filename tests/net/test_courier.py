"""
Requests that another process carries out.
"""

import json
from typing import Any

from attrs import define, field
from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from owncastd.net.bodies import HTTPAnswer
from owncastd.net.courier import (
    HOME_SECONDS,
    IDLE_SECONDS,
    MAX_REQUESTS,
    PLAIN_HTTP,
    PRIVATE_PEERS,
    Courier,
)
from owncastd.net.errors import (
    BadURL,
    NoAnswer,
    OutgoingError,
    PeerNotAllowed,
    TooBusy,
    TooLong,
)
from owncastd.net.failures import Trouble
from owncastd.net.letters import (
    Letter,
    answer_line,
    failure_line,
    read_answer,
    read_letter,
)
from owncastd.net.outgoing import ANYWHERE, PUBLIC_ONLY, Bounds


class LettersTests(SynchronousTestCase):
    """
    Requests and answers as lines.
    """

    @fuzz(deadline=None)
    @given(
        st.integers(0),
        st.text(max_size=50),
        st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
        st.none() | st.binary(max_size=100),
    )
    def test_letter(
        self, number: int, url: str, headers: dict[str, str], data: bytes | None
    ) -> None:
        """
        What is written is read, in one line.
        """
        letter = Letter(number, "POST", url, headers, data, Bounds(1, 2.5, 3))
        line = letter.line()
        self.assertNotIn(b"\n", line)
        self.assertEqual(read_letter(json.loads(line)), letter)

    def test_answer(self) -> None:
        """
        The same with answers, whatever bytes are in them.
        """
        headers = Headers()
        headers.setRawHeaders(b"Retry-After", [b"1", b"\xff"])
        line = answer_line(1, HTTPAnswer(202, headers, b"\x00\xff\n"))
        self.assertNotIn(b"\n", line)
        answer = read_answer(json.loads(line))
        self.assertEqual((answer.status, answer.body), (202, b"\x00\xff\n"))
        self.assertEqual(answer.headers.getRawHeaders(b"retry-after"), [b"1", b"\xff"])

    def test_failures(self) -> None:
        """
        Each kind of failure stays what it was; one that is unknown here is still one.
        """
        for error in (BadURL("a"), PeerNotAllowed("b"), TooBusy("c"), TooLong("d")):
            found = self.assertRaises(type(error), read_answer, json.loads(failure_line(1, error)))
            self.assertEqual(str(found), str(error))
        slow = NoAnswer("slow", Trouble.TOO_SLOW)
        found = self.assertRaises(NoAnswer, read_answer, json.loads(failure_line(1, slow)))
        self.assertIs(found.trouble, Trouble.TOO_SLOW)
        strange = json.loads(failure_line(1, KeyError("x")))
        self.assertIs(type(self.assertRaises(OutgoingError, read_answer, strange)), OutgoingError)


@define(eq=False)
class MemoryProcess:
    """
    Stands for a process transport.
    """

    protocol: Any
    command: list[str]
    said: list[dict[str, Any]] = field(factory=list)
    stdin_closed: bool = False
    signals: list[str] = field(factory=list)

    def write(self, data: bytes) -> None:
        """
        Take what it is told.
        """
        self.said += [json.loads(line) for line in data.splitlines()]

    def closeStdin(self) -> None:
        """
        Take no more.
        """
        self.stdin_closed = True

    def signalProcess(self, name: str) -> None:
        """
        Take a signal.
        """
        self.signals.append(name)
        raise ProcessExitedAlready

    def answer(self, number: int, status: int = 202) -> None:
        """
        Answer to a request.
        """
        line = answer_line(number, HTTPAnswer(status, Headers(), b"")) + b"\n"
        # Pieces end anywhere.
        self.protocol.outReceived(line[:10])
        self.protocol.outReceived(line[10:])

    def end(self) -> None:
        """
        Be gone.
        """
        self.protocol.processEnded(Failure(ProcessDone(0)))


class MemoryReactor(Clock):
    """
    A clock that starts processes in memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[MemoryProcess] = []
        self.failing: OSError | None = None

    def spawnProcess(
        self, protocol: Any, executable: str, args: list[str], env: Any = None
    ) -> MemoryProcess:
        """
        Start one.
        """
        if self.failing is not None:
            raise self.failing
        process = MemoryProcess(protocol, args)
        protocol.makeConnection(process)
        self.started.append(process)
        return process


class CourierTests(SynchronousTestCase):
    """
    The server's side.
    """

    def setUp(self) -> None:
        """
        Nothing was asked for yet.
        """
        self.reactor = MemoryReactor()
        self.courier = Courier(self.reactor, PUBLIC_ONLY)

    def fetch(self) -> Deferred[HTTPAnswer]:
        """
        Ask for something.
        """
        return self.courier.fetch("POST", "https://a.example/", {"a": "b"}, b"x")

    def test_carried(self) -> None:
        """
        The first request starts a process, which gets all of them; answers come in any order.
        """
        self.assertEqual(self.reactor.started, [])
        first, second = self.fetch(), self.fetch()
        (process,) = self.reactor.started
        self.assertEqual([each["number"] for each in process.said], [1, 2])
        self.assertNotIn(PRIVATE_PEERS, process.command)
        self.assertIn(PLAIN_HTTP, process.command)
        process.answer(2, 500)
        self.assertNoResult(first)
        self.assertEqual(self.successResultOf(second).status, 500)
        process.answer(1)
        self.assertEqual(self.successResultOf(first).status, 202)
        self.end(process)

    def end(self, process: MemoryProcess) -> None:
        """
        Stop, which leaves nothing.
        """
        stopped = self.courier.stop()
        self.assertNoResult(stopped)
        self.assertTrue(process.stdin_closed)
        process.end()
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_idle(self) -> None:
        """
        A process with nothing to do is sent home; the next request starts another one.
        """
        self.fetch()
        (first,) = self.reactor.started
        self.reactor.advance(IDLE_SECONDS * 2)
        self.assertFalse(first.stdin_closed)
        first.answer(1)
        self.reactor.advance(IDLE_SECONDS - 1)
        waiting = self.fetch()
        first.answer(2)
        self.successResultOf(waiting)
        self.reactor.advance(IDLE_SECONDS - 1)
        self.assertFalse(first.stdin_closed)
        self.reactor.advance(1)
        self.assertTrue(first.stdin_closed)
        first.end()
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        waiting = self.fetch()
        second = self.reactor.started[1]
        second.answer(3)
        self.successResultOf(waiting)
        self.end(second)

    def test_recalled(self) -> None:
        """
        A request that nobody waits for any more is given up there as well.
        """
        waiting = self.fetch()
        (process,) = self.reactor.started
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(process.said[-1], {"recall": 1})
        process.answer(1)
        self.end(process)

    def test_nonsense(self) -> None:
        """
        A process that says something without end is killed.
        """
        self.fetch().addErrback(lambda failure: failure.trap(NoAnswer))
        (process,) = self.reactor.started
        self.assertRaises(ProcessExitedAlready, process.protocol.outReceived, b"x" * 5_000_000)
        self.assertEqual(process.signals, ["KILL"])
        self.end(process)

    def test_died(self) -> None:
        """
        What a process had that died has failed; another one is started for the next request.
        """
        waiting = self.fetch()
        (process,) = self.reactor.started
        process.end()
        self.failureResultOf(waiting, NoAnswer)
        waiting = self.fetch()
        self.reactor.started[1].answer(2)
        self.successResultOf(waiting)
        self.end(self.reactor.started[1])

    def test_stop(self) -> None:
        """
        What is on its way when the server stops fails; a process that stays is killed.
        """
        waiting = self.fetch()
        (process,) = self.reactor.started
        stopped = self.courier.stop()
        self.failureResultOf(waiting, NoAnswer)
        self.reactor.advance(HOME_SECONDS)
        self.assertEqual(process.signals, ["KILL"])
        process.end()
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.failureResultOf(self.fetch(), OutgoingError)
        self.assertEqual(len(self.reactor.started), 1)

    def test_never_used(self) -> None:
        """
        Without requests there is no process, and nothing to stop.
        """
        self.successResultOf(self.courier.stop())
        self.assertEqual(self.reactor.started, [])

    def test_bounds(self) -> None:
        """
        No more are on their way than may be; a process that cannot be started is told.
        """
        waiting = [self.fetch() for _ in range(MAX_REQUESTS)]
        self.failureResultOf(self.fetch(), TooBusy)
        for each in waiting:
            each.addErrback(lambda failure: failure.trap(NoAnswer))
        self.end(self.reactor.started[0])
        self.courier = Courier(self.reactor, PUBLIC_ONLY)
        self.reactor.failing = OSError("no memory")
        self.failureResultOf(self.fetch(), NoAnswer)


class _Server(Resource):
    """
    Answers, or does not.
    """

    isLeaf = True

    def render_POST(self, request: Any) -> Any:
        """
        Give back what came.
        """
        request.setResponseCode(202)
        return request.content.read()

    def render_GET(self, request: Any) -> int:
        """
        Say nothing.
        """
        return NOT_DONE_YET


class ProcessTests(TestCase):
    """
    A real process.
    """

    timeout = 60

    def setUp(self) -> None:
        """
        A server on loopback.
        """
        anywhere: Any = reactor
        site: Any = Site(_Server())
        port = anywhere.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.url = f"http://127.0.0.1:{port.getHost().port}/"

    async def test_carried(self) -> None:
        """
        A request goes out and its answer comes back; what is guarded stays guarded; nothing is
        left of it in the end.
        """
        courier = Courier(reactor, ANYWHERE)
        answer = await courier.fetch("POST", self.url, {"content-type": "a/b"}, b"\x00hello")
        self.assertEqual((answer.status, answer.body), (202, b"\x00hello"))
        hanging = courier.fetch("GET", self.url)
        hanging.cancel()
        await self.assertFailure(hanging, CancelledError)
        await courier.stop()
        guarded = Courier(reactor, PUBLIC_ONLY)
        await self.assertFailure(guarded.fetch("POST", self.url, {}, b"x"), PeerNotAllowed)
        await guarded.stop()
