"""
Requests of ours that a process of its own carries out, so that the server does not feel them.

TLS handshakes and HTTP take milliseconds of the processor for each request. When a post goes to
hundreds of servers, that would be felt by those who watch; a courier does it on another core, or
when nothing else is to do. It has no secrets: what it sends is signed already.
"""

# Twisted leaves its protocols without annotations.
# mypy: allow-untyped-calls

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredList, fail
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

from .bodies import HTTPAnswer
from .errors import NoAnswer, OutgoingError, TooBusy
from .letters import MAX_LINE, Letter, read_answer, recall_line
from .outgoing import Bounds, OutgoingPolicy

MODULE: Final = "owncastd.net.courier_process"
PRIVATE_PEERS: Final = "--private-peers"
PLAIN_HTTP: Final = "--plain-http"
#: Requests that are on their way at once.
MAX_REQUESTS: Final = 256
#: A courier that has had nothing to do for so long is sent home.
IDLE_SECONDS: Final = 60.0
#: How long one may take to go home; then it is killed.
HOME_SECONDS: Final = 3.0
_STDERR: Final = 2
_MAX_WORDS: Final = 500


def _nothing(results: object) -> None:
    pass


@define(eq=False)
class _Child(ProcessProtocol):
    """
    One courier.
    """

    _courier: "Courier"
    _begun: bytes = field(init=False, default=b"")
    gone: Deferred[None] = field(init=False, factory=Deferred)

    _log = Logger()

    def outReceived(self, data: bytes) -> None:
        """
        It answers.
        """
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._courier._said(line)
        if len(self._begun) > MAX_LINE:
            # What a courier says is bounded; this is none.
            transport: Any = self.transport
            transport.signalProcess("KILL")

    def errReceived(self, data: bytes) -> None:
        """
        It complains.
        """
        words = data.decode("utf-8", "replace").strip()
        self._log.warn("The courier says: {words}", words=words[:_MAX_WORDS])

    def processEnded(self, reason: Any) -> None:
        """
        It is gone.
        """
        self._courier._lost(self)
        self.gone.callback(None)


@define(eq=False)
class Courier:
    """
    Carries requests out, as L{owncastd.net.outgoing.Outgoing} does, in a process that is started
    when the first one is to be carried, and ended when there was none for a while.

    @ivar _waiting: the requests that it has, by their numbers.
    """

    _reactor: Any
    policy: OutgoingPolicy
    _waiting: dict[int, Deferred[HTTPAnswer]] = field(init=False, factory=dict)
    _numbers: int = field(init=False, default=0)
    _child: _Child | None = field(init=False, default=None)
    _leaving: list[_Child] = field(init=False, factory=list)
    _idle: IDelayedCall | None = field(init=False, default=None)
    _stopped: bool = field(init=False, default=False)

    _log = Logger()

    def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Have a request sent; see L{owncastd.net.outgoing.Outgoing.fetch}.
        """
        if self._stopped:
            return fail(OutgoingError("the server is stopping"))
        if len(self._waiting) >= MAX_REQUESTS:
            return fail(TooBusy("too many requests are on their way already"))
        try:
            child = self._child or self._start()
        except OSError as error:
            return fail(NoAnswer(f"no process could be started for it: {error}"))
        self._numbers += 1
        number = self._numbers
        waiting: Deferred[HTTPAnswer] = Deferred(lambda _: self._recall(number))
        self._waiting[number] = waiting
        letter = Letter(number, method, url, dict(headers or {}), data, bounds or Bounds())
        self._say(child, letter.line())
        self._rest()
        return waiting

    def stop(self) -> Deferred[None]:
        """
        Carry nothing any more. What is on its way fails.

        @return: fires when the process is gone.
        """
        self._stopped = True
        self._rest()
        if self._child is not None:
            self._send_home(self._child)
        return DeferredList([child.gone for child in self._leaving]).addCallback(_nothing)

    def _start(self) -> _Child:
        """
        @raise OSError: it cannot be started.
        """
        child = _Child(self)
        command = [sys.executable, "-m", MODULE]
        if self.policy.private_peers:
            command.append(PRIVATE_PEERS)
        if self.policy.plain_http:
            command.append(PLAIN_HTTP)
        # Whatever way this process found the package by, the other one finds it by as well.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._reactor.spawnProcess(child, command[0], command, env=environment)
        self._child = child
        return child

    def _say(self, child: _Child, line: bytes) -> None:
        transport: Any = child.transport
        if transport is not None:
            transport.write(line + b"\n")

    def _said(self, line: bytes) -> None:
        """
        An answer has come.
        """
        document = json.loads(line)
        waiting = self._waiting.pop(document["number"], None)
        if not self._waiting and not self._stopped and self._idle is None:
            self._idle = self._reactor.callLater(IDLE_SECONDS, self._unneeded)
        if waiting is None:
            return
        try:
            answer = read_answer(document)
        except OutgoingError as error:
            waiting.errback(error)
        else:
            waiting.callback(answer)

    def _recall(self, number: int) -> None:
        """
        Nobody wants an answer any more.
        """
        self._waiting.pop(number, None)
        if self._child is not None:
            self._say(self._child, recall_line(number))

    def _unneeded(self) -> None:
        self._idle = None
        if self._child is not None and not self._waiting:
            self._send_home(self._child)

    def _send_home(self, child: _Child) -> None:
        """
        A courier ends when nobody speaks to it any more.
        """
        self._child = None
        self._leaving.append(child)
        transport: Any = child.transport
        transport.closeStdin()
        killing = self._reactor.callLater(HOME_SECONDS, self._kill, transport)

        def gone(result: None) -> None:
            if killing.active():
                killing.cancel()

        child.gone.addCallback(gone)
        self._give_up("the server is stopping")

    def _kill(self, transport: Any) -> None:
        with suppress(ProcessExitedAlready):
            transport.signalProcess("KILL")

    def _lost(self, child: _Child) -> None:
        """
        A courier is gone, sent home or not.
        """
        if child in self._leaving:
            self._leaving.remove(child)
        if child is self._child:
            self._child = None
            self._rest()
            self._log.warn("The courier has ended; the next request starts another one")
            self._give_up("the process that had it has ended")

    def _give_up(self, words: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.errback(NoAnswer(words))

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
