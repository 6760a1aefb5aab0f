"""
The courier itself: reads requests from its standard input, and writes answers to its output.

    python -m owncastd.net.courier_process

It ends when its input does, so it never outlives the server that started it.
"""

# Twisted leaves its protocols without annotations.
# mypy: allow-untyped-calls

import json
import os
import sys
from typing import Any, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver

from .bodies import HTTPAnswer
from .courier import PLAIN_HTTP, PRIVATE_PEERS
from .letters import MAX_LINE, answer_line, failure_line, read_letter
from .outgoing import Outgoing, OutgoingPolicy

#: How much it steps back behind everything else on the machine.
NICENESS: Final = 5


class Rounds(LineOnlyReceiver):
    """
    Carries out what it is told.
    """

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE

    def __init__(self, outgoing: Outgoing, ended: Any) -> None:
        self._outgoing = outgoing
        self._ended = ended
        self._carrying: dict[int, Deferred[Any]] = {}

    def lineReceived(self, line: bytes) -> None:
        """
        Begin a request, or give one up.
        """
        document = json.loads(line)
        if "recall" in document:
            carrying = self._carrying.pop(document["recall"], None)
            if carrying is not None:
                carrying.cancel()
            return
        letter = read_letter(document)
        number = letter.number
        carrying = self._outgoing.fetch(
            letter.method, letter.url, letter.headers, letter.data, letter.bounds
        )
        self._carrying[number] = carrying

        def answered(answer: HTTPAnswer) -> None:
            self._tell(number, answer_line(number, answer))

        def failed(failure: Any) -> None:
            if not failure.check(CancelledError):
                self._tell(number, failure_line(number, failure.value))

        carrying.addCallbacks(answered, failed)

    def _tell(self, number: int, line: bytes) -> None:
        self._carrying.pop(number, None)
        self.sendLine(line)

    def connectionLost(self, reason: Any = None) -> None:
        """
        The server has nothing more to send, or is gone.
        """
        self._ended()


def main() -> None:
    """
    Carry requests until the input ends.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    os.nice(NICENESS)
    policy = OutgoingPolicy(
        private_peers=PRIVATE_PEERS in sys.argv, plain_http=PLAIN_HTTP in sys.argv
    )

    def ended() -> None:
        if reactor.running:
            reactor.stop()

    StandardIO(Rounds(Outgoing.make(reactor, policy), ended))
    reactor.run()


if __name__ == "__main__":
    main()
