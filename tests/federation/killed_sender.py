"""
A process that delivers until all is delivered, or until it is killed; for C{test_killed}.

It prints each inbox at the moment when the server behind it has taken something.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.federation.delivery import Deliveries
from owncastd.federation.sending import Sent

HOSTS: Final = 8
INBOXES: Final = [
    f"https://h{number % HOSTS}.example/{number // HOSTS}" for number in range(HOSTS * 8)
]
#: Begins with what is in the database, instead of something new.
GO_ON: Final = "go-on"


def main() -> None:
    """
    Deliver.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    path = Path(sys.argv[1])
    prepare(path, path.parent).close()
    database = Database(reactor, path)

    async def send(inbox: str, body: bytes) -> Sent:
        await deferLater(reactor, 0.005)
        print(inbox, flush=True)
        return Sent(202)

    queue = Deliveries(reactor, database, send, lambda: True, lambda host: False)

    async def run(inboxes: Sequence[str]) -> None:
        await queue.deliver({"id": "https://live.example/federation/a", "type": "Create"}, inboxes)
        print("queued", flush=True)
        queue.start()
        while (await queue.figures()).waiting:
            await deferLater(reactor, 0.05)
        await queue.stop()
        await database.close()

    working = Deferred.fromCoroutine(run([] if GO_ON in sys.argv else INBOXES))
    working.addErrback(print).addBoth(lambda _: reactor.stop())
    reactor.run()


if __name__ == "__main__":
    main()
